"""What an order takes, ready to be drawn: words, money and the shapes of the pictures."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yesand.casting import reads as casting
from yesand.commission import reads
from yesand.commission.rules import (
    CellPlan,
    Forecast,
    Order,
    Roster,
    balanced_cells,
    estimate,
)
from yesand.kit.money import Money
from yesand.people.models import Program
from yesand.web.producer.order_form import language_name, word

LINE_TONES = {"performers": "k", "raters": "m", "standby": "r", "storage": "q"}


@dataclass(frozen=True)
class Fix:
    """A button of an alarm. value: what the form reads; "" where it is a link to a new call."""

    words: str
    value: str
    people: int = 0


@dataclass(frozen=True)
class Alarm:
    """Performers that are missing in one language, and what would be enough."""

    language: str
    code: str
    needed: int
    free: int
    short: int
    fixes: list[Fix]

    @property
    def brief(self) -> str:
        says = ngettext("%(n)d %(lang)s performer too few", "%(n)d %(lang)s too few", self.short)
        return says % {"n": self.short, "lang": self.language}


@dataclass(frozen=True)
class CostLine:
    """One line of the cost with its part of the bar, in percent from the left."""

    words: str
    amount: Money
    tone: str
    x: float
    width: float


@dataclass(frozen=True)
class Dot:
    """One pair of the design: where it is drawn and how large."""

    x: int
    y: int
    r: float
    asked: bool


def next_monday(today: dt.date) -> dt.date:
    """The Monday after `today`."""
    return today + dt.timedelta(days=7 - today.weekday())


def figures(program: Program, order: Order) -> dict[str, Any]:
    """Everything the aside and the picture of the cells show."""
    free = casting.free_by_language(program)
    takes = estimate(order, reads.policy_of(program), Roster(free))
    start = next_monday(timezone.localdate())
    cells = balanced_cells(order)
    return {
        "takes": takes,
        "start": start,
        "until": start + dt.timedelta(weeks=order.weeks),
        "enough": [
            {"name": language_name(need["language"]), **need}
            for need in takes["performers"]
            if need["needed"] and not need["short"]
        ],
        "alarms": [_alarm(need) for need in takes["performers"] if need["short"]],
        "total": Money(takes["total_minor"], takes["currency"]),
        "per_scene_hour": Money(takes["per_scene_hour_minor"], takes["currency"]),
        "largest": _largest(takes),
        "lines": _cost_lines(takes),
        **design(order, cells),
    }


def _alarm(need: Any) -> Alarm:
    name = language_name(need["language"])
    fixes = []
    for fix in need["fixes"]:
        value = f"{fix['kind']}:{fix['language']}:{fix['value']}"
        if fix["kind"] == "share":
            fixes.append(Fix(f"{name} {fix['value']} %", value))
        elif fix["kind"] == "weeks":
            fixes.append(Fix(_("%(n)d weeks") % {"n": fix["value"]}, value))
        else:
            fixes.append(Fix(_("Open a call for %(n)d") % {"n": fix["value"]}, "", fix["value"]))
    return Alarm(name, need["language"], need["needed"], need["free"], need["short"], fixes)


def _largest(takes: Forecast) -> str:
    line = next(line for line in takes["lines"] if line["key"] == takes["largest"])
    return f"{_line_name(line['key'])}, {line['percent']:.0f} %"


def _line_name(key: str) -> str:
    return {
        "performers": _("performers"),
        "raters": _("raters"),
        "standby": _("stand-by"),
        "storage": _("storage"),
    }[key]


def _cost_lines(takes: Forecast) -> list[CostLine]:
    lines: list[CostLine] = []
    x = 0.0
    for line in takes["lines"]:
        each = Money(line["each_minor"], takes["currency"])
        count = line["count"]
        says = {
            "performers": _("performers, %(bookings)d × 2 × %(each)s"),
            "raters": _("raters, %(count)d h at %(each)s"),
            "standby": _("stand-by, %(count)d × %(each)s"),
            "storage": _("storage, %(count)d GB"),
        }[line["key"]] % {"bookings": count // 2, "count": count, "each": each}
        width = 99.0 * line["minor"] / (takes["total_minor"] or 1)
        amount = Money(line["minor"], takes["currency"])
        tone = LINE_TONES[line["key"]]
        lines.append(CostLine(says, amount, tone, round(x, 2), round(max(0.0, width - 0.4), 2)))
        x += width
    return lines


def design(order: Order, cells: list[CellPlan]) -> dict[str, Any]:
    """The picture of the cells: feelings as columns, relationships as rows, languages summed."""
    feelings = list(dict.fromkeys(cell.feeling for cell in cells))
    relationships = [word for word in order.relationships if order.relationships[word]]
    pairs: dict[tuple[str, str], int] = {}
    for cell in cells:
        key = (cell.feeling, cell.relationship)
        pairs[key] = pairs.get(key, 0) + cell.takes
    most = max(pairs.values(), default=1)
    dots = []
    for column, feeling in enumerate(feelings):
        for row, relationship in enumerate(relationships):
            takes = pairs.get((feeling, relationship), 0)
            radius = 7.2 * math.sqrt(takes / most) if takes else 1.0
            dots.append(Dot(12 + 22 * column, 10 + 17 * row, round(radius, 1), bool(takes)))
    sizes = [cell.takes for cell in cells]
    return {
        "cells": [
            (word(c.feeling), word(c.relationship), language_name(c.language), c.takes, c.strengths)
            for c in cells
        ],
        "dots": dots,
        "dots_width": 24 + 22 * max(0, len(feelings) - 1),
        "dots_height": 20 + 17 * max(0, len(relationships) - 1),
        "cells_asked": len(pairs),
        "cells_possible": len(feelings) * len(relationships),
        "cell_smallest": min(sizes, default=0),
        "cell_largest": max(sizes, default=0),
        "columns": len(feelings),
        "rows": len(relationships),
    }
