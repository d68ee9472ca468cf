"""Films as a browser's recorder writes them, and as somebody who means harm might."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from functools import lru_cache

import av
import numpy as np

from yesand.formats import webm


@lru_cache(maxsize=8)
def film(frames: int = 24, width: int = 96, height: int = 64, codec: str = "libvpx") -> bytes:
    """WebM of one video track, 24 pictures a second."""
    out = io.BytesIO()
    container = av.open(out, "w", format="webm")
    stream = container.add_stream(codec, rate=24)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.options = {"deadline": "realtime", "cpu-used": "8"}
    for number in range(frames):
        picture = np.full((height, width, 3), number * 5 % 256, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = number
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
    container.close()
    return out.getvalue()


def size_of(value: int, octets: int = 8) -> bytes:
    return (value | 1 << (7 * octets)).to_bytes(octets, "big")


OPEN = b"\x01" + b"\xff" * 7


def element(kind: int, body: bytes, size: bytes = b"") -> bytes:
    """An EBML element; size: another one than the body's own."""
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + (size or size_of(len(body))) + body


def number(kind: int, value: int) -> bytes:
    return element(kind, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


HEAD = element(webm.EBML, element(webm.DOC_TYPE, b"webm"))


def vp8(width: int = 96, height: int = 64) -> bytes:
    """A VP8 key frame's header over nothing."""
    return b"\x10\x00\x00\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little")


def tracks(
    width: int = 96, height: int = 64, codec: bytes = b"V_VP8", kind: int = 1, more: bytes = b""
) -> bytes:
    video = element(webm.VIDEO, number(webm.WIDTH, width) + number(webm.HEIGHT, height))
    body = number(webm.NUMBER, 1) + number(webm.TYPE, kind) + element(webm.CODEC, codec) + video
    return element(webm.TRACKS, element(webm.TRACK, body + more))


def block(frame: bytes, time: int = 0, track: int = 1, flags: int = 0x80) -> bytes:
    body = size_of(track, 1) + time.to_bytes(2, "big", signed=True) + bytes([flags]) + frame
    return element(webm.SIMPLE, body)


def cluster(*blocks: bytes, time: int = 0, open_end: bool = True) -> bytes:
    body = number(webm.TIME, time) + b"".join(blocks)
    return element(webm.CLUSTER, body, OPEN if open_end else b"")


def segment(*parts: bytes) -> bytes:
    return HEAD + element(webm.SEGMENT, b"".join(parts), OPEN)


def _deep() -> bytes:
    inner = b""
    for _ in range(20_000):
        inner = element(webm.GROUP, inner[:1_000_000])
    return segment(tracks(), cluster(block(vp8())), cluster(inner))


def _far() -> bytes:
    clusters = [cluster(block(vp8()), time=at) for at in (0, 10**15)]
    return segment(tracks(), *clusters)


PLAYLIST = b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
POLYGLOT = b"<html><script>alert(1)</script></html>"
BOMB = zlib.compress(bytes(50 * 2**20), 9)

#: name -> (bytes, code of the finding). What a WebM parser is known to fall for.
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "zeros": (lambda: bytes(4096), "not_webm"),
    "one byte": (lambda: b"\x1a", "no_picture"),
    "noise": (lambda: np.random.default_rng(1).bytes(50_000), ""),
    "a playlist": (lambda: PLAYLIST, ""),
    "a page": (lambda: POLYGLOT, ""),
    "a page behind a film": (lambda: film()[:-1] + POLYGLOT, ""),
    "an mp4": (lambda: b"\x00\x00\x00\x20ftypisom" + bytes(4000), "not_webm"),
    "another type of document": (
        lambda: element(webm.EBML, element(webm.DOC_TYPE, b"evil")) + film()[40:],
        "not_webm",
    ),
    "a header of 2^56 bytes": (lambda: b"\x1aE\xdf\xa3\x01" + b"\xff" * 6 + b"\xfe", "bad_element"),
    "a segment of 2^56 bytes": (
        lambda: HEAD + element(webm.SEGMENT, tracks(), size_of(2**56 - 2)),
        "no_picture",
    ),
    "tracks longer than the file": (
        lambda: segment(element(webm.TRACKS, b"x" * 50, size_of(2**40))),
        "no_picture",
    ),
    "a child longer than its parent": (
        lambda: segment(element(webm.TRACKS, element(webm.TRACK, b"", size_of(99)))),
        "bad_element",
    ),
    "16384 x 16384 in the track": (lambda: segment(tracks(16384, 16384)), "absurd_picture"),
    "no pixels": (lambda: segment(tracks(0, 64)), "absurd_picture"),
    "16383 x 16383 in a key frame": (
        lambda: segment(tracks(), cluster(block(vp8(16383, 16383)))),
        "absurd_picture",
    ),
    "a key frame that is none": (
        lambda: segment(tracks(), cluster(block(b"\x10" + bytes(20)))),
        "absurd_picture",
    ),
    "a first picture that is no key frame": (
        lambda: segment(tracks(), cluster(block(b"\x11" + bytes(20)))),
        "no_picture",
    ),
    "no picture at all": (lambda: segment(tracks()), "no_picture"),
    "pictures before their track": (lambda: segment(cluster(block(vp8()))), "not_a_film"),
    "two tracks": (
        lambda: segment(element(webm.TRACKS, tracks()[12:] + tracks()[12:])),
        "not_a_film",
    ),
    "tracks twice": (lambda: segment(tracks(), tracks()), "not_a_film"),
    "sound for a picture": (lambda: segment(tracks(codec=b"A_OPUS", kind=2)), "wrong_codec"),
    "H.264": (lambda: segment(tracks(codec=b"V_MPEG4/ISO/AVC")), "wrong_codec"),
    "VP9 told, VP8 sent": (
        lambda: segment(tracks(codec=b"V_VP9"), cluster(block(vp8()))),
        "absurd_picture",
    ),
    "zlib blocks": (
        lambda: segment(tracks(more=element(webm.ENCODINGS, BOMB[:500])), cluster(block(BOMB))),
        "not_a_film",
    ),
    "laced blocks": (
        lambda: segment(tracks(), cluster(block(vp8(), flags=0x86))),
        "bad_block",
    ),
    "a block of no track": (lambda: segment(tracks(), cluster(block(vp8(), track=2))), "bad_block"),
    "an empty block": (lambda: segment(tracks(), cluster(block(b""))), "bad_block"),
    "attachments": (
        lambda: segment(tracks(), element(0x1941A469, b"x" * 100), cluster(block(vp8()))),
        "not_a_film",
    ),
    "clusters nested without end": (_deep, "not_decodable"),
    "endless duration": (_far, "too_long"),
    "10^6 cues": (
        lambda: segment(tracks(), *[element(0x1C53BB6B, b"")] * 1_000_000, cluster(block(vp8()))),
        "too_many_elements",
    ),
    "10^6 frames in no time": (
        lambda: segment(tracks(), cluster(*[block(vp8())] * 1_000_000)),
        "too_many_frames",
    ),
    "a key frame over nothing": (lambda: segment(tracks(), cluster(block(vp8()))), "not_decodable"),
}
