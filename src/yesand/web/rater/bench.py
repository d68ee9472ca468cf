"""The bench: one item, one question, keys for everything."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yesand.consent import reads as consent
from yesand.kit.errors import Refused
from yesand.kit.money import Money
from yesand.labels import actions, reads, rules
from yesand.labels.models import Item
from yesand.people.models import Person, Program
from yesand.web.access import chosen, person_of, program_for
from yesand.web.errors import dead_end
from yesand.web.rater.words import CATEGORY_WORDS, INTENSITY_WORDS
from yesand.web.sent import whole

CONTEXT_SECONDS = 10.0
#: What a page may claim; the column is small.
MOST_PLAYS = 1000


@login_required
@require_http_methods(["GET", "POST"])
def bench(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the next item; store an answer, a skip or an undo and go on."""
    program = program_for(request, slug, "rater")
    rater = person_of(request)
    if not consent.covers(rater, "rater_terms", timezone.now(), program=program):
        return redirect("performer:consent", slug=slug)
    if request.method == "POST":
        try:
            _act(request, rater, program)
        except Refused as e:
            messages.error(request, " ".join(p.says for p in e.problems))
        return redirect("rater:bench", slug=slug)
    item = actions.next_item(rater, program)
    if item is None:
        return dead_end(
            request,
            title=_("Nothing to rate right now"),
            why=_("You have heard every item that is open to you."),
            next_says=_("New items come when performers have kept their takes. We write to you."),
            pays=_("Everything you rated today is on your statement."),
            links=[("/rater", _("Back to your home")), ("/rater/money", _("My statement"))],
        )
    return render(request, "rater/bench.html", _context(rater, program, item))


def _act(request: HttpRequest, rater: Person, program: Program) -> None:
    sent = request.POST
    if "undo" in sent:
        actions.undo(rater, program)
        return
    item = chosen(Item, sent.get("item"), program=program)
    plays = min(whole(sent.get("plays")) or 1, MOST_PLAYS)
    for why in ("broken", "known"):
        if why in sent:
            actions.skip(item, rater, why, plays)
            return
    said = rules.read_answer(
        sent.getlist("primary")[-1] if "primary" in sent else "",
        sent.get("intensity"),
        sent.getlist("secondary"),
        sent.get("other_word", ""),
    )
    actions.rate(item, rater, said, plays)


def _timeline(item: Item) -> dict[str, Any]:
    start = max(0.0, item.start - CONTEXT_SECONDS) if item.context == "with_before" else item.start
    other = "b" if item.target_role == "a" else "a"
    names = {item.target_role: _("This character"), other: _("Partner")}
    return {
        "seconds": round(item.end - start, 3),
        "from": 0,
        "lanes": [
            {
                "role": role,
                "name": names[role],
                "media": reverse("api:item_media", args=[item.pk, role]),
                "peaks": reverse("api:item_peaks", args=[item.pk, role]),
                "offset": 0.0,
                "turns": [],
                "backchannels": [],
                "laughs": [],
                "gaps": [],
            }
            for role in (item.target_role, other)
        ],
        "overlaps": [],
        "cues": [],
        "findings": [],
        "outs": [],
        "judge": [round(item.start - start, 3), round(item.end - start, 3)],
    }


def _context(rater: Person, program: Program, item: Item) -> dict[str, Any]:
    seconds, answers = reads.worked_today(rater, program)
    floor = Money(program.rater_hour_minor, program.currency)
    last = reads.last_rating(rater, program)
    return {
        "program": program,
        "item": item,
        "timeline": _timeline(item),
        "grid": [(name, key, CATEGORY_WORDS[name]) for name, key in rules.GRID],
        "strengths": [(n, INTENSITY_WORDS[n]) for n in rules.INTENSITIES],
        "floor": floor,
        "minutes": seconds // 60,
        "answers": answers,
        "judge_seconds": round(item.end - item.start, 1),
        "before": item.context == "with_before" and item.start > 0,
        "last": last,
        "last_word": CATEGORY_WORDS.get(last.primary, _("can't tell")) if last else "",
        "last_strength": INTENSITY_WORDS.get(last.intensity or 0, "") if last else "",
    }
