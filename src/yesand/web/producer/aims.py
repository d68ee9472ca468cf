"""What showing performers the aim of an offer does: two dots a measure, and the same as a file."""

from __future__ import annotations

import csv
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from yesand.evaluation.aim_rows import report
from yesand.evaluation.aims import LEAST_ANSWERS, LEAST_PERFORMERS, MEASURES, Compared
from yesand.kit.errors import Refused
from yesand.people.actions import set_aim_experiment
from yesand.stats.intervals import Figure
from yesand.web.access import program_for

WIDTH = 600
"""Units of the picture's width; it is stretched to the page."""
LANES = {True: 9, False: 21}
WORDS = {
    "played": gettext_lazy("Played what was aimed at"),
    "heard": gettext_lazy("Raters heard what was aimed at"),
    "human": gettext_lazy("Felt human, of 5"),
    "grounded": gettext_lazy("Felt grounded, of 5"),
    "natural": gettext_lazy("Natural to play, of 5"),
}
ASKED = {
    "played": gettext_lazy("the performer's own note"),
    "heard": gettext_lazy("share of raters, per offer"),
    "human": gettext_lazy("the performer's note on the take"),
    "grounded": gettext_lazy("the performer's note on the take"),
    "natural": gettext_lazy("the performer's note on the take"),
}


@dataclass(frozen=True)
class Dot:
    """One arm as drawn: x and its interval in units of WIDTH, y of its lane."""

    x: float
    low: float
    high: float
    y: int
    shown: bool


@dataclass(frozen=True)
class Row:
    """One measure as it is shown. dots: none where too few have answered."""

    name: str
    asked: str
    dots: list[Dot]
    shown: str
    hidden: str
    difference: str
    performers: int
    why: str


def _number(measure: str, value: float, signed: bool = False) -> str:
    share = MEASURES[measure] == (0.0, 1.0)
    number = f"{100 * value:+.0f}" if share else f"{value:+.2f}"
    number = number if signed else number.lstrip("+")
    return f"{number} %" if share and not signed else number


def _says(measure: str, figure: Figure, signed: bool = False) -> str:
    """A figure in words with its interval; empty where there is none."""
    if figure.value is None or figure.low is None or figure.high is None:
        return ""
    points = signed and MEASURES[measure] == (0.0, 1.0)
    says = (
        _("%(value)s points (%(low)s to %(high)s)")
        if points
        else _("%(value)s (%(low)s to %(high)s)")
    )
    return says % {
        name: _number(measure, value, signed)
        for name, value in (("value", figure.value), ("low", figure.low), ("high", figure.high))
    }


def _dots(one: Compared) -> list[Dot]:
    low, high = MEASURES[one.measure]

    def x(value: float) -> float:
        return round(WIDTH * (value - low) / (high - low), 1)

    return [
        Dot(x(figure.value), x(figure.low), x(figure.high), LANES[shown], shown)
        for figure, shown in ((one.shown, True), (one.hidden, False))
        if figure.value is not None and figure.low is not None and figure.high is not None
    ]


def _row(one: Compared) -> Row:
    return Row(
        name=str(WORDS[one.measure]),
        asked=str(ASKED[one.measure]),
        dots=_dots(one),
        shown=_("shown: %(says)s, n %(n)s")
        % {"says": _says(one.measure, one.shown) or "-", "n": one.shown.n},
        hidden=_("hidden: %(says)s, n %(n)s")
        % {"says": _says(one.measure, one.hidden) or "-", "n": one.hidden.n},
        difference=_says(one.measure, one.difference, signed=True),
        performers=one.performers,
        why=_("too few to say") if one.why else "",
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def aims(request: HttpRequest, slug: str) -> HttpResponse:
    """The experiment of one program: on or off, and what it says so far."""
    program = program_for(request, slug, "producer")
    if request.method == "POST":
        try:
            set_aim_experiment(program, request.POST.get("on") == "1")
        except Refused as refusal:
            messages.error(request, refusal.problems[0].says)
        return redirect("producer:aims", slug=slug)
    found = report(program)
    context = {
        "program": program,
        "report": found,
        "robots": found.kind == "robot" and not found.empty,
        "rows": [_row(one) for one in found.measures],
        "cues": found.cues,
        "takes": found.takes,
        "least": LEAST_ANSWERS,
        "least_performers": LEAST_PERFORMERS,
        "width": WIDTH,
    }
    return render(request, "producer/aims.html", context)


@login_required
@never_cache
@require_safe
def as_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The same figures, three rows a measure: shown, hidden and the difference."""
    program = program_for(request, slug, "producer")
    found = report(program)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{program.slug}-aims.csv"'
    file = csv.writer(answer)
    file.writerow(["measure", "arm", "value", "low", "high", "n", "performers", "players", "why"])
    for one in found.measures:
        arms = (("shown", one.shown), ("hidden", one.hidden), ("difference", one.difference))
        for arm, figure in arms:
            numbers = figure.to_json()
            file.writerow(
                [one.measure, arm]
                + [numbers[name] for name in ("value", "low", "high", "n")]
                + [one.performers, found.kind, one.why]
            )
    return answer
