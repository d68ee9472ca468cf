"""Copies of the key store, for the day its disk dies: written apart, kept in step, brought back.

A copy has the layout of a store with its ring inside. It is one folder that is brought up to
date, never a row of generations: each run takes out of it what was destroyed since. A copy that
lies in a safe still opens what was erased after it was written; `yesand doctor` counts that.
Bringing a copy back never brings back a key that is known to be destroyed, here or there.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from yesand.infra.keys import KeyGone, KeyStore, put, wrapper_of
from yesand.kit.errors import Refused, refuse

RING = "ring"
COPIES = "copies.json"


@dataclass(frozen=True)
class Moved:
    """keys: in the place now; added and removed: by this run; ring: key-encryption keys there."""

    keys: int
    added: int
    removed: int
    ring: int


def _at(folder: Path) -> KeyStore:
    return KeyStore(folder, folder / RING)


def _bytes(store: KeyStore, kind: str, key: str) -> bytes:
    return (store.folder / kind / key[:2] / key).read_bytes()


def _opens(store: KeyStore, key: UUID) -> bool:
    try:
        store.key(key)
    except (KeyGone, Refused):
        return False
    return True


def _merge(source: KeyStore, target: KeyStore) -> tuple[int, int]:
    """Take over what the source has: what is destroyed in either is destroyed in the target.

    A key that does not open in the source never takes the place of what the target has.
    """
    removed = added = 0
    for key in source.gone():
        was = target.has(key)
        if target.destroy(key):
            put(target.folder / "gone" / key.hex[:2] / key.hex, _bytes(source, "gone", key.hex))
        removed += was
    for key in source.ids():
        if source.destroyed(key) or target.destroyed(key):
            continue
        data = _bytes(source, "wrapped", key.hex)
        path = target.folder / "wrapped" / key.hex[:2] / key.hex
        if not path.exists() or (path.read_bytes() != data and _opens(source, key)):
            added += not path.exists()
            put(path, data)
    return added, removed


def _wrappers(store: KeyStore) -> set[UUID]:
    """Key-encryption keys that the keys of a store still need."""
    found = set()
    for key in store.ids():
        with contextlib.suppress(ValueError):  # `look` names what is damaged
            found.add(wrapper_of(_bytes(store, "wrapped", key.hex)))
    return found


def write(store: KeyStore, folder: Path) -> Moved:
    """Bring the copy in `folder` up to date with the store.

    Raises Refused where the store is lost, or the folder lies in it or holds another store's keys.
    """
    folder = folder.absolute()
    if store.folder in (folder, *folder.parents) or folder in store.folder.parents:
        raise refuse("keys_together", "A copy of the keys must lie elsewhere.", str(folder))
    store.current()
    copy = _at(folder)
    if copy.there() and not {*copy.keks()} & {*store.keks()} and not _shares(copy, store):
        raise refuse("not_empty", "It holds the keys of another house.", str(folder))
    with store.locked():
        began = time.time()
        # The ring first: a copy that was cut off opens what it has.
        for kek in store.keks():
            place, data = copy.ring / kek.hex, (store.ring / kek.hex).read_bytes()
            if place.exists() and place.read_bytes() != data:
                says = "It is not what this home has under its name; one of the two is damaged."
                raise refuse("keys_broken", says, str(place))
            put(place, data)
        put(copy.ring / "current", (store.ring / "current").read_bytes())
        added, removed = _merge(store, copy)
        # Of a key that the store lost or that broke there, the copy is all there is.
        keep = {*store.keks()} | _wrappers(copy)
        for kek in copy.keks():
            if kek not in keep:
                (copy.ring / kek.hex).unlink()
    seen = copy.look()
    if seen.broken:
        raise refuse("keys_broken", f"{len(seen.broken)} keys do not open.", str(folder))
    _note(store, folder, began)
    return Moved(seen.keys, added, removed, seen.ring)


def _shares(copy: KeyStore, store: KeyStore) -> bool:
    """Whether an older copy is of the same store, after a rotation replaced its whole ring."""
    return any(store.has(key) or store.destroyed(key) for key in copy.ids())


def read(store: KeyStore, folder: Path) -> Moved:
    """Bring a copy back into the store; what either knows as destroyed stays destroyed.

    Raises Refused where there is no copy, or the store has a ring of another house.
    """
    copy = _at(folder.absolute())
    if not copy.there():
        raise refuse("no_key", "There is no copy of a key store here.", str(folder))
    seen = copy.look()
    if seen.broken:
        raise refuse("keys_broken", f"{len(seen.broken)} keys in it do not open.", str(folder))
    kept = {*store.keks()}
    if store.there() and kept and not kept & {*copy.keks()} and not _shares(copy, store):
        raise refuse("not_empty", "This home has the keys of another house.", str(store.folder))
    with store.locked():
        opened = _wrappers(copy)  # `look` opened keys of the copy with these
        for kek in copy.keks():
            place, data = store.ring / kek.hex, (copy.ring / kek.hex).read_bytes()
            if kek not in kept or (kek in opened and place.read_bytes() != data):
                put(place, data)
        try:
            store.current()
        except Refused:  # missing or damaged
            put(store.ring / "current", (copy.ring / "current").read_bytes())
    added = removed = 0
    for key in copy.gone():
        removed += store.has(key)
        store.destroy(key)
    for key in copy.ids():
        with store.locked():
            path = store.folder / "wrapped" / key.hex[:2] / key.hex
            # A key that opens here is never replaced: it may be wrapped by a newer ring.
            if copy.destroyed(key) or store.destroyed(key) or _opens(store, key):
                continue
            put(path, _bytes(copy, "wrapped", key.hex))
            added += 1
    # Its ring is written at every run, so this is when it was last brought up to date.
    _note(store, folder.absolute(), (copy.ring / "current").stat().st_mtime)
    now = store.look()
    return Moved(now.keys, added, removed, now.ring)


@dataclass(frozen=True)
class Copy:
    """A copy that was written. days: since then; erased: keys destroyed since that it may hold."""

    folder: str
    days: float
    erased: int


def known(store: KeyStore) -> list[Copy]:
    """Where copies of this store were written to, newest first."""
    try:
        noted = json.loads((store.folder / COPIES).read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return []
    times = [float(_bytes(store, "gone", key.hex) or b"0") for key in store.gone()]
    now = time.time()
    found = [
        Copy(folder, (now - at) / 86400, sum(gone >= at for gone in times))
        for folder, at in noted.items()
    ]
    return sorted(found, key=lambda copy: copy.days)


def _note(store: KeyStore, folder: Path, at: float) -> None:
    with store.locked():
        try:
            noted = json.loads((store.folder / COPIES).read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            noted = {}
        noted[str(folder)] = at
        put(store.folder / COPIES, json.dumps(noted, indent=1).encode())
