"""The deck we ship: every card passes schema and lint, and there is enough of everything."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

import yesand.commission
from yesand.commission.lint_deck import near_premise
from yesand.commission.order import FEELINGS, RELATIONSHIPS
from yesand.commission.prompt_schema import FAMILIES, POWERS, SLOTS, offers, read_prompt
from yesand.commission.prompt_text import write_prompt

DECK = Path(yesand.commission.__file__).parent / "deck"
FILES = sorted(DECK.glob("*.yaml"))
EIGHT = {
    "the-last-key", "row-14", "proofread", "second-opinion", "best-in-show", "night-shift",
    "the-toast", "hold-please",
}  # fmt: skip

pytestmark = pytest.mark.docs


@lru_cache
def cards():
    return [read_prompt(file.read_text("utf-8"), file.name) for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_card_passes_the_lint(file):
    card = read_prompt(file.read_text("utf-8"), file.name)
    assert card["id"] == file.stem
    assert card["author"] and card["rights"]


def used(use, language="en"):
    return [card for card in cards() if (card["use"], card["language"]) == (use, language)]


def test_the_deck_holds_12_short_scripts_8_games_and_the_eight_that_set_the_taste():
    shapes = Counter(card["shape"] for card in cards() if card["language"] == "en")
    assert shapes["script"] == 12
    assert shapes["game"] == 8
    assert {card["id"] for card in used("train")} >= EIGHT


def variants():
    """[(card, its parent)] of one language: the minimal pairs."""
    known = {card["id"]: card for card in cards()}
    found = [(card, known[card["parent"]]) for card in cards() if "parent" in card]
    return [(card, first) for card, first in found if card["language"] == first["language"]]


def test_no_two_cards_share_a_title_or_but_for_minimal_pairs_a_premise_or_a_secret():
    varied = {card["id"] for card, _first in variants()}
    for language in {card["language"] for card in cards()}:
        mine = [card for card in cards() if card["language"] == language]
        titles = Counter(card["title"] for card in mine)
        mine = [card for card in mine if card["id"] not in varied]
        premises = Counter(card["premise"] for card in mine)
        secrets = Counter(half["secret"] for card in mine for half in card["roles"].values())
        assert not [
            text for found in (titles, premises, secrets) for text in found if found[text] > 1
        ]


def test_no_premise_is_told_twice():
    for at, card in enumerate(cards()):
        near = near_premise(card, cards()[:at])
        assert near is None, f"{card['id']}: {near}"


def test_no_action_stands_on_more_than_three_cards():
    """A minimal pair counts once: it repeats its parent's offers so as to change one thing."""
    varied = {card["id"] for card, _first in variants()}
    for language in {card["language"] for card in cards()}:
        mine = [c for c in cards() if c["language"] == language and c["id"] not in varied]
        often = Counter(
            action for card in mine for action in {t["action"].lower() for t in card["turns"]}
        )
        assert not {action: n for action, n in often.items() if n > 3}


def prompts(language="en"):
    shapes = {"improvised", "target_line"}
    return [c for c in cards() if c["language"] == language and c["shape"] in shapes]


def test_the_deck_holds_80_prompts_with_enough_of_everything():
    deck = prompts()
    assert len(deck) >= 80

    def least(key, words):
        count = Counter(card[key] for card in deck)
        return min((count[word], word) for word in words)

    assert least("family", FAMILIES) >= (9, "")
    assert least("relationship", RELATIONSHIPS) >= (10, "")
    assert least("power", POWERS) >= (8, "")
    assert least("session_slot", SLOTS) >= (9, "")
    assert least("shape", ("improvised", "target_line")) >= (15, "")
    tones = Counter(card["tone"] for card in deck)
    assert tones["light"] >= 0.7 * len(deck)
    assert tones["tender"] >= 8 and tones["tense"] >= 7 and 3 <= tones["heavy"] <= 4
    assert 0.18 <= sum(card["use"] == "evaluation" for card in deck) / len(deck) <= 0.25
    for card in deck:
        assert 4 <= len(card["turns"]) <= 8 and len(card["ways_out"]) == 2, card["id"]
        assert {type(turn["at"]) is str for turn in card["turns"]} == {True, False}, card["id"]
    assert all(len(card["target_line"]["accepted"]) >= 2 for card in deck if "target_line" in card)


def test_every_feeling_is_within_reach_of_every_relationship():
    reach = {
        (card["relationship"], turn["aim"]["emotion"])
        for card in prompts()
        for turn in card["turns"]
    }
    missing = [(r, f) for r in RELATIONSHIPS for f in FEELINGS if (r, f) not in reach]
    assert missing == []
    aimed = Counter(f for c in prompts() for f in {t["aim"]["emotion"] for t in c["turns"]})
    likely = Counter(f for c in prompts() for f in set(c["likely_cells"]))
    assert all(aimed[feeling] >= 6 and likely[feeling] >= 6 for feeling in FEELINGS)
    for card in prompts():
        aims = {turn["aim"]["emotion"] for turn in card["turns"]}
        assert set(card["likely_cells"]) <= aims, f"{card['id']}: hoped for, never aimed at"


def test_experts_are_asked_for_in_few_words_and_romance_can_be_kept_away():
    skills = Counter(
        half["needs_skill"]
        for card in prompts()
        for half in card["roles"].values()
        if "needs_skill" in half
    )
    assert sum(skills.values()) >= 10 and len(skills) <= 6
    for card in prompts():
        skilled = [half for half in card["roles"].values() if "needs_skill" in half]
        assert bool(skilled) == (card["family"] == "expert"), card["id"]
        if card["relationship"] == "partners":
            assert "romance" in card["tags"], card["id"]


