"""Verbs of cues: offered by the engine, a director or a pull; displayed; answered."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yesand.commission.models import Cell
from yesand.kit.errors import refuse
from yesand.stage import cue_rules, offers, planning, room, takes
from yesand.stage.cue_rules import Aim, Offer
from yesand.stage.models import Cue, Pause, Take

RESPONSES = ("took", "bent", "let_go")
WHY_NOT = {
    "scene_full": gettext_lazy("Three offers a scene are enough. Play on."),
    "too_soon": gettext_lazy("One offer a minute. Give them time with this one."),
    "both_at_once": gettext_lazy("The other one just got an offer. Wait a few seconds."),
}


def body_of(take: Take) -> dict[str, Any]:
    """The card behind a take; {} for the players' own line."""
    prompt = take.scene.prompt
    return prompt.body if prompt is not None else {}


def _ask(
    take: Take,
    role: str,
    action: str,
    aim: Aim | None,
    *,
    empty: bool,
    pulled: bool,
    by: str,
    plan_index: int | None,
    nonce: str,
    sender: str,
) -> Cue:
    now = room.stage_now()
    shows_aim, decided_by = planning.shows_aim(take, role)
    cue = Cue.objects.create(
        take=take,
        role=role,
        action=action,
        aim_emotion=aim.emotion if aim is not None else "",
        aim_intensity=aim.intensity if aim is not None else None,
        empty=empty,
        pulled=pulled,
        by=by,
        asked_at=now,
        plan_index=plan_index,
        aim_by=decided_by,
    )
    shown = ""
    if aim is not None and shows_aim:
        # Who is not to see it is not sent it.
        shown = aim.emotion if aim.intensity is None else f"{aim.emotion} {aim.intensity}"
    from_role = {"pull": role, "director": "director"}.get(by, "server")
    room.post(
        take.scene.session,
        kind="cue",
        role=from_role,
        sender=sender or from_role,
        to=role,
        nonce=nonce,
        body={
            "cue": str(cue.pk),
            "take": str(take.pk),
            "to": role,
            "action": action,
            "aim": shown,
            "empty": empty,
            "pulled": pulled,
            "at": now,
        },
    )
    return cue


def _playing(take: Take) -> Take:
    room.locked(take.scene.session_id)
    take = Take.objects.select_related("scene__session", "scene__prompt").get(pk=take.pk)
    if take.state != "open":
        raise refuse("take_closed", _("The scene is over."), "take")
    if Pause.objects.filter(take=take, ended_at=None).exists():
        raise refuse("paused", _("The scene is paused."), "take")
    return take


def _seen(take: Take, now: float) -> dict[str, list[float]]:
    """When each role saw the cues of this take, or will have."""
    found: dict[str, list[float]] = {role: [] for role in cue_rules.ROLES}
    for cue in Cue.objects.filter(take=take):
        found[cue.role].append(cue_rules.seen_s(cue.asked_at, cue.displayed_at, now))
    return found


@transaction.atomic
def offer_cue(
    take: Take,
    role: str,
    action: str,
    aim: Aim | tuple[str, int | None] | None = None,
    empty: bool = False,
    pulled: bool = False,
    by: str = "engine",
    plan_index: int | None = None,
    nonce: str = "",
    sender: str = "",
) -> Cue:
    """Offer one action to one role now; the aim is stored, the action is shown.

    by: engine, director or pull. Refuses a role that is not a or b, an action of more than
    8 words, a scene that is over or paused, a fourth cue of the scene, and (except when pulled)
    a second within the minute and one together with the partner's. A repeat with the same nonce
    is the same cue.
    """
    if role not in cue_rules.ROLES:
        raise refuse("unknown_role", _("Offer it to one of the two players."), "to")
    problem = cue_rules.action_problem(action)
    if problem:
        raise refuse("bad_action", problem, "action")
    if empty and aim is not None:
        raise refuse("aim_of_empty", _("An empty offer has no aim."), "aim")
    take = _playing(take)
    if nonce:
        before = take.scene.session.messages.filter(kind="cue", nonce=nonce).first()
        if before is not None and "cue" in before.body:
            return Cue.objects.get(pk=before.body["cue"])
    if plan_index is not None:
        planned = Cue.objects.filter(take=take, plan_index=plan_index).first()
        if planned is not None:
            return planned
    now = room.stage_now()
    seen = _seen(take, now)
    theirs = seen["b" if role == "a" else "a"]
    why = cue_rules.why_not(now, seen[role], theirs, by=by)
    if why:
        raise refuse(why, str(WHY_NOT[why]), "to")
    return _ask(
        take,
        role,
        action.strip(),
        Aim(*aim) if isinstance(aim, tuple) else aim,
        empty=empty,
        pulled=pulled,
        by=by,
        plan_index=plan_index,
        nonce=nonce,
        sender=sender,
    )


