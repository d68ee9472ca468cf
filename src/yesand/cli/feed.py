"""`yesand feed`: what was withdrawn, from a file or a server, noted in a release's own folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from yesand.cli import say
from yesand.formats.release_open import find_release, load_key, open_release
from yesand.formats.revocations import read_feed
from yesand.kit.errors import refuse
from yesand.release import pulling


def feed(
    source: Annotated[str, typer.Argument(help="Feed: a file, or the address of the server.")],
    folder: Annotated[
        Path | None, typer.Argument(help="Release whose copy should honor it.")
    ] = None,
    key: Annotated[str, typer.Option(help="Public key of the feed, without a folder.")] = "",
    token: Annotated[
        str, typer.Option(envvar="YESAND_TOKEN", help="Pull token, for a server.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help=say.JSON_HELP)] = False,
) -> None:
    """Read a feed of withdrawals; with a folder, the release there leaves those takes out.

    Example: yesand feed https://yesand.example light-voices-1 --token T
    """
    place = None if folder is None else find_release(folder)
    data = _data(source, token)
    if place is not None:
        before = open_release(place, verify=False)
        pulling.add_to_release(place, data, "feed")
        after = open_release(place, verify=False)
        stones, gone = after.feed.tombstones, sorted(set(before.takes) - set(after.takes))
    elif key:
        stones, gone = read_feed(data, load_key(key), "feed").tombstones, []
    else:
        says = "is needed to check the feed; or give the folder of a release."
        raise refuse("no_key", says, "--key")
    found = {
        "withdrawn": [
            {"take": s.take_id, "releases": list(s.releases), "at": s.at, "due": s.due}
            for s in stones
        ],
        "newly_left_out": gone,
    }
    if not json:
        for stone in stones:
            say.line(f"{stone.at} {stone.take_id} {', '.join(stone.releases)}, due {stone.due}")
        found = {"withdrawn": len(stones), "newly_left_out": len(gone)}
    say.finish(found, as_json=json)


def _data(source: str, token: str) -> bytes:
    if "://" in source:
        if not token:
            raise refuse("no_token", "is needed for a server, or set YESAND_TOKEN.", "--token")
        return pulling.Lab(source, token).feed()
    file = Path(source)
    if not file.is_file():
        raise refuse("no_file", "does not exist.", source)
    return file.read_bytes()
