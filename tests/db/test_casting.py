"""Casting on Postgres: calls, applications, paid auditions, decisions with reasons, pools."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from yesand.casting import access, actions, reads
from yesand.casting.models import Application, RosterPlace
from yesand.consent import actions as consent
from yesand.consent.models import Grant
from yesand.kit.errors import Refused
from yesand.pay import reads as pay
from yesand.people import actions as people
from yesand.people.access import is_member
from yesand.people.models import Person
from yesand.recording import actions as recording

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return people.open_program("Quiet Harbor Lab", "Light Voices", audition_minor=1850)


@pytest.fixture
def mo(program):
    person = people.add_person("mo@example.org", alias="Mo")
    people.join(program, person, "producer")
    return person


@pytest.fixture
def ada():
    return people.add_person("ada@example.org", alias="Ada", languages=["en"])


@pytest.fixture
def call(program):
    return actions.open_call(program, "Players wanted", "Five short scenes.", ["en"])


def codes(refused):
    return [problem.code for problem in refused.value.problems]


def record(application, piece):
    """What a browser does for one piece: a recording with a sealed microphone stream."""
    audition = actions.open_audition(application, piece)
    stream, _token, _door = recording.open_stream(audition.recording, "mic")
    recording.sealed(stream, 4096, "h", "s", f"auditions/{audition.pk}/mic.pcm")
    return stream


def test_a_call_says_what_it_must(program):
    with pytest.raises(Refused) as refused:
        actions.open_call(
            program, " ", "", ["english"], closes_at=timezone.now() - dt.timedelta(days=1)
        )
    assert codes(refused) == ["no_title", "no_about", "bad_language", "closes_in_past"]
    with pytest.raises(Refused) as refused:
        actions.open_call(program, "x", "y", [], audition_minutes=2)
    assert codes(refused) == ["audition_minutes", "no_languages"]
    first = actions.open_call(program, "Players", "Scenes.", ["en"])
    second = actions.open_call(program, "Players", "Scenes.", ["en"])
    assert first.slug == "light-voices-players" and second.slug == "light-voices-players-2"


def test_a_call_ends_by_day_by_hand_or_with_its_program(program, call):
    now = timezone.now()
    short = actions.open_call(
        program, "Short", "Scenes.", ["en"], closes_at=now + dt.timedelta(days=2)
    )
    assert reads.is_open(short, now) and not reads.is_open(short, now + dt.timedelta(days=2))
    assert {c.pk for c in reads.open_calls(now=now + dt.timedelta(days=3))} == {call.pk}
    actions.withdraw_call(call)
    assert not reads.is_open(call)
    people.close_program(program)
    short.refresh_from_db()
    assert not reads.is_open(short, now)
    with pytest.raises(Refused) as refused:
        actions.open_call(program, "Late", "Scenes.", ["en"])
    assert codes(refused) == ["program_closed"]


def test_an_application_locks_the_fee_and_is_made_once(program, call, ada):
    application = actions.apply(call, ada, "I have improvised for six years.", adult=True)
    assert actions.apply(call, ada, "again", adult=True) == application
    program.audition_minor = 1000
    program.save()
    call.refresh_from_db()
    record(application, 1)
    record(application, 2)
    actions.hand_in(application)
    assert str(pay.earned(ada)[0]) == "$18.50", "a rate can only rise"


def test_children_and_unsigned_terms_record_nothing(program, call, ada):
    with pytest.raises(Refused) as refused:
        actions.apply(call, ada)
    assert codes(refused) == ["not_adult"]
    consent.publish_terms(program, "terms", "Terms", "Your name is not in it.")
    with pytest.raises(Refused) as refused:
        actions.apply(call, ada, adult=True)
    assert codes(refused) == ["terms_unsigned"]
    assert Application.objects.count() == 0
    actions.apply(call, ada, adult=True, terms=True)
    assert Grant.objects.get(person=ada).purpose == "terms"


def test_a_used_up_call_takes_nobody(call, ada):
    actions.withdraw_call(call)
    call.refresh_from_db()
    with pytest.raises(Refused) as refused:
        actions.apply(call, ada, adult=True)
    assert codes(refused) == ["call_closed"]


def test_an_audition_is_paid_whatever_is_decided(program, call, ada, mo):
    application = actions.apply(call, ada, adult=True)
    with pytest.raises(Refused) as refused:
        actions.hand_in(application)
    assert codes(refused) == ["piece_missing"]
    record(application, 1)
    audition = actions.open_audition(application, 2)
    recording.open_stream(audition.recording, "mic")
    with pytest.raises(Refused) as refused:
        actions.hand_in(application)
    assert codes(refused) == ["still_sending"]
    record(application, 2)
    handed = actions.hand_in(application)
    assert handed.state == "recorded"
    assert actions.hand_in(application).state == "recorded"
    (line,) = pay.statement(ada, program)
    assert (str(line.amount), line.rule, line.event) == ("$18.50", "audition", application.pk)
    assert pay.residual(program) == 0
    actions.decide(application, mo, False, "You were easy to hear. We have enough voices.")
    (line,) = pay.statement(ada, program)
    assert str(line.amount) == "$18.50"
    assert not is_member(ada, program, "performer")


def test_an_audition_can_never_enter_a_release(call, ada):
    application = actions.apply(call, ada, adult=True)
    audition = actions.open_audition(application, 1)
    assert audition.recording.storage_class == "audition"
    assert audition.recording.keep_until is not None
    assert actions.open_audition(application, 1) == audition
    with pytest.raises(Refused) as refused:
        actions.open_audition(application, 3)
    assert codes(refused) == ["unknown_piece"]


def test_a_person_decides_with_a_reason_and_once(program, call, ada, mo):
    application = actions.apply(call, ada, adult=True)
    with pytest.raises(Refused) as refused:
        actions.decide(application, mo, True, "Good listener.")
    assert codes(refused) == ["not_handed_in"]
    record(application, 1)
    record(application, 2)
    actions.hand_in(application)
    assert [a.pk for a in reads.waiting(program)] == [application.pk]
    with pytest.raises(Refused) as refused:
        actions.decide(application, mo, True, "   ")
    assert codes(refused) == ["no_reason"]
    with pytest.raises(Refused) as refused:
        actions.decide(application, ada, True, "I am good.")
    assert codes(refused) == ["not_allowed"]
    actions.decide(application, mo, True, "You build on what you get.")
    assert is_member(ada, program, "performer")
    assert [place.person for place in reads.roster(program)] == [ada]
    with pytest.raises(Refused) as refused:
        actions.decide(application, mo, False, "On second thought.")
    assert codes(refused) == ["already_decided"]
    with pytest.raises(Refused) as refused:
        actions.open_audition(application, 1)
    assert codes(refused) == ["audition_over"]
    assert reads.waiting(program) == [] and len(reads.decided(program)) == 1


def test_a_split_pool_is_given_for_good(program):
    persons = [
        people.add_person(f"p{n}@example.org", languages=["es"] if n % 5 == 4 else ["en"])
        for n in range(25)
    ]
    for person in persons:
        actions.cast(program, person)
    english = [reads.split_pool(program, p) for p in persons if p.languages == ["en"]]
    assert english.count("train") == 16 and english.count("dev") == 2
    assert english.count("test") == 2
    spanish = [reads.split_pool(program, p) for p in persons if p.languages == ["es"]]
    assert spanish == ["train"] * 5, "each language fills its own pools"
    before = reads.split_pool(program, persons[8])
    actions.leave_roster(program, persons[8])
    assert persons[8] not in [place.person for place in reads.roster(program)]
    again = actions.cast(program, persons[8])
    assert again.split_pool == before and again.left_at is None
    assert RosterPlace.objects.count() == 25
    assert actions.cast(program, persons[8]).pk == again.pk


def test_free_counts_those_who_proved_their_age(program, ada):
    bo = people.add_person("bo@example.org", languages=["en", "es"])
    actions.cast(program, ada)
    actions.cast(program, bo)
    assert reads.free_by_language(program) == {}
    Person.objects.filter(pk__in=[ada.pk, bo.pk]).update(adult_verified_at=timezone.now())
    assert reads.free_by_language(program) == {"en": 2, "es": 1}


def test_only_the_performer_and_the_programs_producers_see_an_application(program, call, ada, mo):
    application = actions.apply(call, ada, adult=True)
    stranger = people.add_person("s@example.org")
    other = people.open_program("Other", "Other")
    people.join(other, stranger, "producer")
    assert access.may_see(ada, application) and access.may_see(mo, application)
    assert not access.may_see(stranger, application)
    assert access.may_decide(mo, application) and not access.may_decide(stranger, application)
    people.join(program, ada, "producer")
    assert not access.may_decide(ada, application), "never one's own"


def test_the_newest_recording_of_a_piece_counts(call, ada):
    application = actions.apply(call, ada, adult=True)
    record(application, 1)
    newest = record(application, 1)
    first, second = reads.pieces_of(application)
    assert first.mic == newest and first.state == "sent"
    assert second.state == "open"
