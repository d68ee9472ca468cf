"""What the live desk can do for many rooms: few questions, staying on, somebody else."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.db.test_desk_pages import browser, clock, here, live, present
from tests.fakes.rooms import Room, make_room, person
from yesand.cases import actions as cases
from yesand.casting.models import RosterPlace
from yesand.consent import actions as consent
from yesand.matching import actions as matching
from yesand.matching.models import Booking
from yesand.matching.rules import WeeklyWindow
from yesand.people.models import Membership, Person, Program
from yesand.stage import actions, reads, room
from yesand.stage.models import Session
from yesand.stage.reads import live_sessions
from yesand.web.producer.live_rooms import tiles

__all__ = ["clock", "here"]
pytestmark = pytest.mark.django_db
ALWAYS = [WeeklyWindow(day, dt.time(0), dt.time(0), "UTC") for day in range(7)]


def enrolled(here: Room, alias: str) -> Person:
    """Somebody on the roster who is free all week and signed the first use; both players too."""
    kim = person(alias)
    Membership.objects.create(program=here.program, person=kim, role="performer")
    Program.objects.filter(pk=here.program.pk).update(purposes=["recognition_training"])
    here.program.refresh_from_db()
    consent.publish_terms(here.program, "recognition_training", "Training", "They may train.")
    for one in (here.ada, here.noor, kim):
        RosterPlace.objects.create(program=here.program, person=one, split_pool="train")
        Person.objects.filter(pk=one.pk).update(languages=["en"])
        consent.grant(one, here.program, "recognition_training")
    matching.set_windows(kim, ALWAYS)
    return kim


def test_fifty_rooms_cost_the_desk_no_more_questions_than_two(home, settings, clock):
    settings.MIN_FREE_BYTES = 0
    rooms = [make_room() for _ in range(2)]
    program, mo = rooms[0].program, rooms[0].mo

    def questions() -> int:
        with CaptureQueriesContext(connection) as caught:
            found = tiles(live_sessions(program), mo)
        assert len(found) == Session.objects.filter(program=program).count()
        return len(caught)

    def more(count: int) -> None:
        for _ in range(count):
            room_ = make_room()
            for role in ("a", "b"):
                present(room_, role)
            room_.playing()
            Session.objects.filter(pk=room_.session.pk).update(program=program)

    more(2)
    few = questions()
    more(12)
    assert questions() == few
    assert few <= 14


def test_whoever_lost_connection_is_said_with_how_long_ago(here, clock):
    present(here, "a", "b")
    here.playing()
    room.gone(here.session, "b", "Noor", "peer-b")
    clock[0] += 41
    assert "Noor lost connection 0:41 ago" in live(here)


def test_a_report_puts_its_room_first_and_names_nobody(here, clock):
    present(here, "a", "b")
    take = here.playing()
    cases.open_case(here.program, "safety", "take", take.pk, here.ada, "Not right.", about=here.mo)
    assert "asked for a human" not in live(here), "what is about the reader is not theirs to read"
    cases.open_case(here.program, "safety", "take", take.pk, here.noor, "Not right.")
    page = live(here)
    assert "Somebody here asked for a human" in page and "Not right" not in page


def test_the_desk_asks_both_to_stay_and_a_no_is_told_to_nobody(here, clock):
    present(here, "a", "b")
    here.playing()
    actions.close_take(reads.open_take(here.session.pk), "and_scene")
    Session.objects.filter(pk=here.session.pk).update(state="playing")
    mo, path = browser(here.mo), f"/producer/{here.program.slug}/live/{here.session.pk}"
    assert "Ask both to stay a little" in mo.get(path).content.decode()
    mo.post(f"{path}/stay")
    assert "Ask both to stay a little" not in mo.get(path).content.decode()
    table = f"/room/{here.session.pk}/table?page=stage"
    assert "stay a little after your time" in browser(here.ada).get(table).content.decode()
    browser(here.noor).post(f"/room/{here.session.pk}/stay", {"answer": "no"})
    session = Session.objects.get(pk=here.session.pk)
    assert session.state == "playing", "the booking still runs"
    for who in (here.ada, here.noor):
        assert "stay a little" not in browser(who).get(table).content.decode()
    mo.post(f"{path}/stay")
    assert "It is not asked twice" in mo.get(path).content.decode()


def test_somebody_else_is_asked_where_a_partner_left(here, clock):
    kim = enrolled(here, "Kim")
    present(here, "a", "b")
    actions.leave(here.session, here.noor)
    mo, path = browser(here.mo), f"/producer/{here.program.slug}/live/{here.session.pk}"
    page = mo.get(path).content.decode()
    assert "Somebody else for Ada" in page and "Kim" in page
    assert mo.post(f"{path}/anew", {"role": "a", "other": str(here.noor.pk)}).status_code == 302
    assert Booking.objects.count() == 1, "who left is not asked again"
    mo.post(f"{path}/anew", {"role": "a", "other": str(kim.pk)})
    made = Booking.objects.exclude(pk=here.booking.pk).get()
    assert made.state == "offered" and made.minutes == 30
    assert {seat.person_id for seat in made.seats.all()} == {here.ada.pk, kim.pk}
    assert Session.objects.get(pk=here.session.pk).state == "ended"
