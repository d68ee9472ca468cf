"""The block stream's reader: any torn tail is legal, every other wrong byte has its place.

A stream is written here as a list of blocks; `damage` says what a test does to it.
"""

from __future__ import annotations

import uuid

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yesand.formats import blocks as module
from yesand.formats import crc32c as checksums
from yesand.formats.blocks import BlockReader, Encoding, Header, encode_block, read_stream
from yesand.kit.errors import Refused

STREAM = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")
OTHER = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8058")
RATE = 48000
COUNT = 48
BLOCK = 64 + COUNT * 3


def samples_of(sequence: int, count: int = COUNT) -> np.ndarray:
    rng = np.random.default_rng(sequence)
    return rng.integers(-(2**23), 2**23, count, dtype=np.int32)


def block(sequence: int, **changes) -> bytes:
    values = changes.pop("samples", None)
    fields = {
        "stream": STREAM,
        "encoding": Encoding.S24,
        "sequence": sequence,
        "rate": RATE,
        "first_sample": sequence * COUNT,
        "device_us": sequence * 1000,
        "client_us": 1_795_000_000_000_000 + sequence * 1000,
    }
    return encode_block(
        Header(**(fields | changes)), samples_of(sequence) if values is None else values
    )


def stream(count: int = 5) -> bytes:
    return b"".join(block(i) for i in range(count))


def codes(findings) -> list[tuple[str, int]]:
    return [(finding.code, finding.offset) for finding in findings]


def test_a_whole_stream_comes_back():
    read = read_stream(stream(5))
    assert (read.stream, read.encoding, read.rate) == (STREAM, Encoding.S24, RATE)
    assert read.samples.dtype == np.int32
    assert np.array_equal(read.samples, np.concatenate([samples_of(i) for i in range(5)]))
    assert read.blocks["sequence"].tolist() == [0, 1, 2, 3, 4]
    assert read.blocks["first_sample"].tolist() == [0, 48, 96, 144, 192]
    assert read.blocks["at"].tolist() == [0, 48, 96, 144, 192]
    assert read.blocks["count"].tolist() == [48] * 5
    assert read.blocks["offset"].tolist() == [i * BLOCK for i in range(5)]
    assert (read.torn_tail_bytes, read.findings, read.length) == (0, (), 5 * BLOCK)
    assert read.seconds == pytest.approx(5 * 48 / 48000)


def test_floats_are_exact_for_24_bits():
    read = read_stream(stream(2))
    assert np.array_equal(module.to_s24(read.floats()), read.samples)


def test_a_file_and_its_bytes_read_alike(tmp_path):
    path = tmp_path / "mic.pcm"
    path.write_bytes(stream(3) + b"YAB1")
    read = read_stream(path)
    assert (read.samples.size, read.torn_tail_bytes) == (3 * COUNT, 4)
    path.write_bytes(b"")
    assert read_stream(str(path)).blocks.size == 0


def test_blocks_of_uneven_length_come_back_in_order():
    sizes = [48, 48, 10, 1, 48, 7, 7]
    data, first = b"", 0
    for i, size in enumerate(sizes):
        data += block(i, first_sample=first, samples=samples_of(i, size))
        first += size
    read = read_stream(data)
    assert read.findings == ()
    expected = np.concatenate([samples_of(i, size) for i, size in enumerate(sizes)])
    assert np.array_equal(read.samples, expected)
    assert read.blocks["count"].tolist() == sizes


def test_float_streams_come_back():
    values = np.array([0.0, 0.5, -1.25, 1e-30], dtype=np.float32)
    data = b"".join(
        block(i, encoding=Encoding.F32, first_sample=i * 4, samples=values) for i in range(3)
    )
    read = read_stream(data)
    assert read.encoding is Encoding.F32 and read.samples.dtype == np.float32
    assert np.array_equal(read.samples, np.tile(values, 3))
    assert np.array_equal(read.floats(), read.samples)


