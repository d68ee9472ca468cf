"""The keys of a deployment: one file each, 0600, made at first start, never in the database.

A file holds 32 random bytes as hex. `django` signs sessions, `upload_token` signs stream
capabilities, `release_signing` is an ed25519 seed, `vault` seals identities and accounts,
`postgres` opens the embedded cluster, `metrics` lets a scraper read /metrics from elsewhere.
Recordings have a store of their own: `infra.keys`. Knows no Django: the door reads them too.
"""

from __future__ import annotations

import contextlib
import os
import secrets as entropy
from pathlib import Path

from yesand.kit.errors import refuse

NAMES = ("django", "upload_token", "release_signing", "vault", "postgres", "metrics")
LENGTH = 32


def path_of(home: Path, name: str) -> Path:
    if name not in NAMES:
        raise ValueError(f"no such secret: {name}")
    return Path(home) / "secrets" / name


def peek(home: Path, name: str) -> bytes | None:
    """The 32 bytes of a secret, or None where it was never made. Makes nothing.

    Raises Refused where the file is open to others or does not hold 64 hex digits.
    """
    path = path_of(home, name)
    try:
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        return None
    if path.stat().st_mode & 0o077:
        raise refuse("secret_open", "Other accounts can read it; run chmod 600 on it.", str(path))
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != LENGTH:
        raise refuse("secret_broken", "It must hold 64 hex digits; restore it.", str(path))
    return value


def read(home: Path, name: str) -> bytes:
    """The 32 bytes of a secret; makes it where it is missing.

    Two processes that ask at once get the same bytes: the file appears whole, by link, once.
    """
    value = peek(home, name)
    if value is not None:
        return value
    path = path_of(home, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{name}.{os.getpid()}.{entropy.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(entropy.token_hex(LENGTH) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # somebody else was first; theirs counts
            os.link(draft, path)
    finally:
        draft.unlink()
    value = peek(home, name)
    if value is None:
        raise refuse("secret_broken", "It vanished while it was made.", str(path))
    return value


def make_all(home: Path) -> None:
    """Make every secret that is missing; `yesand serve` does this before anything else."""
    for name in NAMES:
        read(home, name)
