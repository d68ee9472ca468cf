"""Where a take went: what happened to it, in order, from the rows of each house."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from yesand.consent import reads as consent
from yesand.consent.models import Withdrawal
from yesand.people.models import Person
from yesand.release import reads as release
from yesand.release.models import Pull, Release, ReleasedTake, Revocation, TrainedModel
from yesand.web.performer.own_takes import OwnTake


@dataclass(frozen=True)
class Step:
    """One thing that happened to a take. more: "" or what it means for the person."""

    at: dt.datetime
    says: str
    more: str = ""


def went(own: OwnTake) -> list[Step]:
    """Oldest first: played, chosen, released, pulled, trained on, withdrawn, told to the labs."""
    take = own.take.pk
    steps = [Step(own.played_at, _("Played with %(name)s") % {"name": own.partner})]
    if own.choice:
        words = {"keep": _("You kept it"), "hold": _("You held it"), "strike": _("You struck it")}
        steps.append(Step(own.choice.chosen_at, words[own.choice.choice]))
    for row in release.where(take):
        if row.published_at:
            steps.append(
                Step(
                    row.published_at,
                    _("In %(name)s %(version)s") % {"name": row.name, "version": row.version},
                    consent.title_of(row.purpose),
                )
            )
        for pull in Pull.objects.filter(release=row).order_by("at")[:3]:
            steps.append(
                Step(
                    pull.at,
                    _("A lab of %(client)s took %(version)s")
                    % {"client": own.program.client.name, "version": row.version},
                )
            )
    for model in release.models_trained(take):
        steps.append(
            Step(
                model.at,
                _("A model was registered as trained on it: %(name)s") % {"name": model.name},
                _("What a model has learned may stay, also after a withdrawal."),
            )
        )
    for back in Withdrawal.objects.filter(person=own.person, take=take).order_by("withdrawn_at"):
        what = _("everything") if back.purpose == "all" else consent.title_of(back.purpose)
        steps.append(Step(back.withdrawn_at, _("You took back: %(what)s") % {"what": what}))
    for notice in Revocation.objects.filter(take=take):
        steps.append(
            Step(
                notice.at,
                _("It left the releases, and every lab was told"),
                _("Notice %(n)d") % {"n": notice.number},
            )
        )
    return sorted(steps, key=lambda step: step.at)


@dataclass(frozen=True)
class Summary:
    """One line of "Where your takes went" on the home page."""

    says: str
    end: str


def summary(person: Person) -> list[Summary]:
    """Takes per published release, the last pull, models, and what was taken back."""
    held = ReleasedTake.objects.filter(
        take__scene__session__places__person=person, release__state="published"
    )
    lines = []
    for row in Release.objects.filter(pk__in=held.values("release")).select_related(
        "program__client"
    ):
        count = held.filter(release=row).values("take").distinct().count()
        lines.append(
            Summary(
                _("%(n)d takes in %(name)s %(version)s")
                % {"n": count, "name": row.name, "version": row.version},
                row.program.client.name,
            )
        )
        pull = Pull.objects.filter(release=row).order_by("-at").first()
        if pull:
            lines.append(Summary(_("Last taken by a lab"), pull.at.strftime("%-d %b")))
        models = TrainedModel.objects.filter(release=row).count()
        if models:
            lines.append(Summary(_("Models registered as trained on it"), str(models)))
    return lines
