"""What a browser's camera file says of itself, read without decoding a picture. Pure.

Only what our recorder makes is accepted: one WebM segment with one VP8 or VP9 video track, no
attachments, no compression of blocks, pictures of a sane size. Sizes that a file states are never
trusted: every element must lie inside its parent, the depth is fixed, and there is a limit on
everything that is counted. Declared duration and frame rate are not looked at; time is that of the
blocks. A torn tail is legal: a recorder may be killed at any byte.

Source of the format: RFC 8794 (EBML), RFC 9559 (Matroska), RFC 6386 section 9.1 (VP8 key frames),
VP9 bitstream specification section 6.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from yesand.kit.errors import Refused, refuse

EBML, SEGMENT, CLUSTER, TRACKS = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1654AE6B
DOC_TYPE = 0x4282
TRACK, NUMBER, TYPE, CODEC, VIDEO = 0xAE, 0xD7, 0x83, 0x86, 0xE0
WIDTH, HEIGHT, ENCODINGS = 0xB0, 0xBA, 0x6D80
TIME, SIMPLE, GROUP, BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
#: Passed over: seek head, info, cues, tags, void, checksum.
PASSED = frozenset({0x114D9B74, 0x1549A966, 0x1C53BB6B, 0x1254C367, 0xEC, 0xBF})
#: Refused: attachments and chapters have no place in a camera's file.
REFUSED = {0x1941A469: "attachments", 0x1043A770: "chapters"}
#: Elements that end a cluster of unknown size.
LEVEL_1 = PASSED | {CLUSTER, TRACKS, *REFUSED}
CODECS = {b"V_VP8": "vp8", b"V_VP9": "vp9"}

MOST_PIXELS = 4_000_000
MOST_FPS = 120
MOST_FRAME = 8 << 20
#: Elements that may be passed over beside frames.
MOST_ELEMENTS = 200_000
MOST_HEADER = 1 << 20


@dataclass(frozen=True)
class Film:
    """codec: vp8 or vp9. width and height of the largest picture, pixels. frames: whole blocks.
    seconds: from the first block's time to the last one's. torn: the file ends inside an element.
    """

    codec: str
    width: int
    height: int
    frames: int
    seconds: float
    torn: bool


class _Torn(Exception):
    """The file ends here, inside an element."""


def _bad(code: str, says: str, at: int) -> Refused:
    return refuse(code, says, f"byte {at}")


def _id(data: memoryview, at: int) -> tuple[int, int]:
    """(id with its marker, where it ends)."""
    if at >= len(data):
        raise _Torn
    first = data[at]
    length = 9 - first.bit_length()
    if length > 4:
        raise _bad("bad_element", "no element starts here", at)
    if at + length > len(data):
        raise _Torn
    return int.from_bytes(data[at : at + length], "big"), at + length


def _size(data: memoryview, at: int) -> tuple[int | None, int]:
    """(stated size, None for unknown; where it ends)."""
    if at >= len(data):
        raise _Torn
    first = data[at]
    length = 9 - first.bit_length()
    if length > 8:
        raise _bad("bad_element", "an element states no size", at)
    if at + length > len(data):
        raise _Torn
    value = int.from_bytes(data[at : at + length], "big") & ((1 << (7 * length)) - 1)
    return (None if value == (1 << (7 * length)) - 1 else value), at + length


def _number(data: memoryview) -> int:
    return int.from_bytes(data[:8], "big") if len(data) <= 8 else -1


def _children(data: memoryview, start: int, end: int) -> Iterator[tuple[int, memoryview, int]]:
    """(id, body, where) of the elements in a whole element."""
    at = start
    count = 0
    while at < end:
        kind, body = _id(data[:end], at)
        size, body = _size(data[:end], body)
        count += 1
        if size is None or body + size > end or count > 1000:
            raise _bad("bad_element", "an element is larger than what it lies in", at)
        yield kind, data[body : body + size], at
        at = body + size


class _Reader:
    def __init__(self, data: memoryview, most_seconds: float) -> None:
        self.data, self.most_seconds = data, most_seconds
        self.codec, self.number = "", 0
        self.width = self.height = self.frames = self.elements = 0
        self.first: int | None = None
        self.last = 0
        self.torn = False

    def read(self) -> Film:
        try:
            self._segment(self._header())
        except _Torn:
            self.torn = True
        if not self.codec:
            raise _bad("no_picture", "there is no video track", 0)
        if not self.frames:
            raise _bad("no_picture", "there is not one whole picture", len(self.data))
        seconds = (self.last - (self.first or 0)) / 1000.0
        return Film(self.codec, self.width, self.height, self.frames, seconds, self.torn)

    def _header(self) -> int:
        if not EBML.to_bytes(4, "big").startswith(bytes(self.data[:4])):
            raise _bad("not_webm", "this is no WebM file", 0)
        _kind, at = _id(self.data, 0)
        size, at = _size(self.data, at)
        if size is None or size > MOST_HEADER:
            raise _bad("bad_element", "the file's header states an impossible size", at)
        if at + size > len(self.data):
            raise _Torn
        types = [bytes(b[:16]) for k, b, _ in _children(self.data, at, at + size) if k == DOC_TYPE]
        if [name.rstrip(b"\0") for name in types] not in ([b"webm"], [b"matroska"]):
            raise _bad("not_webm", "this is no WebM file", at)
        return at + size

    def _segment(self, at: int) -> None:
        kind, body = _id(self.data, at)
        if kind != SEGMENT:
            raise _bad("not_webm", "no segment follows the file's header", at)
        size, at = _size(self.data, body)
        end = len(self.data) if size is None else at + size
        if end > len(self.data):
            end, self.torn = len(self.data), True
        while at < end:
            at = self._level_1(at, end)
        if end < len(self.data):
            raise _bad("bytes_after", "something follows the film", end)

    def _level_1(self, at: int, end: int) -> int:
        kind, body = _id(self.data, at)
        size, body = _size(self.data, body)
        self._count(at)
        if kind in REFUSED:
            raise _bad("not_a_film", f"a film has no {REFUSED[kind]}", at)
        if kind == CLUSTER:
            return self._cluster(body, end if size is None else body + size, end, size is None)
        if kind not in LEVEL_1:
            raise _bad("bad_element", f"element {kind:x} has no place here", at)
        if size is None:
            raise _bad("bad_element", "only segments and clusters may leave their size open", at)
        if body + size > end:
            raise _Torn
        if kind == TRACKS:
            self._tracks(body, body + size)
        return body + size

    def _tracks(self, start: int, end: int) -> None:
        if self.codec:
            raise _bad("not_a_film", "the tracks are described twice", start)
        if end - start > MOST_HEADER:
            raise _bad("bad_element", "the description of the tracks is too long", start)
        entries = [(b, at) for k, b, at in _children(self.data, start, end) if k == TRACK]
        if len(entries) != 1:
            raise _bad("not_a_film", f"a film has one track, not {len(entries)}", start)
        body, at = entries[0]
        kind = codec = None
        for name, value, _where in _children(body, 0, len(body)):
            if name == NUMBER:
                self.number = _number(value)
            elif name == TYPE:
                kind = _number(value)
            elif name == CODEC:
                codec = CODECS.get(bytes(value[:32]).rstrip(b"\0"))
            elif name == ENCODINGS:
                raise _bad("not_a_film", "its blocks are compressed or encrypted", at)
            elif name == VIDEO:
                self._video(value, at)
        if kind != 1 or codec is None:
            raise _bad("wrong_codec", "its track is no VP8 or VP9 video", at)
        self.codec = codec

    def _video(self, body: memoryview, at: int) -> None:
        found = {name: _number(value) for name, value, _ in _children(body, 0, len(body))}
        self._picture(found.get(WIDTH, 0), found.get(HEIGHT, 0), at)

    def _picture(self, width: int, height: int, at: int) -> None:
        if width <= 0 or height <= 0 or width * height > MOST_PIXELS:
            raise _bad("absurd_picture", f"its pictures are {width} x {height} pixels", at)
        if width * height > self.width * self.height:
            self.width, self.height = width, height

    def _cluster(self, at: int, stated: int, end: int, open_end: bool) -> int:
        if not self.codec:
            raise _bad("not_a_film", "pictures come before their track is described", at)
        if stated > end:
            stated, self.torn = end, True
        time = 0
        while at < stated:
            kind, body = _id(self.data, at)
            if open_end and kind in LEVEL_1 and kind not in (0xEC, 0xBF):
                return at
            size, body = _size(self.data, body)
            if size is None:
                raise _bad("bad_element", "an element in a cluster leaves its size open", at)
            if body + size > stated:
                if stated == len(self.data):
                    raise _Torn
                raise _bad("bad_element", "an element is larger than what it lies in", at)
            part = self.data[body : body + size]
            if kind == TIME:
                time = _number(part)
            elif kind == SIMPLE:
                self._block(part, time, body)
            elif kind == GROUP:
                for name, inner, where in _children(part, 0, len(part)):
                    if name == BLOCK:
                        self._block(inner, time, body + where)
            else:
                self._count(at)
            at = body + size
        return stated

    def _block(self, body: memoryview, cluster: int, at: int) -> None:
        track, start = _size(body, 0)
        if track != self.number or start + 3 > len(body):
            raise _bad("bad_block", "a block belongs to no track", at)
        if body[start + 2] & 0x06:
            raise _bad("bad_block", "a block holds several frames", at)
        time = cluster + int.from_bytes(body[start : start + 2], "big", signed=True)
        frame = body[start + 3 :]
        if not 0 < len(frame) <= MOST_FRAME:
            raise _bad("bad_block", f"a frame has {len(frame)} bytes", at)
        if self.first is None:
            self.first = self.last = time
            if not self._key_frame(frame, at):
                raise _bad("no_picture", "the film does not begin with a whole picture", at)
        else:
            self._key_frame(frame, at)
        self.first, self.last = min(self.first, time), max(self.last, time)
        seconds = (self.last - self.first) / 1000.0
        if not 0 <= time < 1 << 53 or seconds > self.most_seconds:
            raise _bad("too_long", f"it runs {seconds:.0f} s or longer", at)
        self.frames += 1
        if self.frames > MOST_FPS * (seconds + 2):
            raise _bad("too_many_frames", f"{self.frames} frames in {seconds:.1f} s", at)

    def _key_frame(self, frame: memoryview, at: int) -> bool:
        """Check a key frame's own size; False for a frame that is none."""
        size = vp8_size(frame) if self.codec == "vp8" else vp9_size(frame)
        if size is None:
            return False
        self._picture(*size, at)
        return True

    def _count(self, at: int) -> None:
        self.elements += 1
        if self.elements > MOST_ELEMENTS:
            raise _bad("too_many_elements", "it holds more elements than a film", at)


