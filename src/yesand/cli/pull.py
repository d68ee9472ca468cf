"""`yesand pull`: a release from a server or a folder, checked, resumed, with its notices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from yesand.cli import say
from yesand.formats.release_open import find_release, load_key
from yesand.kit.errors import refuse
from yesand.release import pulling


def pull(
    release: Annotated[str, typer.Argument(help="Name and version, such as light-voices-1.")],
    origin: Annotated[
        str, typer.Option("--from", help="Address of the server, or a folder that holds it.")
    ],
    token: Annotated[
        str, typer.Option(envvar="YESAND_TOKEN", help="Pull token from the lab's page.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="Folder; default: the release's name.")] = None,
    have: Annotated[
        Path | None, typer.Option(help="An older version: equal files are copied from it.")
    ] = None,
    key: Annotated[str, typer.Option(help="Public key that must have signed it.")] = "",
    json: Annotated[bool, typer.Option("--json", help=say.JSON_HELP)] = False,
) -> None:
    """Fetch a release: only what is missing, every byte checked, newest withdrawals included.

    Example: yesand pull light-voices-2 --from https://yesand.example --token T
    """
    trusted = load_key(key) if key else None
    source: pulling.Source
    if "://" in origin:
        if not token:
            says = "is needed; make one on the lab's page, or set YESAND_TOKEN."
            raise refuse("no_token", says, "--token")
        source = pulling.LabSource(pulling.Lab(origin, token), release)
    else:
        inside = Path(origin) / release
        source = pulling.FolderSource(find_release(inside if inside.is_dir() else Path(origin)))
    last = 0
    with say.progress("Fetching", None) as steps:

        def moved(done: int, _: int) -> None:
            nonlocal last
            steps.advance((done - last) / 1e6)
            last = done

        pulled = pulling.pull(source, out or Path(release), key=trusted, have=have, progress=moved)
    found = {
        "release": str(pulled.folder),
        "title": pulled.info.title,
        "signed_by": pulled.info.signing.keyid,
        "bytes_fetched": pulled.bytes_new,
        "bytes_kept": pulled.bytes_kept,
        "withdrawn": len(pulled.feed.tombstones),
    }
    say.finish(found, as_json=json)
