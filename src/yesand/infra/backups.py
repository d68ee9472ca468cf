"""Backups: rows as a dump, objects by the hash of their bytes, keys apart or not at all.

    DIR/backup.json     what is in it, with counts and hashes
    DIR/rows.dump       pg_dump's custom format
    DIR/objects.jsonl   one line per object: key, size, sha256
    DIR/objects/ab/...  the bytes, named by their hash; a second backup copies only what is new

The spool is not in it: what lies there is either sealed into an object soon or received again.
Objects lie in it as they lie in the store, sealed. Without the keys a backup opens nothing that was
sealed; what was erased opens with no copy of the keys that was brought up to date since.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from yesand import __version__
from yesand.infra import key_copies, secrets
from yesand.infra.borrowed import Borrowed, database
from yesand.infra.cluster_places import CLEAN_ENV
from yesand.infra.environ import Settings
from yesand.infra.keys import KeyStore
from yesand.infra.stores import FolderStore, Missing, Store, open_store, pieces_in
from yesand.kit.errors import refuse

Told = Callable[[str], None]
FORMAT = 1
#: Below a folder of keys: the copy of the recordings' keys.
RECORDINGS = "recordings"
KEYS = tuple(name for name in secrets.NAMES if name != "postgres")


@dataclass(frozen=True)
class Done:
    """What a backup or a restore moved. keys: secrets; recordings: recordings' keys."""

    objects: int
    copied: int
    bytes: int
    rows_sha256: str
    keys: int
    recordings: int = 0


