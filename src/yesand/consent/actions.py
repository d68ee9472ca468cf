"""Verbs of consent. Every one adds a row, moves the program's epoch and appends a fact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yesand.consent import reads, rules
from yesand.consent.models import CopyShare, Epoch, Grant, TakeChoice, Terms, Withdrawal
from yesand.infra import facts
from yesand.kit.canonical import sha256_hex
from yesand.kit.errors import refuse
from yesand.kit.spans import Span, merge
from yesand.people.models import Person, Program


@transaction.atomic
def lock_epoch(program: Program) -> int:
    """Hold the program's consent still until the transaction ends; the epoch's number.

    Whoever publishes locks, reads the number and checks again: no grant, withdrawal or choice can
    land in between, because every one of them waits for the same row.
    """
    Epoch.objects.get_or_create(program=program)
    return Epoch.objects.select_for_update().get(program=program).number


def _next_epoch(program: Program) -> int:
    number = lock_epoch(program) + 1
    Epoch.objects.filter(program=program).update(number=number)
    return number


@transaction.atomic
def publish_terms(
    program: Program,
    purpose: str,
    title: str,
    text: str,
    *,
    language: str = "en",
    years: int | None = -1,
) -> Terms:
    """A further version of a text; the same text again is the same version.

    years: how long a grant under it lasts. Left out: `rules.YEARS` for purposes, open otherwise.
    """
    if purpose not in rules.PURPOSES | rules.SIGNATURES:
        raise refuse("bad_purpose", _("There is no such purpose."), "purpose")
    if not title.strip() or not text.strip():
        raise refuse("empty_terms", _("A text needs a title and words."), "text")
    if years == -1:
        years = rules.YEARS if purpose in rules.PURPOSES else None
    lock_epoch(program)
    last = reads.terms_of(program, purpose, language)
    sha256 = sha256_hex(text.encode())
    if last and (last.sha256, last.title, last.years) == (sha256, title, years):
        return last
    terms = Terms.objects.create(
        program=program,
        purpose=purpose,
        version=last.version + 1 if last else 1,
        language=language,
        title=title,
        text=text,
        sha256=sha256,
        years=years,
    )
    facts.append("consent", "terms_published", program.pk, purpose=purpose, version=terms.version)
    return terms


@transaction.atomic
def grant(
    person: Person,
    program: Program,
    purpose: str,
    take: UUID | None = None,
    at: dt.datetime | None = None,
) -> Grant:
    """Sign one purpose under its newest text, for one take or for all; the row is the receipt.

    Signing what already stands under the same text returns that signature. Raises Refused for a
    purpose nobody asks for, a text that was never published and a closed program.
    """
    at = at or timezone.now()
    if purpose not in rules.PURPOSES | rules.SIGNATURES:
        raise refuse("bad_purpose", _("There is no such purpose."), "purpose")
    if program.closed_at is not None:
        raise refuse("program_closed", _("This program is closed; nothing can be signed."))
    if purpose == "likeness_replica":
        raise refuse(
            "needs_representation",
            _(
                "A replica needs every use described and somebody who speaks for you. "
                "A page cannot take that signature."
            ),
            "purpose",
        )
    if purpose in rules.PURPOSES and purpose not in program.purposes:
        raise refuse("not_asked", _("This program does not ask for that use."), "purpose")
    terms = reads.terms_of(program, purpose)
    if terms is None:
        raise refuse("no_terms", _("There is no text to sign for this yet."), "purpose")
    _next_epoch(program)
    standing = reads.standing(person, program, purpose, take, at)
    if standing is not None and standing.terms_id == terms.pk and standing.take == take:
        return standing
    until = rules.expiry(at, terms.years)
    values = rules.receipt(
        "grant", person.pseudonym, program.pk, purpose, take, at, terms.sha256, until
    )
    row = Grant.objects.create(
        person=person,
        program=program,
        purpose=purpose,
        terms=terms,
        take=take,
        granted_at=at,
        expires_at=until,
        receipt_sha256=rules.receipt_hash(values),
    )
    facts.append(
        "consent",
        "granted",
        row.pk,
        person=str(person.pk),
        program=str(program.pk),
        purpose=purpose,
        take=str(take) if take else None,
    )
    return row


@transaction.atomic
def withdraw(
    person: Person,
    program: Program,
    purpose: str = rules.ALL,
    take: UUID | None = None,
    at: dt.datetime | None = None,
) -> Withdrawal:
    """Take a purpose back, or everything, for one take or for all. Always possible, never costs.

    Also in a closed program. Whatever it reaches leaves the releases by a job on the fact.
    """
    at = at or timezone.now()
    if purpose not in rules.PURPOSES | rules.SIGNATURES and purpose != rules.ALL:
        raise refuse("bad_purpose", _("There is no such purpose."), "purpose")
    _next_epoch(program)
    values = rules.receipt("withdrawal", person.pseudonym, program.pk, purpose, take, at)
    row = Withdrawal.objects.create(
        person=person,
        program=program,
        purpose=purpose,
        take=take,
        withdrawn_at=at,
        receipt_sha256=rules.receipt_hash(values),
    )
    facts.append(
        "consent",
        "withdrawn",
        row.pk,
        person=str(person.pk),
        program=str(program.pk),
        purpose=purpose,
        take=str(take) if take else None,
    )
    return row


@transaction.atomic
def choose(
    person: Person,
    program: Program,
    take: UUID,
    choice: str,
    at: dt.datetime | None = None,
    private_spans: Sequence[Sequence[float]] = (),
) -> TakeChoice:
    """Keep, hold for 48 h or strike one's side of a take; the newest row stands.

    A strike can be undone for 48 h; then the key is destroyed and this refuses. Spans marked
    private stay marked; where `private_spans` names any, they replace them.
    """
    at = at or timezone.now()
    if choice not in rules.CHOICES:
        raise refuse("bad_choice", _("Choose keep, hold or strike."), "choice")
    spans = rules.check_spans(private_spans)
    before = _chosen_before(person, program, take, at)
    return _chosen(
        before,
        person=person,
        program=program,
        take=take,
        choice=choice,
        chosen_at=at,
        until=at + rules.HOLD if choice in ("hold", "strike") else None,
        private_spans=spans or (before.private_spans if before else []),
    )


@transaction.atomic
def mark_private(
    person: Person,
    program: Program,
    take: UUID,
    spans: Sequence[Sequence[float]],
    at: dt.datetime | None = None,
) -> TakeChoice:
    """Set exactly which spans of a take are out on both sides; none puts everything back.

    The choice stays as it was; a take nobody chose about yet is held.
    """
    at = at or timezone.now()
    exact = rules.check_spans(spans)
    before = _chosen_before(person, program, take, at)
    return _chosen(
        before,
        person=person,
        program=program,
        take=take,
        choice=before.choice if before else "hold",
        chosen_at=at,
        until=before.until if before else at + rules.HOLD,
        private_spans=exact,
    )


def _chosen_before(
    person: Person, program: Program, take: UUID, at: dt.datetime
) -> TakeChoice | None:
    """The choice that stands, under the epoch's lock. Refuses once a strike is final."""
    _next_epoch(program)
    before = reads.choice_of(person, take)
    if before and before.choice == "strike" and before.until and at >= before.until:
        raise refuse(
            "strike_over",
            _("You struck this take more than 48 hours ago. Its key is destroyed for good."),
            "choice",
        )
    return before


