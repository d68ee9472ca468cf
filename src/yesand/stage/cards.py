"""Verbs of choosing together: three cards, swap one, your own in one line, an earlier scene."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from yesand.commission import reads as commission
from yesand.commission.models import Prompt
from yesand.kit.errors import refuse
from yesand.people.reads import limits_of
from yesand.stage import cue_rules, pacing, planning, returning, room, takes
from yesand.stage.models import Scene, Session

MAX_OWN = 200
MAX_WHY = 80


def _index(session: Session) -> int:
    """Which scene the table is laid for: the chosen one until it is played, then the next."""
    pending = takes.next_scene(session)
    return pending.index if pending is not None else session.scenes.count()


def _limits(session: Session) -> dict[str, str]:
    """The lines and veils of both, joined: a line of either is a line; whose is not said."""
    joined: dict[str, str] = {}
    for place in session.places.select_related("person"):
        for tag, kind in limits_of(place.person).items():
            if joined.get(tag) != "line":
                joined[tag] = kind
    return joined


def _skills(session: Session) -> set[tuple[str, str]]:
    """(role, skill) of both: an expert's half goes only to somebody who is one."""
    places = session.places.select_related("person")
    return {(place.role, skill) for place in places for skill in place.person.skills}


def _deal(session: Session, index: int, swaps: list[dict[str, Any]]) -> list[Prompt]:
    booking = session.booking
    plan = pacing.plan_for(booking)
    planned = plan.scene(index)
    played = Scene.objects.filter(session=session, prompt__isnull=False)
    return commission.deal(
        session.commission,
        languages=[booking.language],
        limits=_limits(session),
        slot=plan.slot(index, pacing.seconds_left(session)),
        exclude=[
            *played.values_list("prompt_id", flat=True),
            *(UUID(row["prompt"]) for row in swaps),
        ],
        heavy=pacing.may_be_heavy(session),
        skills=_skills(session),
        only=plan.scenes[0].cards,
        played=set(played.values_list("prompt__relationship", flat=True))
        if planned is not None and planned.other_relationship
        else (),
        seed=f"{session.pk}:{index}:{len(swaps)}",
    )


def _cues_in(session: Session, index: int) -> bool:
    """Whether the engine makes offers in this scene: as the plan says, else one of three bare."""
    if session.booking.shape == planning.LONG_FORM:
        return planning.long_form_cues(session)
    cues = pacing.plan_for(session.booking).cues(index)
    return cues if cues is not None else cue_rules.cues_in(str(session.pk), index)


@transaction.atomic
def deal_cards(session: Session) -> list[Prompt]:
    """The three cards on the table for the next scene; the same ones until one is put back."""
    session = room.locked(session)
    index = _index(session)
    dealt = session.dealt
    if dealt.get("index") != index:
        cards = _deal(session, index, [])
        _put(session, {"index": index, "cards": [str(card.pk) for card in cards], "swaps": []})
        return cards
    found = Prompt.objects.in_bulk([UUID(key) for key in dealt["cards"]])
    return [found[UUID(key)] for key in dealt["cards"] if UUID(key) in found]


def _put(session: Session, dealt: dict[str, Any]) -> None:
    session.dealt = dealt
    session.save(update_fields=["dealt"])
    room.say(session, "cards", index=dealt["index"], cards=dealt["cards"])


@transaction.atomic
def swap_card(session: Session, prompt: Prompt, why: str = "") -> list[Prompt]:
    """Put one card back for a new one. Nobody is told who asked.

    Refuses a card that is not on the table and a deck that holds no other.
    """
    session = room.locked(session)
    on_table = deal_cards(session)
    session.refresh_from_db()
    if prompt.pk not in [card.pk for card in on_table]:
        raise refuse("no_such_card", _("That card is not on the table."), "prompt")
    swaps = [*session.dealt["swaps"], {"prompt": str(prompt.pk), "why": why.strip()[:MAX_WHY]}]
    kept = [card for card in on_table if card.pk != prompt.pk]
    fresh = [
        card
        for card in _deal(session, session.dealt["index"], swaps)
        if card.pk not in {k.pk for k in kept}
    ]
    if not fresh:
        raise refuse(
            "deck_empty", _("There is no other card today. Write your own line."), "prompt"
        )
    cards = [fresh[0] if card.pk == prompt.pk else card for card in on_table]
    _put(
        session,
        {
            "index": session.dealt["index"],
            "cards": [str(card.pk) for card in cards],
            "swaps": swaps,
        },
    )
    return cards


@transaction.atomic
def choose_scene(
    session: Session,
    *,
    prompt: Prompt | None = None,
    own_line: str = "",
    call_back: str = "",
    role: str = "",
    nonce: str = "",
) -> Scene:
    """Lay one card, or the players' own line, as the next scene. Both still say *ready*.

    call_back: an earlier scene of this session to go on from; it becomes the own line. Until the
    lamp is on, choosing again replaces what was chosen. Refuses a card that is not on the table,
    one too heavy for now, an empty or long line, and a scene being played.
    """
    session = room.locked(session)
    if session.state == "ended":
        raise refuse("session_ended", _("This session is over."), "session")
    if takes.open_take_of(session) is not None:
        raise refuse("scene_running", _("Finish this scene first."), "session")
    if session.state in ("break", "step_out"):
        raise refuse("resting", _("Come back from the break first."), "session")
    earlier = returning.call_back_of(session, call_back) if call_back else None
    if earlier is not None:
        title = returning.title_of(earlier)
        own_line = (_("Call-back: %(title)s") % {"title": title})[:MAX_OWN]
    line = " ".join(own_line.split())
    if prompt is None and not line:
        raise refuse("own_line_empty", _("Write one line, or pick a card."), "own_line")
    if len(line) > MAX_OWN:
        raise refuse("own_line_long", _("Keep it to 200 characters."), "own_line")
    pending = takes.next_scene(session)
    if prompt is not None and prompt.pk not in [card.pk for card in deal_cards(session)]:
        raise refuse("no_such_card", _("That card is not on the table."), "prompt")
    if prompt is not None and prompt.tone == pacing.HEAVY and not pacing.may_be_heavy(session):
        raise refuse("too_heavy", _("That card is not for this scene. Pick another."), "prompt")
    session.refresh_from_db()
    index = _index(session)
    scene = pending or Scene(session=session, index=index)
    scene.prompt = prompt
    scene.own_line = "" if prompt is not None else line
    scene.called_back = earlier
    scene.kept = {}
    if pending is None:
        scene.cues_allowed = _cues_in(session, index)
    scene.swaps = session.dealt.get("swaps", [])
    scene.save()
    session.ready = {}
    session.state = "playing"
    session.save(update_fields=["ready", "state"])
    room.say(
        session,
        "scene_chosen",
        nonce=room.hidden_nonce(role, nonce) if role else "",
        scene=str(scene.pk),
        prompt=str(prompt.pk) if prompt is not None else "",
        title=prompt.title if prompt is not None else line,
    )
    return scene
