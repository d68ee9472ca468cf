"""Canonical JSON and hashing: the same value always gives the same bytes."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys, no spaces, no NaN; raises ValueError on NaN or infinity."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def sha256_hex(data: bytes) -> str:
    """Lower-case hexadecimal SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON."""
    return sha256_hex(canonical_json(value))


BLOCK_BYTES = 1 << 20


class StreamHash:
    """SHA-256 over the list of SHA-256 of each 1 MiB piece (the last may be short).

    The browser computes the same as it writes, because WebCrypto has no incremental digest.
    The hash of no bytes is SHA-256 of nothing.
    """

    def __init__(self) -> None:
        self._piece = hashlib.sha256()
        self._in_piece = 0
        self._list = hashlib.sha256()
        self.length = 0

    def update(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        self.length += len(view)
        while len(view):
            take = min(len(view), BLOCK_BYTES - self._in_piece)
            self._piece.update(view[:take])
            self._in_piece += take
            view = view[take:]
            if self._in_piece == BLOCK_BYTES:
                self._list.update(self._piece.digest())
                self._piece = hashlib.sha256()
                self._in_piece = 0

    def hexdigest(self) -> str:
        whole = self._list.copy()
        if self._in_piece:
            whole.update(self._piece.digest())
        return whole.hexdigest()
