"""`yesand backup` and `yesand restore`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from yesand.cli import say
from yesand.infra import environ

Keys = Annotated[
    Path | None, typer.Option("--keys", help="Another folder, for the secret keys; keep it apart.")
]
Json = Annotated[bool, typer.Option("--json", help=say.JSON_HELP)]


def _told(step: str) -> None:
    print(f"{step} ...", file=sys.stderr, flush=True)


def backup(
    folder: Annotated[Path, typer.Argument(help="Where to; a second time copies what is new.")],
    keys: Keys = None,
    json: Json = False,
) -> None:
    """Write rows and objects to a folder, also while the house is open.

    Without --keys the secret keys are not written, and what they sealed stays closed.

    Example: yesand backup /mnt/backup --keys /mnt/safe/keys
    """
    # Postgres' driver is part of [server].
    from yesand.infra import backups  # noqa: PLC0415

    done = backups.write(environ.current(), folder, keys, _told)
    say.finish(vars(done), as_json=json)


def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that yesand backup wrote.")],
    keys: Keys = None,
    json: Json = False,
) -> None:
    """Put a backup into an empty home, every byte checked first.

    Example: YESAND_HOME=/srv/new yesand restore /mnt/backup --keys /mnt/safe/keys
    """
    from yesand.infra import backups  # noqa: PLC0415  (see backup)

    done = backups.read(environ.current(), folder, keys, _told)
    say.finish(vars(done), as_json=json)
