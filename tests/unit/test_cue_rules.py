"""Offers: how many, how far apart, which, and where their spans end."""

from __future__ import annotations

import re

import pytest

from yesand.commission.lint import cue_complaints
from yesand.formats.emotions import YESAND_15
from yesand.stage import cue_plan, cue_rules, draws, offers
from yesand.stage.cue_rules import Aim


def turn(role: str, at: object, action: str = "Let them off the hook") -> dict[str, object]:
    return {
        "role": role,
        "at": at,
        "action": action,
        "aim": {"emotion": "affection", "intensity": 2},
    }


@pytest.mark.parametrize(
    "row", [{}, {"role": "c", "action": "Go", "aim": {}}, "Go", {"role": "a", "action": "Go"}, None]
)
def test_a_broken_turn_is_left_out(row: object) -> None:
    assert cue_plan.plan({"turns": [row]}, "x", {"joy": 3}) == []
    assert cue_rules.turns_of({"turns": [row]}) == []


def test_one_scene_in_three_has_no_offers_of_ours() -> None:
    for session in "stu":
        cues = [cue_rules.cues_in(session, i) for i in range(30)]
        assert cues[:6] == [False, True, True, True, False, True], "first and last of a booking"
        assert [sum(cues[at : at + 3]) for at in range(0, 30, 3)] == [2] * 10
    drawn = {tuple(cue_rules.cues_in(str(s), i) for i in (6, 7, 8)) for s in range(50)}
    assert len(drawn) == 3, "later ones at a place nobody can guess"
    long = [cue_rules.long_form_cues("program", at) for at in range(300)]
    assert [sum(long[at : at + 3]) for at in range(0, 300, 3)] == [2] * 100


def test_one_offer_in_ten_of_a_program_is_the_empty_control_exactly() -> None:
    for program in ("p", "q"):
        empty = [cue_rules.empty(program, at) for at in range(1000)]
        assert [sum(empty[at : at + 10]) for at in range(0, 1000, 10)] == [1] * 100
        places = [at % 10 for at in range(1000) if empty[at]]
        assert set(places) == set(range(10)), "at any place of the ten"
    assert [cue_rules.empty("p", at) for at in range(99)] != [
        cue_rules.empty("q", at) for at in range(99)
    ]


def test_a_draw_that_cannot_be_is_refused() -> None:
    for wrong in ((-1, 3, 1), (0, 3, 4), (0, 0, 0), (0, 3, -1)):
        with pytest.raises(ValueError, match="no such draw"):
            draws.drawn("x", *wrong)
    assert not any(draws.drawn("x", at, 4, 0) for at in range(8))
    assert all(draws.drawn("x", at, 4, 4) for at in range(8))


def test_three_a_scene_holds_for_all_and_the_minute_not_for_a_pull() -> None:
    assert cue_rules.why_not(10, [], by="engine") == ""
    assert cue_rules.why_not(100, [50], by="engine") == "too_soon"
    assert cue_rules.why_not(100, [50], by="director") == "too_soon"
    assert cue_rules.why_not(100, [50], by="pull") == ""
    assert cue_rules.why_not(110, [50], by="engine") == ""
    assert cue_rules.why_not(500, [1, 2, 3], by="pull") == "scene_full"


def test_two_roles_are_not_offered_something_at_one_moment() -> None:
    assert cue_rules.why_not(100, [], [91], by="engine") == "both_at_once"
    assert cue_rules.why_not(100, [], [91], by="director") == "both_at_once"
    assert cue_rules.why_not(100, [], [91], by="pull") == "", "who asks is answered"
    assert cue_rules.why_not(101, [], [91], by="engine") == ""
    # One that still waits for its performer's pause may be displayed at any moment.
    assert cue_rules.seen_s(90, None, 95) == 95
    assert cue_rules.seen_s(90, None, 200) == 102
    assert cue_rules.seen_s(90, 93.5, 200) == 93.5


def test_an_event_is_what_only_a_person_can_tell() -> None:
    assert cue_rules.event_of(turn("a", "when the phone rings")) == "when the phone rings"
    assert [cue_rules.event_of(turn("a", at)) for at in ("pull", 2, 0.5, None, True)] == [""] * 5


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


def test_a_pull_prefers_what_waits_for_an_event() -> None:
    body = {"turns": [turn("a", "pull", "Offer tea"), turn("a", "when it rings", "Let it ring")]}
    for seed in "tuvwxyz":
        assert cue_rules.pull(body, "a", [], [], seed) == ("Let it ring", Aim("affection", 2))


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


#: Words no offer uses, in its own language: feelings, bodies, faces.
FEELING_WORDS = {
    "en": "|".join(YESAND_15) + "|angry|sad|happy|proud|afraid|smile|face|cry",
    "es": r"feliz|triste|enfad|orgull|miedo|asco|rabia|vergüenza|ternura|sonr|llora|\bcara\b",
}


@pytest.mark.parametrize("language", sorted(offers.DECKS))
def test_the_deck_follows_its_own_rules(language: str) -> None:
    assert set(offers.DECKS[language]) == set(YESAND_15)
    feelings = re.compile(FEELING_WORDS[language])
    seen = set()
    for action, aim in offers.deck(language=language):
        assert cue_rules.action_problem(action) == "", action
        assert cue_complaints(action, language) == [], "what cards are held to"
        assert action not in seen
        seen.add(action)
        if action != "Try to keep a straight face":  # the words of PLAY
            assert not feelings.search(action.lower()), action
        assert aim.intensity in ((None,) if aim.emotion == "neutral" else (1, 2, 3))
    assert [a.emotion for _, a in offers.deck(["fear"], language)] == ["fear"] * 3


def test_nobody_is_offered_words_of_another_language() -> None:
    assert offers.deck(language="es-AR") == offers.deck(language="es") != offers.deck()
    assert offers.deck(["joy"], "fi") == []
    assert (offers.carry_on("es"), offers.carry_on("fi")) == ("Sigue", "Carry on")
