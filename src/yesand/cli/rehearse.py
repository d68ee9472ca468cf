"""`yesand rehearse`: one scene through real browsers, from sign-in to a release that loads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from yesand.cli import say
from yesand.cli.rehearsal.play import Rehearsal
from yesand.kit.errors import refuse


def rehearse(
    left: Annotated[Path, typer.Option(help="WAV file of role a's microphone, mono.")],
    right: Annotated[Path, typer.Option(help="WAV file of role b's microphone, mono.")],
    out: Annotated[Path, typer.Option(help="Folder for the server, the release and the logs.")],
    seconds: Annotated[float, typer.Option(help="Length of the scene, 5 to 1800 s.")] = 20.0,
    kill_door: Annotated[
        bool, typer.Option("--kill-door", help="Kill the upload door in mid-scene (SIGKILL).")
    ] = False,
    screenshots: Annotated[
        Path | None, typer.Option(help="Folder for a picture of each page on the way.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=say.JSON_HELP)] = False,
) -> None:
    """Play one scene with two Chromium processes, rate it, publish it, open the release.

    Starts a throw-away server below --out. Exit 1 names the step that failed and leaves
    screenshots there.

    Example: yesand rehearse --left a.wav --right b.wav --seconds 20 --out rehearsal --json
    """
    if not 5 <= seconds <= 1800:
        raise refuse("seconds", "Choose 5 to 1800 seconds.", "--seconds")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise refuse("not_empty", "is not an empty folder; give a new one.", f"--out {out}")
    out.mkdir(parents=True, exist_ok=True)
    run = Rehearsal(left, right, out.resolve(), seconds, kill_door, screenshots)
    found = run.go()
    say.finish(found, as_json=as_json, ok=run.failed is None)
