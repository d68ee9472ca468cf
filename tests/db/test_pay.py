"""The ledger on Postgres: it adds up after any order of verbs, and says so when it does not."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yesand.kit.errors import Refused
from yesand.kit.money import Money
from yesand.pay import actions, reads
from yesand.pay.models import Transfer
from yesand.people.models import Client, Person, Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Program:
    client = Client.objects.create(name="A lab")
    return Program.objects.create(client=client, name="Light", slug="light")


@pytest.fixture
def ada() -> Person:
    return Person.objects.create_user("ada@example.org", alias="Ada")


def book(program: Program, person: Person, commission: uuid.UUID, dollars: int = 74) -> uuid.UUID:
    booking = uuid.uuid4()
    actions.reserve(
        program, commission, Money(dollars * 100), "booking", booking, once=f"b:{booking}"
    )
    actions.lock_rate(person, program, "booking", booking)
    return booking


def test_sixty_minutes_are_seventy_four_dollars(program, ada):
    commission = uuid.uuid4()
    actions.promise_budget(program, commission, Money(100_00), once="p1")
    booking = book(program, ada, commission)
    rate = actions.lock_rate(ada, program, "booking", booking)
    actions.accrue(rate, "booking", 3600, "booking", booking, "whole_booking")
    first = actions.settle("booking", booking)
    assert [t.amount_minor for t in first] == [7400]
    assert actions.settle("booking", booking) == [], "settling twice books nothing"
    (line,) = reads.statement(ada)
    assert str(line.amount) == "$74.00"
    assert (line.rule, line.seconds, line.event) == ("whole_booking", 3600, booking)
    assert line.parts[0].kind == "booking"
    assert reads.balances(program).free == Money(26_00)
    assert reads.residual(program) == 0


def test_parts_of_a_booking_are_rounded_once(program, ada):
    commission = uuid.uuid4()
    actions.promise_budget(program, commission, Money(100_00), once="p1")
    booking = book(program, ada, commission)
    rate = actions.lock_rate(ada, program, "booking", booking)
    for kind, seconds in (("scene", 1001), ("notes", 1001), ("warm_up", 1598)):
        actions.accrue(rate, kind, seconds, "booking", booking, "whole_booking")
    assert sum(t.amount_minor for t in actions.settle("booking", booking)) == 7400


def test_a_short_budget_refuses_a_booking_and_never_wages(program, ada):
    commission = uuid.uuid4()
    actions.promise_budget(program, commission, Money(80_00), once="p1")
    booking = book(program, ada, commission)
    with pytest.raises(Refused) as refusal:
        book(program, ada, commission)
    assert refusal.value.code == "budget_short"
    assert "$6.00" in str(refusal.value)
    rate = actions.lock_rate(ada, program, "booking", booking)
    actions.accrue(rate, "booking", 3600, "booking", booking, "whole_booking")
    actions.accrue(rate, "overtime", 1800, "booking", booking, "overtime")
    assert sum(t.amount_minor for t in actions.settle("booking", booking)) == 111_00
    assert reads.balances(program, commission).free == Money(-31_00)
    assert reads.residual(program) == 0


def test_a_rate_can_only_rise(program, ada):
    event = uuid.uuid4()
    assert actions.lock_rate(ada, program, "booking", event).hour_minor == 7400
    program.performer_hour_minor = 5000
    assert actions.lock_rate(ada, program, "booking", event).hour_minor == 7400
    program.performer_hour_minor = 8000
    assert actions.lock_rate(ada, program, "booking", event).hour_minor == 8000


def test_a_changed_line_breaks_the_seal(program, ada):
    commission = uuid.uuid4()
    actions.promise_budget(program, commission, Money(100_00), once="p1")
    actions.seal_batch(program)
    book(program, ada, commission)
    actions.seal_batch(program)
    assert actions.seal_batch(program) is None
    assert reads.residual(program) == 0
    Transfer.objects.filter(once="p1").update(amount_minor=999)
    assert reads.residual(program) > 0


STEP = st.tuples(
    st.sampled_from(["promise", "book", "accrue", "settle", "release", "seal"]),
    st.integers(0, 3),
    st.integers(1, 9000),
)


@given(st.lists(STEP, max_size=25))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_order_of_verbs_adds_up(program, ada, steps):
    commission = uuid.uuid4()
    bookings: list[uuid.UUID] = []
    for number, (verb, which, amount) in enumerate(steps):
        if verb == "promise":
            actions.promise_budget(
                program, commission, Money(amount), once=f"{commission}:{number}"
            )
        elif verb == "book":
            try:
                bookings.append(book(program, ada, commission, dollars=1 + amount // 100))
            except Refused as refusal:
                assert refusal.code == "budget_short"
        elif verb == "seal":
            actions.seal_batch(program)
        elif bookings:
            booking = bookings[which % len(bookings)]
            if verb == "accrue":
                rate = actions.lock_rate(ada, program, "booking", booking)
                actions.accrue(rate, f"part{number}", amount, "booking", booking, "whole_booking")
            elif verb == "settle":
                actions.settle("booking", booking)
            else:
                actions.release_reservation(booking)
        b = reads.balances(program)
        assert b.promised == b.free + b.set_aside + b.earned
        assert b.set_aside.minor >= 0
    for booking in bookings:
        actions.settle("booking", booking)
    assert reads.residual(program) == 0
