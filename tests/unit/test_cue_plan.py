"""Ten thousand takes planned: pacing holds in each, and what is lacking comes first."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from yesand.formats.emotions import YESAND_15
from yesand.stage import cue_plan, offers
from yesand.stage.cue_plan import PLANNED_APART_S, PLANNED_BOTH_S
from yesand.stage.cue_rules import APART_S, BOTH_APART_S, FIRST_S, PER_SCENE, WAITS_S, Offer

DECK = offers.deck()


def turn(role: str, at: object, emotion: str, action: str) -> dict[str, Any]:
    return {"role": role, "at": at, "action": action, "aim": {"emotion": emotion, "intensity": 2}}


def any_card(luck: Random) -> dict[str, Any]:
    """A card as an author might write one, sane or not."""
    minutes = luck.choice([2, 4, 5, 5, 6, 12])
    when = [lambda: round(luck.uniform(-1, minutes + 1), 1), lambda: "pull", lambda: "when it ends"]
    turns = [
        turn(luck.choice("ab"), luck.choice(when)(), luck.choice(YESAND_15), f"Ask them {at}")
        for at in range(luck.randrange(9))
    ]
    return {"turns": turns, "minutes_hint": minutes}


def keeps_the_rules(plan: list[Offer], length_s: float) -> None:
    times = [offer.at_s for offer in plan]
    assert times == sorted(times)
    assert [offer.index for offer in plan] == list(range(len(plan)))
    assert len({offer.action for offer in plan}) == len(plan)
    for role in "ab":
        mine = [offer.at_s for offer in plan if offer.role == role]
        assert len(mine) <= PER_SCENE
        assert all(y - x >= PLANNED_APART_S - 1e-6 for x, y in pairwise(mine))
    assert all(y - x >= PLANNED_BOTH_S - 1e-6 for x, y in pairwise(times))
    assert all(at >= FIRST_S for at in times)
    # Only an author's own minute may lie in the last half minute, or after a scene is meant to end.
    late = [offer for offer in plan if offer.at_s > length_s - cue_plan.LAST_S]
    assert all(offer.action.startswith("Ask them") for offer in late)


def test_ten_thousand_takes_keep_the_pace() -> None:
    planned = Counter()
    for seed in range(10_000):
        luck = Random(seed)
        body = any_card(luck)
        lacking = {f: luck.randrange(0, 9) for f in luck.sample(YESAND_15, luck.randrange(12))}
        long = luck.random() < 0.2
        plan = cue_plan.plan(body, str(seed), lacking, DECK, minutes=12.0 if long else None)
        keeps_the_rules(plan, 720.0 if long else body["minutes_hint"] * 60.0)
        planned[len(plan)] += 1
        if seed % 50 == 0:
            again = cue_plan.plan(body, str(seed), lacking, DECK, minutes=12.0 if long else None)
            assert plan == again, "any process plans the same"
    print("offers a take:", dict(sorted(planned.items())))
    assert planned[0] and planned[4] and planned[6]
    # Whenever each waits for its performer's pause, what is seen keeps the pace as well.
    assert PLANNED_APART_S - WAITS_S >= APART_S
    assert PLANNED_BOTH_S - WAITS_S >= BOTH_APART_S


def test_what_the_cells_lack_comes_first() -> None:
    body = {"turns": [turn("a", 1, "joy", "Share it"), turn("b", 2, "pride", "Mention it")]}
    for seed in map(str, range(200)):
        plan = cue_plan.plan(body, seed, {"fear": 3, "relief": 1, "pride": 2}, DECK)
        aims = [offer.aim.emotion for offer in plan]
        assert {"fear", "relief", "pride"} <= set(aims), "all that is lacking, once each"
        assert max(Counter(aims).values()) == 1
        assert "Mention it" in [offer.action for offer in plan], "the card's own before the deck's"
    full = cue_plan.plan(body, "x", {}, DECK)
    assert [offer.action for offer in full] == ["Share it", "Mention it"], "nothing from the deck"


def test_a_cell_that_lacks_more_is_drawn_more_often() -> None:
    lacking = {"fear": 12, "relief": 1, "pride": 1, "anger": 1, "joy": 1, "disgust": 1}
    seen = Counter(
        offer.aim.emotion
        for seed in range(400)
        for offer in cue_plan.plan({}, str(seed), lacking, DECK)
    )
    assert seen["fear"] >= 380, "nearly every take"
    assert min(seen[f] for f in lacking) >= 100, "and none never"


def test_a_pull_of_the_cards_own_is_used_where_it_is_lacking() -> None:
    body = {
        "turns": [turn("a", "pull", "fear", "Shield them"), turn("a", "pull", "joy", "Sing it")]
    }
    plan = cue_plan.plan(body, "x", {"fear": 1}, DECK)
    assert [offer.action for offer in plan] == ["Shield them"]


def test_what_waits_for_an_event_is_never_planned() -> None:
    body = {"turns": [turn("a", "when the phone rings", "fear", "Let it ring")]}
    plan = cue_plan.plan(body, "x", {"fear": 1}, [])
    assert plan == []
    assert cue_plan.plan({"turns": [turn("b", True, "joy", "Go")]}, "x") == []


@pytest.mark.parametrize(
    ("hint", "minutes"), [(2, 2.0), (5, 5.0), (12, 12.0), (400, 15.0), (-3, 1.0), ("5", 5.0)]
)
def test_a_scene_is_as_long_as_its_card_says(hint: object, minutes: float) -> None:
    assert cue_plan.minutes_of({"minutes_hint": hint}) == minutes


def test_longer_scenes_are_offered_more_and_spread_wider() -> None:
    lacking = dict.fromkeys(YESAND_15, 5)
    counts = {}
    for minutes in (2.0, 5.0, 12.0):
        plans = [cue_plan.plan({}, str(seed), lacking, DECK, minutes) for seed in range(200)]
        counts[minutes] = Counter(offer.role for plan in plans for offer in plan)
        last = max(offer.at_s for plan in plans for offer in plan)
        assert last <= minutes * 60 - cue_plan.LAST_S
    per_take = {m: (c["a"] + c["b"]) / 200 for m, c in counts.items()}
    print("offers a take by minutes:", per_take)
    assert per_take[2.0] == 2
    assert 3.8 <= per_take[5.0] <= 4, "the four moments of the notes"
    assert per_take[12.0] == 6
