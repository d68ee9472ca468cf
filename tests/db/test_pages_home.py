"""The producer's home on a busy day: cases, today, the weeks, play, spending; and the cases page."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from tests.fakes import desk
from tests.fakes.desk import YAML, page, signed_in
from yesand.cases import actions as cases
from yesand.cases.models import Case
from yesand.casting import actions as casting
from yesand.commission import actions
from yesand.commission.models import Commission
from yesand.commission.schema import read_order
from yesand.kit.money import Money
from yesand.labels.models import SceneNote
from yesand.matching.models import Booking, Seat, Window
from yesand.pay import actions as pay
from yesand.pay import reads as pay_reads
from yesand.people import actions as people
from yesand.people.models import Person
from yesand.stage.models import Place, Scene, Session, Take
from yesand.web.producer import days, play_figures

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)  # a Wednesday


program, mo, producer = desk.program, desk.mo, desk.producer


@pytest.fixture
def order(program) -> Commission:
    row = actions.draft(program, read_order(YAML, "x"))
    return actions.open_commission(actions.approve(row, "Dr. Ames"))


@pytest.fixture
def cast(program) -> list[Person]:
    persons = [
        people.add_person(f"p{n}@example.org", alias=f"Player{n}", languages=["en"])
        for n in range(8)
    ]
    for person in persons:
        casting.cast(program, person)
    Person.objects.filter(pk__in=[p.pk for p in persons]).update(adult_verified_at=NOON)
    return persons


def book(order, pair, starts_at, state="confirmed") -> Booking:
    row = Booking.objects.create(
        program=order.program,
        commission=order,
        starts_at=starts_at,
        minutes=60,
        state=state,
        answer_by=starts_at,
    )
    for role, person in zip("ab", pair, strict=True):
        rate = pay.lock_rate(person, order.program, "booking", row.pk)
        Seat.objects.create(booking=row, person=person, role=role, rate=rate)
    pay.reserve(order.program, order.pk, Money(14800), "booking", row.pk, once=str(row.pk))
    return row


def test_today_is_drawn_in_lanes_that_do_not_overlap(program, order, cast):
    hour = dt.timedelta(hours=1)
    book(order, cast[0:2], NOON - 3 * hour, "done")
    book(order, cast[2:4], NOON - hour / 2, "playing")
    book(order, cast[4:6], NOON - hour / 4)
    book(order, cast[6:8], NOON + 4 * hour)
    book(order, cast[0:2], NOON + 5 * hour, "offered")
    book(order, cast[0:2], NOON + 30 * hour)
    book(order, cast[0:2], NOON + 2 * hour, "cancelled")
    drawn = days.today(program, NOON)
    assert (drawn.done, drawn.playing, drawn.later, drawn.offered) == (1, 2, 1, 1)
    assert len(drawn.bars) == 5
    assert len({bar.y for bar in drawn.bars}) == 2, "two play at once"
    for bar in drawn.bars:
        assert 0 <= bar.x < bar.x + bar.width <= 100.5
    assert drawn.now == "12:00" and 0 < drawn.now_x < 100
    assert days.today(program, NOON + 200 * hour).bars == []


def test_weeks_ahead_compare_what_is_needed_with_who_is_free(program, order, cast):
    for person in cast[:3]:
        Window.objects.create(
            person=person, weekday=3, start=dt.time(9), end=dt.time(21), zone="UTC"
        )
    order.approved_at = NOON
    order.save()
    book(order, cast[0:2], NOON + dt.timedelta(hours=3))
    found = days.weeks(program, order, NOON)
    assert [week.monday for week in found][:2] == [dt.date(2026, 11, 23), dt.date(2026, 11, 30)]
    assert found[0].booked == 1 and all(week.free == 3 for week in found)
    assert all(week.needed >= 2 and week.money.minor > 0 for week in found)
    assert found[0].rater_hours > 0
    actions.close_commission(order)
    order.refresh_from_db()
    idle = days.weeks(program, order, NOON)
    assert idle[0].needed == 2, "what is booked is played"
    assert idle[1].needed == 0 and idle[1].short == 0


def played(order, pair, number) -> Take:
    booking = book(order, pair, NOON - dt.timedelta(days=number + 1), "done")
    session = Session.objects.create(
        program=order.program, commission=order, booking=booking, state="ended"
    )
    for role, person in zip("ab", pair, strict=True):
        Place.objects.create(session=session, person=person, role=role, alias=person.alias)
    scene = Scene.objects.create(session=session, index=0, own_line="Two neighbors.")
    return Take.objects.create(scene=scene, number=1, state="closed", opened_at=0, closed_at=300)


def test_how_it_feels_is_never_said_of_a_few(program, order, cast, producer):
    first = played(order, cast[0:2], 0)
    second = played(order, cast[2:4], 1)
    for take, person in ((first, cast[0]), (first, cast[1]), (second, cast[2]), (second, cast[3])):
        SceneNote.objects.create(take=take, person=person, role="a", fun=5)
    assert play_figures.feel(program) is None
    assert "Shown once five performers" in page(producer, f"/producer/{program.slug}")
    third = played(order, cast[4:6], 2)
    SceneNote.objects.create(take=third, person=cast[4], role="a", fun=3)
    said = play_figures.feel(program)
    assert said is not None and (said.fun, said.scenes, said.people) == (4.6, 3, 5)
    html = page(producer, f"/producer/{program.slug}")
    assert "4.6" in html and "5 performers together, never one by one." in html
    block = html.split('id="feel"')[1].split("</section>")[0]
    assert all(person.alias not in block for person in cast)


def test_spending_stands_beside_an_even_plan(program, order, cast):
    booking = book(order, cast[0:2], NOON, "done")
    book(order, cast[2:4], NOON)
    for seat in booking.seats.all():
        pay.accrue(seat.rate, "booking", 3600, "booking", booking.pk, "whole_booking")
    pay.settle("booking", booking.pk)
    money = pay_reads.balances(program, order.pk)
    now = timezone.now()
    drawn = play_figures.spending(order, money, now)
    assert drawn is not None
    assert (drawn.week, drawn.weeks, len(drawn.bars)) == (1, 6, 6)
    assert drawn.plan_now.minor == money.promised.minor // 6
    assert drawn.bars[0].height == pytest.approx(100 * 14800 / money.promised.minor, abs=0.1)
    assert drawn.bars[0].aside_height > 0 and drawn.bars[1].height == 0
    heights = [bar.plan_y for bar in drawn.bars]
    assert heights == sorted(heights, reverse=True)
    order.approved_at = None
    assert play_figures.spending(order, money, now) is None


def test_a_case_is_answered_with_a_reason_and_once(program, mo, producer, cast):
    mine = cases.open_case(program, "dispute", "booking", None, cast[0], "You canceled late.")
    other = people.open_program("Other", "Other")
    elsewhere = cases.open_case(other, "dispute", "booking", None, cast[0], "Not here.")
    home = page(producer, f"/producer/{program.slug}")
    assert "8 minutes need you today" in home and "1 question or dispute" in home
    address = f"/producer/{program.slug}/cases"
    html = page(producer, address)
    assert "You canceled late." in html and "Not here." not in html
    empty = producer.post(address, {"case": mine.pk, "decision": "upheld", "reason": " "})
    assert empty.status_code == 409 and "Write the reason" in empty.content.decode()
    wrong = producer.post(address, {"case": mine.pk, "decision": "burned", "reason": "x"})
    assert wrong.status_code == 409
    assert producer.post(address, {"case": "x"}).status_code == 404
    assert producer.post(address, {"case": uuid.uuid4()}).status_code == 404
    assert producer.post(address, {"case": elsewhere.pk}).status_code == 404
    answer = producer.post(address, {"case": mine.pk, "decision": "upheld", "reason": "Paid."})
    assert answer.status_code == 302
    mine = Case.objects.get(pk=mine.pk)
    assert (mine.decision, mine.reason, mine.decided_by) == ("upheld", "Paid.", mo)
    assert "Nobody waits" in page(producer, address)
    assert signed_in(cast[0]).get(address).status_code == 404


def test_a_late_case_is_said_in_red(program, producer, cast):
    row = cases.open_case(program, "safety", "session", None, cast[0], "I felt unsafe.")
    Case.objects.filter(pk=row.pk).update(due_at=timezone.now() - dt.timedelta(hours=1))
    html = page(producer, f"/producer/{program.slug}")
    assert 'class="red"' in html and "answer was due" in html
    assert "was due" in page(producer, f"/producer/{program.slug}/cases")