def _client(borrowed: Borrowed, tool: str, *words: str) -> None:
    where = borrowed.where
    env = {**CLEAN_ENV, "PGPASSWORD": where.word}
    env |= {"PGSSLMODE": dict(where.options).get("sslmode", "prefer")}
    place = ["--host", where.host, "--port", str(where.port), "--username", where.role]
    done = subprocess.run(
        [str(borrowed.bin / tool), *place, *words],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        says = f"{tool}: {done.stderr.strip().splitlines()[-1]}"
        raise refuse("backup_failed", says, where.name)


def _hash_of(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(settings: Settings, folder: Path, keys: Path | None, told: Told) -> Done:
    """Back this deployment up into `folder`; keys, where asked for, into another folder.

    Works while the house is open. Raises Refused where a folder cannot be used.
    """
    folder = folder.resolve()
    apart = keys.resolve() if keys is not None else None
    if apart is not None and (folder in (apart, *apart.parents) or apart in folder.parents):
        raise refuse("keys_together", "Keys and rows must not lie together.", str(keys))
    (folder / "objects").mkdir(parents=True, exist_ok=True)
    with database(settings) as borrowed:
        told("rows")
        draft = folder / "rows.dump.new"
        _client(
            borrowed,
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--file={draft}",
            f"--dbname={borrowed.where.name}",
        )
    draft.replace(folder / "rows.dump")
    told("objects")
    lines, copied, size = _copy_objects(open_store(settings.objects_url), FolderStore(folder))
    (folder / "objects.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    count = _copy_keys(settings.home, keys) if keys is not None else 0
    sealing = 0
    store = KeyStore(settings.keys, settings.key_ring)
    if keys is not None and store.there():
        told("keys")
        sealing = key_copies.write(store, keys / RECORDINGS).keys
    rows = _hash_of(folder / "rows.dump")
    note = {
        "format": FORMAT,
        "version": __version__,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows_sha256": rows,
        "objects": len(lines),
        "objects_sha256": _hash_of(folder / "objects.jsonl"),
    }
    (folder / "backup.json").write_text(json.dumps(note, indent=2) + "\n", "utf-8")
    return Done(len(lines), copied, size, rows, count, sealing)


def _copy_objects(store: Store, kept: FolderStore) -> tuple[list[str], int, int]:
    lines: list[str] = []
    copied = total = 0
    for key in store.names():
        hashed, size = hashlib.sha256(), 0
        try:
            for piece in pieces_in(store, key):
                hashed.update(piece)
                size += len(piece)
            digest = hashed.hexdigest()
            name = _name(digest)
            if kept.size(name) != size:
                stored = kept.put(name, pieces_in(store, key))
                if stored.sha256 != digest:
                    raise refuse("object_changed", "It changed while it was read; try again.", key)
                copied += 1
        except Missing:
            continue  # erased since it was named; it is in no backup from here on
        total += size
        lines.append(json.dumps({"key": key, "size": size, "sha256": digest}))
    return lines, copied, total


def _copy_keys(home: Path, keys: Path) -> int:
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    count = 0
    for name in KEYS:
        if secrets.peek(home, name) is not None:
            target = keys / name
            target.unlink(missing_ok=True)
            shutil.copyfile(secrets.path_of(home, name), target)
            os.chmod(target, 0o600)
            count += 1
    return count


def read(settings: Settings, folder: Path, keys: Path | None, told: Told) -> Done:
    """Put a backup into an empty home. Every byte is checked against its hash first.

    Raises Refused where the backup is broken or the home holds rows.
    """
    note = _note(folder)
    _check(folder, note)
    count = sealing = 0
    if keys is not None:
        told("keys")
        if (keys / RECORDINGS).is_dir():
            mine = KeyStore(settings.keys, settings.key_ring)
            sealing = key_copies.read(mine, keys / RECORDINGS).keys
        count = _put_keys(settings.home, keys, sealing)
    with database(settings) as borrowed:
        with psycopg.connect(**borrowed.where.keywords()) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN"
                " ('pg_catalog', 'information_schema')"
            ).fetchone()
        if row is None or row[0]:
            says = "It holds rows already; restore into an empty home."
            raise refuse("not_empty", says, str(settings.home))
        told("rows")
        _client(
            borrowed,
            "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
            f"--dbname={borrowed.where.name}",
            str(folder / "rows.dump"),
        )
    told("objects")
    store, kept = open_store(settings.objects_url), FolderStore(folder)
    size = objects = 0
    for line in _lines(folder):
        size += store.put(line["key"], pieces_in(kept, _name(line["sha256"]))).size
        objects += 1
    return Done(objects, objects, size, str(note["rows_sha256"]), count, sealing)


def _note(folder: Path) -> dict[str, int | str]:
    try:
        note = json.loads((folder / "backup.json").read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise refuse("no_backup", "There is no backup here.", str(folder)) from None
    if note.get("format") != FORMAT:
        says = f"Its format is {note.get('format')}; this version reads {FORMAT}."
        raise refuse("no_backup", says, str(folder))
    return note


def _lines(folder: Path) -> Iterator[dict[str, str]]:
    with open(folder / "objects.jsonl", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _name(digest: str) -> str:
    return f"objects/{digest[:2]}/{digest}"


def _check(folder: Path, note: dict[str, int | str]) -> None:
    for name, wanted in (("rows.dump", "rows_sha256"), ("objects.jsonl", "objects_sha256")):
        path = folder / name
        if not path.exists() or _hash_of(path) != note[wanted]:
            raise refuse("backup_broken", "It is missing or not what was written.", str(path))
    for line in _lines(folder):
        path = folder / _name(line["sha256"])
        if not path.exists() or _hash_of(path) != line["sha256"]:
            raise refuse("backup_broken", f"The bytes of {line['key']} are broken.", str(path))


def _put_keys(home: Path, keys: Path, sealing: int) -> int:
    count = 0
    for name in KEYS:
        source = keys / name
        if not source.exists():
            continue  # it was never made
        target = secrets.path_of(home, name)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if target.exists() and target.read_bytes() != source.read_bytes():
            says = "This home has another key of that name; use a new home."
            raise refuse("not_empty", says, str(target))
        shutil.copyfile(source, target)
        os.chmod(target, 0o600)
        count += 1
    if not count and not sealing:
        raise refuse("no_key", "There is no key in this folder.", str(keys))
    return count
