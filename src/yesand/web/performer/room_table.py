"""The table between scenes: cards, what comes back, where one is, breaks, step-out, staying on."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yesand.commission.models import Prompt
from yesand.commission.prompt_schema import private_half, public_part
from yesand.kit.errors import Refused
from yesand.labels import reads as labels
from yesand.post import reads as post
from yesand.stage import actions, entry_rules, reads
from yesand.stage.models import Scene, Take
from yesand.web.performer.room_entry import Entered, enter, find

#: States of a session in which nothing was played yet.
BEFORE = ("waiting", "warm_up")
#: States in which both say that they are ready for what follows, and no card lies on the table.
RESTS = ("break", "step_out")
WHYS = {
    "": gettext_lazy("no reason"),
    "not_today": gettext_lazy("not today"),
    "played_alike": gettext_lazy("played one like it"),
    "unclear": gettext_lazy("not clear to me"),
}


def drawn(found: Entered) -> dict[str, Any]:
    """What the table shows now: cards or the chosen scene with this role's half, or a rest."""
    session, role = found.session, found.place.role
    take = reads.open_take(session.pk)
    resting = session.state in RESTS
    playing = session.state not in (*BEFORE, *RESTS, "ended")
    scene = take.scene if take is not None else reads.chosen_scene(session)
    over = playing and take is None and reads.time_up(session) and not reads.stays(session)
    if over and reads.stay_closed(session):
        # Asked by the desk before the end, somebody said no: now the step-out begins.
        session = actions.wind_down(session)
        resting, playing, over = session.state in RESTS, False, False
    dealt = actions.deal_cards(session) if playing and take is None and not over else []
    session.refresh_from_db()
    wanted = f"scene:{scene.pk}" if scene is not None else "warm_up"
    if resting or (scene is None and session.state not in BEFORE):
        wanted = next((word for word in session.ready.values() if word != "warm_up"), "")
    other = "b" if role == "a" else "a"
    played = reads.takes_of(session)
    faults = post.fault_of(played[-1].pk) if played and take is None and scene is None else []
    heavy = scene is not None and scene.prompt is not None and scene.prompt.tone == "heavy"
    return {
        "faults": faults,
        "again": played[-1].scene if faults else None,
        "session": session,
        "place": found.place,
        "warming": session.state in BEFORE,
        "resting": session.state if resting else "",
        "back_at": _back_at(session.pace) if session.state == "break" else None,
        "owed": reads.owes_step_out(session),
        "contact": session.program.contact,
        "heavy": heavy,
        "where": reads.where(session) if playing else None,
        "cards": [public_part(card.body) | {"id": str(card.pk)} for card in dealt],
        "call_backs": _named(reads.call_backs(session)) if dealt or scene else [],
        "whys": [(code, str(says)) for code, says in WHYS.items()],
        "scene": scene,
        "card": _card(scene, role) if scene is not None else None,
        "kept": scene.kept.get(role, "") if scene is not None else "",
        "keepable": _keepable(found, scene) if take is None else [],
        "i_am_ready": bool(wanted) and session.ready.get(role) == wanted,
        "partner_ready": bool(wanted) and session.ready.get(other) == wanted,
        "partner": reads.partner_of(found.place),
        "played": len(played),
        "last_one": not over and entry_rules.last_one(reads.slot(session), timezone.now()),
        "over": over,
        "asked_by": reads.invited(session) if not reads.stay_closed(session) else "",
        "i_said": role in session.pace.get("stay", {}),
        "reveal": _reveal(found, played) if playing and take is None else None,
    }


