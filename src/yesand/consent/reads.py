"""The questions everybody asks about consent. `covers` is the one that decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from yesand.consent import rules
from yesand.consent.models import CopyShare, Epoch, Grant, TakeChoice, Terms, Withdrawal
from yesand.kit.spans import Span, merge
from yesand.people.models import Person, Program


def title_of(code: str) -> str:
    """The name people read of a purpose or signature."""
    return gettext((rules.PURPOSES | rules.SIGNATURES)[code])


def _signed(row: Grant) -> rules.Signed:
    return rules.Signed(row.purpose, row.take, row.granted_at, row.expires_at)


@dataclass(frozen=True)
class Signatures:
    """Everything one person signed and took back in one program, read once.

    grants: newest first. For pages that ask about many takes; `covers` and its like ask for one.
    """

    grants: list[Grant]
    back: list[rules.TakenBack]

    def covers(
        self, purpose: str, at: dt.datetime, take: UUID | None = None, use: str | None = None
    ) -> bool:
        """See `rules.covers`."""
        signed = [_signed(row) for row in self.grants]
        return rules.covers(signed, self.back, purpose, at, take=take, use=use)

    def standing(self, purpose: str, take: UUID | None, at: dt.datetime) -> Grant | None:
        """The newest grant that holds for a purpose (of a take) at a moment, or None."""
        for row in self.grants:
            if rules.covers([_signed(row)], self.back, purpose, at, take=take):
                return row
        return None

    def withdrawn(self, take: UUID) -> bool:
        """True where everything was taken back for this take and nothing signed since."""
        signed = [_signed(row) for row in self.grants]
        return rules.taken_back(signed, self.back, take, FOREVER)


FOREVER = dt.datetime.max.replace(tzinfo=dt.UTC)


def signatures(person: Person, program: Program) -> Signatures:
    """What a person signed and took back in a program."""
    grants = Grant.objects.filter(person=person, program=program).select_related("terms")
    back = Withdrawal.objects.filter(person=person, program=program)
    return Signatures(
        list(grants.order_by("-granted_at", "-id")),
        [rules.TakenBack(row.purpose, row.take, row.withdrawn_at) for row in back],
    )


def covers(
    person: Person,
    purpose: str,
    at: dt.datetime,
    take: UUID | None = None,
    use: str | None = None,
    program: Program | None = None,
) -> bool:
    """True where the person allows a purpose at a moment; the rules stand in `consent.rules`.

    program: whose grants count. Without it only grants that name the take count, because a
    grant for every take is one for every take *of its program*. use: see `rules.covers`.
    """
    if program is None:
        named = Grant.objects.filter(person=person, take=take).exclude(take=None)
        programs = [row.program for row in named.select_related("program")]
        return any(covers(person, purpose, at, take, use, each) for each in programs)
    return signatures(person, program).covers(purpose, at, take=take, use=use)


def standing(
    person: Person, program: Program, purpose: str, take: UUID | None, at: dt.datetime
) -> Grant | None:
    """The newest grant that holds for a purpose (of a take) at a moment, or None."""
    return signatures(person, program).standing(purpose, take, at)


def terms_of(program: Program, purpose: str, language: str = "en") -> Terms | None:
    """The newest text for a purpose: in this language, else in any; None where there is none."""
    rows = Terms.objects.filter(program=program, purpose=purpose).order_by("-version")
    return rows.filter(language=language).first() or rows.first()


def choice_of(person: Person, take: UUID) -> TakeChoice | None:
    """What the person chose for a take last; None is silence, and silence is not consent."""
    return TakeChoice.objects.filter(person=person, take=take).order_by("-id").first()


def choices_of(person: Person, takes: Sequence[UUID]) -> dict[UUID, TakeChoice]:
    """The standing choice of each take the person touched."""
    rows = TakeChoice.objects.filter(person=person, take__in=takes).order_by("id")
    return {row.take: row for row in rows}


def kept_by_all(take: UUID, persons: Iterable[Person]) -> bool:
    """True where every one of the persons (at least one) has the take at Keep."""
    choices = [choice_of(person, take) for person in persons]
    return bool(choices) and all(c is not None and c.choice == "keep" for c in choices)


def withdrawn(person: Person, program: Program, take: UUID) -> bool:
    """True where the person took everything back for this take and signed nothing since."""
    return signatures(person, program).withdrawn(take)


def private_spans(take: UUID, at: dt.datetime | None = None) -> list[Span]:
    """What is out of a take on both sides: every span either player marked, joined, seconds.

    at: as it stood then; now where it is left out. Doors ask `stage.outs`, which knows more.
    """
    latest: dict[Any, TakeChoice] = {}
    rows = TakeChoice.objects.filter(take=take).order_by("id")
    for row in rows.filter(chosen_at__lte=at) if at is not None else rows:
        latest[row.person_id] = row
    return merge(Span(*pair) for row in latest.values() for pair in row.private_spans)


def shares_of(takes: Sequence[UUID]) -> dict[tuple[UUID, UUID], CopyShare]:
    """Who lets the other keep a copy of these takes, by (take, person)."""
    rows = CopyShare.objects.filter(take__in=takes, ended_at=None)
    return {(row.take, row.person_id): row for row in rows}


def both_share(take: UUID, persons: Iterable[Person]) -> bool:
    """True where every human of the two lets the other keep a copy."""
    shares = shares_of([take])
    return all((take, one.pk) in shares for one in persons if one.player_kind == "human")


def to_remind(now: dt.datetime, hours: int) -> list[TakeChoice]:
    """Held choices that stand, made `hours` or more ago; flows reminds once for each row."""
    rows = TakeChoice.objects.filter(
        choice="hold", chosen_at__lte=now - dt.timedelta(hours=hours)
    ).select_related("person", "program")
    return [row for row in rows if (last := choice_of(row.person, row.take)) and last == row]


def strikes_over(now: dt.datetime) -> list[TakeChoice]:
    """Strikes that stand and can no longer be undone: their keys are due for destruction."""
    rows = TakeChoice.objects.filter(choice="strike", until__lte=now).select_related("person")
    return [row for row in rows if (last := choice_of(row.person, row.take)) and last == row]


def withdrawals_over(now: dt.datetime) -> list[Withdrawal]:
    """What somebody withdrew whole as long ago as a strike lasts, and signed nothing for since:
    the keys of their own recordings are due for destruction. A row without a take is for every
    take of its program; of each one `withdrawn` says whether it still stands.

    A withdrawal that was signed over and repeated counts from its repetition.
    """
    whole = Withdrawal.objects.filter(purpose=rules.ALL)
    rows = whole.filter(withdrawn_at__lte=now - rules.HOLD)
    again = {
        (row.person_id, row.program_id, row.take)
        for row in whole.filter(withdrawn_at__gt=now - rules.HOLD)
    }
    return [
        row
        for row in rows.select_related("person", "program")
        if not {(row.person_id, row.program_id, take) for take in (row.take, None)} & again
        and (row.take is None or withdrawn(row.person, row.program, row.take))
    ]


def epoch(program: Program) -> int:
    """How often consent of the program has moved; reading it locks nothing."""
    row = Epoch.objects.filter(program=program).first()
    return row.number if row else 0


def receipt_of(row: Grant | Withdrawal) -> dict[str, Any]:
    """The values behind a receipt's hash, for the page and the manifest."""
    if isinstance(row, Grant):
        return rules.receipt(
            "grant",
            row.person.pseudonym,
            row.program_id,
            row.purpose,
            row.take,
            row.granted_at,
            row.terms.sha256,
            row.expires_at,
        )
    return rules.receipt(
        "withdrawal",
        row.person.pseudonym,
        row.program_id,
        row.purpose,
        row.take,
        row.withdrawn_at,
    )


