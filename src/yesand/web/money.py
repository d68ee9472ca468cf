"""A statement as CSV, for performers and raters alike."""

from __future__ import annotations

import csv

from django.http import HttpResponse

from yesand.kit.money import EXPONENT
from yesand.pay.reads import Line


def statement_csv(lines: list[Line]) -> HttpResponse:
    """One row a line: time (UTC), program, event, rule, seconds, amount in the currency's units."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="statement.csv"'
    write = csv.writer(answer, lineterminator="\n")
    write.writerow(
        [
            "at_utc",
            "program",
            "event_kind",
            "event",
            "rule",
            "seconds",
            "amount",
            "currency",
            "says",
        ]
    )
    for line in lines:
        digits = EXPONENT[line.amount.currency]
        sign = "-" if line.amount.minor < 0 else ""
        whole, part = divmod(abs(line.amount.minor), 10**digits)
        amount = f"{sign}{whole}.{part:0{digits}d}" if digits else f"{sign}{whole}"
        write.writerow(
            [
                f"{line.at:%Y-%m-%dT%H:%M:%SZ}",
                line.program,
                line.event_kind,
                line.event,
                line.rule,
                line.seconds,
                amount,
                line.amount.currency,
                line.says,
            ]
        )
    return answer
