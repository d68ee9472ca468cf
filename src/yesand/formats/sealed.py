"""Sealed objects: how the bytes of a recording lie in the object store. Pure; the caller has keys.

    0:4   magic "YAS1"
    4:2   version 1, little-endian            6:1 keys needed, 1..8        7:1 log2 of a frame (20)
    8:32  salt, random for every object
    40:   16 bytes of id of every key that is needed, ascending
    then  frames: AES-256-GCM of 1 MiB of plain bytes (the last may be shorter) and its 16-byte tag

    key of the frames   HKDF-SHA256(keys in the order of their ids, salt,
                                    "yesand.sealed/1" 00 name 00 header)
    nonce               the frame's number from 0, 12 bytes big-endian
    associated data     the frame's number, 8 bytes big-endian, then 01 for the last frame, else 00

All keys are needed: without one of them nothing opens. A frame that is moved, repeated, missing
or cut off does not open, an object under another name does not open, and no frame has to be read
to open another one. No nonce ever comes twice under one key, because a key is made of the salt.
Without bytes there is one empty frame.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"YAS1"
VERSION = 1
FRAME_BITS = 20
#: Plain bytes in a frame.
FRAME = 1 << FRAME_BITS
TAG = 16
KEY = 32
SALT = 32
MOST_KEYS = 8
_FIXED = struct.Struct("<4sHBB32s")
#: Reading this many bytes from the start is enough for any header.
LONGEST_HEADER = _FIXED.size + 16 * MOST_KEYS
_INFO = b"yesand.sealed/1"


class Broken(ValueError):
    """The bytes are not what was sealed: damaged, cut, moved, or sealed under another key."""


@dataclass(frozen=True)
class Header:
    """What stands before the frames. keys: ids of the keys needed, ascending."""

    keys: tuple[UUID, ...]
    salt: bytes

    @property
    def raw(self) -> bytes:
        """The header's bytes."""
        fixed = _FIXED.pack(MAGIC, VERSION, len(self.keys), FRAME_BITS, self.salt)
        return fixed + b"".join(key.bytes for key in self.keys)

    @property
    def size(self) -> int:
        """Bytes before the first frame."""
        return _FIXED.size + 16 * len(self.keys)


def parse_header(start: bytes) -> Header | None:
    """The header at the start of an object; None where the object is not sealed.

    Raises Broken where it begins like one and is none.
    """
    if start[:4] != MAGIC:
        return None
    if len(start) < _FIXED.size:
        raise Broken("the header is cut off")
    _magic, version, count, bits, salt = _FIXED.unpack_from(start)
    if version != VERSION:
        raise Broken(f"sealed by version {version}; this one reads {VERSION}")
    if bits != FRAME_BITS or not 1 <= count <= MOST_KEYS:
        raise Broken("the header states impossible frames or keys")
    end = _FIXED.size + 16 * count
    if len(start) < end:
        raise Broken("the header is cut off")
    keys = tuple(UUID(bytes=start[at : at + 16]) for at in range(_FIXED.size, end, 16))
    if list(keys) != sorted(set(keys)):
        raise Broken("the header's keys are not in order")
    return Header(keys, salt)


def _cipher(header: Header, keys: Mapping[UUID, bytes], name: str) -> AESGCM:
    material = b"".join(keys[key] for key in header.keys)
    if len(material) != KEY * len(header.keys):
        raise ValueError(f"a key has {KEY} bytes")
    info = b"\0".join((_INFO, name.encode(), header.raw))
    return AESGCM(HKDF(SHA256(), KEY, header.salt, info).derive(material))


def _place(index: int, last: bool) -> tuple[bytes, bytes]:
    """Nonce and associated data of a frame."""
    return index.to_bytes(12, "big"), index.to_bytes(8, "big") + (b"\x01" if last else b"\x00")


def _frames(pieces: Iterable[bytes]) -> Iterator[tuple[bytes | memoryview, bool]]:
    """The bytes in frames, each with whether it is the last."""
    held: bytes | memoryview = b""
    for piece in pieces:
        if not piece:
            continue
        if not held and len(piece) == FRAME:  # the usual case, without a copy
            held = piece
            continue
        if len(held) == FRAME:
            yield held, False
            held = b""
        joined = memoryview(bytes(held) + piece if held else piece)
        whole = (len(joined) - 1) // FRAME * FRAME
        for at in range(0, whole, FRAME):
            yield joined[at : at + FRAME], False
        held = joined[whole:]
    yield held, True


