"""Offers: how many, how far apart, which, and where their spans end."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from yesand.formats.emotions import YESAND_15
from yesand.stage import cue_rules, offers
from yesand.stage.cue_rules import Aim


def turn(role: str, at: object, action: str = "Let them off the hook") -> dict[str, object]:
    return {
        "role": role,
        "at": at,
        "action": action,
        "aim": {"emotion": "affection", "intensity": 2},
    }


def test_a_plan_keeps_three_a_role_and_a_minute_apart() -> None:
    body = {"turns": [turn("a", minute / 2) for minute in range(12)] + [turn("b", 1.0)]}
    for seed in map(str, range(40)):
        plan = cue_rules.plan(body, seed)
        mine = [offer.at_s for offer in plan if offer.role == "a"]
        assert len(mine) == cue_rules.PER_SCENE
        assert all(y - x >= cue_rules.APART_S for x, y in pairwise(mine))
        assert mine[0] >= cue_rules.FIRST_S
        assert [offer.index for offer in plan] == list(range(len(plan)))


def test_the_same_seed_plans_the_same_offers() -> None:
    body = {"turns": [turn("a", 1), turn("b", 2), turn("a", 3)]}
    assert cue_rules.plan(body, "take") == cue_rules.plan(body, "take")


def test_one_planned_offer_in_ten_is_the_empty_control() -> None:
    body = {"turns": [turn("a", 1), turn("b", 1), turn("a", 3), turn("b", 3)]}
    plans = [cue_rules.plan(body, str(seed)) for seed in range(1000)]
    every = [offer for plan in plans for offer in plan]
    share = sum(offer.empty for offer in every) / len(every)
    assert 0.08 < share < 0.12
    assert all(offer.action == cue_rules.CARRY_ON for offer in every if offer.empty)


def test_turns_that_wait_for_an_event_or_a_pull_are_not_planned() -> None:
    body = {"turns": [turn("a", "pull"), turn("a", "key found"), turn("b", True)]}
    assert cue_rules.plan(body, "x") == []


@pytest.mark.parametrize(
    "row", [{}, {"role": "c", "action": "Go", "aim": {}}, "Go", {"role": "a", "action": "Go"}, None]
)
def test_a_broken_turn_is_left_out(row: object) -> None:
    assert cue_rules.plan({"turns": [row]}, "x") == []
    assert cue_rules.turns_of({"turns": [row]}) == []


def test_one_scene_in_three_has_no_offers_of_ours() -> None:
    assert [cue_rules.cues_in("s", i) for i in range(6)] == [False, True, True, False, True, True]


def test_three_a_scene_holds_for_all_and_the_minute_not_for_a_pull() -> None:
    assert cue_rules.why_not(10, [], by="engine") == ""
    assert cue_rules.why_not(100, [50], by="engine") == "too_soon"
    assert cue_rules.why_not(100, [50], by="director") == "too_soon"
    assert cue_rules.why_not(100, [50], by="pull") == ""
    assert cue_rules.why_not(110, [50], by="engine") == ""
    assert cue_rules.why_not(500, [1, 2, 3], by="pull") == "scene_full"


def test_a_pull_takes_the_cards_own_offers_first_and_never_repeats() -> None:
    body = {"turns": [turn("a", "pull", "Ask for the key"), turn("a", 2, "Offer tea")]}
    deck = [("Count to three", Aim("joy", 1))]
    first = cue_rules.pull(body, "a", [], deck, "t")
    assert first == ("Ask for the key", Aim("affection", 2))
    second = cue_rules.pull(body, "a", ["Ask for the key"], deck, "t")
    assert second == ("Offer tea", Aim("affection", 2))
    third = cue_rules.pull(body, "a", ["Ask for the key", "Offer tea"], deck, "t")
    assert third == deck[0]
    used = ["Ask for the key", "Offer tea", "Count to three"]
    assert cue_rules.pull(body, "a", used, deck, "t") is None


def test_a_pull_deals_what_the_scenes_cells_still_lack() -> None:
    body = {"turns": [turn("a", "pull", "Ask for the key"), turn("a", 2, "Offer tea")]}
    deck = [("Count to three", Aim("joy", 1)), ("Make them whisper", Aim("fear", 2))]
    assert cue_rules.pull(body, "a", [], deck, "t", {"fear"}) == deck[1]
    own = ("Ask for the key", Aim("affection", 2))
    assert cue_rules.pull(body, "a", [], deck, "t", {"affection", "fear"}) == own
    assert cue_rules.pull(body, "a", ["Make them whisper"], deck, "t", {"fear"}) == own


def test_a_span_ends_at_the_next_cue_after_twenty_seconds_or_with_the_take() -> None:
    assert cue_rules.span_ends([10.0, 15.0, None, 50.0], 60.0) == [15.0, 35.0, None, 60.0]
    assert cue_rules.span_ends([70.0], 60.0) == [70.0]


def test_what_a_director_writes_is_short() -> None:
    assert cue_rules.action_problem("Let them off the hook") == ""
    assert "8 words" in cue_rules.action_problem("one two three four five six seven eight nine")
    assert "verb first" in cue_rules.action_problem("   ")
    assert "80 characters" in cue_rules.action_problem("x" * 81)


def test_the_deck_follows_its_own_rules() -> None:
    assert set(offers.ACTIONS) == set(YESAND_15)
    feelings = re.compile("|".join(YESAND_15) + "|angry|sad|happy|proud|afraid|smile|face|cry")
    seen = set()
    for action, aim in offers.deck():
        assert cue_rules.action_problem(action) == "", action
        assert action not in seen
        seen.add(action)
        if action != "Try to keep a straight face":  # the words of PLAY
            assert not feelings.search(action.lower()), action
        assert aim.intensity in ((None,) if aim.emotion == "neutral" else (1, 2, 3))
    assert [a.emotion for _, a in offers.deck(["fear"])] == ["fear"] * 3
