"""A performer's own takes, with everything their pages say about each of them."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from yesand.cases import reads as cases
from yesand.cases.models import Case
from yesand.consent import reads as consent
from yesand.consent import rules
from yesand.consent.models import CopyShare, Grant, TakeChoice
from yesand.kit.spans import Span
from yesand.people.models import Person, Program
from yesand.post import reads as post
from yesand.release import reads as release
from yesand.release.models import Release
from yesand.stage import outs
from yesand.stage import reads as stage
from yesand.stage.models import Place, Take
from yesand.web.api.media import media_url


def clock(seconds: float) -> str:
    """Minutes and seconds as people write them: 4:41."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def moment(at: dt.datetime) -> str:
    """A moment in the reader's zone: Wednesday 25 Nov, 11:20."""
    return formats.date_format(timezone.localtime(at), "l j M, H:i")


@dataclass(frozen=True)
class Use:
    """One purpose of one take: signed for all takes, and still on for this one."""

    purpose: str
    title: str
    on: bool
    grant: Grant


@dataclass(frozen=True)
class Strip:
    """Where a strip's waveform and sound are, good for five minutes, and the own copy."""

    peaks: str
    media: str
    download: str


@dataclass
class OwnTake:
    """One take from the side of one of its players. seconds: stage clock, lamp on to lamp off."""

    take: Take
    person: Person
    program: Program
    role: str
    partner: str
    choice: TakeChoice | None
    bystander: Case | None
    signatures: consent.Signatures
    now: dt.datetime
    share: CopyShare | None = None
    """This player's yes to a copy for the partner."""
    partner_shares: bool = False
    """The partner's yes, or the partner is a robot."""
    came_in: Sequence[Span] = ()

    @property
    def withdrawn(self) -> bool:
        """True once this player took everything back for this take."""
        return self.signatures.withdrawn(self.take.pk)

    @property
    def releases(self) -> list[Release]:
        """Published releases that hold it, newest first."""
        return release.where(self.take.pk)

    @property
    def title(self) -> str:
        prompt = self.take.scene.prompt
        return prompt.title if prompt else self.take.scene.own_line or _("Your own scene")

    @property
    def seconds(self) -> float:
        return stage.seconds_of(self.take)

    @property
    def length(self) -> str:
        return clock(self.seconds)

    @property
    def played_at(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.take.opened_at, dt.UTC)

    @property
    def picked(self) -> str:
        """keep, hold, strike, or "" while nothing was chosen."""
        return self.choice.choice if self.choice else ""

    @property
    def final(self) -> bool:
        """True once a strike can no longer be undone."""
        return self.picked == "strike" and not self.running

    @property
    def running(self) -> bool:
        """True while the 48 hours of a hold or strike last."""
        return bool(self.choice and self.choice.until and self.now < self.choice.until)

    @cached_property
    def strip(self) -> Strip | None:
        """Addresses of the person's own track and its waveform; None until it is processed."""
        if self.final or not post.track_key(self.take, self.role):
            return None
        about = self.take.pk
        return Strip(
            peaks=reverse("api:peaks", kwargs={"take": about, "role": self.role}),
            media=media_url(self.person, "track", about, self.role, "exit_page"),
            download=media_url(self.person, "own", about, self.role, "own_copy"),
        )

    @property
    def outs(self) -> str:
        """The private spans as JSON, for the strip."""
        return json.dumps(self.spans)

    @property
    def spans(self) -> list[list[float]]:
        """The person's own private spans, seconds of the take."""
        return self.choice.private_spans if self.choice else []

    @property
    def span_words(self) -> list[str]:
        return [
            _("%(start)s to %(end)s") % {"start": clock(start), "end": clock(end)}
            for start, end in self.spans
        ]

    @property
    def tag(self) -> tuple[str, str]:
        """(look, words) for a list: kept, held until ..., struck, withdrawn."""
        if self.withdrawn:
            return "plain", _("withdrawn")
        if self.picked == "keep":
            return "", _("kept, one private span out") if self.spans else _("kept")
        if self.picked == "strike":
            return "plain", _("struck")
        if self.picked == "hold" and self.choice and self.choice.until and self.running:
            until = formats.date_format(timezone.localtime(self.choice.until), "D H:i")
            return "warn", _("held until %(until)s") % {"until": until}
        return "warn", _("waits for you")

    @property
    def says(self) -> tuple[str, str]:
        """(in bold, the rest) of the line under the strip."""
        if self.withdrawn:
            return (
                _("Withdrawn."),
                _("It leaves every release, and every lab is told. You keep the money."),
            )
        if self.bystander:
            return _("Held."), _("Somebody else may be in it.")
        until = moment(self.choice.until) if self.choice and self.choice.until else ""
        if self.picked == "keep":
            rest = _("It may enter a release once %(name)s keeps it too.") % {"name": self.partner}
            return (_("Kept, with a private span out.") if self.spans else _("Kept."), rest)
        if self.picked == "hold" and self.running:
            return (
                _("Held until %(until)s.") % {"until": until},
                _("Until you keep it, it stays out. We ask again then."),
            )
        if self.picked == "hold":
            return _("Still held."), _("It stays out until you keep it. You may do that any time.")
        if self.picked == "strike" and self.running:
            return (
                _("Struck."),
                _(
                    "It enters no release. No reason asked, and you are paid. "
                    "You can undo this until %(until)s; then its key is destroyed."
                )
                % {"until": until},
            )
        if self.picked == "strike":
            return _("Struck for good."), _("Its key is destroyed. Nobody can hear it again.")
        return _("Nothing chosen yet."), _("It stays out until both of you keep it.")

    @property
    def shared_copy(self) -> str:
        """Where both sides can be downloaded, once both said yes and the sound is here; else ""."""
        if self.share is None or not self.partner_shares or self.strip is None or self.withdrawn:
            return ""
        return reverse("performer:shared_copy", args=[self.take.pk])

    @property
    def came_in_words(self) -> list[str]:
        """Where somebody came in while it was played; nobody says whose room it was."""
        return [
            _("%(start)s to %(end)s") % {"start": clock(span.start), "end": clock(span.end)}
            for span in self.came_in
        ]

    def uses(self) -> list[Use]:
        """A switch for every purpose this person signed for all takes of the program."""
        found = []
        for purpose in rules.PURPOSES:
            grant = self.signatures.standing(purpose, None, self.now)
            if grant is not None:
                on = self.signatures.covers(purpose, self.now, take=self.take.pk)
                found.append(Use(purpose, consent.title_of(purpose), on, grant))
        return found

    def unsigned(self) -> list[str]:
        """Titles of the purposes that are off because they were never signed."""
        signed = {use.purpose for use in self.uses()}
        return [consent.title_of(code) for code in rules.PURPOSES if code not in signed]