def seal(
    pieces: Iterable[bytes], keys: Mapping[UUID, bytes], name: str, salt: bytes = b""
) -> Iterator[bytes]:
    """The sealed object in pieces: the header, then a frame each.

    keys: 32 bytes by id, all of them needed to open. name: where the object will lie. salt: only
    for tests that need the same bytes again; never give the same one twice.
    """
    if not 1 <= len(keys) <= MOST_KEYS:
        raise ValueError(f"an object is sealed under 1 to {MOST_KEYS} keys")
    header = Header(tuple(sorted(keys)), salt or os.urandom(SALT))
    cipher = _cipher(header, keys, name)
    yield header.raw
    for index, (plain, last) in enumerate(_frames(pieces)):
        nonce, beside = _place(index, last)
        yield cipher.encrypt(nonce, plain, beside)


def plain_size(header: Header, size: int) -> int:
    """Plain bytes in a sealed object of `size` bytes; raises Broken for an impossible size."""
    body = size - header.size
    frames = -(-body // (FRAME + TAG))
    plain = body - frames * TAG
    if body < TAG or plain < 0 or (frames > 1 and plain <= (frames - 1) * FRAME):
        raise Broken("the object is cut off inside a frame")
    return plain


@dataclass(frozen=True)
class Opened:
    """A sealed object that can be read in any place.

    read: (start, length) of the sealed bytes. size: of the plain bytes.
    """

    header: Header
    size: int
    _cipher: AESGCM
    _read: Callable[[int, int], bytes]

    def read_range(self, start: int, length: int) -> bytes:
        """At most `length` plain bytes from `start`; only the frames they lie in are opened.

        Raises Broken.
        """
        end = min(start + max(0, length), self.size)
        if start < 0:
            raise ValueError("a range starts at 0 or later")
        if start >= end:
            if self.size == 0:
                self._open(0, 1)  # even nothing is checked
            return b""
        first, after = start // FRAME, -(-end // FRAME)
        found = self._open(first, after)
        return found[start - first * FRAME : end - first * FRAME]

    def pieces(self) -> Iterator[bytes]:
        """The plain bytes, a frame at a time. Raises Broken at the first that does not open."""
        for index in range(max(1, -(-self.size // FRAME))):
            yield self._open(index, index + 1)

    def _open(self, first: int, after: int) -> bytes:
        count = max(1, -(-self.size // FRAME))
        step = FRAME + TAG
        length = min(after * step, self.size + count * TAG) - first * step
        sealed = memoryview(self._read(self.header.size + first * step, length))
        if len(sealed) != length:
            raise Broken("the object is cut off")
        found = []
        for index in range(first, after):
            at = (index - first) * step
            nonce, beside = _place(index, index == count - 1)
            try:
                found.append(self._cipher.decrypt(nonce, sealed[at : at + step], beside))
            except InvalidTag:
                raise Broken(f"frame {index} does not open: other bytes, name or key") from None
        return found[0] if len(found) == 1 else b"".join(found)


def open_sealed(
    header: Header,
    size: int,
    keys: Mapping[UUID, bytes],
    name: str,
    read: Callable[[int, int], bytes],
) -> Opened:
    """A reader of a sealed object of `size` bytes. Raises Broken for an impossible size."""
    return Opened(header, plain_size(header, size), _cipher(header, keys, name), read)


def unseal(sealed: bytes, keys: Mapping[UUID, bytes], name: str) -> bytes:
    """All plain bytes of a sealed object at once. Raises Broken; KeyError for a missing key."""
    header = parse_header(sealed)
    if header is None:
        raise Broken("this is not a sealed object")
    opened = open_sealed(header, len(sealed), keys, name, lambda a, n: sealed[a : a + n])
    return b"".join(opened.pieces())


def ids(keys: Sequence[UUID]) -> str:
    """Key ids as rows keep them: hex, ascending, with commas."""
    return ",".join(key.hex for key in sorted(set(keys)))
