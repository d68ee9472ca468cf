"""From weekly windows to a paid booking: all or nothing, nobody twice, nothing for nothing."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.utils import timezone
from icalendar import Calendar

from tests.fakes.played import Stage, make_stage
from yesand.casting import actions as casting
from yesand.consent import actions as consent
from yesand.kit.errors import Refused
from yesand.kit.money import Money
from yesand.matching import actions, blocking, reads
from yesand.matching.models import Block, Booking, Hold, Seat, Window
from yesand.matching.rules import WeeklyWindow
from yesand.pay import payout
from yesand.pay import reads as statements
from yesand.pay.models import LockedRate, Transfer
from yesand.pay.rules import Attendance
from yesand.people import actions as people
from yesand.people.models import Program

pytestmark = pytest.mark.django_db
EVENINGS = [WeeklyWindow(day, dt.time(17), dt.time(23), "UTC") for day in range(7)]
MONDAY = dt.date(2031, 3, 3)


@pytest.fixture
def stage(home) -> Stage:
    return make_stage("Matching")


def soon(days: float = 3) -> dt.datetime:
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    return noon + dt.timedelta(days=days)


def free(stage: Stage) -> Money:
    return statements.balances(stage.program, stage.order("train").pk).free


def offered(stage: Stage, pair=None, at: dt.datetime | None = None, minutes: int = 60) -> Booking:
    return actions.book(stage.order("train"), *(pair or stage.pair()), at or soon(), minutes)


def confirmed(stage: Stage, pair=None, at: dt.datetime | None = None) -> Booking:
    booking = offered(stage, pair, at)
    for seat in booking.seats.all():
        booking = actions.answer(seat, True)
    return booking


def code_of(call, *words, **named) -> str:
    with pytest.raises(Refused) as refusal:
        call(*words, **named)
    return refusal.value.code


@pytest.mark.parametrize(
    ("window", "code", "where"),
    [
        (WeeklyWindow(0, dt.time(9), dt.time(17), "Mars/Base"), "unknown_zone", "zone"),
        (WeeklyWindow(0, dt.time(9), dt.time(17), "../etc"), "unknown_zone", "zone"),
        (WeeklyWindow(7, dt.time(9), dt.time(17), "UTC"), "unknown_weekday", "row 2, day"),
        (WeeklyWindow(0, dt.time(9), dt.time(9), "UTC"), "empty_window", "row 2, end"),
        (WeeklyWindow(0, dt.time(22), dt.time(2), "UTC"), "ends_before_start", "row 2, end"),
    ],
)
def test_a_bad_window_names_its_row_and_keeps_the_old_ones(stage, window, code, where):
    ada = stage.performer()
    actions.set_windows(ada, EVENINGS[:2])
    with pytest.raises(Refused) as refusal:
        actions.set_windows(ada, [EVENINGS[0], window])
    problem = refusal.value.problems[0]
    assert (problem.code, problem.where) == (code, where)
    assert [w.weekday for w in reads.windows(ada)] == [0, 1]
    actions.set_windows(ada, [WeeklyWindow(6, dt.time(20), dt.time(0), "Europe/Madrid")])
    assert [(w.weekday, w.zone) for w in reads.windows(ada)] == [(6, "Europe/Madrid")]


def test_a_booking_holds_time_rates_and_money_at_once(stage):
    pair = stage.pair()
    before = free(stage)
    booking = offered(stage, pair)
    assert Hold.objects.filter(booking=booking).count() == 8
    assert {s.rate.hour_minor for s in booking.seats.all()} == {7400}
    assert free(stage) == before - Money(14800)
    # later the program pays less: the locked rate stands
    Program.objects.filter(pk=stage.program.pk).update(performer_hour_minor=5000)
    for seat in booking.seats.all():
        booking = actions.answer(seat, True)
    actions.wrap_up(booking, {"a": Attendance(True), "b": Attendance(True)})
    assert statements.earned(pair[0]) == [Money(7400)] == statements.earned(pair[1])
    assert statements.residual(stage.program) == 0


def test_nobody_is_booked_twice_and_the_refusal_names_who_and_when(stage):
    ada, noor = stage.performer("Ada"), stage.performer("Noor")
    at = soon()
    offered(stage, (ada, noor), at)
    counts = (Booking.objects.count(), Transfer.objects.count(), LockedRate.objects.count())
    for shift in (0, 45, -45, 59):
        with pytest.raises(Refused) as refusal:
            offered(stage, (stage.performer(), noor), at + dt.timedelta(minutes=shift))
        assert refusal.value.code == "slot_taken"
        assert "Noor" in str(refusal.value) and f"{at:%a}" in str(refusal.value)
    left = (Booking.objects.count(), Transfer.objects.count(), LockedRate.objects.count())
    assert left == counts, "all or nothing"
    offered(stage, (stage.performer(), noor), at + dt.timedelta(minutes=60))


def test_what_a_booking_refuses(stage):
    ada, noor = stage.pair()
    order = stage.order("train")
    assert code_of(actions.book, order, ada, ada, soon()) == "same_person"
    assert code_of(actions.book, order, ada, noor, soon(), 45) == "minutes"
    assert code_of(actions.book, order, ada, noor, soon(-2)) == "in_the_past"
    assert code_of(actions.book, order, ada, noor, soon(), language="fi") == "no_shared_language"
    young = people.add_person("young@played.example", alias="Yo")
    assert code_of(actions.book, order, ada, young, soon()) == "age_not_verified"
    other = stage.performer(pool="test")
    assert code_of(actions.book, order, ada, other, soon()) == "split_pool"
    blocking.block(noor, ada)
    with pytest.raises(Refused) as refusal:
        actions.book(order, ada, noor, soon())
    assert "block" not in str(refusal.value), "silent"
    assert code_of(blocking.block, ada, ada) == "not_yourself"
    Block.objects.all().delete()
    order.state = "closed"
    assert code_of(actions.book, order, ada, noor, soon()) == "commission_not_open"
    Program.objects.filter(pk=stage.program.pk).update(closed_at=timezone.now())
    order = type(order).objects.get(pk=order.pk)
    assert code_of(actions.book, order, ada, noor, soon()) == "program_closed"
    assert not Booking.objects.exists() and not Hold.objects.exists()


def test_a_short_budget_offers_nothing(stage):
    rows = 0
    with pytest.raises(Refused) as refusal:
        while True:
            offered(stage, at=soon(), minutes=90)
            rows += 1
    assert refusal.value.code == "budget_short" and rows >= 1
    assert Booking.objects.count() == rows and Seat.objects.count() == 2 * rows
    assert free(stage).minor >= 0


def test_both_yes_confirms_and_one_no_gives_everything_back(stage):
    pair = stage.pair()
    before = free(stage)
    booking = offered(stage, pair)
    a, b = booking.seats.order_by("role")
    assert reads.offers(pair[0]) == [a] and reads.waiting(pair[0]) == []
    assert actions.answer(a, True).state == "offered"
    assert reads.offers(pair[0]) == [] and reads.waiting(pair[0]) == [a]
    assert actions.answer(b, True).state == "confirmed"
    assert reads.next_booking(pair[1]) == b and reads.partner(b) == a
    assert code_of(actions.answer, a, False) == "not_open"
    second = offered(stage, pair, soon(4))
    assert actions.answer(second.seats.get(role="b"), False).state == "declined"
    assert code_of(actions.answer, second.seats.get(role="a"), True) == "not_open"
    assert not second.holds.exists() and free(stage) == before - Money(14800)
    offered(stage, pair, soon(4))


def test_offers_nobody_answers_expire(stage, monkeypatch):
    pair = stage.pair()
    before = free(stage)
    booking = offered(stage, pair)
    assert actions.expire(timezone.now()) == 0
    late = booking.answer_by + dt.timedelta(seconds=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: late)
    assert code_of(actions.answer, booking.seats.first(), True) == "too_late"
    assert reads.offers(pair[0]) == []
    assert (actions.expire(late), actions.expire(late)) == (1, 0)
    booking.refresh_from_db()
    assert booking.state == "expired" and free(stage) == before
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("by", "days", "cents"),
    [("producer", 3, 0), ("producer", 0.5, 7400), ("performer", 0.5, 0), ("performer", 3, 0)],
)
def test_only_a_late_cancellation_by_the_producer_pays(stage, by, days, cents):
    pair = stage.pair()
    before = free(stage)
    at = timezone.now().replace(minute=0, second=0, microsecond=0) + dt.timedelta(days=days)
    booking = confirmed(stage, pair, at)
    assert code_of(actions.cancel, booking, by, "  ") == "reason_missing"
    actions.cancel(booking, by, "The client moved.")
    for person in pair:
        assert sum(m.minor for m in statements.earned(person)) == cents
        assert {line.rule for line in statements.statement(person)} <= {"late_cancellation"}
    assert free(stage) == before - Money(2 * cents) and not booking.holds.exists()
    assert code_of(actions.cancel, booking, by, "Again.") == "cannot_cancel"
    # a room that ends afterwards pays nothing more
    actions.wrap_up(booking, {"a": Attendance(True), "b": Attendance(True)})
    booking.refresh_from_db()
    assert booking.state == "cancelled"
    assert sum(m.minor for m in statements.earned(pair[0])) == cents
    assert statements.residual(stage.program) == 0


@pytest.mark.parametrize(
    ("a", "b", "rules"),
    [
        (Attendance(True), Attendance(True, left_early=True), ("whole_booking", "left_early")),
        (Attendance(True, partner_came=False), Attendance(False), ("partner_lost", None)),
        (Attendance(True, fault=True), Attendance(False, fault=True), ("tech_fault",) * 2),
    ],
)
def test_wrapping_up_pays_by_what_happened_once(stage, a, b, rules):
    pair = stage.pair()
    before = free(stage)
    booking = confirmed(stage, pair, soon())
    for _ in range(2):
        actions.wrap_up(booking, {"a": a, "b": b}, overtime_seconds=300)
    paid = 0
    for person, rule in zip(pair, rules, strict=True):
        lines = statements.statement(person)
        if rule is None:
            assert lines == []
            continue
        # 7400 * 3900 / 3600, rounded once
        assert sum(line.amount.minor for line in lines) == 8017
        assert lines[-1].rule == rule
        assert {p.rule for line in lines for p in line.parts} == {rule, "overtime"}
        if rule == "whole_booking":
            # the newest first: the booking as it was promised, and what went over beside it
            said = [(line.amount.minor, line.seconds, line.rule) for line in lines]
            assert said == [(617, 300, "overtime"), (7400, 3600, "whole_booking")]
            assert "second" in lines[0].says
        paid += 8017
    assert free(stage) == before - Money(paid)
    assert statements.residual(stage.program) == 0


def test_a_week_is_scheduled_under_the_hard_filters(stage):
    ada, noor = stage.performer("Ada"), stage.performer("Noor")
    blocked, apart = stage.performer("Blo"), stage.performer("Test", pool="test")
    silent = stage.performer("Sil", purposes=())
    never = stage.performer("Nev")
    for person in (ada, noor, blocked, apart, silent):
        actions.set_windows(person, EVENINGS)
    for person in (ada, noor):
        blocking.block(blocked, person)
    plan = actions.schedule(stage.order("train"), MONDAY + dt.timedelta(days=2), stage.producer, 9)
    assert plan.week == MONDAY
    (booking,) = plan.bookings.all()
    assert {s.person_id for s in booking.seats.all()} == {ada.pk, noor.pk}
    assert all(17 <= booking.starts_at.hour <= 22 for _ in "x")
    left = plan.figures["left_out"]
    assert left["not_available_together"] == 2 and left["split_pool"] >= 3
    assert left["no_consent"] >= 4 and left["no_shared_time"] >= 2
    assert (plan.figures["pairs"], plan.figures["gap"]) == (1, 0.0)
    why = " ".join(booking.seats.first().why)
    assert "free at this time" in why and "first booking" in why
    assert not Seat.objects.filter(person__in=(blocked, apart, silent, never)).exists()
    # consent withdrawn: the next week has nobody
    consent.withdraw(noor, stage.program)
    again = actions.schedule(stage.order("train"), MONDAY + dt.timedelta(days=7), None, 9)
    assert again.figures["pairs"] == 0


# --- pages --------------------------------------------------------------------------------------


def test_a_performers_pages_from_window_to_calendar(stage, client):
    ada, noor = stage.performer("Ada"), stage.performer("Noor")
    client.force_login(ada)
    place = "/me/availability"
    day = {"day": ["2", "", "3"], "start": ["18:30", "", "9:00"], "end": ["21:00", "", "10:00"]}
    assert "reads like 19:30" in client.post(place, day, follow=True).text
    assert not Window.objects.exists()
    day = {"day": ["9"], "start": ["18:30"], "end": ["21:00"]}
    assert "Choose a day of the week." in client.post(place, day, follow=True).text
    day = {"day": ["2", ""], "start": ["18:30", ""], "end": ["21:00", ""]}
    assert "Saved." in client.post(place, day, follow=True).text
    assert Window.objects.get().person == ada

    booking = offered(stage, (ada, noor))
    page = client.get("/me/offers").text
    assert "$74.00" in page and "Yes, book me" in page
    answer = client.post(f"/me/bookings/{booking.pk}/answer", {"answer": "yes"})
    assert answer.url == "/me/offers"
    client.force_login(noor)
    answer = client.post(f"/me/bookings/{booking.pk}/answer", {"answer": "yes"})
    assert answer.url == f"/me/bookings/{booking.pk}"
    assert "Ada" in client.get(answer.url).text
    ics = client.get(f"/me/bookings/{booking.pk}.ics")
    (entry,) = Calendar.from_ical(ics.content).walk("VEVENT")
    assert entry["uid"] == f"{booking.pk}@yesand" and entry.decoded("dtstart") == booking.starts_at
    assert b"Ada" not in ics.content
    late = client.post(f"/me/bookings/{booking.pk}/answer", {"answer": "yes"})
    assert late.status_code == 400 and "This offer is closed." in late.text
    assert "Say why" in client.post(f"/me/bookings/{booking.pk}/cancel", follow=True).text
    client.post(f"/me/bookings/{booking.pk}/cancel", {"reason": "I am ill."})
    booking.refresh_from_db()
    assert (booking.state, booking.cancelled_by) == ("cancelled", "performer")
    client.force_login(stage.performer())
    for end in ("", ".ics"):
        assert client.get(f"/me/bookings/{booking.pk}{end}").status_code == 404
    assert client.post(f"/me/bookings/{booking.pk}/answer").status_code == 404


def test_the_producers_schedule_page(stage, client):
    ada, noor = stage.performer("Ada"), stage.performer("Noor")
    for person in (ada, noor):
        actions.set_windows(person, EVENINGS)
    client.force_login(stage.producer)
    place = f"/producer/{stage.program.slug}/schedule"
    assert client.get(place).status_code == 200
    order = str(stage.order("train").pk)
    for fields, says in (
        ({"week": "soon"}, "Enter a valid date."),
        ({"week": "2031-03-03", "commission": str(uuid.uuid4())}, "Select a valid choice."),
        ({"week": "2031-03-03", "commission": "x"}, "valid"),
    ):
        answer = client.post(place, {"ask": "week", "commission": order, **fields})
        assert answer.status_code == 200 and says in answer.text
    page = client.post(
        place, {"ask": "week", "commission": order, "week": "2031-03-05"}, follow=True
    )
    assert "1 offers sent" in page.text or "1 offer sent" in page.text
    booking = Booking.objects.get()
    hand = {
        "ask": "book", "commission": order, "a": str(ada.pk), "b": str(noor.pk), "minutes": "60",
        "starts_at": f"{booking.starts_at:%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    page = client.post(place, hand)
    assert page.status_code == 200 and "is already booked at" in page.text
    assert Booking.objects.count() == 1
    page = client.post(place, {**hand, "b": str(ada.pk), "starts_at": "2031-04-01T10:00"})
    assert "A scene needs two people." in page.text
    cancel = f"/producer/{stage.program.slug}/bookings/{booking.pk}/cancel"
    from django.urls import reverse

    cancel = reverse("producer:cancel_booking", args=[stage.program.slug, booking.pk])
    assert "Say why" in client.post(cancel, follow=True).text
    client.post(cancel, {"reason": "The studio flooded."})
    booking.refresh_from_db()
    assert (booking.state, booking.cancelled_by) == ("cancelled", "producer")
    client.force_login(ada)
    assert client.get(place).status_code == 404


def test_money_pages_and_the_statement_csv(stage, client):
    pair = stage.pair()
    booking = confirmed(stage, pair)
    actions.wrap_up(booking, {"a": Attendance(True), "b": Attendance(True)})
    client.force_login(pair[0])
    page = client.get("/me/money").text
    assert "$74.00" in page and "The whole booking is paid" in page
    rows = client.get("/me/money.csv").text.splitlines()
    assert rows[0].startswith("at_utc,program,event_kind,event,rule,seconds,amount,currency")
    assert f"booking,{booking.pk},whole_booking,3600,74.00,USD" in rows[1] and len(rows) == 2
    place = f"/producer/{stage.program.slug}/money"
    client.force_login(stage.producer)
    assert client.get(place).status_code == 200
    client.post(place)
    (due, _other) = payout.Payout.objects.order_by("person__pseudonym")
    assert due.amount_minor == 7400 and due.sent_at is None
    client.post(place)
    assert payout.Payout.objects.count() == 2, "asking again brings it up to date"
    client.force_login(pair[0])
    assert client.get(place).status_code == 404


def test_a_booking_has_the_shape_the_order_lacks(stage):
    commission = stage.order("train")
    commission.order = {**commission.order, "shapes": {"improvised": 50, "script": 50}}
    commission.save()
    shapes = [offered(stage, at=soon(3 + n)).shape for n in range(4)]
    # as many scenes of each: five to an hour of shorts, eight to one of scripts
    assert shapes == ["scripts", "shorts", "shorts", "scripts"]
    by_hand = actions.book(commission, *stage.pair(), soon(9), shape="long_form")
    assert by_hand.shape == "long_form"
    code = code_of(actions.book, commission, *stage.pair(), soon(10), shape="opera")
    assert code == "unknown_shape"


def test_heavy_scenes_are_asked_only_where_the_call_says_so(stage):
    commission = stage.order("train")
    plain = offered(stage)
    for seat in plain.seats.all():
        actions.answer(seat, True, heavy_ok=True)
    assert not plain.heavy
    assert not plain.seats.filter(heavy_ok=True).exists(), "nobody was asked"
    call = casting.open_call(stage.program, "Players", "All tones.", ["en"], heavy=True)
    asked = offered(stage, at=soon(4))
    assert asked.heavy
    actions.answer(asked.seats.get(role="a"), True, heavy_ok=True)
    actions.answer(asked.seats.get(role="b"), True)
    assert {s.role: s.heavy_ok for s in asked.seats.all()} == {"a": True, "b": False}
    assert asked.seats.get(role="a").rate.hour_minor == plain.seats.get(role="a").rate.hour_minor
    casting.withdraw_call(call)
    assert not offered(stage, at=soon(5)).heavy
    assert commission.pk == asked.commission_id
