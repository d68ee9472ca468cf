"""CRC32C (Castagnoli, RFC 3720 B.4): the checksum of every block and of every PATCH.

The door and the worker have Google's compiled version (`google-crc32c`, Apache-2.0, CPU
instruction, about 10 GB/s). The base install does without: the same result comes from tables and
numpy, about 30 times slower, and `crc32c_rows` does many equally long pieces at once.

The numpy way: CRC is linear over GF(2), so a piece is cut into lanes, all lanes step four bytes at
a time through two tables of 65,536 entries, and the lanes are joined by "append n zero bytes".
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from yesand.formats import crc32c_native as native

POLYNOMIAL = 0x82F63B78  # reflected 0x1EDC6F41
#: Lanes that step together; large enough that numpy's cost per call is spread thin.
LANES = 4096
#: Bytes worked on at once, so that they stay in the processor's cache.
AT_ONCE = 1 << 20
SMALL = 256

Words = NDArray[np.uint32]


def compiled() -> bool:
    """Whether the compiled version is installed."""
    return native.present()


@cache
def _table() -> Words:
    """table[b]: the register after byte b went through an empty register, shape (256,)."""
    register = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        register = np.where(register & 1, register >> 1 ^ np.uint32(POLYNOMIAL), register >> 1)
    return register.astype(np.uint32)


@cache
def _small_table() -> tuple[int, ...]:
    return tuple(int(word) for word in _table())


def _step(register: Words, byte: Words) -> Words:
    return _table()[(register ^ byte) & 255] ^ register >> np.uint32(8)


@cache
def _pair_tables() -> tuple[Words, Words]:
    """(low, high): the register after four zero bytes, by its low and its high 16 bits."""
    low = np.arange(65536, dtype=np.uint32)
    high = low << np.uint32(16)
    zero = np.zeros(1, dtype=np.uint32)
    for _ in range(4):
        low, high = _step(low, zero), _step(high, zero)
    return low, high


def _four_zero_bytes(register: Words) -> Words:
    low, high = _pair_tables()
    return low[register & np.uint32(0xFFFF)] ^ high[register >> np.uint32(16)]


@cache
def _zero_tables(count: int) -> tuple[Words, Words]:
    """(low, high): the register after `count` zero bytes; `count` is 4 times a power of two."""
    if count == 4:
        return _pair_tables()
    low, high = _zero_tables(count // 2)
    return _append_zeros(low, count // 2), _append_zeros(high, count // 2)


def _append_zeros(register: Words, count: int) -> Words:
    low, high = _zero_tables(count)
    return low[register & np.uint32(0xFFFF)] ^ high[register >> np.uint32(16)]


def _fold(words: Words) -> Words:
    """Registers (started empty) of rows of little-endian words; shape (rows, words) -> (rows,).

    A leading zero does not change an empty register, so rows are padded in front until they cut
    into lanes of a power of two words.
    """
    rows, count = words.shape
    lanes = 1
    while rows * lanes < LANES and count // (lanes * 2) >= 8:
        lanes *= 2
    length = -(-count // lanes)
    length = 1 << (length - 1).bit_length() if lanes > 1 else length
    lanes = -(-count // length)
    lanes = 1 << (lanes - 1).bit_length()
    padded = np.zeros((rows, lanes * length), dtype=np.uint32)
    padded[:, lanes * length - count :] = words
    columns = np.ascontiguousarray(padded.reshape(rows * lanes, length).T)
    register = np.zeros(rows * lanes, dtype=np.uint32)
    for column in columns:
        register = _four_zero_bytes(register ^ column)
    register = register.reshape(rows, lanes)
    zeros = length * 4
    while register.shape[1] > 1:
        register = _append_zeros(register[:, 0::2], zeros) ^ register[:, 1::2]
        zeros *= 2
    return register[:, 0]


def crc32c_rows(pieces: NDArray[np.uint8]) -> Words:
    """CRC32C of each row of a (rows, bytes) uint8 array, as uint32 of shape (rows,). numpy only."""
    rows, count = pieces.shape
    if count < 4:
        return np.array([_plain(row.tobytes()) for row in pieces], dtype=np.uint32)
    group = max(1, AT_ONCE // count)
    if rows > group:
        parts = [crc32c_rows(pieces[start : start + group]) for start in range(0, rows, group)]
        return np.concatenate(parts)
    head = pieces[:, : count - count % 4].copy()
    head[:, :4] ^= 0xFF  # the register starts full
    register = _fold(head.view("<u4").astype(np.uint32, copy=False))
    for index in range(count - count % 4, count):
        register = _step(register, pieces[:, index].astype(np.uint32))
    return ~register


def _plain(data: bytes) -> int:
    table = _small_table()
    register = 0xFFFFFFFF
    for byte in data:
        register = table[(register ^ byte) & 255] ^ register >> 8
    return register ^ 0xFFFFFFFF


def crc32c_tables(data: bytes | bytearray | memoryview) -> int:
    """CRC32C without the compiled version."""
    if len(data) < SMALL:
        return _plain(bytes(data))
    return int(crc32c_rows(np.frombuffer(data, dtype=np.uint8)[None, :])[0])


def crc32c(data: bytes | bytearray | memoryview) -> int:
    """CRC32C of bytes as an unsigned 32-bit number."""
    return native.crc32c(data) if native.present() else crc32c_tables(data)
