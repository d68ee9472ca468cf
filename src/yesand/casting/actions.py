"""Verbs of casting: calls, applications, auditions, decisions, the roster."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from yesand.casting import access, reads, rules
from yesand.casting.models import Application, Audition, Call, RosterPlace
from yesand.casting.rules import DEFAULT_PIECES, Piece
from yesand.commission.models import Commission
from yesand.commission.order import LANGUAGE
from yesand.consent import actions as consent
from yesand.consent import reads as consent_reads
from yesand.infra import facts
from yesand.kit.errors import Problem, Refused, refuse
from yesand.pay import actions as pay
from yesand.people import actions as people
from yesand.people.models import Person, Program
from yesand.recording import actions as recording

MAX_SAYS = 2000
MAX_REASON = 2000


@transaction.atomic
def open_call(
    program: Program,
    title: str,
    about: str,
    languages: Sequence[str],
    *,
    commission: Commission | None = None,
    pieces: Sequence[Piece] = DEFAULT_PIECES,
    audition_minutes: int = 15,
    closes_at: dt.datetime | None = None,
    slug: str = "",
    heavy: bool = False,
) -> Call:
    """An announcement anybody may read. Raises Refused with every wrong field.

    heavy: it says that heavy scenes may be offered, to who says yes to them for a booking.
    """
    found = rules.problems_of_pieces(list(pieces), audition_minutes)
    if program.closed_at is not None:
        found.append(Problem("program_closed", "program", _("This program is closed.")))
    if not title.strip():
        found.append(Problem("no_title", "title", _("Give the call a title.")))
    if not about.strip():
        says = _("Say in a few words what is played and for whom.")
        found.append(Problem("no_about", "about", says))
    if not languages:
        says = _("Name at least one language that is played in.")
        found.append(Problem("no_languages", "languages", says))
    for code in languages:
        if not LANGUAGE.fullmatch(code):
            says = _("Write language codes such as en or pt-BR.")
            found.append(Problem("bad_language", "languages", says))
            break
    if closes_at is not None and closes_at <= timezone.now():
        says = _("Choose a day that has not begun, or leave it open.")
        found.append(Problem("closes_in_past", "closes_at", says))
    if commission is not None and commission.program_id != program.pk:
        says = _("That order belongs to another program.")
        found.append(Problem("other_program", "commission", says))
    if found:
        raise Refused(*found)
    call = Call.objects.create(
        program=program,
        commission=commission,
        slug=_free_slug(slug or f"{program.slug}-{title}"),
        title=title.strip()[:120],
        about=about.strip(),
        languages=list(languages),
        audition_minutes=audition_minutes,
        pieces=list(pieces),
        closes_at=closes_at,
        heavy=heavy,
    )
    facts.append("casting", "call_opened", call.pk)
    return call


def _free_slug(wanted: str) -> str:
    stem = slugify(wanted)[:70] or "call"
    slug, number = stem, 2
    while Call.objects.filter(slug=slug).exists():
        slug, number = f"{stem}-{number}", number + 1
    return slug


@transaction.atomic
def withdraw_call(call: Call) -> Call:
    """No further applications; auditions already begun are heard, answered and paid."""
    if call.withdrawn_at is None:
        call.withdrawn_at = timezone.now()
        call.save(update_fields=["withdrawn_at"])
        facts.append("casting", "call_withdrawn", call.pk)
    return call


@transaction.atomic
def apply(
    call: Call, person: Person, says: str = "", *, adult: bool = False, terms: bool = False
) -> Application:
    """A performer's answer to a call; applying twice is applying once.

    adult: they say that they are 18 or older. terms: they signed the program's terms, where it
    has any: signed before the first recorded second. The audition's fee is locked here.
    Raises Refused naming the field, or where the call takes no more applications.
    """
    found = reads.application_of(call, person)
    if found is not None:
        return found
    if not reads.is_open(call):
        raise refuse("call_closed", _("This call takes no more applications."), "call")
    problems = []
    if not adult:
        says_why = _("Only people of 18 or older may play here.")
        problems.append(Problem("not_adult", "adult", says_why))
    text = consent_reads.terms_of(call.program, "terms")
    if text is not None and not terms:
        says_why = _("Read and sign the terms first: an audition is a recording.")
        problems.append(Problem("terms_unsigned", "terms", says_why))
    if len(says) > MAX_SAYS:
        problems.append(Problem("too_long", "says", _("Keep it to 2,000 characters.")))
    if problems:
        raise Refused(*problems)
    if text is not None:
        consent.grant(person, call.program, "terms")
    application = Application.objects.create(
        call=call, person=person, says=says.strip(), adult_stated_at=timezone.now()
    )
    pay.lock_rate(person, call.program, "audition", application.pk)
    facts.append("casting", "applied", application.pk, person=str(person.pk))
    return application


@transaction.atomic
def open_audition(application: Application, piece: int) -> Audition:
    """The place of one recorded piece (from 1); made once, with its recording.

    The recording is of storage class audition, which can never enter a release.
    """
    application = _locked(application)
    if application.state != "applied":
        raise refuse(
            "audition_over", _("This audition is handed in; nothing more is recorded."), "piece"
        )
    if not 1 <= piece <= len(application.call.pieces):
        raise refuse("unknown_piece", _("This audition has no such piece."), "piece")
    audition, made = Audition.objects.get_or_create(application=application, piece=piece)
    if made or audition.recording is None:
        audition.recording = recording.open_recording(
            application.call.program, application.person, "audition", audition.pk
        )
        audition.save(update_fields=["recording"])
    return audition


@transaction.atomic
def hand_in(application: Application) -> Application:
    """Both pieces are here: the audition is paid, whatever is decided. Twice is once.

    Refuses while a piece is missing or still on its way.
    """
    application = _locked(application)
    if application.state != "applied":
        return application
    for piece in reads.pieces_of(application):
        if piece.state == "sending":
            says = _("Piece %(number)d is still on its way. Keep this page open for a moment.")
            raise refuse("still_sending", says % {"number": piece.number}, "piece")
        if piece.state != "sent":
            says = _("Piece %(number)d is not recorded yet.")
            raise refuse("piece_missing", says % {"number": piece.number}, "piece")
    now = timezone.now()
    application.auditions.update(recorded_at=now)
    application.state = "recorded"
    application.save(update_fields=["state"])
    call = application.call
    rate = pay.lock_rate(application.person, call.program, "audition", application.pk)
    seconds = call.audition_minutes * 60
    pay.accrue(rate, "audition", seconds, "audition", application.pk, "audition", at=now)
    pay.settle("audition", application.pk)
    facts.append("casting", "audition_handed_in", application.pk, person=str(application.person_id))
    return application


@transaction.atomic
def decide(application: Application, by: Person, accept: bool, reason: str) -> Application:
    """Cast a performer or decline, by a person and with a reason written for the performer.

    Raises Refused for an empty reason, an audition that is not handed in, and a decision that
    stands: who was declined may open a case, and who was cast stays cast.
    """
    application = _locked(application)
    reason = reason.strip()
    if not access.may_decide(by, application):
        raise refuse("not_allowed", _("Only a producer of this program decides."), "by")
    if not reason:
        says = _("Write what you saw; the performer reads it, yes or no.")
        raise refuse("no_reason", says, "reason")
    if len(reason) > MAX_REASON:
        raise refuse("too_long", _("Keep the reason to 2,000 characters."), "reason")
    if application.state in {"accepted", "declined"}:
        raise refuse("already_decided", _("This audition is decided already."), "decision")
    if application.state != "recorded":
        raise refuse("not_handed_in", _("This audition is not handed in yet."), "decision")
    application.state = "accepted" if accept else "declined"
    application.decided_by, application.decided_at = by, timezone.now()
    application.reason = reason
    application.save()
    if accept:
        cast(application.call.program, application.person)
    facts.append(
        "casting",
        application.state,
        application.pk,
        person=str(application.person_id),
        program=str(application.call.program_id),
    )
    return application


@transaction.atomic
def cast(program: Program, person: Person) -> RosterPlace:
    """Put a performer on the roster, in a split pool they keep for good; twice is once.

    Used by `decide`, and where a producer invites somebody whose play they know.
    """
    # One writer per program: two performers cast at once must not get the same place.
    Program.objects.select_for_update().get(pk=program.pk)
    people.join(program, person, "performer")
    place = RosterPlace.objects.filter(program=program, person=person).first()
    if place is None:
        first = (person.languages or [""])[0]
        before = RosterPlace.objects.filter(program=program).select_related("person")
        earlier = sum(1 for other in before if (other.person.languages or [""])[0] == first)
        place = RosterPlace.objects.create(
            program=program, person=person, split_pool=rules.pool_for(earlier)
        )
        facts.append("casting", "cast", place.person_id, program=str(program.pk))
    elif place.left_at is not None:
        place.left_at = None
        place.save(update_fields=["left_at"])
        facts.append("casting", "cast", place.person_id, program=str(program.pk))
    return place


@transaction.atomic
def leave_roster(program: Program, person: Person) -> None:
    """A performer stops. The pool stays theirs, should they come back."""
    places = RosterPlace.objects.filter(program=program, person=person, left_at=None)
    if places.update(left_at=timezone.now()):
        people.leave(program, person, "performer")
        facts.append("casting", "left", person.pk, program=str(program.pk))


def _locked(application: Application) -> Application:
    return (
        Application.objects.select_for_update(of=("self",))
        .select_related("call__program", "person")
        .get(pk=application.pk)
    )
