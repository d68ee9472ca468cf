"""The deck we ship: every card passes schema and lint, and there is enough of everything."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

import yesand.commission
from yesand.commission.order import FEELINGS, RELATIONSHIPS
from yesand.commission.prompt_schema import FAMILIES, offers, read_prompt
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
    assert shapes["target_line"] >= 4 and shapes["improvised"] >= 24
    assert {card["id"] for card in used("train")} >= EIGHT


def test_no_two_cards_share_a_title_a_premise_or_a_secret():
    for language in {card["language"] for card in cards()}:
        mine = [card for card in cards() if card["language"] == language]
        titles = Counter(card["title"] for card in mine)
        premises = Counter(card["premise"] for card in mine)
        secrets = Counter(half["secret"] for card in mine for half in card["roles"].values())
        assert not [
            text for found in (titles, premises, secrets) for text in found if found[text] > 1
        ]


def test_evaluation_has_cards_of_its_own_for_a_whole_booking():
    deck = used("evaluation")
    assert len(deck) >= 9, "five scenes, three cards each, none twice"
    assert all(card["pool"] == card["use"] for card in cards())
    assert {card["relationship"] for card in deck} == set(RELATIONSHIPS)
    cued = Counter(turn["aim"]["emotion"] for card in deck for turn in card["turns"])
    assert all(cued[feeling] >= 2 for feeling in FEELINGS), cued
    ends = [card for card in deck if card["tone"] == "light" and card["session_slot"] == "any"]
    assert len(ends) >= 7, "after four scenes three must be left for the last"
    assert not [card for card in deck if card.get("needs_skill")]


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
