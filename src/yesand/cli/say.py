"""What verbs print: lines for people on stderr or stdout, one JSON object last for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from yesand.cli.main import FINE, PROBLEMS

# The annotation of a verb's --json option.
JSON_HELP = "Print one JSON object as the last line."


def line(text: str) -> None:
    """One line for a person, on stdout, at once."""
    print(text, flush=True)


def finish(found: dict[str, Any], *, as_json: bool, ok: bool = True) -> None:
    """Print `found` (a line per field, or one JSON object) and end with exit code 0 or 1."""
    if as_json:
        print(json.dumps({"ok": ok, **found}, ensure_ascii=False, default=str), flush=True)
    else:
        for name, value in found.items():
            print(f"{name}: {value}", flush=True)
    raise typer.Exit(FINE if ok else PROBLEMS)


class Steps:
    """A bar on stderr; `advance` moves it."""

    def __init__(self, progress: Progress, bar: TaskID) -> None:
        self._progress, self._bar = progress, bar

    def advance(self, by: float = 1) -> None:
        self._progress.advance(self._bar, by)


@contextmanager
def progress(what: str, total: float | None) -> Iterator[Steps]:
    """Progress of long work, drawn on a terminal only, never in the way of --json."""
    console = Console(file=sys.stderr)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        yield Steps(bar, bar.add_task(what, total=total))
