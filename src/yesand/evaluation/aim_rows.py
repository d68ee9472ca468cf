"""The answers behind the report on showing aims, from rows: two arms of one program.

Only cues whose arm was drawn count, and only what came to the screen. A take that either player
struck or took back is not in it. Robots and people are never mixed: neither their play nor what
robots say about people's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from yesand.consent import reads as consent
from yesand.evaluation.aims import Answer, Compared, compare
from yesand.formats.emotions import YESAND_15
from yesand.labels.models import Item, Rating, SceneNote
from yesand.people.models import Program
from yesand.stage.models import Cue, Place

NOTES = ("human", "grounded", "natural")
#: An item is its cue's where they begin together; items keep milliseconds.
SAME_S = 0.002


@dataclass(frozen=True)
class Report:
    """kind: human, or robot while no person has played with a drawn aim. cues, takes: what
    the figures rest on, by arm (shown, hidden); a take counts once for each role that was drawn.
    """

    kind: str
    measures: list[Compared]
    cues: tuple[int, int]
    takes: tuple[int, int]
    performers: int
    raters: int

    @property
    def empty(self) -> bool:
        return not any(self.cues)


@dataclass(frozen=True)
class _Drawn:
    """One displayed cue whose arm was drawn."""

    take: UUID
    role: str
    performer: UUID
    aim: str
    shown: bool
    start: float


def report(program: Program) -> Report:
    """People's answers; robots', marked, while there are none of people's."""
    mine = _report(program, "human")
    return _report(program, "robot") if mine.empty else mine


def _report(program: Program, kind: str) -> Report:
    drawn = _drawn(program, kind)
    answers, raters = _hits(drawn, kind)
    arms = {(one.take, one.role): one for one in drawn}
    answers += _notes(arms)
    takes = [one.shown for one in arms.values()]
    return Report(
        kind=kind,
        measures=compare(answers),
        cues=_both([one.shown for one in drawn]),
        takes=_both(takes),
        performers=len({one.performer for one in drawn}),
        raters=raters,
    )


def _both(arms: list[bool]) -> tuple[int, int]:
    return sum(arms), len(arms) - sum(arms)


def _drawn(program: Program, kind: str) -> list[_Drawn]:
    cues = (
        Cue.objects.filter(
            take__scene__session__program=program,
            take__state="closed",
            aim_by="draw",
            empty=False,
            displayed_at__isnull=False,
        )
        .exclude(aim_emotion="")
        .select_related("take__scene")
        .order_by("asked_at", "id")
    )
    places = {
        (place.session_id, place.role): place
        for place in Place.objects.filter(session__program=program).select_related("person")
    }
    out = _taken_back(program, {cue.take_id: cue.take.scene.session_id for cue in cues}, places)
    found = []
    for cue in cues:
        place = places.get((cue.take.scene.session_id, cue.role))
        if place is None or place.person.player_kind != kind or cue.take_id in out:
            continue
        # The arm that was drawn, whatever a page reports: nobody changes arms afterwards.
        shown = bool(cue.take.plan.get("aim", {}).get(cue.role, {}).get("show"))
        start = (cue.displayed_at or 0.0) - cue.take.opened_at
        person = place.person_id
        found.append(_Drawn(cue.take_id, cue.role, person, cue.aim_emotion, shown, start))
    return found


def _taken_back(
    program: Program, sessions: dict[UUID, UUID], places: dict[tuple[UUID, str], Place]
) -> set[UUID]:
    """Takes that either player struck, or took everything back for."""
    by_session: dict[UUID, list[Place]] = defaultdict(list)
    for (session, _role), place in places.items():
        by_session[session].append(place)
    people = {p.person_id: p.person for s in set(sessions.values()) for p in by_session[s]}
    signed = {key: consent.signatures(person, program) for key, person in people.items()}
    choices = {key: consent.choices_of(person, list(sessions)) for key, person in people.items()}
    out = set()
    for take, session in sessions.items():
        for place in by_session[session]:
            choice = choices[place.person_id].get(take)
            struck = choice is not None and choice.choice == "strike"
            if struck or signed[place.person_id].withdrawn(take):
                out.add(take)
    return out


def _hits(drawn: list[_Drawn], kind: str) -> tuple[list[Answer], int]:
    """Whether the aim was played (own note) and heard (share of raters), and how many raters.

    Among answers that name a feeling of the set: *other* and *can't tell* are neither hit nor miss.
    """
    takes = {one.take for one in drawn}
    items: dict[tuple[UUID, str], list[Item]] = defaultdict(list)
    for item in Item.objects.filter(take__in=takes, rule="cue"):
        items[item.take_id, item.target_role].append(item)
    views: dict[tuple[UUID, str], list[Rating]] = defaultdict(list)
    ratings = Rating.objects.filter(
        item__take__in=takes, view__in=("character", "observer"), undone_at=None,
        primary__in=YESAND_15, rater__player_kind=kind,
    )  # fmt: skip
    for rating in ratings:
        views[rating.item_id, rating.view].append(rating)
    answers: list[Answer] = []
    raters: set[UUID] = set()
    for one in drawn:
        near = [i for i in items[one.take, one.role] if abs(i.start - one.start) <= SAME_S]
        if not near:
            continue
        for view, measure in (("character", "played"), ("observer", "heard")):
            said = [rating.primary == one.aim for rating in views[near[0].pk, view]]
            if said:
                value = sum(said) / len(said)
                answers.append(Answer(measure, str(one.performer), one.shown, value))
        raters |= {rating.rater_id for rating in views[near[0].pk, "observer"]}
    return answers, len(raters)


def _notes(arms: dict[tuple[UUID, str], _Drawn]) -> Iterable[Answer]:
    """What the performer said about each whole take that had a drawn offer on the screen."""
    notes = SceneNote.objects.filter(take__in={take for take, _role in arms})
    for note in notes.order_by("take_id", "role"):
        one = arms.get((note.take_id, note.role))
        if one is None:
            continue
        for measure in NOTES:
            value = getattr(note, measure)
            if value is not None:
                yield Answer(measure, str(one.performer), one.shown, float(value))
