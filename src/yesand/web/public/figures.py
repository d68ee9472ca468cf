"""The live figures of the public pages, counted from rows; nothing about any one person."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import F, FloatField, Min, Q, Sum
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from yesand.capture.models import Seal, Track
from yesand.casting import reads as casting
from yesand.casting.models import Call
from yesand.commission.models import Commission
from yesand.consent.models import Withdrawal
from yesand.kit.money import Money
from yesand.pay.models import Payout
from yesand.people.models import Program
from yesand.release.models import Release, ReleasedTake, Revocation
from yesand.stage.models import Place, Take
from yesand.web.producer.order_form import language_name

DAYS = 90


@dataclass(frozen=True)
class CallLine:
    """One open call: pay for a 60-minute booking, who asks, hours asked for and not played yet."""

    call: Call
    pay: Money
    audition: Money
    hours_open: float | None
    languages: list[str]


def open_calls(now: dt.datetime) -> list[CallLine]:
    """Calls anybody may answer now, newest first."""
    return [
        CallLine(
            call,
            Money(call.program.performer_hour_minor, call.program.currency),
            Money(call.program.audition_minor, call.program.currency),
            hours_open(call.commission) if call.commission else None,
            [language_name(code) for code in call.languages],
        )
        for call in casting.open_calls(now=now)
    ]


def hours_open(commission: Commission) -> float:
    """Scene hours of a commission that are asked for and not played, never negative."""
    return max(
        0.0, float(commission.hours) - played_hours(Q(scene__session__commission=commission))
    )


def played_hours(which: Q) -> float:
    """Hours between lamp on and lamp off of the takes `which` names."""
    closed = Take.objects.filter(which, state="closed", closed_at__isnull=False)
    return (closed.aggregate(s=Sum(F("closed_at") - F("opened_at")))["s"] or 0.0) / 3600


@dataclass(frozen=True)
class ProgramLine:
    """One program as anybody may see it. share: hours played of hours asked, 0 to 1."""

    program: Program
    asked: float
    played: float
    performers: int
    release: Release | None

    @property
    def share(self) -> float:
        return min(1.0, self.played / self.asked) if self.asked else 0.0

    @property
    def percent(self) -> str:
        return f"{100 * self.share:.1f}%"


def program_line(program: Program) -> ProgramLine:
    """The figures of one program."""
    ordered = Commission.objects.filter(program=program).exclude(state="draft")
    people = Place.objects.filter(session__program=program, session__scenes__takes__state="closed")
    released = Release.objects.filter(program=program, state="published").order_by("-published_at")
    return ProgramLine(
        program,
        float(ordered.aggregate(s=Sum("hours"))["s"] or 0),
        played_hours(Q(scene__session__program=program)),
        people.values("person").distinct().count(),
        released.first(),
    )


@dataclass(frozen=True)
class Promise:
    """One promise with its figure: `big` is the count, `says` what it counts, `more` one detail."""

    big: str
    says: str
    more: str


def promises(now: dt.datetime) -> list[Promise]:
    """Paid on time, seconds lost, takes withdrawn and honored, over the last 90 days."""
    since = now - dt.timedelta(days=DAYS)
    return [_paid(since), _lost(since), _honored(since)]


def _paid(since: dt.datetime) -> Promise:
    sent = Payout.objects.filter(sent_at__gte=since)
    days = [(p.left_on, p.pay_on) for p in sent.select_related("file")]
    on_time = sum(left is not None and left <= promised for left, promised in days)
    total = len(days)
    due = Payout.objects.filter(sent_at=None).exclude(file__dropped_at__isnull=False)
    coming = due.aggregate(day=Min("pay_on"))["day"]
    people = due.filter(pay_on=coming).count() if coming else 0
    more = (
        _("Next: %(day)s, %(people)d people.")
        % {"day": coming.strftime("%-d %b"), "people": people}
        if coming
        else _("No payout is due now.")
    )
    if not total:
        return Promise("0", _("payouts so far. The first one is counted here."), more)
    return Promise(
        _("%(n)d of %(total)d") % {"n": on_time, "total": total},
        _("payouts left on the day they were promised for."),
        more,
    )


def _lost(since: dt.datetime) -> Promise:
    seals = Seal.objects.filter(sealed_at__gte=since)
    lost = seals.aggregate(s=Sum("lost_seconds"))["s"] or 0.0
    tracks = Track.objects.filter(take__in=seals.values("take"), kind="mic", rate__gt=0)
    seconds = (
        tracks.aggregate(s=Sum(Cast("samples", FloatField()) / Cast("rate", FloatField())))["s"]
        or 0.0
    )
    crashes = Track.objects.filter(take__in=seals.values("take"), kind="mic", part__gt=0).count()
    more = (
        _("%(n)d pages broke in the middle of a take; each is marked in it.") % {"n": crashes}
        if crashes
        else _("No page broke in the middle of a take.")
    )
    if not seconds:
        return Promise("0.0 s", _("lost. The first take that is played is counted here."), more)
    return Promise(
        f"{lost:,.1f} s",
        _("lost of %(seconds)s seconds of voice that were recorded.")
        % {"seconds": f"{seconds:,.0f}"},
        more,
    )


def _honored(since: dt.datetime) -> Promise:
    revoked = set(Revocation.objects.filter(at__gte=since).values_list("take_id", flat=True))
    live = ReleasedTake.objects.filter(release__state="published")
    withdrawn = Withdrawal.objects.filter(withdrawn_at__gte=since, purpose="all")
    named = set(withdrawn.exclude(take=None).values_list("take", flat=True))
    inside = set(live.filter(take__in=revoked | named).values_list("take_id", flat=True))
    asked = revoked | inside
    more = _("Nobody gave money back.")
    if not asked:
        return Promise("0", _("released takes withdrawn so far. Each will be counted here."), more)
    return Promise(
        _("%(n)d of %(total)d") % {"n": len(asked - inside), "total": len(asked)},
        _("takes withdrawn are out of every release."),
        more,
    )
