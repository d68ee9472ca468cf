"""`yesand migrate`: forward only; never run by a web process."""

from __future__ import annotations

from typing import Annotated

import typer

from yesand.cli import house, say


def migrate(
    check: Annotated[bool, typer.Option("--check", help="Only say what is missing.")] = False,
    json: Annotated[bool, typer.Option("--json", help=say.JSON_HELP)] = False,
) -> None:
    """Bring the database's tables up to this version. `yesand serve` does it at start.

    Example: yesand migrate --check
    """
    house.enter()
    # After Django is set up.
    from yesand.infra import migrations_run  # noqa: PLC0415

    missing = migrations_run.missing()
    if missing and not check:
        migrations_run.apply()
    found = {"missing" if check else "applied": missing}
    say.finish(found, as_json=json, ok=not (check and missing))
