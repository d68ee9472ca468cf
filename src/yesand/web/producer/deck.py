"""The deck as its editors see it: every card, and each card as either player would."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from yesand.commission import reads
from yesand.commission.models import Prompt
from yesand.commission.prompt_schema import TAGS, offers, private_half, public_part
from yesand.commission.rules import FEELING_KEYS
from yesand.people.models import Program
from yesand.stage.models import Scene, Take
from yesand.web.access import program_for
from yesand.web.producer.order_form import word

SHAPE_WORDS = {
    "improvised": _("improvised"),
    "target_line": _("target line"),
    "script": _("script"),
    "game": _("game"),
}
TONE_WORDS = {
    "light": _("light"),
    "tender": _("tender"),
    "tense": _("tense"),
    "heavy": _("heavy"),
}
SLOT_WORDS = {
    "opener": _("first"),
    "middle": _("in the middle"),
    "closer": _("last"),
    "any": _("anywhere"),
}
STRENGTH_WORDS = {1: _("slight"), 2: _("clear"), 3: _("strong")}
FILTERS = ("shape", "tone", "relationship", "feeling")


def _plays(program: Program) -> tuple[Counter[uuid.UUID], Counter[str]]:
    """How often each card was played and put back in this program."""
    played: Counter[uuid.UUID] = Counter(
        Take.objects.filter(
            scene__session__program=program, state="closed", scene__prompt__isnull=False
        ).values_list("scene__prompt_id", flat=True)
    )
    swapped: Counter[str] = Counter()
    for swaps in Scene.objects.filter(session__program=program).values_list("swaps", flat=True):
        swapped.update(row["prompt"] for row in swaps)
    return played, swapped


def _fits(card: Prompt, wanted: dict[str, str]) -> bool:
    if wanted["feeling"]:
        aims = {turn["aim"]["emotion"] for turn in card.body.get("turns", [])}
        if wanted["feeling"] not in aims:
            return False
    return all(
        not wanted[name] or getattr(card, name) == wanted[name]
        for name in ("shape", "tone", "relationship")
    )


@login_required
@require_safe
def deck(request: HttpRequest, slug: str) -> HttpResponse:
    """Every live card with how often it was played and put back."""
    program = program_for(request, slug, "producer")
    cards = reads.deck()
    wanted = {name: request.GET.get(name, "") for name in FILTERS}
    played, swapped = _plays(program)
    rows = [
        {
            "card": card,
            "public": public_part(card.body),
            "shape": SHAPE_WORDS[card.shape],
            "tone": TONE_WORDS[card.tone],
            "relationship": word(card.relationship),
            "plays": played[card.pk],
            "swaps": swapped[str(card.pk)],
        }
        for card in cards
        if _fits(card, wanted)
    ]
    choices: dict[str, list[tuple[str, Any]]] = {
        "shape": [(key, SHAPE_WORDS[key]) for key in sorted({c.shape for c in cards})],
        "tone": [(key, TONE_WORDS[key]) for key in TONE_WORDS if key in {c.tone for c in cards}],
        "relationship": [(key, word(key)) for key in sorted({c.relationship for c in cards})],
        "feeling": [(key, word(key)) for key in FEELING_KEYS],
    }
    labels = {
        "shape": _("Shape"),
        "tone": _("Tone"),
        "relationship": _("Relationship"),
        "feeling": _("A cue for"),
    }
    return render(
        request,
        "producer/deck.html",
        {
            "program": program,
            "rows": rows,
            "total": len(cards),
            "filters": [(name, labels[name], choices[name], wanted[name]) for name in FILTERS],
            "filtered": any(wanted.values()),
        },
    )


def _when(at: Any) -> str:
    """When a cue is offered, in words."""
    if at == "pull":
        return gettext("on “deal me one”")
    if isinstance(at, int | float):
        return gettext("minute %(at)g") % {"at": at}
    return str(at)


@login_required
@require_safe
def card(request: HttpRequest, slug: str, prompt: uuid.UUID) -> HttpResponse:
    """One card: what everybody sees, each player's own half, and what no player ever sees."""
    program = program_for(request, slug, "producer")
    found = Prompt.objects.filter(pk=prompt).first()
    if found is None:
        raise Http404
    body = found.body
    played, swapped = _plays(program)
    return render(
        request,
        "producer/card.html",
        {
            "program": program,
            "card": found,
            "body": body,
            "public": public_part(body),
            "halves": [
                {
                    "role": role,
                    "partner": body["roles"]["b" if role == "a" else "a"]["alias"],
                    **private_half(body, role),
                }
                for role in ("a", "b")
            ],
            "cues": [
                {
                    "alias": body["roles"][role]["alias"],
                    "at": _when(turn["at"]),
                    "action": turn["action"],
                    "feeling": word(turn["aim"]["emotion"]),
                    "key": FEELING_KEYS[turn["aim"]["emotion"]],
                    "strength": STRENGTH_WORDS.get(turn["aim"]["intensity"], ""),
                }
                for role in ("a", "b")
                for turn in offers(body, role)
            ],
            "likely": [word(feeling) for feeling in body.get("likely_cells", [])],
            "tags": [TAGS.get(tag, tag) for tag in found.tags],
            "shape": SHAPE_WORDS[found.shape],
            "tone": TONE_WORDS[found.tone],
            "slot": SLOT_WORDS[body.get("session_slot", "any")],
            "relationship": word(found.relationship),
            "plays": played[found.pk],
            "swaps": swapped[str(found.pk)],
        },
    )