def vp8_size(frame: memoryview) -> tuple[int, int] | None:
    """(width, height) of a VP8 key frame; None for any other frame; (0, 0) where it is broken."""
    if frame[0] & 1:
        return None
    if len(frame) < 10 or bytes(frame[3:6]) != b"\x9d\x01\x2a":
        return 0, 0
    width, height = (int.from_bytes(frame[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return width, height


def vp9_size(frame: memoryview) -> tuple[int, int] | None:
    """(width, height) of a VP9 key frame of profile 0; None for any other frame of it; (0, 0)
    where it is broken or of another profile."""
    first = frame[0]
    if first >> 6 != 2 or first >> 4 & 3:
        return 0, 0
    if first & 0x08 or first & 0x04:  # shows an older frame, or is none of its own
        return None
    bits = int.from_bytes(bytes(frame[:10]).ljust(10, b"\0"), "big") & ((1 << 72) - 1)
    if bits >> 48 & 0xFFFFFF != 0x498342:
        return 0, 0
    if bits >> 45 & 7 == 7:  # RGB is no color of profile 0
        return 0, 0
    return (bits >> 28 & 0xFFFF) + 1, (bits >> 12 & 0xFFFF) + 1


def read_film(data: bytes | memoryview, most_seconds: float) -> Film:
    """What a film says of itself. Raises Refused with a code and the byte where it went wrong."""
    return _Reader(memoryview(data), most_seconds).read()
