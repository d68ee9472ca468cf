"""`yesand worker`: one worker process on a database that is already there."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from yesand.cli import house


class Kind(StrEnum):
    now = "now"
    work = "work"


def worker(
    kind: Annotated[Kind, typer.Argument(help="now: flows, mail, ticks. work: computing.")],
    concurrency: Annotated[int, typer.Option(help="Jobs at once; 0 chooses by cores.")] = 0,
) -> None:
    """Run one worker until Ctrl-C. `yesand serve` runs one of each kind by itself.

    Example: YESAND_DATABASE_URL=postgres://... yesand worker work --concurrency 4
    """
    house.enter()
    # After Django is set up: the flows import tables.
    from yesand.infra import logs  # noqa: PLC0415
    from yesand.infra.worker import Worker  # noqa: PLC0415

    logs.start()
    asyncio.run(Worker(kind.value, concurrency).run())
