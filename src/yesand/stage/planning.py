"""The plan of a take's offers, from rows: laid when the lamp goes on and stored with the take.

It reads what the order still lacks (what was cued and recorded, never what anybody rated) and each
performer's own wish, and is told to nobody on stage.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from yesand.commission import reads as commission
from yesand.people.models import Person, Program
from yesand.stage import cue_plan, cue_rules, offers
from yesand.stage.cue_rules import ROLES, Aim, Offer
from yesand.stage.draws import drawn
from yesand.stage.models import OfferCount, Scene, Session, Take
from yesand.stage.plan import plan_of

#: The experiment shows the aim in two takes of every four of a performer's.
AIM_BLOCK, AIM_SHOWN = 4, 2
LONG_FORM = "long_form"
LONG_MINUTES = plan_of(LONG_FORM, 60).scenes[0].seconds / 60


def lay(scene: Scene, take_id: UUID) -> dict[str, Any]:
    """What `Take.plan` holds for a take that opens now.

    {"lacking": {feeling: takes}, "offers": [[at_s, role, action, emotion, intensity]],
    "aim": {role: {"show", "by"}}}. A bare scene and the players' own line have no offers.
    """
    session, card = scene.session, scene.prompt
    language = session.booking.language
    lacking = commission.lacking(
        session.commission, language, card.relationship if card is not None else ""
    )
    planned: list[Offer] = []
    if scene.cues_allowed and card is not None:
        planned = cue_plan.plan(
            card.body,
            str(take_id),
            lacking,
            offers.deck(sorted(lacking), language),
            minutes=LONG_MINUTES if session.booking.shape == LONG_FORM else None,
        )
    return {
        "lacking": lacking,
        "offers": [[o.at_s, o.role, o.action, o.aim.emotion, o.aim.intensity] for o in planned],
        "aim": {
            place.role: _aim(session.program, place.person, drawing=scene.cues_allowed)
            for place in session.places.select_related("person")
        },
    }


def offers_of(take: Take) -> list[Offer]:
    """The engine's planned offers of a take, the same in every process."""
    rows = enumerate(take.plan.get("offers", ()))
    return [Offer(at, s, role, action, Aim(what, how)) for at, (s, role, action, what, how) in rows]


def shows_aim(take: Take, role: str) -> tuple[bool, str]:
    """Whether this role's offers say in this take what they aim at, and what decided it."""
    entry = take.plan.get("aim", {}).get(role, {})
    return bool(entry.get("show")), str(entry.get("by", ""))


def _aim(program: Program, person: Person, *, drawing: bool) -> dict[str, Any]:
    """A performer's own wish rules; without one, the program's experiment draws, else nothing."""
    if person.aim_wish:
        return {"show": person.aim_wish == "show", "by": "own"}
    if not (drawing and program.aim_experiment):
        return {"show": False, "by": ""}
    before = sum(
        Take.objects.filter(
            scene__session__program=program,
            scene__session__places__person=person,
            scene__session__places__role=role,
            **{f"plan__aim__{role}__by": "draw"},
        ).count()
        for role in ROLES
    )
    show = drawn(f"{program.pk}:{person.pk}:aim", before, AIM_BLOCK, AIM_SHOWN)
    return {"show": show, "by": "draw"}


def _counted(program_id: UUID) -> OfferCount:
    """The program's row, locked: what is counted in blocks is counted one by one."""
    OfferCount.objects.get_or_create(program_id=program_id)
    return OfferCount.objects.select_for_update().get(program_id=program_id)


def next_is_empty(program_id: UUID) -> bool:
    """Count one more offer of the engine's; whether it is the empty control.

    Within the transaction that makes the offer: where it is refused, nothing is counted.
    """
    row = _counted(program_id)
    is_empty = cue_rules.empty(str(program_id), row.made)
    row.made += 1
    row.save(update_fields=["made"])
    return is_empty


def long_form_cues(session: Session) -> bool:
    """Whether the long scene that is chosen now has offers: one of the program's three has none."""
    _counted(session.program_id)
    earlier = Scene.objects.filter(
        session__program=session.program_id, session__booking__shape=LONG_FORM
    )
    return cue_rules.long_form_cues(str(session.program_id), earlier.count())
