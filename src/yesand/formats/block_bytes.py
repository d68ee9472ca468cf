"""One framed audio block on the wire and on disk: header, checksum, sample encodings.

A block is a 64-byte little-endian header and its payload, about 100 ms of mono audio:

    0:4 magic "YAB1"        4:2 version 1          6:2 encoding (1 s24, 2 f32)
    8:16 stream id          24:4 sequence from 0   28:4 sample rate, Hz
    32:8 first sample       40:8 device time, µs   48:8 client clock, µs
    56:4 payload length     60:4 CRC32C over header[0:60] + payload

The client clock is Unix microseconds of the recording browser at which the block's last sample was
handed to the recorder. browser/src/recorder/blocks.ts writes the same bytes; both are held to
tests/golden/blocks.json.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yesand.formats.crc32c import crc32c

MAGIC = b"YAB1"
VERSION = 1
HEADER = struct.Struct("<4sHH16sIIQqqII")
HEADER_BYTES = HEADER.size
MAX_PAYLOAD = 1 << 20
FULL_SCALE = 1 << 23
#: Sample rates a header may state, Hz.
RATES = range(8_000, 384_001)
#: Device time of a recorder whose source gives none (an AudioWorklet, for example).
NO_DEVICE_TIME = -(1 << 63)


class Encoding(IntEnum):
    """How a sample is written: signed 24-bit integer or 32-bit float, little-endian, mono."""

    S24 = 1
    F32 = 2

    @property
    def sample_bytes(self) -> int:
        return 3 if self is Encoding.S24 else 4


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one block; see the module's docstring for units."""

    stream: uuid.UUID
    encoding: Encoding
    sequence: int
    rate: int
    first_sample: int
    device_us: int
    client_us: int

    def pack(self, payload: bytes) -> bytes:
        """The 64 bytes of the header for this payload, checksum included."""
        head = HEADER.pack(
            MAGIC,
            VERSION,
            self.encoding,
            self.stream.bytes,
            self.sequence,
            self.rate,
            self.first_sample,
            self.device_us,
            self.client_us,
            len(payload),
            0,
        )[:60]
        return head + struct.pack("<I", crc32c(head + payload))


def parse_header(data: bytes) -> tuple[Header, int, int] | str:
    """(header, payload bytes, stated CRC32C) of 64 bytes, or the code of what cannot be true."""
    magic, version, encoding, stream, sequence, rate, first, device, client, length, crc = (
        HEADER.unpack(data)
    )
    if magic != MAGIC:
        return "bad_magic"
    if version != VERSION:
        return "unknown_version"
    if encoding not in (Encoding.S24, Encoding.F32):
        return "unknown_encoding"
    if rate not in RATES:
        return "bad_rate"
    kind = Encoding(encoding)
    if not 0 < length <= MAX_PAYLOAD or length % kind.sample_bytes:
        return "bad_length"
    if first >= 1 << 62:
        return "bad_first_sample"
    named = uuid.UUID(bytes=stream)
    return Header(named, kind, sequence, rate, first, device, client), length, crc


def to_s24(samples: ArrayLike) -> NDArray[np.int32]:
    """Float samples to 24-bit integers: x * 8388608, ties up, clipped to the 24-bit range.

    One linear scale in both directions of the sign, as in the browser (`Math.round`). Chromium
    turns a 16-bit device's samples into floats by 32767 above zero and 32768 below, so such a
    device comes back within one 16-bit step scaled to 24 bits, not bit-exact.
    Raises ValueError on NaN, which has no integer.
    """
    scaled = np.floor(np.asarray(samples, dtype=np.float64) * FULL_SCALE + 0.5)
    if np.isnan(scaled).any():
        raise ValueError("NaN is not a sample")
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int32)


def s24_bytes(samples: NDArray[np.int32]) -> bytes:
    """24-bit integers (int32 array) as three little-endian bytes each."""
    wide = np.ascontiguousarray(samples, dtype="<i4").view(np.uint8).reshape(-1, 4)
    return wide[:, :3].tobytes()


def encode_block(header: Header, samples: ArrayLike) -> bytes:
    """One block: header and payload. Float samples in [-1, 1], or int32 holding 24-bit values."""
    values = np.asarray(samples)
    if header.encoding is Encoding.F32:
        payload = values.astype("<f4").tobytes()
    else:
        payload = s24_bytes(values if values.dtype.kind == "i" else to_s24(values))
    if not 0 < len(payload) <= MAX_PAYLOAD:
        raise ValueError(f"a block holds 1 to {MAX_PAYLOAD} payload bytes, not {len(payload)}")
    return header.pack(payload) + payload