@pytest.mark.parametrize("cut", [*range(0, 2 * BLOCK + 1, 7), 1, 2, 3, 4, 63, 64, 65, BLOCK - 1])
def test_any_torn_tail_is_legal(cut):
    whole, torn = divmod(cut, BLOCK)
    read = read_stream(stream(3)[:cut])
    assert read.findings == ()
    assert read.blocks.size == whole
    assert read.torn_tail_bytes == torn
    assert np.array_equal(
        read.samples, np.concatenate([np.zeros(0, np.int32), *map(samples_of, range(whole))])
    )


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (0, "bad_magic"),
        (4, "unknown_version"),
        (6, "unknown_encoding"),  # 1 becomes 0
        (24, "bad_checksum"),
        (31, "bad_rate"),
        (39, "bad_checksum"),
        (55, "bad_checksum"),
        (56, "bad_length"),
        (60, "bad_checksum"),
        (64, "bad_checksum"),
        (BLOCK - 1, "bad_checksum"),
    ],
)
def test_a_flipped_bit_costs_its_block_and_no_other(at, code):
    read = read_stream(flip(stream(5), 2 * BLOCK + at))
    assert codes(read.findings) == [(code, 2 * BLOCK)]
    assert f"{BLOCK} bytes are left out" in read.findings[0].says
    assert read.findings[0].where == f"byte {2 * BLOCK}"
    assert read.blocks["sequence"].tolist() == [0, 1, 3, 4]
    expected = np.concatenate([samples_of(i) for i in (0, 1, 3, 4)])
    assert np.array_equal(read.samples, expected)
    with pytest.raises(Refused) as refusal:
        read_stream(flip(stream(5), 2 * BLOCK + at), strict=True)
    assert refusal.value.code == code


def test_a_length_that_lies_does_not_swallow_what_follows():
    """The length says 48 samples more than there are, up to far beyond the end."""
    for lie in (COUNT * 3 * 2, 3 << 16, 999_999):
        data = bytearray(stream(4))
        data[BLOCK + 56 : BLOCK + 60] = lie.to_bytes(4, "little")
        read = read_stream(bytes(data))
        assert [code for code, _ in codes(read.findings)] in (["cut_block"], ["bad_checksum"])
        assert read.findings[0].offset == BLOCK
        assert read.blocks["sequence"].tolist() == [0, 2, 3]


def test_zeros_after_a_power_loss_are_a_finding_not_a_tail():
    read = read_stream(stream(2) + bytes(500))
    assert codes(read.findings) == [("bad_magic", 2 * BLOCK)]
    assert read.torn_tail_bytes == 0


def test_damage_before_a_torn_tail_keeps_both_apart():
    data = flip(stream(4), 2 * BLOCK + 70)[: 3 * BLOCK + 100]
    read = read_stream(data)
    assert codes(read.findings) == [("bad_checksum", 2 * BLOCK)]
    assert read.torn_tail_bytes == 100


def test_order_is_judged():
    cases = {
        "sequence_repeat": [block(0), block(1), block(1), block(2)],
        "sequence_skip": [block(0), block(1), block(3)],
        "time_backwards": [block(0), block(1, client_us=1_794_999_999_999_999), block(2)],
        "rate_change": [block(0), block(1), block(2, rate=44100), block(3)],
        "encoding_change": [
            block(0),
            block(1, encoding=Encoding.F32, samples=np.zeros(9)),
            block(2),
        ],
        "other_stream": [block(0), block(0, stream=OTHER), block(1)],
        "sample_repeat": [block(0), block(1, first_sample=47), block(2)],
        "samples_ahead": [
            block(0),
            block(1, first_sample=RATE * 60),
            block(2, first_sample=RATE * 61),
        ],
    }
    found = {
        name: [code for code, _ in codes(read_stream(b"".join(parts)).findings)]
        for name, parts in cases.items()
    }
    assert found == {name: [name] for name in cases}
    offsets = [read_stream(b"".join(parts)).findings[0].offset for parts in cases.values()]
    assert offsets == [2 * BLOCK, 2 * BLOCK, BLOCK, 2 * BLOCK, BLOCK, BLOCK, BLOCK, BLOCK]


def test_a_stream_that_does_not_start_at_zero_has_lost_its_start():
    assert codes(read_stream(block(2) + block(3)).findings) == [("sequence_skip", 0)]


def test_a_jump_of_the_count_that_the_clock_explains_is_no_finding():
    """A recorder that counts on while paused: the hole is in the table, for find_gaps."""
    later = block(1, first_sample=RATE * 10, client_us=1_795_000_010_001_000)
    read = read_stream(block(0) + later)
    assert read.findings == ()
    assert read.blocks["first_sample"].tolist() == [0, RATE * 10]
    assert read.blocks["at"].tolist() == [0, COUNT]


def test_device_time_is_logged_and_never_judged():
    read = read_stream(block(0, device_us=5_000_000) + block(1, device_us=-7))
    assert read.findings == ()
    assert read.blocks["device_us"].tolist() == [5_000_000, -7]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_left_out(value):
    good = np.zeros(8, np.float32)
    bad = good.copy()
    bad[5] = value
    parts = [
        block(i, encoding=Encoding.F32, first_sample=i * 8, samples=bad if i == 1 else good)
        for i in range(3)
    ]
    read = read_stream(b"".join(parts))
    assert codes(read.findings) == [("not_a_number", len(parts[0]))]
    assert np.isfinite(read.samples).all() and read.blocks["sequence"].tolist() == [0, 2]


