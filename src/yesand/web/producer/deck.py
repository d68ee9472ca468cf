"""The deck as its editors see it: every card, and each card as either player would."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from yesand.commission import deck_reads as reads
from yesand.commission.models import Prompt
from yesand.commission.prompt_schema import public_part
from yesand.commission.prompt_text import write_prompt
from yesand.commission.rules import FEELING_KEYS
from yesand.kit.errors import Problem
from yesand.people.models import Person, Program
from yesand.web.access import chosen, program_for
from yesand.web.producer.deck_figures import PlayRows
from yesand.web.producer.deck_words import (
    SHAPE_WORDS,
    STATUS_SAYS,
    STATUS_WORDS,
    TONE_WORDS,
    in_words,
)
from yesand.web.producer.order_form import language_name, word

FILTERS = ("shape", "tone", "relationship", "feeling", "language", "status")
LABELS = {
    "shape": _("Shape"),
    "tone": _("Tone"),
    "relationship": _("Relationship"),
    "feeling": _("A cue for"),
    "language": _("Language"),
    "status": _("Status"),
}
MOST_PROBLEMS = 40


def _fits(card: Prompt, wanted: dict[str, str]) -> bool:
    if wanted["feeling"]:
        aims = {turn["aim"]["emotion"] for turn in card.body.get("turns", [])}
        if wanted["feeling"] not in aims:
            return False
    if wanted["status"] != card.status and (wanted["status"] or card.status == "retired"):
        return False
    return all(
        not wanted[name] or getattr(card, name) == wanted[name]
        for name in ("shape", "tone", "relationship", "language")
    )


@login_required
@require_safe
def deck(request: HttpRequest, slug: str) -> HttpResponse:
    """Every card with how it fares here, and what to do with the deck today."""
    return page(request, program_for(request, slug, "producer"))


def page(
    request: HttpRequest, program: Program, problems: tuple[Problem, ...] = (), status: int = 200
) -> HttpResponse:
    """The list, also where files could not be read. problems: what was wrong with them."""
    cards = reads.whole_deck()
    wanted = {name: request.GET.get(name, "") for name in FILTERS}
    played = PlayRows(program)
    rows = [
        {
            "card": line.shown,
            "public": public_part(line.shown.body),
            "shape": SHAPE_WORDS[line.shown.shape],
            "tone": TONE_WORDS[line.shown.tone],
            "status": STATUS_WORDS[line.shown.status],
            "language": language_name(line.shown.language),
            "draft": line.newest if line.newest != line.shown else None,
            "figures": played.of(line.versions),
        }
        for line in cards
        if _fits(line.shown, wanted)
    ]
    there = [line.shown for line in cards]
    shapes, tones = {card.shape for card in there}, {card.tone for card in there}
    choices: dict[str, list[tuple[str, Any]]] = {
        "shape": [(key, says) for key, says in SHAPE_WORDS.items() if key in shapes],
        "tone": [(key, says) for key, says in TONE_WORDS.items() if key in tones],
        "relationship": [(key, word(key)) for key in sorted({c.relationship for c in there})],
        "feeling": [(key, word(key)) for key in FEELING_KEYS],
        "language": [(key, language_name(key)) for key in sorted({c.language for c in there})],
        "status": list(STATUS_WORDS.items()),
    }
    context = {
        "program": program,
        "rows": rows,
        "total": sum(card.status != "retired" for card in there),
        "empty": not there,
        "moment": _moment(cards, played),
        "filters": [(name, LABELS[name], choices[name], wanted[name]) for name in FILTERS],
        "filtered": any(wanted.values()),
        "problems": problems[:MOST_PROBLEMS],
        "more": max(0, len(problems) - MOST_PROBLEMS),
    }
    return render(request, "producer/deck.html", context, status=status)


def _moment(cards: list[reads.Line], played: PlayRows) -> dict[str, Any]:
    """What goes on with the deck: a draft in the making, the last card played, a sore one."""
    by_version = {key: line for line in cards for key in line.versions}
    drafts = [line.newest for line in cards if line.newest.status == "draft"]
    last = None
    if played.last is not None and played.last[0] in by_version:
        line = by_version[played.last[0]]
        at = dt.datetime.fromtimestamp(played.last[1], dt.UTC)
        last = {"card": line.shown, "at": at, "figures": played.of(line.versions)}
    figures = [(line.shown, played.of(line.versions)) for line in cards]
    swapped = max(figures, key=lambda pair: pair[1].swaps, default=None)
    return {
        "draft": max(drafts, key=lambda card: card.pk, default=None),
        "drafts": len(drafts),
        "last": last,
        "swapped": swapped if swapped is not None and swapped[1].swaps > 1 else None,
        "first": next((line.shown for line in cards if line.shown.status == "live"), None),
    }


@login_required
@require_safe
def card(request: HttpRequest, slug: str, prompt: uuid.UUID) -> HttpResponse:
    """One version of a card: what each player sees, what nobody sees, how it fares, its life."""
    program = program_for(request, slug, "producer")
    found = chosen(Prompt, str(prompt))
    versions = reads.versions(found)
    played = PlayRows(program)
    history = _history(found)
    context = in_words(found.body) | {
        "program": program,
        "card": found,
        "newest": versions[0],
        "status": STATUS_WORDS[found.status],
        "status_says": STATUS_SAYS[found.status],
        "steps": [(key, STATUS_WORDS[key]) for key in STATUS_WORDS if key != found.status],
        "figures": played.of([row.pk for row in versions]),
        "versions": [
            {"card": row, "status": STATUS_WORDS[row.status], "figures": played.of([row.pk])}
            for row in versions
        ],
        "history": history,
        "kin": reads.kin(found),
        "differs": differences(found),
        "elsewhere": [
            (code, language_name(code)) for code in reads.languages_without(found, program)
        ],
    }
    return render(request, "producer/card.html", context)


def _history(found: Prompt) -> list[dict[str, Any]]:
    """Changes of this version's status, newest first, with who made them."""
    who = Person.objects.in_bulk([uuid.UUID(row["by"]) for row in found.history if row["by"]])
    return [
        {
            "id": row["id"],
            "at": dt.datetime.fromisoformat(row["at"]),
            "by": who.get(uuid.UUID(row["by"])) if row["by"] else None,
            "before": STATUS_WORDS[row["before"]],
            "after": STATUS_WORDS[row["after"]],
        }
        for row in reversed(found.history)
    ]


def differences(found: Prompt) -> dict[str, Any] | None:
    """Which lines of the YAML a minimal pair changed; None for a card without a parent here."""
    parent = reads.parent_of(found)
    if parent is None or parent.language != found.language:
        return None
    ours, theirs = lines_without_names(found), lines_without_names(parent)
    return {
        "parent": parent,
        "ours": [line for line in ours if line not in theirs],
        "theirs": [line for line in theirs if line not in ours],
    }


def lines_without_names(prompt: Prompt) -> list[str]:
    """The YAML's lines that say something, without those that only name the card."""
    names = ("id:", "version:", "parent:", "status:", "author:")
    text = write_prompt(prompt.body)
    return [line.strip() for line in text.splitlines() if not line.startswith(names)]
