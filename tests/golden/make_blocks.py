"""Write tests/golden/blocks.json. Run by hand, and only when the format's version changes."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from pathlib import Path

import numpy as np

from yesand.formats.blocks import NO_DEVICE_TIME, Encoding, Header, encode_block, to_s24
from yesand.formats.crc32c import crc32c
from yesand.kit.canonical import StreamHash

STREAM = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")
#: Floats that tell roundings apart: ends, ties on both sides, one step, beyond the ends.
FLOATS = np.array(
    [
        0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2**-23, -(2**-23), 2**-24, -(2**-24), 3 * 2**-24,
        -3 * 2**-24, 0.5 + 2**-24, -0.5 - 2**-24, 1 - 2**-24, 1.5, -1.5, 32767 / 32768,
        0.1, -0.1, 1 / 3, float(np.float32(2**-149)),
    ],
    dtype=np.float32,
)  # fmt: skip


def patterned(count: int) -> bytes:
    """Byte i is (31 i + floor(i / 256)) mod 256."""
    index = np.arange(count, dtype=np.uint32)
    return ((index * 31 + index // 256) & 255).astype(np.uint8).tobytes()


def block(name: str, header: Header, samples: np.ndarray) -> dict[str, object]:
    whole = encode_block(header, samples)
    return {
        "name": name,
        "stream": str(header.stream),
        "encoding": int(header.encoding),
        "sequence": header.sequence,
        "rate": header.rate,
        # 64-bit numbers are strings: JSON numbers lose them in JavaScript.
        "first_sample": str(header.first_sample),
        "device_us": str(header.device_us),
        "client_us": str(header.client_us),
        "samples": [float(value) for value in samples],
        "payload_hex": whole[64:].hex(),
        "crc32c": int.from_bytes(whole[60:64], "little"),
        "block_hex": whole.hex(),
    }


def build() -> dict[str, object]:
    tone = np.sin(np.arange(48) * 0.3, dtype=np.float32) * np.float32(0.25)
    far = dict(first_sample=2**40 + 7, client_us=1_795_000_000_123_456)
    return {
        "about": "Framed audio blocks, checksums and stream hashes: browser and Python agree.",
        "header_bytes": 64,
        "no_device_time": str(NO_DEVICE_TIME),
        "float_to_s24": [
            {"float": float(x), "s24": int(y)} for x, y in zip(FLOATS, to_s24(FLOATS), strict=True)
        ],
        "blocks": [
            block("first", Header(STREAM, Encoding.S24, 0, 44100, 0, 0, 1_795_000_000_000_000), tone),
            block("edges", Header(STREAM, Encoding.S24, 1, 44100, 48, 12_345_678, 1_795_000_000_100_000), FLOATS),
            block("float", Header(STREAM, Encoding.F32, 2, 48000, 70, -1, 1_795_000_000_200_000), FLOATS),
            block("far", Header(STREAM, Encoding.S24, 2**32 - 1, 192000, device_us=NO_DEVICE_TIME, **far), tone[:3]),
        ],
        "crc32c": [
            {"bytes": count, "crc32c": crc32c(patterned(count)),
             "upload_checksum": "crc32c " + base64.b64encode(crc32c(patterned(count)).to_bytes(4, "big")).decode()}
            for count in (0, 1, 9, 64, 1000, 262144)
        ],
        "stream_hash": [
            {"bytes": count, "hash": stream_hash(patterned(count))}
            for count in (0, 1, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20)
        ],
        "pattern": "byte i is (31 * i + floor(i / 256)) mod 256",
        "sha256_of_pattern_1000": hashlib.sha256(patterned(1000)).hexdigest(),
    }  # fmt: skip


def stream_hash(data: bytes) -> str:
    hashing = StreamHash()
    hashing.update(data)
    return hashing.hexdigest()


if __name__ == "__main__":
    target = Path(__file__).with_name("blocks.json")
    target.write_text(json.dumps(build(), indent=1) + "\n", encoding="utf-8")