def described(person: Person, takes: Iterable[Take]) -> list[OwnTake]:
    """The takes as their player sees them, in the order given; takes of others are left out."""
    rows = list(takes)
    ids = [take.pk for take in rows]
    choices = consent.choices_of(person, ids)
    open_cases = cases.open_about("take", ids, kind="finding")
    sessions = {take.scene.session_id for take in rows}
    places: dict[object, dict[object, Place]] = {}
    for place in Place.objects.filter(session__in=sessions).select_related("person"):
        places.setdefault(place.session_id, {})[place.person_id] = place
    signed: dict[object, consent.Signatures] = {}
    shares, came_in = consent.shares_of(ids), outs.came_in(*ids)
    now = timezone.now()
    found = []
    for take in rows:
        here = places.get(take.scene.session_id, {})
        own = here.get(person.pk)
        if own is None:
            continue
        partner = next((p for key, p in here.items() if key != person.pk), None)
        program = take.scene.session.program
        if program.pk not in signed:
            signed[program.pk] = consent.signatures(person, program)
        found.append(
            OwnTake(
                take=take,
                person=person,
                program=program,
                role=own.role,
                partner=partner.alias if partner else _("your partner"),
                choice=choices.get(take.pk),
                bystander=open_cases.get(take.pk),
                signatures=signed[program.pk],
                now=now,
                share=shares.get((take.pk, person.pk)),
                came_in=came_in[take.pk],
                partner_shares=partner is not None
                and (
                    partner.person.player_kind != "human" or (take.pk, partner.person_id) in shares
                ),
            )
        )
    return found


def takes_of(person: Person) -> QuerySet[Take]:
    """Every recorded take a person played in, newest first, as rows."""
    return (
        Take.objects.filter(scene__session__places__person=person, state="closed")
        .select_related("scene__prompt", "scene__session__program__client")
        .order_by("-opened_at")
    )


def of_person(person: Person, limit: int = 100) -> list[OwnTake]:
    """The newest recorded takes a person played in."""
    return described(person, takes_of(person)[:limit])


def of_session(person: Person, session_id: UUID) -> list[OwnTake]:
    """The takes of one session in the order played."""
    rows = (
        Take.objects.filter(scene__session=session_id, state="closed")
        .select_related("scene__prompt", "scene__session__program__client")
        .order_by("opened_at")
    )
    return described(person, rows)


def one(person: Person, take: Take) -> OwnTake | None:
    """One take as its player sees it; None for anybody else."""
    found = described(person, [take])
    return found[0] if found else None


def tally(found: list[OwnTake]) -> str:
    """How many of these takes are kept, held, struck and not chosen yet, in words."""
    picked = Counter(own.picked for own in found)
    words = {
        "keep": _("%(n)d kept"),
        "hold": _("%(n)d held"),
        "strike": _("%(n)d struck"),
        "": _("%(n)d not chosen yet"),
    }
    return ", ".join(says % {"n": picked[code]} for code, says in words.items() if picked[code])
