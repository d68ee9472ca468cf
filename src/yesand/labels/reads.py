"""What the bench, the rater's home and a release ask."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Count, Q, Sum
from django.utils import timezone

from yesand.labels import rules
from yesand.labels.actions import playable, private, rating_day
from yesand.labels.models import Assignment, Item, Label, Rating, SceneNote
from yesand.pay.models import Accrual
from yesand.people.models import Person, Program
from yesand.stage.models import Take


def moments_of(take: Take) -> list[tuple[float, float, list[Item]]]:
    """(start, end, items of both roles) of a take's moments, in order."""
    by_start: dict[float, list[Item]] = {}
    for item in Item.objects.filter(take=take).order_by("start", "target_role"):
        by_start.setdefault(item.start, []).append(item)
    return [(start, items[0].end, items) for start, items in sorted(by_start.items())]


def noted(take: Take, person: Person) -> set[float]:
    """Starts of the moments this person has answered about."""
    rows = Rating.objects.filter(item__take=take, rater=person, undone_at=None)
    return set(rows.values_list("item__start", flat=True))


def notes_done(take: Take, person: Person) -> bool:
    """Whether the person has finished the notes of a take."""
    return SceneNote.objects.filter(take=take, person=person).exists()


def noted_takes(person: Person, session_id: uuid.UUID) -> list[str]:
    """Ids of the takes of a session whose notes the person has finished."""
    rows = SceneNote.objects.filter(person=person, take__scene__session=session_id)
    return [str(take) for take in rows.order_by("take").values_list("take", flat=True)]


def waiting(rater: Person, program: Program) -> int:
    """Items this rater could hear now."""
    rows = (
        Item.objects.filter(program=program, closed_at=None)
        .exclude(
            pk__in=Assignment.objects.filter(rater=rater, done_at__isnull=False).values("item")
        )
        .exclude(take__scene__session__places__person=rater)
        .select_related("take__scene__session__program")
    )
    allowed: dict[uuid.UUID, bool] = {}
    total = 0
    for item in rows:
        if item.take_id not in allowed:
            allowed[item.take_id] = playable(item.take)
        total += allowed[item.take_id] and not private(item)
    return total


def last_rating(rater: Person, program: Program) -> Rating | None:
    """The answer that can still be undone, or None."""
    limit = timezone.now() - dt.timedelta(seconds=rules.UNDO_SECONDS)
    return (
        Rating.objects.filter(
            rater=rater, view="observer", undone_at=None, item__program=program, at__gt=limit
        )
        .order_by("-at")
        .first()
    )


def worked_today(rater: Person, program: Program) -> tuple[int, int]:
    """(seconds, answers) of today, UTC."""
    day = rating_day(rater, program, timezone.now().date())
    rows = Accrual.objects.filter(rate__event=day, rate__person=rater)
    found = rows.aggregate(s=Sum("seconds"), n=Count("id"))
    return found["s"] or 0, found["n"] or 0


def rating_minutes(rater: Person, program: Program, day: dt.date) -> tuple[uuid.UUID, int]:
    """All that pay may know of a day's rating: its id and its seconds."""
    event = rating_day(rater, program, day)
    seconds = Accrual.objects.filter(rate__event=event).aggregate(s=Sum("seconds"))["s"] or 0
    return event, seconds


def agreement(rater: Person, program: Program) -> tuple[int, int, float | None]:
    """(items with five others, items named like the others' plurality, share or None)."""
    mine = Rating.objects.filter(
        rater=rater, view="observer", undone_at=None, item__program=program
    ).exclude(primary="")
    labels = {
        label.item_id: label
        for label in Label.objects.filter(view="observer", item__in=mine.values("item"))
    }
    compared = same = 0
    for rating in mine:
        others = dict(labels[rating.item_id].counts) if rating.item_id in labels else {}
        if rating.primary in others:
            others[rating.primary] -= 1
        if sum(others.values()) < rules.RATERS_WANTED:
            continue
        compared += 1
        same += others.get(rating.primary, 0) == max(others.values())
    return compared, same, same / compared if compared else None


def labels_of(items: list[uuid.UUID]) -> list[Label]:
    """Labels of these items in a fixed order, for a release."""
    return list(
        Label.objects.filter(item__in=items)
        .select_related("item")
        .order_by("item__take_id", "item__start", "item__target_role", "view")
    )


def ratings_of(items: list[uuid.UUID]) -> list[Rating]:
    """Standing ratings of these items in a fixed order; `own` is left out, it never travels."""
    return list(
        Rating.objects.filter(item__in=items, undone_at=None)
        .exclude(view="own")
        .select_related("item", "rater")
        .order_by("item__take_id", "item__start", "view", "at", "id")
    )


def queue_figures(program: Program) -> dict[str, int]:
    """Open and closed items and standing observer ratings of a program."""
    found = Item.objects.filter(program=program).aggregate(
        open=Count("id", filter=Q(closed_at=None)), closed=Count("id", filter=~Q(closed_at=None))
    )
    found["ratings"] = Rating.objects.filter(
        item__program=program, view="observer", undone_at=None
    ).count()
    return found


def read_each_other(take: Take) -> tuple[int, int]:
    """(moments in which each named what the other's character felt, moments both answered).

    A word that is the other's second one counts as read; *can't tell* and silence are no answer.
    Worked out when both ask for it, and kept nowhere.
    """
    read = answered = 0
    for _start, _end, items in moments_of(take):
        found: list[bool] = []
        for item in items:
            said = {
                row.view: row
                for row in item.ratings.filter(view__in=("character", "partner"), undone_at=None)
            }
            own, heard = said.get("character"), said.get("partner")
            if own is not None and heard is not None and own.primary and heard.primary:
                found.append(heard.primary in (own.primary, *own.secondary))
        answered += bool(found)
        read += bool(found) and all(found)
    return read, answered