PAIRED = {
    "secret": {"roles.a.secret"},
    "other secret": {"roles.b.secret"},
    "power": {"power", "word", "premise"},
    "relationship": {"relationship", "word", "years", "premise", "tags"},
    "register": {"register", "roles.a.way_of_speaking", "roles.b.way_of_speaking"},
}
"""What a minimal pair may change: one thing, with the words that say it."""


def flat(card):
    """A card as {dotted field: value}, without what names it."""
    roles = {f"roles.{r}.{k}": v for r, half in card["roles"].items() for k, v in half.items()}
    rest = {k: v for k, v in card.items() if k not in {"id", "version", "title", "parent", "roles"}}
    return {**rest, **roles}


def test_a_minimal_pair_changes_exactly_one_thing():
    assert len(variants()) >= 6
    kinds = set()
    for card, first in variants():
        assert card["id"].startswith(f"{first['id']}-") and card["use"] == first["use"]
        one, other = flat(card), flat(first)
        changed = {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
        fits = {kind.split()[-1] for kind, may in PAIRED.items() if changed and changed <= may}
        assert len(fits) == 1, f"{card['id']}: {sorted(changed)}"
        kinds |= fits
    assert kinds == {"secret", "power", "relationship", "register"}


def test_evaluation_has_cards_of_its_own_for_a_whole_booking():
    deck = used("evaluation")
    assert len(deck) >= 9, "five scenes, three cards each, none twice"
    assert all(card["pool"] == card["use"] for card in cards())
    assert {card["relationship"] for card in deck} == set(RELATIONSHIPS)
    cued = Counter(turn["aim"]["emotion"] for card in deck for turn in card["turns"])
    assert all(cued[feeling] >= 2 for feeling in FEELINGS), cued
    ends = [card for card in deck if card["tone"] == "light" and card["session_slot"] == "any"]
    assert len(ends) >= 7, "after four scenes three must be left for the last"
    assert not [c for c in deck for half in c["roles"].values() if "needs_skill" in half]


def test_every_relationship_family_and_feeling_is_somewhere():
    deck = used("train")
    relationships = Counter(card["relationship"] for card in deck)
    assert all(relationships[word] >= 3 for word in RELATIONSHIPS), relationships
    assert {card["family"] for card in deck} == set(FAMILIES)
    cued = Counter(turn["aim"]["emotion"] for card in deck for turn in card["turns"])
    assert all(cued[feeling] >= 5 for feeling in FEELINGS), cued
    assert {feeling for card in deck for feeling in card["likely_cells"]} == set(FEELINGS)


def test_the_default_deck_is_mostly_light_and_hardly_ever_heavy():
    tones = Counter(card["tone"] for card in cards())
    assert tones["light"] > 0.6 * sum(tones.values())
    heavy = [card for card in cards() if card["tone"] == "heavy"]
    assert len(heavy) <= 4
    for card in heavy:
        assert card["tags"] and card["limits"], f"{card['id']}: say what makes it heavy"
    for card in cards():
        if card["tone"] != "light":
            assert card["session_slot"] == "middle", f"{card['id']}: never last"


def test_each_role_of_an_improvised_card_has_cues_to_take_and_to_pull():
    for card in cards():
        for role in ("a", "b"):
            kinds = {turn["at"] == "pull" for turn in offers(card, role)}
            if card["shape"] == "script":
                assert kinds, f"{card['id']}: nothing for {role}"
            else:
                assert kinds == {True, False}, f"{card['id']}: {role}"


def test_a_script_is_about_two_minutes_and_both_speak():
    for card in cards():
        if card["shape"] != "script":
            continue
        spoken = Counter()
        for line in card["lines"]:
            spoken[line["role"]] += len(line["text"].split())
        # Two words a second and half a second between lines: 1:20 to 2:40.
        seconds = sum(spoken.values()) / 2 + len(card["lines"]) / 2
        assert 80 <= seconds <= 160, f"{card['id']}: {seconds:.0f} s"
        assert min(spoken.values()) > 0.3 * sum(spoken.values())


def test_twenty_cards_are_told_again_in_spanish_and_play_the_same():
    english = {card["id"]: card for card in cards() if card["language"] == "en"}
    spanish = [card for card in cards() if card["language"] == "es"]
    assert len(spanish) == 20
    assert {card["shape"] for card in spanish} == {card["shape"] for card in cards()}
    assert {card["family"] for card in spanish} == set(FAMILIES)
    assert {card["relationship"] for card in spanish} == set(RELATIONSHIPS)
    for card in spanish:
        first = english[card["parent"]]
        assert card["id"] == f"{first['id']}-es"
        for key in (
            "shape",
            "family",
            "tone",
            "relationship",
            "power",
            "use",
            "tags",
            "likely_cells",
        ):
            assert card[key] == first[key], f"{card['id']}: {key}"
        assert [t["aim"] for t in card["turns"]] == [t["aim"] for t in first["turns"]]
        assert len(card.get("lines", [])) == len(first.get("lines", []))
        texts = set(str(first).split("'")) & set(str(card).split("'"))
        said = {text for text in texts if len(text.split()) > 3}
        assert not said, f"{card['id']}: still in English: {said}"


def test_cards_that_this_house_wrote_lately_stand_in_the_form_the_editor_writes():
    for file, card in zip(FILES, cards(), strict=True):
        if card["language"] == "es":
            assert write_prompt(card) == file.read_text("utf-8"), file.name
