"""Verbs: make items, keep notes, rate, undo, aggregate."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone

from yesand.consent import reads as consent
from yesand.formats.emotions import SET_VERSION
from yesand.infra import facts
from yesand.kit.errors import Problem, Refused, refuse
from yesand.labels import rules
from yesand.labels.models import Assignment, Item, Label, Rating, SceneNote
from yesand.pay import actions as pay
from yesand.people.models import Person, Program
from yesand.stage import outs
from yesand.stage.models import Place, Take


@dataclass(frozen=True)
class MomentAnswer:
    """What one player said about one moment: their own character, and the partner's."""

    start: float
    own: rules.Answer | None = None
    partner: rules.Answer | None = None
    sure: bool | None = None
    felt: str = ""
    order: int = 0
    """0 when the own character was asked first, 1 when the partner's was."""


def _seconds(take: Take) -> float:
    return max(0.0, (take.closed_at or take.opened_at) - take.opened_at)


@transaction.atomic
def make_items(take_id: uuid.UUID) -> list[Item]:
    """The take's items: each moment seen from both roles, with the intended view of its cue.

    Idempotent. Needs a closed take; nothing of the recording.
    """
    take = Take.objects.select_related("scene__session__program").get(pk=take_id)
    if take.state == "void":
        return []
    seconds = _seconds(take)
    cues = list(take.cues.order_by("asked_at", "id"))

    def since(t: float | None) -> float | None:
        return None if t is None else t - take.opened_at

    shown = [(c.role, since(c.displayed_at), since(c.span_end)) for c in cues]
    found = rules.moments(shown, seconds)
    cued = {(m.start, m.role) for m in found if m.rule == "cue"}
    items = []
    for moment in found:
        for role in ("a", "b"):
            if moment.rule == "cue":
                # Two cues shown at the same instant are one moment, cued on both sides.
                rule = "cue" if (moment.start, role) in cued else "beside_cue"
            else:
                rule = moment.rule
            item, _ = Item.objects.get_or_create(
                take=take,
                target_role=role,
                start=moment.start,
                rule=rule,
                defaults={"program": take.scene.session.program, "end": moment.end},
            )
            items.append(item)
            if rule == "cue":
                _intended(item, take)
    return items


def _intended(item: Item, take: Take) -> None:
    cue = next(
        (
            c
            for c in take.cues.all()
            if c.role == item.target_role
            and c.displayed_at is not None
            and abs(c.displayed_at - take.opened_at - item.start) < 0.002
        ),
        None,
    )
    # An empty cue and an uncued stretch have no intended view; neither is *neutral*.
    if cue is None or cue.empty or not cue.aim_emotion:
        return
    Label.objects.update_or_create(
        item=item,
        view="intended",
        defaults={"n": 1, "counts": {cue.aim_emotion: 1}, "fused": {}, "entropy": 0.0},
    )


def place_in(person: Person, take: Take) -> Place:
    """The person's place in the take's session; refuses anybody else."""
    place = Place.objects.filter(session=take.scene.session, person=person).first()
    if place is None:
        raise refuse("not_yours", "These notes belong to the two who played.", "take")
    return place


@transaction.atomic
def note_moment(take: Take, person: Person, answer: MomentAnswer) -> list[Rating]:
    """Store one player's answers about one moment; answering again replaces them."""
    place = place_in(person, take)
    found = {i.target_role: i for i in Item.objects.filter(take=take, start=answer.start)}
    if not found:
        raise refuse("no_such_moment", "This moment is not one of the take's.", "moment")
    other = "b" if place.role == "a" else "a"
    rows = []
    for view, role, said in (
        ("character", place.role, answer.own),
        ("partner", other, answer.partner),
    ):
        if said is None:
            continue
        if said.problems:
            raise Refused(*(Problem("invalid", f"{view}: {f}", m) for f, m in said.problems))
        rows.append(
            _store(
                found[role], person, view, "quick", said,
                sure=answer.sure if view == "partner" else None, order=answer.order,
            )
        )  # fmt: skip
    program = take.scene.session.program
    if answer.felt:
        if answer.felt not in rules.FELT:
            raise refuse("invalid", "Choose one of the four.", "own")
        # What a person felt is kept only under its own grant, whatever a form sends.
        if consent.covers(person, "own", timezone.now(), program=program):
            _end_earlier(found[place.role], person, "own")
            rows.append(
                Rating.objects.create(
                    item=found[place.role], view="own", rater=person, question="own",
                    felt=answer.felt, set_version=SET_VERSION,
                )
            )  # fmt: skip
    for item in {row.item_id: row.item for row in rows}.values():
        count(item)
    return rows


