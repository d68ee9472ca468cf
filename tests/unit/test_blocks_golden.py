"""The bytes of tests/golden/blocks.json are the contract with the browser's recorder."""

from __future__ import annotations

import json
import struct
import uuid
from pathlib import Path

import numpy as np
import pytest

from yesand.formats import crc32c as checksums
from yesand.formats.blocks import Encoding, Header, encode_block, to_s24
from yesand.kit.canonical import StreamHash

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "blocks.json").read_text(encoding="utf-8")
)


def patterned(count: int) -> bytes:
    return bytes((31 * i + i // 256) % 256 for i in range(count))


@pytest.mark.parametrize("case", GOLDEN["blocks"], ids=lambda case: case["name"])
def test_a_block_is_these_bytes(case):
    header = Header(
        uuid.UUID(case["stream"]),
        Encoding(case["encoding"]),
        case["sequence"],
        case["rate"],
        int(case["first_sample"]),
        int(case["device_us"]),
        int(case["client_us"]),
    )
    block = encode_block(header, np.array(case["samples"], dtype=np.float32))
    assert block.hex() == case["block_hex"]
    assert block[64:].hex() == case["payload_hex"]
    assert struct.unpack("<I", block[60:64])[0] == case["crc32c"]


def test_floats_become_24_bits_the_same_way_on_both_sides():
    floats = np.array([case["float"] for case in GOLDEN["float_to_s24"]], dtype=np.float32)
    assert to_s24(floats).tolist() == [case["s24"] for case in GOLDEN["float_to_s24"]]


@pytest.mark.parametrize("case", GOLDEN["crc32c"], ids=lambda case: str(case["bytes"]))
def test_checksums(case):
    data = patterned(case["bytes"])
    assert checksums.crc32c(data) == case["crc32c"]
    assert checksums.crc32c_tables(data) == case["crc32c"]


@pytest.mark.parametrize("case", GOLDEN["stream_hash"], ids=lambda case: str(case["bytes"]))
def test_stream_hashes(case):
    hashing = StreamHash()
    hashing.update(patterned(case["bytes"]))
    assert hashing.hexdigest() == case["hash"]


def test_the_known_checksum_of_the_standard():
    """RFC 3720 B.4: 32 bytes of zeros, of ones, ascending; and the usual nine digits."""
    assert checksums.crc32c(bytes(32)) == 0x8A9136AA
    assert checksums.crc32c(b"\xff" * 32) == 0x62A8AB43
    assert checksums.crc32c(bytes(range(32))) == 0x46DD794E
    assert checksums.crc32c(b"123456789") == 0xE3069283