def _back_at(pace: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(pace["back_at"], tz=UTC)


def _named(scenes: list[Scene]) -> list[tuple[str, str]]:
    return [(str(scene.pk), reads.title_of(scene)) for scene in scenes]


def _keepable(found: Entered, scene: Scene | None) -> list[tuple[str, str, str]]:
    """(scene id, character, title) of whom this player may come back as in the scene to come."""
    if scene is None or (scene.prompt is not None and scene.prompt.shape == "script"):
        return []
    role = found.place.role
    return [
        (str(one.pk), reads.character_of(one, role)["alias"], reads.title_of(one))
        for one in reads.keepable(found.session, role)
    ]


def _card(scene: Scene, role: str) -> dict[str, Any]:
    """The public part of a scene's card and this role's private half; nothing of the other's.

    A character that came back keeps name and way of speaking; what they want is the card's.
    """
    who = reads.character_of(scene, role)
    back = reads.title_of(scene.called_back) if scene.called_back is not None else ""
    if scene.prompt is None:
        return {"title": scene.own_line, "own": True, "back": back, "who": who}
    first = scene.prompt.body.get("first_line")
    mine = isinstance(first, dict) and first.get("role") == role
    half = private_half(scene.prompt.body, role)
    if who["from"] and who["alias"]:
        half |= {"alias": who["alias"], "way_of_speaking": who["way_of_speaking"]}
    return {
        **public_part(scene.prompt.body),
        "mine": half,
        "who": who,
        "first_line": first.get("text", "") if mine and isinstance(first, dict) else "",
    }


def _reveal(found: Entered, played: list[Take]) -> dict[str, Any] | None:
    """How they read each other in the last take: asked for by both, or an offer to ask."""
    both = reads.places(found.session).values()
    if not played or not all(labels.notes_done(played[-1], place.person) for place in both):
        return None
    read, of = labels.read_each_other(played[-1])
    if not of:
        return None
    asked = reads.reveal_asked_by(found.session, played[-1])
    shown = asked >= {"a", "b"}
    return {
        "take": str(played[-1].pk),
        "asked": found.place.role in asked,
        "shown": shown,
        # Nothing of the answer reaches a page before both asked.
        "read": read if shown else None,
        "of": of if shown else None,
    }


# --- what a player does at the table -------------------------------------------------------------


def _done(request: HttpRequest, found: Entered) -> HttpResponse:
    """After a change of the table: the fragment for a script, the page for a plain form."""
    if getattr(request, "htmx", False):
        return render(request, "room/_table.html", drawn(found))
    return redirect("performer:stage", session=found.session.pk)


def _at_the_table(
    request: HttpRequest, session: uuid.UUID, do: Callable[[Entered], object]
) -> HttpResponse:
    """Do one thing and draw the table; what is refused is said on it."""
    found = enter(request, session)
    if isinstance(found, HttpResponse):
        return found
    try:
        do(found)
    except Refused as refusal:
        messages.error(request, refusal.problems[0].says)
    found.session.refresh_from_db()
    return _done(request, found)


def _prompt(request: HttpRequest) -> Prompt:
    try:
        key = uuid.UUID(request.POST.get("prompt", ""))
    except ValueError:
        raise Http404 from None
    return get_object_or_404(Prompt, pk=key)


@login_required
@require_POST
def swap(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Put one card back. Nobody is told who asked, or why."""

    def do(found: Entered) -> None:
        actions.swap_card(found.session, _prompt(request), request.POST.get("why", ""))

    return _at_the_table(request, session, do)


@login_required
@require_POST
def choose(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Lay a card, a line of one's own or an earlier scene as the next one."""
    line, back = request.POST.get("own_line", ""), request.POST.get("call_back", "")

    def do(found: Entered) -> None:
        actions.choose_scene(
            found.session,
            prompt=None if line or back else _prompt(request),
            own_line=line,
            call_back=back,
            role=found.place.role,
        )

    return _at_the_table(request, session, do)


@login_required
@require_POST
def keep(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Come back as a character of one's own, or as the card says again."""

    def do(found: Entered) -> None:
        actions.keep_character(found.session, found.place, request.POST.get("scene", ""))

    return _at_the_table(request, session, do)


@login_required
@require_POST
def stay(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Stay a little after the booking's end, or not."""

    def do(found: Entered) -> None:
        actions.stay(found.session, found.place, request.POST.get("answer") == "yes")

    return _at_the_table(request, session, do)


@login_required
@require_POST
def reveal(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """Ask to see how they read each other in the last scene."""

    def do(found: Entered) -> None:
        played = reads.takes_of(found.session)
        if played:
            actions.ask_reveal(found.session, found.place, played[-1])

    return _at_the_table(request, session, do)


@login_required
@require_POST
def last(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """That was the last scene: the step-out for both, or the exit page where nothing was played."""
    found = find(request, session)
    if isinstance(found, HttpResponse):
        return found
    try:
        row = actions.wind_down(found.session)
    except Refused as refusal:
        messages.error(request, refusal.problems[0].says)
        return redirect("performer:stage", session=session)
    if row.state == "ended":
        return redirect("performer:exit", session=session)
    return redirect("performer:stage", session=session)
