"""Many blocks at once: payloads to sample arrays, and checksums without the compiled version."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yesand.formats.block_bytes import FULL_SCALE, HEADER_BYTES, Encoding, parse_header
from yesand.formats.crc32c import crc32c_rows

#: Blocks whose checksums are computed together.
TOGETHER = 64


def sample_type(encoding: Encoding | None) -> type[np.int32] | type[np.float32]:
    """Numpy type of decoded samples: int32 holding 24-bit values, or float32."""
    return np.float32 if encoding is Encoding.F32 else np.int32


def decode_payload(payload: memoryview, encoding: Encoding) -> NDArray[Any]:
    """The samples of one payload."""
    if encoding is Encoding.F32:
        return np.frombuffer(payload, "<f4").astype(np.float32)
    three = np.frombuffer(payload, np.uint8).reshape(-1, 3).astype(np.int32)
    low: NDArray[np.int32] = three[:, 0] | three[:, 1] << 8 | three[:, 2] << 16
    return (low ^ FULL_SCALE) - FULL_SCALE


def gather(data: memoryview, table: NDArray[np.void], encoding: Encoding | None) -> NDArray[Any]:
    """The samples of a table's blocks one after the other; runs of even blocks in one step."""
    samples = np.empty(int(table["count"].sum()), dtype=sample_type(encoding))
    if encoding is None or not len(table):
        return samples
    counts, offsets = table["count"], table["offset"]
    frames = HEADER_BYTES + counts * encoding.sample_bytes
    new_run = np.ones(len(table), dtype=bool)
    new_run[1:] = (np.diff(counts) != 0) | (np.diff(offsets) != frames[:-1])
    starts = np.flatnonzero(new_run)
    for first, last in zip(starts, np.append(starts[1:], len(table)), strict=True):
        shape = (int(last - first), int(counts[first]))
        start, at = int(offsets[first]) + HEADER_BYTES, int(table["at"][first])
        out = samples[at : at + shape[0] * shape[1]].reshape(shape)
        frame = int(frames[first])
        if encoding is Encoding.F32:
            out[:] = np.ndarray(shape, "<f4", data, start, (frame, 4))
        else:
            # Four bytes that end with the sample's three; the shift drops the one before them.
            four = np.ndarray(shape, "<i4", data, start - 1, (frame, 3))
            np.right_shift(four, 8, out=out)
    return samples


def checksums(data: memoryview) -> dict[int, int]:
    """CRC32C of every block reached by stated lengths, by the block's offset.

    Many at once, for the base install. Where a length lies the chain ends, and the reader computes
    the rest one by one.
    """
    by_length: dict[int, list[int]] = {}
    at = 0
    while at + HEADER_BYTES <= len(data):
        parsed = parse_header(bytes(data[at : at + HEADER_BYTES]))
        if isinstance(parsed, str) or at + HEADER_BYTES + parsed[1] > len(data):
            break
        by_length.setdefault(parsed[1], []).append(at)
        at += HEADER_BYTES + parsed[1]
    whole = np.frombuffer(data, dtype=np.uint8)
    known: dict[int, int] = {}
    for length, offsets in by_length.items():
        for first in range(0, len(offsets), TOGETHER):
            group = offsets[first : first + TOGETHER]
            rows = np.empty((len(group), 60 + length), dtype=np.uint8)
            for row, offset in zip(rows, group, strict=True):
                row[:60] = whole[offset : offset + 60]
                row[60:] = whole[offset + HEADER_BYTES : offset + HEADER_BYTES + length]
            known.update(zip(group, map(int, crc32c_rows(rows)), strict=True))
    return known
