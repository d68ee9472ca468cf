"""Orders: closed lists, the balanced design and what an order takes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yesand.commission import order as orders
from yesand.commission.cells import apportion, balanced_cells, margin
from yesand.commission.forecast import Policy, Roster, estimate, seats_needed, with_share
from yesand.commission.order import (
    FEELINGS,
    RELATIONSHIPS,
    CellPlan,
    Order,
    problems_of,
    quota_of,
    takes_of,
)
from yesand.kit.money import Money

LIGHT_VOICES = Order(
    name="Light Voices, second part",
    hours=100,
    languages={"en": 0.7, "es": 0.3},
    feelings={
        "joy": 0.09, "amusement": 0.10, "excitement": 0.07, "pride": 0.07, "affection": 0.09,
        "relief": 0.07, "surprise": 0.08, "embarrassment": 0.09, "sadness": 0.08, "anger": 0.08,
        "frustration": 0.10, "fear": 0.08,
    },
    relationships={
        "family": 0.2, "friends": 0.2, "partners": 0.18, "colleagues": 0.16, "rivals": 0.14,
        "strangers": 0.12,
    },
)  # fmt: skip


@st.composite
def shares(draw, words):
    some = draw(st.lists(st.sampled_from(words), min_size=1, max_size=len(words), unique=True))
    weights = draw(st.lists(st.integers(1, 20), min_size=len(some), max_size=len(some)))
    return {
        word: round(weight / sum(weights), 6) for word, weight in zip(some, weights, strict=True)
    }


some_orders = st.builds(
    Order,
    name=st.just("x"),
    hours=st.sampled_from([0.1, 0.5, 1, 2.5, 7, 20, 60, 100, 400]),
    languages=shares(["en", "es", "fr", "pt-BR"]),
    feelings=shares(list(FEELINGS)),
    relationships=shares(list(RELATIONSHIPS)),
    shapes=shares(["improvised", "target_line", "script", "game"]),
    weeks=st.integers(1, 20),
)


def test_the_feelings_stand_in_the_order_of_the_grid():
    assert FEELINGS[:5] == ("joy", "amusement", "excitement", "pride", "affection")
    assert FEELINGS[5:10] == ("relief", "neutral", "surprise", "embarrassment", "sadness")
    assert FEELINGS[10:] == ("anger", "frustration", "contempt", "disgust", "fear")
    assert "".join(orders.FEELING_KEYS.values()) == "QWERTASDFGZXCVB"


@given(shares(["a", "b", "c", "d"]), st.integers(0, 5000))
def test_apportioned_numbers_add_up_and_stay_within_one(parts, total):
    given_out = apportion(total, parts)
    assert sum(given_out.values()) == total
    whole = sum(Fraction(str(p)) for p in parts.values())
    for word, part in parts.items():
        assert abs(given_out[word] - total * Fraction(str(part)) / whole) < 1


def test_apportion_refuses_a_margin_of_nothing():
    with pytest.raises(ValueError):
        apportion(3, {"a": 0.0})


@settings(max_examples=60, deadline=None)
@given(some_orders)
def test_every_margin_of_the_cells_is_the_ordered_share_within_one(order):
    cells = balanced_cells(order)
    total = quota_of(order)
    assert sum(cell.takes for cell in cells) == total
    assert all(cell.takes > 0 for cell in cells)
    assert len({(c.feeling, c.relationship, c.language) for c in cells}) == len(cells)
    for by, wanted in (
        ("feeling", order.feelings),
        ("relationship", order.relationships),
        ("language", order.languages),
    ):
        whole = sum(Fraction(str(share)) for share in wanted.values())
        sums = margin(cells, by)
        for word, share in wanted.items():
            assert abs(sums.get(word, 0) - total * Fraction(str(share)) / whole) < 1


@settings(max_examples=60, deadline=None)
@given(some_orders)
def test_strengths_are_balanced_within_cells_and_over_each_feeling(order):
    per_feeling: dict[str, list[int]] = {}
    for cell in balanced_cells(order):
        if cell.feeling == "neutral":
            assert cell.strengths == (0, 0, 0)
            continue
        assert sum(cell.strengths) == cell.takes
        assert max(cell.strengths) - min(cell.strengths) <= 1
        sums = per_feeling.setdefault(cell.feeling, [0, 0, 0])
        for at, takes in enumerate(cell.strengths):
            sums[at] += takes
    for sums in per_feeling.values():
        assert max(sums) - min(sums) <= 1


def test_a_large_order_is_a_balanced_design_and_not_a_full_cross():
    cells = balanced_cells(LIGHT_VOICES)
    assert len(cells) <= 12 * 6  # the full cross has 144
    assert min(cell.takes for cell in cells) >= 6
    pairs = {(c.feeling, c.language) for c in cells}
    assert len(pairs) == 12 * 2, "every feeling is asked for in every language"
    assert len({(c.relationship, c.language) for c in cells}) == 6 * 2
    assert len({(c.feeling, c.relationship) for c in cells}) >= 50


def test_the_same_order_always_makes_the_same_cells():
    again = replace(LIGHT_VOICES, languages={"es": 0.3, "en": 0.7})
    assert balanced_cells(LIGHT_VOICES) == balanced_cells(LIGHT_VOICES)
    assert margin(balanced_cells(again), "language") == margin(
        balanced_cells(LIGHT_VOICES), "language"
    )


def test_cells_somebody_fixed_stand_as_they_are():
    fixed = (CellPlan("fear", "rivals", "es", 7), CellPlan("joy", "family", "en", 3))
    order = replace(LIGHT_VOICES, cells=fixed)
    assert [(c.feeling, c.takes) for c in balanced_cells(order)] == [("joy", 3), ("fear", 7)]
    assert quota_of(order) == 10


def test_hours_hold_takes_by_the_length_of_their_shapes():
    assert takes_of(LIGHT_VOICES) == 1200
    assert takes_of(replace(LIGHT_VOICES, shapes={"script": 1.0})) == 3000
    assert takes_of(replace(LIGHT_VOICES, hours=0.01)) == 1


def test_what_the_drawn_order_takes():
    takes = estimate(LIGHT_VOICES, Policy(), Roster({"en": 41, "es": 8}))
    assert (takes["takes"], takes["bookings"], takes["weeks"]) == (1200, 240, 6)
    english, spanish = takes["performers"]
    assert (english["needed"], english["free"], english["short"]) == (28, 41, 0)
    assert (spanish["needed"], spanish["free"], spanish["short"]) == (12, 8, 4)
    assert [(fix["kind"], fix["value"]) for fix in spanish["fixes"]] == [
        ("share", 20),
        ("weeks", 9),
        ("call", 4),
    ]
    assert takes["largest"] == "performers"
    lines = {line["key"]: line["minor"] for line in takes["lines"]}
    assert str(Money(lines["performers"])) == "$35,520.00"
    assert str(Money(lines["standby"])) == "$1,110.00"
    assert takes["total_minor"] == sum(lines.values())


@settings(max_examples=60, deadline=None)
@given(some_orders, st.dictionaries(st.sampled_from(["en", "es", "fr"]), st.integers(0, 30)))
def test_any_one_fix_ends_the_shortage_it_is_offered_for(order, free):
    for need in estimate(order, Policy(), Roster(free))["performers"]:
        assert bool(need["short"]) == bool(need["fixes"])
        for fix in need["fixes"]:
            there = dict(free)
            changed = order
            if fix["kind"] == "share":
                changed = with_share(order, fix["language"], fix["value"])
            elif fix["kind"] == "weeks":
                changed = replace(order, weeks=fix["value"])
            else:
                there[fix["language"]] = there.get(fix["language"], 0) + fix["value"]
            assert seats_needed(changed)[fix["language"]][1] <= there.get(fix["language"], 0)


def test_one_performer_alone_cannot_play():
    order = replace(LIGHT_VOICES, hours=0.1, languages={"en": 1.0})
    (need,) = estimate(order, Policy(), Roster({"en": 1}))["performers"]
    assert (need["needed"], need["short"]) == (2, 1)
    assert [fix["kind"] for fix in need["fixes"]] == ["call"]


def test_the_only_language_has_all_of_an_order():
    with pytest.raises(ValueError):
        with_share(replace(LIGHT_VOICES, languages={"en": 1.0}), "en", 50)


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"name": "  "}, "no_name", "name"),
        ({"name": "x" * 121}, "long_name", "name"),
        ({"hours": 0}, "bad_hours", "hours"),
        ({"hours": -3}, "bad_hours", "hours"),
        ({"hours": 1e9}, "bad_hours", "hours"),
        ({"weeks": 0}, "bad_weeks", "weeks"),
        ({"use": "fun"}, "bad_use", "use"),
        ({"acquaintance": "cousins"}, "bad_acquaintance", "acquaintance"),
        ({"languages": {"English": 1.0}}, "bad_language", "languages.English"),
        ({"languages": {}}, "no_shares", "languages"),
        ({"languages": {"en": 1.5, "es": -0.5}}, "bad_share", "languages.en"),
        ({"feelings": {"rage": 1.0}}, "unknown_word", "feelings.rage"),
        ({"feelings": {"joy": 0.5, "fear": 0.4}}, "shares_off", "feelings"),
        ({"relationships": {"siblings": 1.0}}, "unknown_word", "relationships.siblings"),
        ({"shapes": {"opera": 1.0}}, "unknown_word", "shapes.opera"),
        ({"cells": (CellPlan("disgust", "family", "en", 3),)}, "cell_outside", "cells[0]"),
        ({"cells": (CellPlan("joy", "family", "en", 0),)}, "bad_takes", "cells[0].takes"),
    ],
)
def test_each_wrong_field_is_named(change, code, where):
    found = problems_of(replace(LIGHT_VOICES, **change))
    assert (code, where) in [(problem.code, problem.where) for problem in found]


def test_a_sound_order_has_no_problem():
    assert problems_of(LIGHT_VOICES) == []


def test_shares_that_are_off_say_by_how_much():
    short = replace(LIGHT_VOICES, languages={"en": 0.7, "es": 0.27})
    (problem,) = problems_of(short)
    assert problem.says == "The shares add up to 97 %; add 3 %."