def _end_earlier(item: Item, person: Person, view: str) -> None:
    Rating.objects.filter(item=item, rater=person, view=view, undone_at=None).update(
        undone_at=timezone.now()
    )


def _store(
    item: Item, person: Person, view: str, question: str, said: rules.Answer, **extra: object
) -> Rating:
    _end_earlier(item, person, view)
    return Rating.objects.create(
        item=item,
        view=view,
        rater=person,
        question=question,
        primary="" if said.primary == "cant_tell" else said.primary,
        cant_tell=said.primary == "cant_tell",
        intensity=said.intensity,
        secondary=list(said.secondary),
        other_word=said.other_word,
        set_version=SET_VERSION,
        **extra,
    )


SCALES = ("natural", "grounded", "human", "fun")


@transaction.atomic
def note_scene(
    take: Take,
    person: Person,
    scales: dict[str, int | None],
    keep_out: str = "",
    landed: bool | None = None,
) -> None:
    """Store what one player said once about the whole take, every question optional.

    landed: of the card's target line; refused where the card has none.
    """
    if landed is not None and (
        take.scene.prompt is None or "target_line" not in take.scene.prompt.body
    ):
        raise refuse("no_target_line", "This scene had no line to earn.", "landed")
    place = place_in(person, take)
    pads = ("self_valence", "self_arousal", "partner_valence", "partner_arousal")
    for name, value in scales.items():
        most = 7 if name in pads else 5
        if name not in (*SCALES, *pads):
            raise refuse("unknown_scale", f"{name} is not asked.", name)
        if value is not None and not 1 <= value <= most:
            raise refuse("out_of_range", f"Choose 1 to {most}.", name)
    SceneNote.objects.update_or_create(
        take=take,
        person=person,
        defaults={
            "role": place.role,
            "keep_out": keep_out.strip(),
            "landed": landed,
            **scales,
        },
    )
    facts.append("labels", "noted", take.pk, role=place.role)


@transaction.atomic
def next_item(rater: Person, program: Program, queue: str = "quick") -> Item | None:
    """The item this rater hears next, or None when the queue is empty for them.

    Blind: only takes both performers kept and nobody withdrew, never a take the rater played
    in nor a moment somebody keeps private, one queue per item, those with most votes first so
    that items finish. An item left open is given again.
    """
    open_ = (
        Assignment.objects.filter(rater=rater, queue=queue, done_at=None, item__program=program)
        .select_related("item")
        .first()
    )
    if open_ and hearable(open_.item):
        return open_.item
    votes = Count("ratings", filter=Q(ratings__view="observer", ratings__undone_at=None))
    waiting = (
        Item.objects.filter(program=program, closed_at=None)
        .exclude(pk__in=Assignment.objects.filter(rater=rater).values("item"))
        .exclude(take__scene__session__places__person=rater)
        .select_related("take__scene__session__program")
        .annotate(votes=votes)
        .order_by("-votes", "take__opened_at", "start", "target_role")
    )
    allowed: dict[uuid.UUID, bool] = {}
    for item in waiting.iterator(chunk_size=200):
        if item.take_id not in allowed:
            allowed[item.take_id] = playable(item.take)
        if not allowed[item.take_id] or private(item):
            continue
        try:
            with transaction.atomic():
                Assignment.objects.create(
                    item=item, rater=rater, queue=queue, opened_at=timezone.now()
                )
        except IntegrityError:
            continue
        return item
    return None


def playable(take: Take) -> bool:
    """Both performers kept the take and neither took it back."""
    session = take.scene.session
    persons = [p.person for p in session.places.select_related("person")]
    if not consent.kept_by_all(take.pk, persons):
        return False
    return not any(consent.withdrawn(p, session.program, take.pk) for p in persons)


def private(item: Item) -> bool:
    """Part of the moment is kept out by one of the two, or lies in a pause."""
    return any(s.start < item.end and item.start < s.end for s in outs.silent(item.take_id))


def hearable(item: Item) -> bool:
    """May anybody be given this item now?"""
    return playable(item.take) and not private(item)


def rating_day(rater: Person, program: Program, day: dt.date) -> uuid.UUID:
    """The id under which one rater's day is paid; says nothing about what was rated."""
    return uuid.uuid5(program.pk, f"{rater.pk}:{day.isoformat()}")


