"""`yesand payout PROGRAM`: what is owed as a file for the operator's bank."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from yesand.cli import house, say
from yesand.kit.errors import refuse


def payout(
    program: Annotated[str, typer.Argument(help="Slug of the program.")],
    out: Annotated[Path, typer.Option(help="New CSV file; only you can read it.")],
    on: Annotated[str, typer.Option(help="Day the bank pays, such as 2026-12-04.")] = "",
    sent: Annotated[
        bool, typer.Option("--sent", help="Also book them as sent: the bank has the file.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help=say.JSON_HELP)] = False,
) -> None:
    """Write a bank file of everything owed in a program; exit 1 names whom it had to leave out.

    Example: yesand payout light-voices --on 2026-12-04 --out december.csv
    """
    day = _day(on)
    if out.exists():
        raise refuse("exists", "is there already; give a new file.", str(out))
    house.enter()
    # after Django is set up
    from yesand.pay import payout as pay  # noqa: PLC0415
    from yesand.people.models import Program  # noqa: PLC0415

    row = Program.objects.filter(slug=program).first()
    if row is None:
        raise refuse("no_program", "is not the slug of a program here.", program)
    due = pay.prepare(row, day)
    waiting = pay.without_account(due)
    ready = [p for p in due if p not in waiting]
    text = pay.bank_file(ready)
    # Names and accounts: nobody else on this machine reads it, not even for a moment.
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    for one in ready if sent else ():
        pay.mark_sent(one)
    found: dict[str, Any] = {
        "file": str(out),
        "payouts": len(ready),
        "amount_minor": sum(p.amount_minor for p in ready),
        "currency": row.currency,
        "pay_on": day.isoformat(),
        "sent": sent,
        "without_account": [p.person.pseudonym for p in waiting],
    }
    say.finish(found, as_json=json, ok=not waiting)


def _day(text: str) -> dt.date:
    if not text:
        return dt.datetime.now(dt.UTC).date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise refuse("bad_day", "must be a day such as 2026-12-04.", f"--on {text}") from None
