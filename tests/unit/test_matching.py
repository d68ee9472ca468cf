"""The matcher: hard filters, wall time across summer time, holds, fairness, and its proof."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yesand.matching.pairing import gini, schedule
from yesand.matching.rules import (
    Candidate,
    Demand,
    WeeklyWindow,
    free_quarters,
    held,
    language_for,
    occurrences,
    starts_for,
    why_not,
    why_you,
)

MONDAY = dt.date(2026, 11, 23)
EVENING = WeeklyWindow(3, dt.time(18), dt.time(22), "Europe/Madrid")
NEED = Demand(language_need={"en": 1.0})


def someone(name: str, windows: tuple[WeeklyWindow, ...] = (EVENING,), **more) -> Candidate:
    base = Candidate(
        id=name,
        pseudonym=name,
        languages=frozenset({"en"}),
        split_pool="train",
        adult=True,
        consented=True,
        free=free_quarters(windows, MONDAY),
    )
    return replace(base, **more)


def test_wall_time_is_kept_across_summer_time():
    window = WeeklyWindow(6, dt.time(19), dt.time(21), "Europe/Madrid")
    before, _ = occurrences(window, dt.date(2026, 10, 12))
    after, _ = occurrences(window, dt.date(2026, 10, 19))
    assert (before.hour, after.hour) == (17, 18), "19:00 stays 19:00 on the wall"


def test_midnight_is_the_end_of_the_day():
    start, end = occurrences(WeeklyWindow(0, dt.time(22), dt.time(0), "UTC"), MONDAY)
    assert end - start == dt.timedelta(hours=2)


def test_a_booking_holds_every_quarter_it_touches():
    start = dt.datetime(2026, 11, 26, 18, 7, tzinfo=dt.UTC)
    assert [q.minute for q in held(start, 30)] == [0, 15, 30]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"adult": False}, "not_verified"),
        ({"consented": False}, "no_consent"),
        ({"blocked": frozenset({"b"})}, "not_available_together"),
        ({"languages": frozenset({"es"})}, "no_shared_language"),
        ({"split_pool": "test"}, "split_pool"),
    ],
)
def test_hard_filters_say_why(change, code):
    assert why_not(someone("a", **change), someone("b"), NEED) == code
    assert why_not(someone("a"), someone("b"), NEED) is None


def test_acquaintance_is_the_orders():
    a, b = someone("a", met=frozenset({"b"})), someone("b", met=frozenset({"a"}))
    assert why_not(a, b, replace(NEED, acquaintance="strangers")) == "have_met"
    assert why_not(someone("a"), someone("b"), replace(NEED, acquaintance="met")) == "have_not_met"


def test_lines_of_both_must_leave_a_prompt():
    deck = (frozenset({"illness"}), frozenset({"money"}))
    demand = replace(NEED, tags_of_deck=deck)
    a, b = someone("a", lines=frozenset({"illness"})), someone("b", lines=frozenset({"money"}))
    assert why_not(a, b, demand) == "no_prompt_within_limits"
    assert why_not(a, someone("c"), demand) is None


def test_the_reason_shown_says_nothing_private():
    a, b = someone("a"), someone("b", lines=frozenset({"illness"}), blocked=frozenset({"x"}))
    assert "illness" not in " ".join(why_you(a, b, NEED))
    assert language_for(a, b, NEED) == "en"


def test_everybody_plays_before_anybody_plays_twice():
    people = [someone(f"p{i}") for i in range(8)]
    week = schedule(people, replace(NEED, bookings=4))
    assert len(week.meetings) == 4
    assert week.zero_work_share == 0
    assert week.gini == 0
    assert week.gap <= 0.0005
    busy = {m.a for m in week.meetings} | {m.b for m in week.meetings}
    assert len(busy) == 8


def test_who_had_less_comes_first():
    people = [someone("old", had=6), someone("new1"), someone("new2")]
    (meeting,) = schedule(people, replace(NEED, bookings=1)).meetings
    assert {meeting.a, meeting.b} == {"new1", "new2"}


def test_nobody_free_gives_an_empty_week_with_reasons():
    week = schedule([someone("a", windows=()), someone("b")], NEED)
    assert week.meetings == []
    assert week.left_out == {"no_shared_time": 1}


WINDOWS = st.builds(
    lambda day, start, length: WeeklyWindow(
        day, dt.time(start), dt.time(min(23, start + length)), "UTC"
    ),
    st.integers(0, 6),
    st.integers(6, 20),
    st.integers(1, 6),
)


@given(st.lists(st.lists(WINDOWS, max_size=3), min_size=2, max_size=7), st.integers(1, 6))
@settings(max_examples=20, deadline=None)
def test_nobody_is_in_two_places(all_windows, bookings):
    people = [someone(f"p{i}", windows=tuple(w)) for i, w in enumerate(all_windows)]
    week = schedule(people, replace(NEED, bookings=bookings), seconds=3)
    assert len(week.meetings) <= bookings
    taken = set()
    for m in week.meetings:
        for person in (m.a, m.b):
            for quarter in held(m.starts_at, NEED.minutes):
                assert (person, quarter) not in taken
                taken.add((person, quarter))
        a, b = (next(p for p in people if p.id == x) for x in (m.a, m.b))
        assert m.starts_at in starts_for(a, b, NEED.minutes)


def test_gini_of_equal_and_of_one():
    assert gini([3, 3, 3]) == 0
    assert gini([0, 0, 0, 4]) == pytest.approx(0.75)
