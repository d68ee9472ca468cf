"""`yesand demo`: the whole house, seeded, with two pairs of robots that play and one that waits."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from typing import Annotated

import typer

from yesand.cli import say
from yesand.cli.serve import print_qr, say_trust, use_https
from yesand.infra import environ

#: The line of the second machine's link: what another person's camera should read.
SECOND = b"Vic "


def demo(
    https: Annotated[
        bool, typer.Option("--https", help="Serve the local network, so that two people can play.")
    ] = False,
    log: Annotated[bool, typer.Option("--log", help="Show the log in this terminal too.")] = False,
) -> None:
    """Start everything, let robots play a scene to a signed release, print four links.

    Ctrl-C stops everything; the data stays in YESAND_HOME for the next time.

    Example: yesand demo
    """
    began = time.monotonic()
    os.environ.setdefault("YESAND_MIN_FREE_GB", "0")
    made = use_https() if https else None
    # The sign-in links need the pages of a machine of one's own; mail stays files in a demo.
    os.environ["YESAND_DEV_PAGES"] = "1"
    environ.current.cache_clear()
    # After the environment is settled.
    from yesand.infra import supervisor  # noqa: PLC0415
    from yesand.infra.child import die_with_parent  # noqa: PLC0415

    here = environ.current()

    async def ready(_: environ.Settings) -> None:
        say.line(f"1  Everything runs at {here.base_url}  ({time.monotonic() - began:.1f} s)")
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "yesand.cli.demonstration.show",
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "yesand.infra.settings"},
            stdout=subprocess.PIPE,
            preexec_fn=die_with_parent(),
        )
        assert child.stdout is not None
        try:
            async for text in child.stdout:
                say.line(text.decode(errors="replace").rstrip("\n"))
                if https and text.startswith(SECOND):
                    print_qr(text.split()[-1].decode())
                    say_trust(made, here.base_url)
            if await child.wait():
                say.line(f"The demo's robots stopped; see {here.logs / 'yesand.log'}.")
        finally:
            if child.returncode is None:
                child.terminate()
                await child.wait()

    raise typer.Exit(supervisor.serve(here, on_ready=ready, log_to_terminal=log))
