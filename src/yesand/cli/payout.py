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
        bool, typer.Option("--sent", help="Also book it as sent today: the bank has the file.")
    ] = False,
    reference: Annotated[str, typer.Option(help="With --sent: the bank's own reference.")] = "",
    again: Annotated[int, typer.Option(help="Write the bank file with this number once more.")] = 0,
    json: Annotated[bool, typer.Option("--json", help=say.JSON_HELP)] = False,
) -> None:
    """Write a bank file of everything owed in a program; exit 1 names whom it had to leave out.

    What stands in an earlier file that nobody marked as sent is not written twice: `unsent` lists
    those files; mark or throw them away on the program's money page, or repeat with --again.

    Example: yesand payout light-voices --on 2026-12-04 --out december.csv
    """
    day = _day(on)
    if out.exists():
        raise refuse("exists", "is there already; give a new file.", str(out))
    house.enter()
    # after Django is set up
    from django.utils import timezone  # noqa: PLC0415

    from yesand.pay import payout as pay  # noqa: PLC0415
    from yesand.pay.models import BankFile  # noqa: PLC0415
    from yesand.people.models import Program  # noqa: PLC0415

    row = Program.objects.filter(slug=program).first()
    if row is None:
        raise refuse("no_program", "is not the slug of a program here.", program)
    files = BankFile.objects.filter(program=row)
    waiting = []
    if again:
        file = files.filter(number=again).first()
        if file is None:
            raise refuse("no_file", "is not the number of a bank file here.", f"--again {again}")
    else:
        due = pay.prepare(row, day)
        waiting = [line.person for line in pay.without_account(due)]
        # Nobody with an account: nothing to write, and what is prepared waits for one.
        file = due[0].file if len(due) > len(waiting) else None
        if file is not None:
            pay.write(file)
            file.refresh_from_db()
    lines = list(file.payouts.all()) if file else []
    text = pay.bank_file(file) if file else pay.EMPTY
    # Names and accounts: nobody else on this machine reads it, not even for a moment.
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as written:
        written.write(text)
    if file is not None and sent:
        file = pay.send(file, timezone.localdate(), reference)
    unsent = files.filter(sent_at=None, dropped_at=None, written_at__isnull=False)
    found: dict[str, Any] = {
        "file": str(out),
        "number": file.number if file else None,
        "payouts": len(lines),
        "amount_minor": sum(line.amount_minor for line in lines),
        "currency": row.currency,
        "pay_on": (file.pay_on if file else day).isoformat(),
        "sent": bool(file and file.sent_at),
        "unsent": list(unsent.order_by("number").values_list("number", flat=True)),
        "without_account": [person.pseudonym for person in waiting],
    }
    say.finish(found, as_json=json, ok=not waiting)


def _day(text: str) -> dt.date:
    if not text:
        return dt.datetime.now(dt.UTC).date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise refuse("bad_day", "must be a day such as 2026-12-04.", f"--on {text}") from None
