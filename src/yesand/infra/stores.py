"""Places of objects as they lie: a folder or an S3 bucket. Readers go through `infra.objects`.

`put` writes whole objects only: a reader never sees half of one, and on a local disk it is
synced before the name appears. Nothing here is signed or public, and nothing is opened.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from yesand.infra.durable import sync_folder
from yesand.kit.errors import refuse

KEY = re.compile(r"\A[a-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*\Z")
PIECE = 2**20


@dataclass(frozen=True)
class Stored:
    """What lies in the store. sha256: hex of the whole object; size in bytes."""

    key: str
    size: int
    sha256: str


class Store(Protocol):
    """A place of objects. Keys are relative paths of plain letters, without dots in front."""

    def put(self, key: str, pieces: Iterable[bytes], hashing: bool = True) -> Stored: ...
    def get(self, key: str) -> bytes: ...
    def read_range(self, key: str, start: int, length: int) -> bytes: ...
    def size(self, key: str) -> int | None: ...
    def delete(self, key: str) -> bool: ...
    def names(self, prefix: str = "") -> Iterator[str]: ...


class Missing(KeyError):
    """There is no object of this name."""


def _checked(key: str) -> str:
    if not KEY.match(key):
        raise ValueError(f"not an object key: {key!r}")
    return key


class FolderStore:
    """Objects as files below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def _path(self, key: str) -> Path:
        return self.root / _checked(key)

    def put(self, key: str, pieces: Iterable[bytes], hashing: bool = True) -> Stored:
        """Write an object whole; an object of that name is replaced at once.

        hashing: False tells no sha256, for who hashed what is in the pieces.
        """
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{secrets.token_hex(8)}.new")
        hashed, size = hashlib.sha256(), 0
        try:
            with open(draft, "xb") as file:
                for piece in pieces:
                    if hashing:
                        hashed.update(piece)
                    size += len(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
        return Stored(key, size, hashed.hexdigest() if hashing else "")

    def get(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            raise Missing(key) from None

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`; fewer at the end. Raises Missing."""
        try:
            with open(self._path(key), "rb") as file:
                file.seek(start)
                return file.read(length)
        except FileNotFoundError:
            raise Missing(key) from None

    def size(self, key: str) -> int | None:
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> bool:
        """True where there was one. Folders that became empty go too."""
        path = self._path(key)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        sync_folder(path.parent)
        with contextlib.suppress(OSError):
            for parent in path.parents:
                if parent == self.root:
                    break
                parent.rmdir()
        return True

    def names(self, prefix: str = "") -> Iterator[str]:
        """All names that begin with `prefix`, in byte order."""
        found = []
        for folder, _, names in os.walk(self.root):
            for name in names:
                if not name.startswith("."):
                    found.append(str((Path(folder) / name).relative_to(self.root)))
        yield from (key for key in sorted(found) if key.startswith(prefix))


class BucketStore:
    """Objects in an S3 bucket (or what speaks its language), by obstore."""

    def __init__(self, store: obstore.store.ObjectStore) -> None:
        self.store = store

    def put(self, key: str, pieces: Iterable[bytes], hashing: bool = True) -> Stored:
        hashed, size = hashlib.sha256(), 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for piece in pieces:
                if hashing:
                    hashed.update(piece)
                size += len(piece)
                yield piece

        obstore.put(self.store, _checked(key), counted())
        return Stored(key, size, hashed.hexdigest() if hashing else "")

    def get(self, key: str) -> bytes:
        try:
            return bytes(obstore.get(self.store, _checked(key)).bytes())
        except FileNotFoundError:
            raise Missing(key) from None

    def read_range(self, key: str, start: int, length: int) -> bytes:
        size = self.size(key)
        if size is None:
            raise Missing(key)
        length = min(length, size - start)
        if length <= 0:
            return b""
        return bytes(obstore.get_range(self.store, _checked(key), start=start, length=length))

    def size(self, key: str) -> int | None:
        try:
            return int(obstore.head(self.store, _checked(key))["size"])
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> bool:
        there = self.size(key) is not None
        if there:
            obstore.delete(self.store, _checked(key))
        return there

    def names(self, prefix: str = "") -> Iterator[str]:
        # The bucket lists by whole folders; the rest of the prefix is compared here.
        folder = prefix.rpartition("/")[0]
        found = [item["path"] for page in obstore.list(self.store, folder or None) for item in page]
        yield from (key for key in sorted(found) if key.startswith(prefix))


def open_store(url: str) -> Store:
    """The store at file:///folder or s3://bucket/prefix. Raises Refused for anything else."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderStore(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        try:
            return BucketStore(S3Store.from_url(url))
        except BaseError as error:
            raise refuse("bad_setting", str(error), "YESAND_OBJECTS_URL") from None
    raise refuse("bad_setting", "Say file:///folder or s3://bucket/prefix.", "YESAND_OBJECTS_URL")


def pieces_in(store: Store, key: str) -> Iterator[bytes]:
    """An object as it lies in a store, in pieces of 1 MiB. Raises Missing."""
    start = 0
    while piece := store.read_range(key, start, PIECE):
        yield piece
        start += len(piece)


def pieces_of(path: Path) -> Iterator[bytes]:
    """A file in pieces of 1 MiB, for `put`."""
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            yield piece


def put_by_content(store: Store, pieces: Iterable[bytes], prefix: str = "sha256") -> Stored:
    """Put an object under the hash of its bytes; the same bytes twice are one object.

    The bytes are held in memory once: for small things (peaks, manifests, pictures). Tracks have
    names of their own.
    """
    whole = b"".join(pieces)
    digest = hashlib.sha256(whole).hexdigest()
    key = f"{prefix}/{digest[:2]}/{digest}"
    if store.size(key) == len(whole):
        return Stored(key, len(whole), digest)
    return store.put(key, [whole])