def test_nan_has_no_24_bit_integer():
    with pytest.raises(ValueError, match="NaN"):
        module.to_s24([0.0, np.nan])
    with pytest.raises(ValueError, match="payload"):
        block(0, samples=np.zeros(0, np.int32))
    with pytest.raises(ValueError, match="payload"):
        block(0, samples=np.zeros(400_000, np.int32))


def test_garbage_is_one_finding_and_hostile_starts_are_given_up():
    garbage = np.random.default_rng(1).integers(0, 256, 200_000, dtype=np.uint8).tobytes()
    assert codes(read_stream(garbage).findings) == [("bad_magic", 0)]
    head = block(0)[:64]
    starts = read_stream(stream(1) + flip(head, 60) * (module.MAX_TRIES + 10) + stream(1))
    assert [code for code, _ in codes(starts.findings)] == ["bad_checksum"]
    assert starts.blocks.size == 1


def test_findings_are_capped(monkeypatch):
    monkeypatch.setattr(module, "MAX_FINDINGS", 3)
    read = read_stream(block(0) * 10)
    assert [f.code for f in read.findings] == ["sequence_repeat"] * 3 + ["more_findings"]
    assert "6 more" in read.findings[-1].says


def test_without_the_compiled_checksum_the_result_is_the_same(monkeypatch):
    data = flip(stream(80), 33 * BLOCK + 99) + b"YA"
    fast = read_stream(data)
    monkeypatch.setattr(checksums.native, "_compiled", None)
    slow = read_stream(data)
    assert np.array_equal(fast.samples, slow.samples)
    assert (fast.findings, fast.torn_tail_bytes) == (slow.findings, slow.torn_tail_bytes)
    assert [f.code for f in slow.findings] == ["bad_checksum"]


def outcome(pieces) -> tuple:
    reader = BlockReader()
    blocks = [found for piece in pieces for found in reader.feed(piece)] + reader.finish()
    values = [found.samples().tolist() for found in blocks]
    offsets = [found.offset for found in blocks]
    return offsets, values, codes(reader.findings), reader.torn_tail_bytes


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_pieces_of_any_size_give_the_same_reading(data):
    """Damage at random places, cut at a random length, fed in random pieces, by hand and whole."""
    original = stream(data.draw(st.integers(0, 6), "blocks"))
    broken = bytearray(original)
    for _ in range(data.draw(st.integers(0, 3), "damages")):
        if broken:
            at = data.draw(st.integers(0, len(broken) - 1))
            size = data.draw(st.sampled_from([1, 1, 3, 70, 250]))
            how = data.draw(st.sampled_from(["write", "remove", "insert"]))
            junk = data.draw(st.binary(min_size=size, max_size=size))
            if how == "write":
                broken[at : at + size] = junk[: len(broken) - at]
            elif how == "remove":
                del broken[at : at + size]
            else:
                broken[at:at] = junk
    cut = bytes(broken[: data.draw(st.integers(0, len(broken)), "cut")])
    places = sorted(data.draw(st.lists(st.integers(0, len(cut)), max_size=6), "pieces"))
    pieces = [cut[a:b] for a, b in zip([0, *places], [*places, len(cut)], strict=True)]
    whole, pieced = outcome([cut]), outcome(pieces)
    assert whole == pieced
    read = read_stream(cut)
    assert read.blocks["offset"].tolist() == whole[0]
    assert read.samples.tolist() == [value for values in whole[1] for value in values]
    # Nothing but what was written ever comes out, and in its order.
    written = {tuple(samples_of(i).tolist()): i for i in range(6)}
    order = [written[tuple(values)] for values in whole[1]]
    assert order == sorted(set(order))
    if cut == original[: len(cut)]:
        assert whole[2] == []


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=3000))
def test_tables_and_compiled_checksums_agree(data):
    assert checksums.crc32c_tables(data) == checksums.crc32c(data)


@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (2, 5), (1, 257), (5000, 9), (7, 14460)])
def test_rows_of_checksums(shape):
    rows = np.random.default_rng(5).integers(0, 256, shape, dtype=np.uint8)
    expected = [checksums.crc32c(row.tobytes()) for row in rows]
    assert checksums.crc32c_rows(rows).tolist() == expected


def test_a_stream_is_counted_without_its_samples():
    whole = read_stream(b"".join(block(n) for n in range(4)))
    bare = read_stream(b"".join(block(n) for n in range(4)), samples=False)
    assert len(bare.samples) == 0
    assert bare.count == whole.count == len(whole.samples) > 0
    assert (bare.seconds, bare.rate, bare.length) == (whole.seconds, whole.rate, whole.length)
    assert np.array_equal(bare.blocks, whole.blocks)
