"""The key store: one small file per data key, each wrapped by a key-encryption key. No Django.

    KEYS/wrapped/ab/<id>   a data key, wrapped: 80 bytes, see below
    KEYS/gone/ab/<id>      that key was destroyed, and when; it never comes back
    KEYS/copies.json       where `yesand keys backup` wrote copies to, and when
    RING/<id>              a key-encryption key: 64 hex digits, 0600
    RING/current           the id of the one that wraps new keys

    wrapped key:  0:4 "YAK1" | 4:16 id of its key-encryption key | 20:12 nonce | 32:48 AES-256-GCM
                  of the 32 bytes, bound to "yesand.key/1" 00 key id key-encryption key id

It lies apart from the rows and the objects and is in no backup of them: who has those has
ciphertext. A key is destroyed by its mark in gone/ first, then its bytes; cut off between the
two it counts as destroyed. Every change holds a lock of the folder, so that a rotation never
brings back what was destroyed beside it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets as entropy
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yesand.infra.durable import sync_folder
from yesand.kit.errors import Refused, refuse

MAGIC = b"YAK1"
NONCE = 12
KEY = 32
WRAPPED = 80
_HEX = re.compile(r"\A[0-9a-f]{32}\Z")


class KeyGone(LookupError):
    """This key was destroyed on purpose: what it sealed was erased."""


def wrap(kek: UUID, by: bytes, key: UUID, value: bytes, nonce: bytes = b"") -> bytes:
    """A data key wrapped by a key-encryption key. nonce: only for tests that need it again."""
    nonce = nonce or os.urandom(NONCE)
    return MAGIC + kek.bytes + nonce + AESGCM(by).encrypt(nonce, value, _place(key, kek))


def unwrap(data: bytes, by: bytes, key: UUID) -> bytes:
    """The data key again; ValueError for other bytes, another id or another key."""
    kek = wrapper_of(data)
    try:
        return AESGCM(by).decrypt(data[20:32], data[32:], _place(key, kek))
    except InvalidTag:
        raise ValueError("the wrapped key does not open") from None


def wrapper_of(data: bytes) -> UUID:
    """The id of the key-encryption key that wrapped this; ValueError where it is no wrapped key."""
    if len(data) != WRAPPED or data[:4] != MAGIC:
        raise ValueError("this is not a wrapped key")
    return UUID(bytes=data[4:20])


def _place(key: UUID, kek: UUID) -> bytes:
    return b"yesand.key/1\0" + key.bytes + kek.bytes


@dataclass(frozen=True)
class Seen:
    """What a look at a store finds. keys: wrapped keys; gone: destroyed ones; old: keys still
    under an older key-encryption key; broken: ids of files that do not open; ring: key-encryption
    keys there are.
    """

    keys: int
    gone: int
    old: int
    broken: tuple[str, ...]
    ring: int


class KeyStore:
    """The keys of a deployment. folder and ring: absolute; nothing is made before the first key."""

    def __init__(self, folder: Path, ring: Path) -> None:
        self.folder, self.ring = Path(folder), Path(ring)

    # --- reading ------------------------------------------------------------------------------

    def there(self) -> bool:
        """Whether this store was ever begun and its ring can be read."""
        return (self.ring / "current").exists()

    def key(self, key: UUID) -> bytes:
        """The 32 bytes of a data key.

        Raises KeyGone where it was destroyed, and Refused (keys_lost) where the store should have
        it and does not: that is a store that was lost, and one sentence says so.
        """
        try:
            return self._value(key)
        except Refused:
            return self._value(key)  # a rotation may have come between two of its files

    def _value(self, key: UUID) -> bytes:
        if self._gone(key).exists():
            raise KeyGone(key)
        try:
            data = self._wrapped(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise self._lost(f"key {key}") from None
        except OSError as error:
            says = f"It cannot be read ({error.strerror})."
            raise refuse("keys_lost", says, str(self.folder)) from None
        try:
            return unwrap(data, self._kek(wrapper_of(data)), key)
        except ValueError as error:
            says = f"Key {key} is damaged ({error}); restore it with yesand keys restore."
            raise refuse("keys_broken", says, str(self.folder)) from None

    def destroyed(self, key: UUID) -> bool:
        return self._gone(key).exists()

    def has(self, key: UUID) -> bool:
        """Whether the key is here; it may still be damaged."""
        return not self._gone(key).exists() and self._wrapped(key).exists()

    def ids(self) -> Iterator[UUID]:
        """Every wrapped key here, in order."""
        yield from _named(self.folder / "wrapped")

    def gone(self) -> Iterator[UUID]:
        """Every key that was destroyed, in order."""
        yield from _named(self.folder / "gone")

    def look(self) -> Seen:
        """Open every key once. Raises Refused where the ring is not whole."""
        current, rings = self.current(), self.keks()
        keys = old = 0
        broken: list[str] = []
        for key in self.ids():
            if self.destroyed(key):
                continue
            keys += 1
            try:
                self.key(key)
                old += wrapper_of(self._wrapped(key).read_bytes()) != current
            except (KeyGone, FileNotFoundError):
                keys -= 1  # destroyed while we looked
            except Refused:
                broken.append(str(key))
        return Seen(keys, sum(1 for _ in self.gone()), old, tuple(broken), len(rings))

    def keks(self) -> list[UUID]:
        """Ids of the key-encryption keys of the ring."""
        names = sorted(path.name for path in self.ring.iterdir()) if self.ring.is_dir() else []
        return [UUID(name) for name in names if _HEX.match(name)]

    def current(self) -> UUID:
        """The key-encryption key that wraps new keys. Raises Refused where there is none."""
        try:
            name = (self.ring / "current").read_text("ascii").strip()
        except (FileNotFoundError, NotADirectoryError):
            raise self._lost("its ring") from None
        if not _HEX.match(name):
            says = "`current` names no key; restore it with yesand keys restore."
            raise refuse("keys_broken", says, str(self.ring))
        return UUID(name)

    def _kek(self, kek: UUID) -> bytes:
        path = self.ring / kek.hex
        try:
            text = path.read_text("ascii").strip()
        except (FileNotFoundError, NotADirectoryError):
            raise self._lost(f"the key-encryption key {kek}") from None
        if path.stat().st_mode & 0o077:
            raise refuse(
                "secret_open", "Other accounts can read it; run chmod 600 on it.", str(path)
            )
        if not re.fullmatch(r"[0-9a-f]{64}", text):
            says = "A key-encryption key is damaged; restore it with yesand keys restore."
            raise refuse("keys_broken", says, str(path))
        return bytes.fromhex(text)

    def _lost(self, what: str) -> Refused:
        says = (
            f"The key store does not hold {what}. Mount it there or bring a copy back with "
            "yesand keys restore; without it sealed recordings stay closed."
        )
        return refuse("keys_lost", says, str(self.folder))

    def _wrapped(self, key: UUID) -> Path:
        return self.folder / "wrapped" / key.hex[:2] / key.hex

    def _gone(self, key: UUID) -> Path:
        return self.folder / "gone" / key.hex[:2] / key.hex

    # --- changing -----------------------------------------------------------------------------

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else changes this store meanwhile."""
        _make(self.folder)
        handle = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def begin(self) -> None:
        """Make the ring where nothing was ever made. Raises Refused where keys are here without
        their ring: a new ring would hide that the old one is lost.
        """
        with self.locked():
            if self.there():
                return
            if next(self.ids(), None) is not None or next(self.gone(), None) is not None:
                raise self._lost("its ring")
            self._turn()

    def _turn(self) -> UUID:
        """A new key-encryption key that wraps from now on; the lock is held."""
        made = uuid4()
        put(self.ring / made.hex, f"{entropy.token_hex(KEY)}\n".encode())
        put(self.ring / "current", f"{made.hex}\n".encode())
        return made

    def make(self, key: UUID) -> None:
        """Make the data key of this id; once, then it stays. Raises KeyGone, Refused."""
        with self.locked():
            if self._gone(key).exists():
                raise KeyGone(key)
            if not self._wrapped(key).exists():
                self._keep(key, entropy.token_bytes(KEY), self.current())

    def _keep(self, key: UUID, value: bytes, kek: UUID) -> None:
        put(self._wrapped(key), wrap(kek, self._kek(kek), key, value))

    def destroy(self, key: UUID) -> bool:
        """Destroy a data key for good; False where that was done before.

        The mark comes first and decides; the bytes are written over and removed after it.
        """
        with self.locked():
            gone, path = self._gone(key), self._wrapped(key)
            before = gone.exists()
            if not before:
                put(gone, f"{time.time():.6f}\n".encode())
            _shred(path)
            return not before

    def rotate(self) -> tuple[bool, int]:
        """Wrap every data key by a new key-encryption key and drop the older ones.

        A rotation that was cut off is finished first, instead of beginning another one. Returns
        (whether a new key-encryption key was made, keys wrapped anew). What was sealed stays as
        it is: only the wrapping changes.
        """
        self.current()  # a store without a ring is refused, and nothing is made
        with self.locked():
            # A new key-encryption key that wraps nothing yet is no rotation begun.
            made = not any(self._older(key) for key in self.ids())
            if made:
                self._turn()
        count = 0
        for key in list(self.ids()):
            with self.locked():
                count += self._rewrap(key)
        with self.locked():
            # Keys made between the first line and the turn, and nobody can make more now.
            count += sum(self._rewrap(key) for key in list(self.ids()))
            current = self.current()
            for kek in self.keks():
                if kek != current:
                    _shred(self.ring / kek.hex)
        return made, count

    def _older(self, key: UUID) -> bool:
        """Whether a key is still wrapped by another key-encryption key than the current one."""
        try:
            return wrapper_of(self._wrapped(key).read_bytes()) != self.current()
        except (FileNotFoundError, ValueError):
            return False

    def _rewrap(self, key: UUID) -> bool:
        path, current = self._wrapped(key), self.current()
        if self._gone(key).exists():
            _shred(path)  # a destruction that was cut off
            return False
        try:
            if wrapper_of(path.read_bytes()) == current:
                return False
        except FileNotFoundError:
            return False
        except ValueError:
            pass  # `key` below says what is wrong
        self._keep(key, self.key(key), current)
        return True


def put(path: Path, data: bytes) -> None:
    """Write a small secret file whole and durably, 0600, replacing what was there."""
    _make(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{entropy.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _make(folder: Path) -> None:
    """Make a folder and those above it, 0700 each and durably."""
    if folder.is_dir():
        return
    _make(folder.parent)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    sync_folder(folder.parent)


def _shred(path: Path) -> None:
    """Write over a small file and remove it. What a disk still remembers of it is worth nothing
    once the key-encryption key is rotated."""
    try:
        with open(path, "r+b") as file:
            file.write(os.urandom(os.fstat(file.fileno()).st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return
    sync_folder(path.parent)


def _named(folder: Path) -> Iterator[UUID]:
    if not folder.is_dir():
        return
    for part in sorted(folder.iterdir()):
        if part.is_dir():
            yield from (UUID(p.name) for p in sorted(part.iterdir()) if _HEX.match(p.name))
