"""`yesand shortfall`: what a model lacks, as the order that would bring it."""

from __future__ import annotations

import json as json_
from pathlib import Path
from typing import Annotated, Any

import typer

from yesand.cli import say
from yesand.evaluation.runs import FACTORS
from yesand.evaluation.shortfall import MOST_CELLS, draft
from yesand.kit.errors import refuse

_PARTS = ("cells", "missing", "levels", "perceived", "items", "performers", "model")


def shortfall(
    source: Annotated[
        Path, typer.Argument(help="A run (evaluate --out), or the folder of a release.")
    ],
    out: Annotated[Path | None, typer.Option(help="YAML file for the order form.")] = None,
    name: Annotated[str, typer.Option(help="Name of the draft.")] = "What the model needs next",
    use: Annotated[str, typer.Option(help="train or evaluation; fixed once approved.")] = "train",
    hours: Annotated[
        float | None, typer.Option(help="Scene hours there is money for; the neediest first.")
    ] = None,
    cells: Annotated[int, typer.Option(help="Cells at most.")] = MOST_CELLS,
    seed: Annotated[int, typer.Option(help="Seed, where a release is evaluated first.")] = 0,
    json: Annotated[bool, typer.Option("--json", help=say.JSON_HELP)] = False,
) -> None:
    """Draft the commission that weak and thin cells ask for, as YAML the order form reads.

    Example: yesand shortfall run.json --hours 40 --out next.yaml
    """
    if cells < 1:
        raise refuse("too_small", "must be at least 1.", "--cells")
    made = draft(_run(source, seed), name=name, use=use, hours=hours, most=cells)
    text = made.to_yaml()
    if out is not None:
        out.write_text(text, encoding="utf-8")
    found: dict[str, Any] = made.to_json()
    if not json:
        if out is None:
            say.line(text)
        found = {
            "cells": len(made.wanted),
            "takes": sum(w.takes for w in made.wanted),
            "hours": made.order.hours,
            **({"order": str(out)} if out else {}),
        }
    say.finish(found, as_json=json)


def _run(source: Path, seed: int) -> dict[str, Any]:
    if source.is_dir():
        # scikit-learn is only needed where the baseline still has to run
        from yesand.cli.evaluate import run_of  # noqa: PLC0415

        return run_of(source, FACTORS, seed).to_json()
    if not source.is_file():
        raise refuse("no_file", "does not exist.", str(source))
    try:
        run = json_.loads(source.read_text(encoding="utf-8"))
    except ValueError:
        raise refuse(
            "bad_json", "is not JSON; give what evaluate --out wrote.", str(source)
        ) from None
    absent = [part for part in _PARTS if not isinstance(run, dict) or part not in run]
    if absent:
        says = f"has no {absent[0]}; give what evaluate --out wrote."
        raise refuse("bad_run", says, str(source))
    return dict(run)
