"""Folders, accounts and processes as the embedded cluster finds them on a machine."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path

from yesand.infra import binaries as engines
from yesand.infra.child import Account
from yesand.infra.database import Address
from yesand.kit.errors import refuse

CLEAN_ENV = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
SOCKET_BYTES = 100  # Linux ends socket paths at 107 bytes, macOS at 103


class Died(RuntimeError):
    """A program of Postgres ended by itself; the text is the end of what it said."""


def run_client(program: Path, where: Address, *words: str) -> str:
    """Run pg_dump, psql, ... against `where` and return what it printed. Raises Died."""
    env = {**CLEAN_ENV, "PGPASSWORD": where.word, "PGOPTIONS": "-c client_min_messages=error"}
    flag = "--database" if program.name == "pg_dumpall" else "--dbname"
    place = ["--host", where.host, "--port", str(where.port), "--username", where.role]
    done = subprocess.run(
        [str(program), *place, f"{flag}={where.name}", *words],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Died(f"{program.name} ended with {done.returncode}: {done.stderr.strip()[-800:]}")
    return done.stdout


def server_account(name: str) -> Account:
    try:
        found = Account.named(name)
    except KeyError:
        raise refuse("no_account", f"There is no account {name!r}.", "YESAND_PG_ACCOUNT") from None
    if found.uid == 0:
        raise refuse("no_account", "Postgres does not run as root.", "YESAND_PG_ACCOUNT")
    return found


def make_folder(path: Path) -> None:
    """Make what is missing, passable for the server's account; leave what is there as it is."""
    for part in [*reversed(path.parents), path]:
        with contextlib.suppress(FileExistsError):
            part.mkdir()
            part.chmod(0o755)


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def write_whole(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, "utf-8")
    draft.replace(path)


def short_folder(account: Account | None) -> str:
    """Where temporary names stay short enough for a socket."""
    for name in (os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp"):
        if name and len(os.fsencode(name)) + 40 <= SOCKET_BYTES and not set(name) & set(" ,\"'"):
            folder = Path(name)
            if account is None:
                if os.access(folder, os.W_OK | os.X_OK):
                    return name
            elif folder.is_dir() and engines.reaches(folder, account):
                return name
    raise refuse("no_short_folder", "No temporary folder has a short path.", "TMPDIR")


def serves(pid: int, data: Path) -> bool:
    """Is process `pid` a live server of folder `data`? A zombie and a stranger are not."""
    if pid <= 1:
        return False
    try:
        state = (
            Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
        )
        if state in "ZX":
            return False
        return os.path.samefile(f"/proc/{pid}/cwd", data)  # a server stands in its data folder
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self").exists():
            return False
    except PermissionError:
        return False
    done = subprocess.run(
        ["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return "postgres" in done.stdout and str(data) in done.stdout