@dataclass(frozen=True)
class Card:
    """One purpose of a program as a person sees it.

    newer: a later text than the signed one waits for a signature.
    """

    purpose: str
    title: str
    terms: Terms
    grant: Grant | None
    newer: bool
    last_withdrawal: Withdrawal | None


def cards(person: Person, program: Program, at: dt.datetime) -> list[Card]:
    """The program's purposes in order, each with its text and what the person said to it."""
    return [
        card
        for purpose in program.purposes
        if purpose in rules.PURPOSES and (card := card_of(person, program, purpose, at)) is not None
    ]


def card_of(person: Person, program: Program, purpose: str, at: dt.datetime) -> Card | None:
    """One purpose or signature as a person sees it; None where no text was published."""
    terms = terms_of(program, purpose)
    if terms is None:
        return None
    grant = standing(person, program, purpose, None, at)
    withdrawal = (
        Withdrawal.objects.filter(
            person=person, program=program, purpose__in=[purpose, rules.ALL], take=None
        )
        .order_by("-withdrawn_at")
        .first()
    )
    return Card(
        purpose=purpose,
        title=title_of(purpose),
        terms=terms,
        grant=grant,
        newer=grant is not None and grant.terms_id != terms.pk,
        last_withdrawal=withdrawal,
    )


def granted_purposes(person: Person, program: Program, at: dt.datetime) -> list[str]:
    """Purposes that hold for every take of the program, in the order of `PURPOSES`."""
    held = signatures(person, program)
    return [purpose for purpose in rules.PURPOSES if held.covers(purpose, at)]


def history(person: Person, program: Program) -> list[Grant | Withdrawal]:
    """Every signature and withdrawal of a person in a program, newest first."""
    rows: list[Grant | Withdrawal] = [
        *Grant.objects.filter(person=person, program=program).select_related("terms", "person"),
        *Withdrawal.objects.filter(person=person, program=program).select_related("person"),
    ]
    return sorted(
        rows, key=lambda r: r.granted_at if isinstance(r, Grant) else r.withdrawn_at, reverse=True
    )
