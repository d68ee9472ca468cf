"""The figures of a release in words, and what changed since the one an engineer has."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yesand.people.models import Person
from yesand.release.models import Pull, Release, ReleasedTake, Revocation

MINUTES_UNTIL = 1.5
"""Hours; a shorter release is told in minutes."""


def length(hours: float) -> str:
    """38.2 hours, 12 minutes, 25 seconds."""
    if hours >= MINUTES_UNTIL:
        return _("%(h).1f hours") % {"h": hours}
    seconds = round(hours * 3600)
    if seconds >= 90:
        minutes = round(seconds / 60)
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}


def short(hours: float) -> str:
    """The same as a figure: 38.2 h, 12 min, 25 s."""
    if hours >= MINUTES_UNTIL:
        return _("%(h).1f h") % {"h": hours}
    seconds = round(hours * 3600)
    if seconds >= 90:
        return _("%(n)d min") % {"n": round(seconds / 60)}
    return _("%(n)d s") % {"n": seconds}


@dataclass(frozen=True)
class Row:
    """A release as the lab reads it. had: when this engineer pulled it first, or None."""

    release: Release
    had: dt.datetime | None

    @property
    def figures(self) -> dict[str, Any]:
        return dict(self.release.figures)

    @property
    def length(self) -> str:
        return length(self.figures.get("hours", 0.0))

    @property
    def short(self) -> str:
        return short(self.figures.get("hours", 0.0))

    @property
    def share(self) -> str:
        """The largest performer's share of the seconds, percent."""
        return _("%(n).1f %%") % {"n": 100 * self.figures.get("largest_share", 0.0)}


def rows(releases: list[Release], engineer: Person) -> list[Row]:
    """Each release with the day this engineer took it."""
    had: dict[Any, dt.datetime] = {}
    for release, at in (
        Pull.objects.filter(engineer=engineer).order_by("at").values_list("release", "at")
    ):
        had.setdefault(release, at)
    return [Row(release, had.get(release.pk)) for release in releases]


@dataclass(frozen=True)
class Changed:
    """Between the release an engineer has and the newest: takes that came and that went."""

    since: Release
    new: int
    gone: int


def changed(newest: Release, shown: list[Row]) -> Changed | None:
    """What the newest release changes for somebody who has an older one; None without any."""
    mine = next((row.release for row in shown if row.had and row.release.pk != newest.pk), None)
    if mine is None or any(row.had and row.release.pk == newest.pk for row in shown):
        return None
    old, now = (
        set(ReleasedTake.objects.filter(release=one).values_list("take", flat=True))
        for one in (mine, newest)
    )
    return Changed(mine, len(now - old), len(old - now)) if now != old else None


@dataclass(frozen=True)
class Notice:
    """A withdrawal that this engineer has not confirmed."""

    revocation: Revocation
    today: dt.date

    @property
    def due(self) -> dt.date | None:
        text = self.revocation.tombstone.get("due", "")
        return dt.date.fromisoformat(text) if text else None

    @property
    def late(self) -> bool:
        return self.due is not None and self.due < self.today
