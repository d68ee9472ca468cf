"""The object store of this deployment, through the one door that seals and opens.

What is put `under` keys lies sealed (`formats.sealed`) and reads back plain, whole or in part;
only the frames a range lies in are opened. What was put without keys, or before there were any,
reads as it is. Without its keys an object counts as missing (`Erased`) where one was destroyed,
and is refused (keys_lost) where the key store itself is not whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings

from yesand.formats import sealed
from yesand.infra.keys import KeyGone, KeyStore
from yesand.infra.stores import (
    PIECE,
    BucketStore,
    FolderStore,
    Missing,
    Store,
    Stored,
    open_store,
    pieces_in,
    pieces_of,
    put_by_content,
)
from yesand.kit.errors import refuse

__all__ = [
    "PIECE",
    "BucketStore",
    "Erased",
    "FolderStore",
    "Missing",
    "SealedStore",
    "Store",
    "Stored",
    "default",
    "key_store",
    "open_store",
    "pieces_of",
    "put_by_content",
]


class Erased(Missing):
    """A key of this object was destroyed: its bytes can never be read again."""


class SealedStore:
    """A store whose objects are sealed under keys of a key store. Sizes and hashes are of what
    was put, not of what lies there.
    """

    def __init__(self, raw: Store, keys: KeyStore) -> None:
        self.raw, self.keys = raw, keys

    def put(self, key: str, pieces: Iterable[bytes], under: Sequence[UUID] = ()) -> Stored:
        """Write an object whole. under: ids of the keys that are needed to read it; none leaves it
        plain. Raises Erased where one of them was destroyed, Refused where the store lacks one.
        """
        if not under:
            return self.raw.put(key, pieces)
        hashed, size = hashlib.sha256(), 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for piece in pieces:
                hashed.update(piece)
                size += len(piece)
                yield piece

        self.raw.put(key, sealed.seal(counted(), self._values(key, under), key), hashing=False)
        return Stored(key, size, hashed.hexdigest())

    def get(self, key: str) -> bytes:
        """The whole object. Raises Missing, Erased, Refused (object_broken, keys_lost)."""
        data = self.raw.get(key)
        try:
            header = sealed.parse_header(data)
            if header is None:
                return data
            return sealed.unseal(data, self._values(key, header.keys), key)
        except sealed.Broken as broken:
            raise _broken(key, broken) from None

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """At most `length` plain bytes from `start`; fewer at the end. Raises like `get`."""
        for again in (False, True):
            try:
                opened = self._opened(key)
                if opened is None:
                    return self.raw.read_range(key, start, length)
                return opened.read_range(start, length)
            except sealed.Broken as broken:
                # It may have been replaced by another one between its header and its frames.
                if again:
                    raise _broken(key, broken) from None
        raise AssertionError("unreachable")

    def pieces(self, key: str) -> Iterator[bytes]:
        """The object in pieces of 1 MiB. Raises like `get`."""
        opened = self._opened(key)
        if opened is None:
            yield from pieces_in(self.raw, key)
            return
        try:
            yield from opened.pieces()
        except sealed.Broken as broken:
            raise _broken(key, broken) from None

    def size(self, key: str) -> int | None:
        """Plain bytes of an object, without its keys; None where there is none."""
        found = self._header(key)
        if found is None:
            return None
        header, size = found
        try:
            return size if header is None else sealed.plain_size(header, size)
        except sealed.Broken as broken:
            raise _broken(key, broken) from None

    def under(self, key: str) -> tuple[UUID, ...] | None:
        """Ids of the keys an object needs: () where it lies plain, None where there is none."""
        found = self._header(key)
        if found is None:
            return None
        return () if found[0] is None else found[0].keys

    def delete(self, key: str) -> bool:
        """True where there was one."""
        return self.raw.delete(key)

    def names(self, prefix: str = "") -> Iterator[str]:
        """All names that begin with `prefix`, in byte order."""
        return self.raw.names(prefix)

    def _header(self, key: str) -> tuple[sealed.Header | None, int] | None:
        size = self.raw.size(key)
        if size is None:
            return None
        try:
            start = self.raw.read_range(key, 0, min(size, sealed.LONGEST_HEADER)) if size else b""
            return sealed.parse_header(start), size
        except Missing:
            return None
        except sealed.Broken as broken:
            raise _broken(key, broken) from None

    def _opened(self, key: str) -> sealed.Opened | None:
        found = self._header(key)
        if found is None:
            raise Missing(key)
        header, size = found
        if header is None:
            return None
        return sealed.open_sealed(
            header,
            size,
            self._values(key, header.keys),
            key,
            lambda start, length: self.raw.read_range(key, start, length),
        )

    def _values(self, key: str, ids: Iterable[UUID]) -> dict[UUID, bytes]:
        # Never kept in memory: a key that is destroyed by another process opens nothing here.
        try:
            return {one: self.keys.key(one) for one in ids}
        except KeyGone:
            raise Erased(key) from None


def _broken(key: str, broken: Exception) -> Exception:
    says = f"It cannot be opened ({broken}); restore it from a backup."
    return refuse("object_broken", says, key)


@lru_cache(maxsize=8)
def _opened(url: str, keys: Path, ring: Path) -> SealedStore:
    return SealedStore(open_store(url), KeyStore(keys, ring))


def default() -> SealedStore:
    """The store of this deployment's settings."""
    return _opened(settings.OBJECTS_URL, *_places())


def key_store() -> KeyStore:
    """The key store of this deployment's settings."""
    return KeyStore(*_places())


def _places() -> tuple[Path, Path]:
    return Path(settings.KEYS), Path(settings.KEY_RING)
