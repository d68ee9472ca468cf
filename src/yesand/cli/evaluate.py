"""`yesand evaluate`: the baseline, or somebody's own answers, scored per cell."""

from __future__ import annotations

import json as json_
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from yesand.cli import say
from yesand.evaluation import baseline
from yesand.evaluation.examples import TAKE_FACTORS, Example, examples
from yesand.evaluation.runs import FACTORS, Run, of_predictions
from yesand.evaluation.slices import LEAST_ITEMS, LEAST_PERFORMERS, Cell
from yesand.formats.release_open import open_release
from yesand.kit.canonical import canonical_json
from yesand.kit.errors import refuse


def evaluate(
    folder: Annotated[Path, typer.Argument(help="Folder of the release.")],
    predictions: Annotated[
        Path | None,
        typer.Option(help='Own answers as JSON lines {"item_id", "said"}; default: the baseline.'),
    ] = None,
    model: Annotated[str, typer.Option(help="Name of the model that answered.")] = "",
    factors: Annotated[
        str, typer.Option(help="What cells are made of, by comma, the most telling first.")
    ] = ",".join(FACTORS),
    out: Annotated[Path | None, typer.Option(help="Write the run as JSON, for shortfall.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of folds and intervals.")] = 0,
    json: Annotated[bool, typer.Option("--json", help=say.JSON_HELP)] = False,
) -> None:
    """Score a baseline on a release, per cell, with intervals and the human ceiling.

    With too little data it says how much is missing and ends with 1.

    Example: yesand evaluate robots --out run.json
    """
    names = read_factors(factors)
    made = run_of(folder, names, seed, predictions, model)
    found = made.to_json()
    if out is not None:
        out.write_bytes(canonical_json(found) + b"\n")
    if not json:
        show(made, names)
        found = {"says": made.says, **({"run": str(out)} if out else {})}
    say.finish(found, as_json=json, ok=made.state == "done")


def read_factors(text: str) -> list[str]:
    """Factors as typed; raises Refused naming one that is none."""
    names = [word.strip() for word in text.split(",") if word.strip()]
    known = ("feeling", *TAKE_FACTORS)
    for name in names:
        if name not in known:
            raise refuse("no_factor", f"must be of {', '.join(known)}, not {name}.", "--factors")
    return names


def run_of(
    folder: Path,
    factors: Sequence[str],
    seed: int,
    predictions: Path | None = None,
    model: str = "",
) -> Run:
    """A run over the release in a folder, with a bar while it listens."""
    release = open_release(folder)
    with say.progress("Listening", len(release)) as steps:
        heard: list[Example] = examples(release, lambda *_: steps.advance())
    if predictions is None:
        return baseline.run(heard, factors=factors, seed=seed)
    said = _predictions(predictions)
    return of_predictions(heard, said, model or predictions.stem, factors=factors, seed=seed)


def _predictions(file: Path) -> dict[str, str]:
    if not file.is_file():
        raise refuse("no_file", "does not exist.", str(file))
    said = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json_.loads(line)
            said[str(row["item_id"])] = str(row["said"])
        except (ValueError, KeyError, TypeError):
            says = 'is not {"item_id": ..., "said": ...}.'
            raise refuse("bad_line", says, f"{file} line {number}") from None
    return said


def show(run: Run, factors: Sequence[str]) -> None:
    """The run for a person: scores, the grid, what is missing."""
    console = Console()
    if run.scores is not None and run.map is not None:
        for name, figure in (
            ("right", run.scores.accuracy),
            ("unweighted recall", run.scores.uar),
            ("macro F1", run.scores.f1),
        ):
            if figure.value is not None and figure.low is not None and figure.high is not None:
                span = f"({figure.low:.3f} to {figure.high:.3f})"
                console.print(f"{name:18} {figure.value:.3f} {span}", highlight=False)
        if run.map.ceiling is not None:
            console.print(f"{'people':18} {run.map.ceiling:.3f}", highlight=False)
        if run.map.worst is not None and run.map.worst.score.value is not None:
            where = " / ".join(run.map.worst.factors.values())
            console.print(f"{'worst cell':18} {run.map.worst.score.value:.3f} {where}")
    console.print(grid(run.cells, factors))
    for lack in run.lacking:
        console.print(str(lack), highlight=False)


def grid(cells: Sequence[Cell], factors: Sequence[str]) -> Table:
    """Cells of the first factor by the second: the score and its interval, or what is missing."""
    first, second = (*factors, "", "")[:2]
    table = Table(title=f"Share answered right; {LEAST_ITEMS} moments of {LEAST_PERFORMERS} needed")
    table.add_column(first, overflow="fold")
    table.add_column("all", overflow="fold")
    columns = sorted({c.factors[second] for c in cells if second in c.factors})
    for word in columns:
        table.add_column(word, overflow="fold")
    by_cell = {tuple(sorted(c.factors.items())): c for c in cells}
    for word in sorted({c.factors[first] for c in cells if first in c.factors}):
        row = [_text(by_cell.get(((first, word),)))]
        for other in columns:
            key = tuple(sorted({first: word, second: other}.items()))
            row.append(_text(by_cell.get(key)))
        table.add_row(word, *row)
    return table


def _text(cell: Cell | None) -> str:
    if cell is None:
        return ""
    if cell.score.value is None:
        return f"{cell.n}/{cell.performers}"
    mark = " weak" if cell.weak else ""
    if cell.score.low is None or cell.score.high is None:
        return f"{cell.score.value:.2f}{mark}"
    return f"{cell.score.value:.2f} ({cell.score.low:.2f}-{cell.score.high:.2f}){mark}"
