"""`yesand sample`: a signed release of robots, without account, server or network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from yesand.cli import say
from yesand.kit.errors import refuse
from yesand.release.robot_sample import write_sample


def sample(
    folder: Annotated[Path, typer.Argument(help="New folder of the release.")],
    dyads: Annotated[int, typer.Option(help="Pairs of robots.")] = 4,
    takes: Annotated[int, typer.Option(help="Scenes of each pair.")] = 2,
    seconds: Annotated[float, typer.Option(help="Length of each scene.")] = 20.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    json: Annotated[bool, typer.Option("--json", help=say.JSON_HELP)] = False,
) -> None:
    """Write a complete signed release of robot takes. No human is in it.

    Example: yesand sample robots --dyads 12
    """
    for name, value, least in (
        ("--dyads", dyads, 1),
        ("--takes", takes, 1),
        ("--seconds", seconds, 8),
        ("--seed", seed, 0),
    ):
        if value < least:
            raise refuse("too_small", f"must be at least {least}.", name)
    with say.progress("Speaking and writing", 2 * dyads * takes) as steps:
        info = write_sample(
            folder,
            dyads=dyads,
            takes=takes,
            seconds=seconds,
            seed=seed,
            progress=lambda *_: steps.advance(),
        )
    found = {
        "release": str(folder),
        "says": "No human is in this release.",
        "takes": info.figures["takes"],
        "performers": info.figures["performers"],
        "hours": round(info.figures["hours"], 4),
        "signed_by": info.signing.keyid,
        "try": f"for dyad in yesand.open({str(folder)!r}): print(dyad.take_id, dyad.a.samples)",
    }
    say.finish(found, as_json=json)
