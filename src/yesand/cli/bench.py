"""`yesand bench`: one promise at a time, measured, with its seed printed."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from yesand.cli import say
from yesand.cli.bench_capture import YesandServer, run

bench = typer.Typer(help="Measure one promise.", no_args_is_help=True)


@bench.callback()
def which() -> None:
    """Measure one promise beside its peer."""


@bench.command("capture")
def capture(
    kills: Annotated[int, typer.Option(min=1, help="How often the door is killed.")] = 100,
    streams: Annotated[int, typer.Option(min=1, help="Streams that send at once.")] = 8,
    seed: Annotated[int | None, typer.Option(help="Repeat a run; printed otherwise.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the spool; a fresh one.")] = None,
    json: Annotated[bool, typer.Option("--json", help=say.JSON_HELP)] = False,
) -> None:
    """Kill the upload door again and again while streams send; count what was lost.

    Exit 1 where an acknowledged byte is missing or a stored byte is wrong.

    Example: yesand bench capture --kills 100 --json
    """
    seed = secrets.randbelow(2**32) if seed is None else seed
    say.line(f"seed {seed}")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix="yesand-kills-") as folder:
        server = YesandServer(Path(folder) / "home")
        with say.progress("kills", kills) as steps:
            try:
                result = run(server, kills, seed, streams, steps.advance)
            finally:
                server.stop()
    ok = result["lost_bytes"] == 0 and result["corrupt"] == 0
    found = {"seed": seed, "streams": streams, server.name: result}
    say.finish(found, as_json=json, ok=ok)