def _chosen(before: TakeChoice | None, **values: Any) -> TakeChoice:
    """Add the row that stands from now on, and say so."""
    row = TakeChoice.objects.create(**values)
    held = merge(Span(*pair) for pair in before.private_spans) if before else []
    asked = merge([*held, *(Span(*pair) for pair in row.private_spans)])
    facts.append(
        "consent",
        "chose",
        row.take,
        take=str(row.take),
        person=str(row.person_id),
        program=str(row.program_id),
        choice=row.choice,
        before=before.choice if before else "",
        more_private=asked != held,
    )
    return row


@transaction.atomic
def share_copy(person: Person, program: Program, take: UUID) -> CopyShare:
    """Let the other player keep a copy of one's side of a take. Again changes nothing.

    A copy of both sides needs this of both. No purpose follows from it: it is theirs to hear.
    """
    lock_epoch(program)
    standing = reads.shares_of([take]).get((take, person.pk))
    if standing is not None:
        return standing
    row = CopyShare.objects.create(
        person=person, program=program, take=take, shared_at=timezone.now()
    )
    facts.append("consent", "copy_shared", take, person=str(person.pk))
    return row


@transaction.atomic
def unshare_copy(person: Person, program: Program, take: UUID) -> None:
    """Take the copy back. Refuses once the other has downloaded it: nobody can fetch it back."""
    lock_epoch(program)
    standing = reads.shares_of([take]).get((take, person.pk))
    if standing is None:
        return
    if standing.taken_at is not None:
        raise refuse(
            "copy_taken",
            _("Your partner has downloaded it already, so it cannot be taken back."),
            "share",
        )
    standing.ended_at = timezone.now()
    standing.save(update_fields=["ended_at"])
    facts.append("consent", "copy_unshared", take, person=str(person.pk))


@transaction.atomic
def take_copy(taker: Person, program: Program, take: UUID, partner: Person) -> None:
    """`taker` downloads both sides now. Refuses where not both share; a robot always does.

    Under the lock by which either takes it back: it is taken back before, or downloaded.
    """
    lock_epoch(program)
    shares = reads.shares_of([take])
    given, own = shares.get((take, partner.pk)), shares.get((take, taker.pk))
    if own is None or (given is None and partner.player_kind == "human"):
        raise refuse("not_shared", _("A copy of both sides needs a yes of both of you."), "share")
    if given is not None and given.taken_at is None:
        given.taken_at = timezone.now()
        given.save(update_fields=["taken_at"])
        facts.append("consent", "copy_taken", take, person=str(taker.pk))
