"""The director's page of one room: present and named to both, offers cues, writes a line."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from yesand.commission.models import Cell
from yesand.commission.rules import FEELING_KEYS
from yesand.kit.errors import Refused
from yesand.stage import actions, cue_rules, offers, reads
from yesand.stage.cue_rules import Aim
from yesand.stage.models import Session, Take
from yesand.web.access import person_of
from yesand.web.performer.room_boot import director_boot, texts
from yesand.web.producer.desk_steps import anew_of, may_ask_to_stay
from yesand.web.producer.live_rooms import room_of, tile_of

MOST_OFFERS = 5
STRENGTHS = {
    None: "",
    1: gettext_lazy("slight"),
    2: gettext_lazy("clear"),
    3: gettext_lazy("strong"),
}


def suggestions(session: Session, take: Take | None, role: str) -> list[dict[str, Any]]:
    """Offers for a role: what the card keeps for an event, its others, then the deck's.

    Only a person sees that the phone rang: an event's offers are all there, one tap each. Of the
    others one a feeling, the deck's for feelings the order asks for.
    """
    body = reads.body_of(take) if take is not None else {}
    used = {cue.action for cue in reads.cues_of(take)} if take is not None else set()
    turns = [turn for turn in cue_rules.turns_of(body) if turn["role"] == role]
    wanted = Cell.objects.filter(commission=session.commission).values_list("feeling", flat=True)
    events = [t for t in turns if cue_rules.event_of(t) and str(t["action"]) not in used]
    rows = [(str(t["action"]), cue_rules.aim_of(t)) for t in turns if not cue_rules.event_of(t)]
    rows += offers.deck(sorted(set(wanted)) or None, session.booking.language)
    found: list[dict[str, Any]] = []
    for action, aim in rows:
        if action in used or action in [one["action"] for one in found]:
            continue
        if any(one["emotion"] == aim.emotion for one in found):
            continue
        found.append(_row(action, aim))
    first = [_row(str(t["action"]), cue_rules.aim_of(t), cue_rules.event_of(t)) for t in events]
    return first + found[: max(0, MOST_OFFERS - len(first))]


def _row(action: str, aim: Aim, when: str = "") -> dict[str, Any]:
    return {
        "action": action,
        "when": when,
        "emotion": aim.emotion,
        "intensity": aim.intensity or "",
        "key": FEELING_KEYS.get(aim.emotion, ""),
        "strength": STRENGTHS.get(aim.intensity, ""),
    }


@login_required
@never_cache
@require_safe
def room(request: HttpRequest, slug: str, session: uuid.UUID) -> HttpResponse:
    """Both players, what of them is here, and the offers that are left."""
    row = room_of(request, slug, session)
    person = person_of(request)
    tile = tile_of(row, person)
    take = tile.take
    asked = reads.cues_of(take) if take is not None else []
    players: list[dict[str, Any]] = [
        {
            "seat": seat,
            "offers": suggestions(row, take, seat.role),
            "left": max(0, cue_rules.PER_SCENE - sum(c.role == seat.role for c in asked)),
        }
        for seat in tile.seats
    ]
    context = {
        "program": row.program,
        "session": row,
        "tile": tile,
        "scene": take.scene if take is not None else reads.chosen_scene(row),
        "players": players,
        "cues": asked,
        "feelings": [(name, key) for name, key in FEELING_KEYS.items()],
        "said": row.messages.filter(kind="say").order_by("-pk")[:3],
        "boot": director_boot(row, person.alias or _("Director")),
        "texts": texts(),
        "anew": anew_of(tile),
        "ask_to_stay": may_ask_to_stay(row),
    }
    if not getattr(request, "htmx", False):
        return render(request, "producer/room.html", context)
    if "steps" in request.GET:
        return render(request, "producer/_steps.html", context)
    for player in players:
        if player["seat"].role == request.GET.get("offers"):
            return render(request, "producer/_offers.html", {"player": player})
    return render(request, "producer/_room.html", context)


@login_required
@require_POST
def say(request: HttpRequest, slug: str, session: uuid.UUID) -> HttpResponse:
    """One line from the director to both or to one player, signed with the director's name."""
    row = room_of(request, slug, session)
    text = " ".join(request.POST.get("text", "").split())[:300]
    to = request.POST.get("to", "")
    if not text or to not in ("", "a", "b"):
        messages.error(request, _("Write one line, for both or for one of them."))
        return redirect("producer:room", slug=slug, session=session)
    person = person_of(request)
    try:
        actions.post(
            row,
            kind="say",
            role="director",
            sender=person.alias or _("Director"),
            body={"text": text},
            to=to,
        )
        messages.success(request, _("Sent."))
    except Refused as refusal:
        messages.error(request, refusal.problems[0].says)
    return redirect("producer:room", slug=slug, session=session)
