"""Sealed objects and wrapped keys as every version must write and read them, and broken ones."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.golden.make_sealed import KEK, KEYS, NAME, SALT, A, B, cases, plain
from yesand.formats import sealed
from yesand.formats.sealed import FRAME, TAG, Broken, seal, unseal
from yesand.infra.keys import unwrap, wrap, wrapper_of

GOLDEN = json.loads(Path(__file__).with_name("sealed.json").read_text("utf-8"))


def test_the_same_bytes_are_written_as_ever():
    assert cases() == GOLDEN["cases"]
    assert GOLDEN["name"] == NAME and GOLDEN["salt"] == SALT.hex()


@pytest.mark.parametrize("row", GOLDEN["cases"], ids=lambda r: f"{r['keys']} keys {r['size']} B")
def test_what_was_written_opens_whole_and_in_part(row):
    keys = {key: KEYS[key] for key in (A, B)[: row["keys"]]}
    data = bytes.fromhex(row["hex"]) if "hex" in row else _again(row, keys)
    want = plain(row["size"])
    assert unseal(data, keys, NAME) == want
    header = sealed.parse_header(data)
    assert header.keys == tuple(sorted(keys)) and header.salt == SALT
    reads = []

    def read(start, length):
        reads.append(length)
        return data[start : start + length]

    opened = sealed.open_sealed(header, len(data), keys, NAME, read)
    assert opened.size == row["size"]
    for start, length in ((0, 1), (row["size"] // 2, 10), (max(0, row["size"] - 3), 100)):
        assert opened.read_range(start, length) == want[start : start + length]
    assert max(reads) <= 2 * (FRAME + TAG), "a small part opens one frame, or the two it lies in"
    assert opened.read_range(row["size"], 5) == b"" and opened.read_range(0, 0) == b""


def _again(row, keys) -> bytes:
    data = b"".join(seal([plain(row["size"])], keys, NAME, SALT))
    assert hashlib.sha256(data).hexdigest() == row["sha256"]
    return data


def _long() -> bytes:
    return b"".join(seal([plain(2 * FRAME + 77)], KEYS, NAME, SALT))


START = 40 + 32
STEP = FRAME + TAG


def _swapped(data: bytes) -> bytes:
    one, two = data[START : START + STEP], data[START + STEP : START + 2 * STEP]
    return data[:START] + two + one + data[START + 2 * STEP :]


BROKEN = {
    "one bit of a frame": lambda d: d[: START + 5] + bytes([d[START + 5] ^ 1]) + d[START + 6 :],
    "one bit of a tag": lambda d: d[:-1] + bytes([d[-1] ^ 128]),
    "one bit of the salt": lambda d: d[:9] + bytes([d[9] ^ 1]) + d[10:],
    "the last frame is missing": lambda d: d[: START + 2 * STEP],
    "two frames are missing": lambda d: d[: START + STEP],
    "the first frame is missing": lambda d: d[:START] + d[START + STEP :],
    "all frames are missing": lambda d: d[:START],
    "cut inside a frame": lambda d: d[:-40],
    "cut inside a tag": lambda d: d[: START + 2 * STEP + 9],
    "one byte too many": lambda d: d + b"\0",
    "a frame comes twice": lambda d: d[: START + STEP] + d[START:],
    "two frames swapped": _swapped,
    "cut inside the header": lambda d: d[:30],
    "cut inside the ids": lambda d: d[:60],
    "another version": lambda d: d[:4] + b"\x02\x00" + d[6:],
    "no keys": lambda d: d[:6] + b"\x00" + d[7:],
    "nine keys": lambda d: d[:6] + b"\x09" + d[7:],
    "other frames": lambda d: d[:7] + b"\x10" + d[8:],
    "ids out of order": lambda d: d[:40] + d[56:72] + d[40:56] + d[72:],
    "one id twice": lambda d: d[:40] + d[40:56] * 2 + d[72:],
    "not sealed": lambda d: b"RIFF" + d[4:],
    "nothing": lambda d: b"",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_bytes_never_open(name):
    with pytest.raises(Broken):
        unseal(BROKEN[name](_long()), KEYS, NAME)


def test_another_name_another_key_and_a_missing_key_never_open():
    data = bytes.fromhex(GOLDEN["cases"][8 + 2]["hex"])
    assert unseal(data, KEYS, NAME) == plain(1000)
    with pytest.raises(Broken):
        unseal(data, KEYS, "takes/1/b/mic.pcm")
    with pytest.raises(Broken):
        unseal(data, {**KEYS, B: bytes(32)}, NAME)
    with pytest.raises(KeyError):
        unseal(data, {A: KEYS[A]}, NAME)


def test_a_range_of_a_cut_object_opens_no_more_than_is_whole():
    data = _long()
    header = sealed.parse_header(data)
    opened = sealed.open_sealed(header, len(data), KEYS, NAME, lambda a, n: data[a : a + n][:-1])
    with pytest.raises(Broken, match="cut off"):
        opened.read_range(0, 10)


def test_pieces_of_any_size_give_the_same_object():
    whole = plain(2 * FRAME + 77)
    for step in (FRAME // 3, FRAME, FRAME + 1, len(whole)):
        pieces = [whole[at : at + step] for at in range(0, len(whole), step)]
        assert b"".join(seal([b"", *pieces, b""], KEYS, NAME, SALT)) == _long()
    assert b"".join(seal([], KEYS, NAME, SALT)) == b"".join(seal([b""], KEYS, NAME, SALT))


def test_no_two_objects_share_a_salt():
    one, two = (b"".join(seal([b"same"], KEYS, NAME)) for _ in "ab")
    assert one != two and unseal(one, KEYS, NAME) == unseal(two, KEYS, NAME) == b"same"


def test_a_wrapped_key_opens_for_its_own_id_only():
    by, data = bytes(range(64, 96)), bytes.fromhex(GOLDEN["wrapped"])
    assert data == wrap(KEK, by, A, KEYS[A], bytes(12)) and wrapper_of(data) == KEK
    assert unwrap(data, by, A) == KEYS[A]
    for broken, key in ((data, B), (data[:-1] + b"\0", A), (data[:8] + b"\1" + data[9:], A)):
        with pytest.raises(ValueError, match="does not open"):
            unwrap(broken, by, key)
    for broken in (b"", data[:-1], b"YAK2" + data[4:]):
        with pytest.raises(ValueError, match="not a wrapped key"):
            unwrap(broken, by, A)