@transaction.atomic
def pull_cue(take: Take, role: str, nonce: str = "", sender: str = "") -> Cue:
    """*Deal me one*: an offer because the player asked. Refuses a fourth of the scene."""
    room.locked(take.scene.session_id)
    session = take.scene.session
    before = Cue.objects.filter(take=take)
    cells = Cell.objects.filter(commission_id=session.commission_id)
    deck = offers.deck(
        sorted(set(cells.values_list("feeling", flat=True))) or None, session.booking.language
    )
    # A take fills a cell once: what was aimed at in it is not lacking any more.
    aimed = set(before.values_list("aim_emotion", flat=True))
    wanted = set(take.plan.get("lacking", ())) - aimed
    used = list(before.values_list("action", flat=True))
    dealt = cue_rules.pull(body_of(take), role, used, deck, str(take.pk), wanted)
    if dealt is None:
        raise refuse("deck_empty", _("Nothing left to deal in this scene. Play on."))
    action, aim = dealt
    return offer_cue(take, role, action, aim, pulled=True, by="pull", nonce=nonce, sender=sender)


def due(take: Take, role: str, now_s: float) -> tuple[Offer | None, float | None]:
    """The engine's offer of a role that is due, and seconds until the next one is.

    Time counts as played: pauses do not bring an offer nearer. An offer that was asked, whose
    action was pulled or sent meanwhile, or whose moment passed more than a minute ago is not made
    up for.
    """
    played = now_s - take.opened_at - takes.paused_seconds(take, now_s)
    before = list(Cue.objects.filter(take=take).values_list("plan_index", "action"))
    asked, used = {index for index, _ in before}, {action for _, action in before}
    for offer in planning.offers_of(take):
        if offer.role != role or offer.index in asked or offer.action in used:
            continue
        if offer.at_s < played - cue_rules.APART_S:
            continue
        if offer.at_s <= played:
            return offer, 0.0
        return None, offer.at_s - played
    return None, None


@transaction.atomic
def offer_planned(take: Take, offer: Offer) -> Cue:
    """Make one of the engine's planned offers; the same one from any process is one cue.

    One of every ten that a program makes is the empty control instead.
    """
    session = room.locked(take.scene.session_id)
    made = Cue.objects.filter(take=take, plan_index=offer.index).first()
    if made is not None:
        return made
    empty = planning.next_is_empty(session.program_id)
    return offer_cue(
        take,
        offer.role,
        offers.carry_on(session.booking.language) if empty else offer.action,
        None if empty else offer.aim,
        empty=empty,
        by="engine",
        plan_index=offer.index,
    )


@transaction.atomic
def cue_displayed(cue: Cue, client_ms: float, stage_s: float, aim_shown: bool = False) -> Cue:
    """When the cue was painted: by the performer's clock (ms) and on the stage clock (s).

    The first report stands. A stage time outside the take, by more than the clocks can differ,
    is replaced by now.
    """
    room.locked(cue.take.scene.session_id)
    cue.refresh_from_db()
    if cue.displayed_at is None:
        now = room.stage_now()
        cue.displayed_client_ms = client_ms
        cue.displayed_at = stage_s if cue.asked_at - 1.0 <= stage_s <= now + 1.0 else now
        cue.displayed_at = max(cue.displayed_at, cue.asked_at)
        # What was not sent cannot have been seen, whatever a page says.
        cue.aim_shown = aim_shown and planning.shows_aim(cue.take, cue.role)[0] and not cue.empty
        cue.save(update_fields=["displayed_at", "displayed_client_ms", "aim_shown"])
    return cue


@transaction.atomic
def cue_response(cue: Cue, response: str, stage_s: float | None = None) -> Cue:
    """Took it, bent it or let it go. Letting go is an answer, never a fault.

    The last answer before the take closes stands. Refuses any other word.
    """
    if response not in RESPONSES:
        raise refuse("unknown_response", _("Say took, bent or let_go."), "response")
    room.locked(cue.take.scene.session_id)
    cue.refresh_from_db()
    now = room.stage_now()
    cue.response = response
    cue.responded_at = (
        stage_s if stage_s is not None and cue.asked_at <= stage_s <= now + 1.0 else now
    )
    cue.save(update_fields=["response", "responded_at"])
    return cue