@transaction.atomic
def rate(
    item: Item, rater: Person, said: rules.Answer, plays: int = 1, queue: str = "quick"
) -> Rating:
    """Store one observer's answer and pay the time it took, whatever the answer says."""
    if said.problems:
        raise Refused(*(Problem("invalid", f, m) for f, m in said.problems))
    assignment = _open_assignment(item, rater, queue)
    seconds = _close(assignment, plays)
    row = _store(
        item, rater, "observer", queue, said, plays=max(1, min(plays, 99)), seconds=seconds
    )
    _pay(rater, item.program, row.pk, seconds)
    count(item)
    return row


@transaction.atomic
def skip(item: Item, rater: Person, why: str, plays: int = 1, queue: str = "quick") -> None:
    """Leave an item without an answer (broken sound, knows the person); the time is paid."""
    assignment = _open_assignment(item, rater, queue)
    seconds = _close(assignment, plays, skipped=why)
    _pay(rater, item.program, uuid.uuid5(item.pk, str(rater.pk)), seconds)
    facts.append("labels", "skipped", item.pk, why=why)


def _open_assignment(item: Item, rater: Person, queue: str) -> Assignment:
    assignment = (
        Assignment.objects.select_for_update()
        .filter(item=item, rater=rater, queue=queue, done_at=None)
        .first()
    )
    if assignment is None:
        raise refuse("not_your_item", "This item is not open for you. Take the next one.", "item")
    return assignment


def _close(assignment: Assignment, plays: int, skipped: str = "") -> int:
    now = timezone.now()
    elapsed = (now - assignment.opened_at).total_seconds()
    assignment.done_at = now
    assignment.skipped = skipped
    assignment.save(update_fields=["done_at", "skipped"])
    length = assignment.item.end - assignment.item.start
    return rules.honest_seconds(elapsed, length, plays)


def _pay(rater: Person, program: Program, event: uuid.UUID, seconds: int) -> None:
    # From labels to pay flow seconds and ids, nothing else.
    day = rating_day(rater, program, timezone.now().date())
    rate_ = pay.lock_rate(rater, program, "rating", day)
    pay.accrue(rate_, "rating", seconds, "rating", event, "honest_time")
    facts.append("labels", "worked", day, seconds=seconds)


@transaction.atomic
def undo(rater: Person, program: Program) -> Item:
    """Take back the rater's last answer within ten seconds; the item is open again."""
    last = (
        Rating.objects.select_for_update(of=("self",))
        .filter(rater=rater, view="observer", undone_at=None, item__program=program)
        .select_related("item")
        .order_by("-at")
        .first()
    )
    now = timezone.now()
    if last is None or (now - last.at).total_seconds() > rules.UNDO_SECONDS:
        raise refuse("nothing_to_undo", "The ten seconds to undo are over. You can appeal.", "undo")
    last.undone_at = now
    last.save(update_fields=["undone_at"])
    Assignment.objects.filter(rater=rater, done_at=None, item__program=program).delete()
    # The seconds since the answer were work on it too: they are paid with the next one.
    Assignment.objects.filter(item=last.item, rater=rater).update(done_at=None, opened_at=last.at)
    facts.append("labels", "undone", last.pk)
    count(last.item)
    return last.item


@transaction.atomic
def count(item: Item) -> None:
    """Bring an item's label per view up to date, and close it when its votes are settled."""
    Item.objects.select_for_update().get(pk=item.pk)
    for view in ("character", "partner", "observer"):
        rows = item.ratings.filter(view=view, undone_at=None)
        counts = rules.votes("cant_tell" if r.cant_tell else r.primary for r in rows)
        n = sum(counts.values())
        if not n:
            Label.objects.filter(item=item, view=view).delete()
            continue
        heard = {k: v for k, v in counts.items() if k != "cant_tell"}
        total = sum(heard.values())
        Label.objects.update_or_create(
            item=item,
            view=view,
            defaults={
                "n": n,
                "counts": counts,
                "fused": {k: v / total for k, v in heard.items()} if total else {},
                "fused_by": "vote_shares",
                "entropy": rules.entropy(counts),
            },
        )
        if view == "observer":
            closed = rules.settled(counts)
            if closed != (item.closed_at is not None):
                item.closed_at = timezone.now() if closed else None
                item.save(update_fields=["closed_at"])


@transaction.atomic
def aggregate(take_id: uuid.UUID) -> int:
    """Bring every label of a take up to date; returns how many items."""
    items = list(Item.objects.filter(take=take_id))
    for item in items:
        count(item)
    return len(items)
