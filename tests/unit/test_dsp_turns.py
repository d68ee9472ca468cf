"""IPUs, pauses, gaps, overlaps, backchannels and the turn views, against small scores by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yesand.dsp import turns
from yesand.dsp.turns import Segment, ipus, listening, states, summary, transitions
from yesand.kit.spans import Span, merge, total


def spans(*pairs: tuple[float, float]) -> list[Span]:
    return [Span(*pair) for pair in pairs]


def test_short_silences_belong_to_the_unit_and_longer_ones_do_not():
    speech = spans((0.0, 1.0), (1.19, 2.0), (2.2, 3.0))
    assert ipus(speech) == spans((0.0, 2.0), (2.2, 3.0))


def test_pause_gap_and_both_overlaps():
    a = spans((0, 2), (3, 5), (8, 10))
    b = spans((5.5, 8.5), (9.0, 9.5))
    assert transitions(a, b) == [
        Segment("a", "pause", 2, 3),
        Segment("b", "gap", 5, 5.5),
        Segment("a", "overlap_between", 8, 8.5),
        Segment("b", "overlap_within", 9.0, 9.5),
    ]


def test_two_who_end_together_leave_the_floor_to_who_comes_next():
    a, b = spans((0, 2), (3, 4)), spans((1, 2))
    assert [s.kind for s in transitions(a, b)] == ["overlap_within", "pause"]
    b = spans((1, 2), (3.5, 4.5))
    assert [s.kind for s in transitions(spans((0, 2)), b)] == ["overlap_between", "gap"]


def test_a_lone_speaker_and_nobody_have_no_transfers():
    assert transitions([], []) == []
    assert [s.kind for s in transitions(spans((0, 1), (2, 3)), [])] == ["pause"]
    assert turns.turns([], [], "hold") == []


def test_fto_is_start_minus_the_end_before():
    found = turns.turns(spans((0, 2), (5, 6)), spans((2.3, 4.0)), "silence")
    assert [(t.role, t.fto_s) for t in found] == [
        ("a", None),
        ("b", pytest.approx(0.3)),
        ("a", pytest.approx(1.0)),
    ]


def test_an_overlapping_start_has_a_negative_fto_and_its_overlap():
    _, second = turns.turns(spans((0, 2)), spans((1.5, 4)), "hold")
    assert second.fto_s == pytest.approx(-0.5)
    assert second.overlap_s == pytest.approx(0.5)


def test_a_turn_inside_anothers_takes_no_floor():
    found = turns.turns(spans((0, 10), (12, 13)), spans((4, 6)), "silence")
    assert [(t.role, t.fto_s) for t in found] == [("a", None), ("b", None), ("a", None)]


def test_the_hold_view_goes_through_a_backchannel_and_the_silence_view_does_not():
    a, b = spans((0, 3), (3.6, 6)), spans((3.1, 3.4), (8, 9))
    silence = turns.turns(a, b, "silence")
    assert [(t.role, t.start, t.end) for t in silence[:3]] == [
        ("a", 0, 3),
        ("b", 3.1, 3.4),
        ("a", 3.6, 6),
    ]
    hold = turns.turns(a, b, "hold")
    assert [(t.role, t.start, t.end, t.backchannels) for t in hold] == [
        ("a", 0, 6, 1),
        ("b", 8, 9, 0),
    ]
    assert hold[1].fto_s == pytest.approx(2.0)
    assert listening(a, b, "hold") == {"a": [], "b": spans((3.1, 3.4))}
    assert listening(a, b, "silence") == {"a": [], "b": []}


def test_a_short_answer_after_which_the_partner_stays_silent_is_a_turn():
    a, b = spans((0, 3)), spans((3.1, 3.5))
    assert listening(a, b, "hold")["b"] == []


def test_both_ears_hear_the_other_later():
    a, b = spans((0, 2)), spans((2.3, 4.0))
    for view in ("silence", "hold"):
        (_, second) = turns.turns(a, b, view, 0.2, 0.3)
        assert second.fto_s == pytest.approx(0.3)
        # a hears b start 0.3 later; b heard a end 0.2 later
        assert second.fto_as_heard_a == pytest.approx(0.6)
        assert second.fto_as_heard_b == pytest.approx(0.1)
    (_, first_at_a) = turns.turns(a, b, "ear_a", 0.2, 0.3)
    assert (first_at_a.start, first_at_a.end) == (pytest.approx(2.3), pytest.approx(4.0))
    assert first_at_a.fto_s == pytest.approx(0.3)
    with pytest.raises(ValueError, match="delays"):
        turns.turns(a, b, "ear_a")
    with pytest.raises(ValueError, match="unknown view"):
        turns.turns(a, b, "mouth")


def test_an_overlap_at_one_ear_may_be_a_gap_at_the_other():
    a, b = spans((0, 2)), spans((1.9, 4.0))
    assert turns.turns(a, b, "ear_a", 0.3, 0.3)[1].overlap_s == 0.0
    assert turns.turns(a, b, "ear_b", 0.3, 0.3)[1].overlap_s == pytest.approx(0.4)


def test_the_summary_counts_what_it_says_and_knows_what_it_cannot():
    a, b = spans((0, 4), (6, 10)), spans((4.4, 5.5))
    found = turns.turns(a, b, "hold")
    s = summary(a, b, found, 10.0)
    assert s["talk_share_a"] == pytest.approx(0.8)
    assert s["silence_share"] == pytest.approx(0.09)
    assert s["fto_median_s"] == pytest.approx(0.45)
    assert s["gaps_per_min"] == pytest.approx(12)
    empty = summary([], [], [], 0.0)
    assert all(value in (None, 0) for value in empty.values())


activity = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 60)), max_size=12).map(
    lambda pairs: merge(Span(s / 10, (s + n) / 10) for s, n in pairs)
)


@given(activity, activity)
def test_states_cover_the_speech_of_both_without_holes(a: list[Span], b: list[Span]):
    line = states(a, b)
    assert all(one[1] == two[0] for one, two in pairwise(line))
    for role, own in (("a", a), ("b", b)):
        covered = sum(end - start for start, end, who in line if role in who)
        assert covered == pytest.approx(total(own))


@given(activity, activity)
def test_every_unit_is_in_exactly_one_turn_of_each_view(a: list[Span], b: list[Span]):
    for view in turns.VIEWS:
        found = turns.turns(a, b, view, 0.15, 0.25)
        aside = listening(a, b, view, 0.15, 0.25)
        for role, own in (("a", a), ("b", b)):
            held = sum(t.ipus for t in found if t.role == role)
            assert held + len(aside[role]) == len(own)
        starts = [t.start for t in found if t.role == "a"]
        assert starts == sorted(starts)
