"""What the clients of a crowd send: generated voices in blocks, one film in slices, ready-made.

Two voices and one film serve every room: only what carries a stream's own id, the header of a
block and its checksum, is made while a take runs.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np

from yesand.cli.robots.voices import duet
from yesand.formats.block_bytes import Encoding, Header
from yesand.formats.blocks import s24_bytes
from yesand.kit.canonical import BLOCK_BYTES

#: Blocks a second and bytes a sample of both kinds of sound.
BLOCKS, WIDTH = 10, 3
RATES = {"mic": 48_000, "heard": 16_000}
#: The camera: pictures a second, bits a second, seconds of film that are encoded and repeated.
FPS, BITS, LOOP_S = 15, 1_200_000, 4
WIDE, HIGH = 480, 270
CLUSTER = bytes.fromhex("1f43b675")


@dataclass(frozen=True)
class Film:
    """A WebM of one video track. cuts: byte offsets at which a slice may end, one a second."""

    data: bytes
    cuts: tuple[int, ...]
    digests: tuple[bytes, ...]
    """SHA-256 of each whole MiB, so that any prefix's stream hash costs one piece."""

    def hash_of(self, length: int) -> str:
        """`StreamHash` of the first `length` bytes."""
        whole = hashlib.sha256(b"".join(self.digests[: length // BLOCK_BYTES]))
        if length % BLOCK_BYTES:
            rest = self.data[length // BLOCK_BYTES * BLOCK_BYTES : length]
            whole.update(hashlib.sha256(rest).digest())
        return whole.hexdigest()


@dataclass(frozen=True)
class Matter:
    """Everything a crowd sends, by role and kind. sound: payload of each block in order."""

    sound: dict[tuple[str, str], list[bytes]]
    film: Film


def make(seconds: float) -> Matter:
    """Voices and a film of this length and a little more."""
    voices = duet(seconds + 2)
    sound: dict[tuple[str, str], list[bytes]] = {}
    for role, other in (("a", "b"), ("b", "a")):
        sound[role, "mic"] = _payloads(voices[role].samples, 48_000)
        sound[role, "heard"] = _payloads(voices[other].samples[::3], 16_000)
    return Matter(sound, film(seconds + 2))


def _payloads(samples: np.ndarray, rate: int) -> list[bytes]:
    data, step = s24_bytes(samples), rate // BLOCKS * WIDTH
    return [data[at : at + step] for at in range(0, len(data) - step + 1, step)]


def film(seconds: float) -> Film:
    """A few seconds of moving noise at the bit rate, repeated: a key frame begins each round."""
    out = io.BytesIO()
    # Clusters of a second, of unknown size and without an index, as a browser's recorder writes.
    options = {"cluster_time_limit": "1000", "cluster_size_limit": "8000000", "live": "1"}
    container = av.open(out, "w", format="webm", options=options)
    stream = container.add_stream("libvpx", rate=FPS)
    stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "yuv420p"
    stream.bit_rate = BITS
    stream.time_base = Fraction(1, FPS)
    stream.options = {
        "deadline": "realtime", "cpu-used": "8", "minrate": str(BITS), "maxrate": str(BITS),
        "g": str(FPS),
    }  # fmt: skip
    rng = np.random.default_rng(7)
    packets = []
    for number in range(LOOP_S * FPS):
        picture = rng.integers(110, 146, (HIGH, WIDE, 3), np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = number
        packets += stream.encode(frame)
    packets += stream.encode(None)
    kept = [(bytes(packet), packet.is_keyframe) for packet in packets]
    for number in range(int(seconds * FPS)):
        data, key = kept[number % len(kept)]
        packet = av.Packet(data)
        packet.pts = packet.dts = number
        packet.time_base, packet.stream = Fraction(1, FPS), stream
        packet.is_keyframe = key
        container.mux(packet)
    container.close()
    whole = out.getvalue()
    cuts = [at for at in _every(whole, CLUSTER)][1:]
    pieces = range(0, len(whole) // BLOCK_BYTES * BLOCK_BYTES, BLOCK_BYTES)
    digests = tuple(hashlib.sha256(whole[at : at + BLOCK_BYTES]).digest() for at in pieces)
    return Film(whole, (*cuts, len(whole)), digests)


def _every(data: bytes, what: bytes) -> list[int]:
    found, at = [], data.find(what)
    while at >= 0:
        found.append(at)
        at = data.find(what, at + 1)
    return found


class Blocks:
    """The framed blocks of one stream of sound."""

    def __init__(self, stream: uuid.UUID, kind: str, payloads: list[bytes], begun_ms: float):
        self.stream, self.rate, self.payloads = stream, RATES[kind], payloads
        self.begun_ms = begun_ms
        self.count = 0

    @property
    def samples(self) -> int:
        """Samples written so far."""
        return self.count * (self.rate // BLOCKS)

    def until(self, seconds: float) -> bytes:
        """Every block that is whole `seconds` after the begin and was not given yet."""
        found = []
        while (self.count + 1) / BLOCKS <= seconds:
            payload = self.payloads[self.count % len(self.payloads)]
            first = self.samples
            after_ms = self.begun_ms + 1000 * (self.count + 1) / BLOCKS
            header = Header(
                stream=self.stream,
                encoding=Encoding.S24,
                sequence=self.count,
                rate=self.rate,
                first_sample=first,
                device_us=round(first * 1e6 / self.rate),
                client_us=round(after_ms * 1000),
            )
            found += [header.pack(payload), payload]
            self.count += 1
        return b"".join(found)
