"""Cards of the deck: the schema names lines, and the lint refuses what PLAY asks it to refuse."""

from __future__ import annotations

import copy

import pytest

from yesand.commission.lint import CUE_WORDS, PREMISE_WORDS, cue_complaints, lint, words
from yesand.commission.prompt_schema import TAGS, offers, private_half, public_part, read_prompt
from yesand.kit.errors import Refused

CARD = """\
schema: 1
id: row-14
title: Row 14
author: somebody
rights: Apache-2.0
shape: improvised
family: strangers
relationship: rivals
word: neighbors
premise: Two neighbors are the only passengers on a ferry.
roles:
  a:
    alias: Vera
    want: to get Otis to admit it
    secret: She kept the letters.
    soft_spot: He waters the plants.
    keep: yes
  b:
    alias: Otis
    want: to make her play something
    secret: He cannot sleep.
    soft_spot: She never slams a door.
turns:
  - {at: 1, role: a, action: Ask for one thing back, aim: {emotion: sadness, intensity: 1}}
  - {at: pull, role: b, action: Hear them out, aim: {emotion: neutral}}
"""


@pytest.fixture
def card():
    return read_prompt(CARD, "row.yaml")


def codes(card):
    return [complaint.code for complaint in lint(card, tuple(TAGS))]


def changed(card, path, value):
    card = copy.deepcopy(card)
    *holders, last = path
    holder = card
    for step in holders:
        holder = holder[step]
    holder[last] = value
    return card


def test_a_card_has_a_public_part_and_two_private_halves(card):
    assert card["roles"]["a"]["keep"] is True
    assert card["version"] == 1
    public = public_part(card)
    shown = str(public)
    assert "letters" not in shown and "admit" not in shown and "sadness" not in shown
    assert public["relationship"] == "neighbors"
    assert "letters" in str(private_half(card, "a"))
    assert "letters" not in str(private_half(card, "b"))
    assert [turn["action"] for turn in offers(card, "a")] == ["Ask for one thing back"]


def test_a_target_line_is_known_only_to_who_says_it():
    text = CARD.replace("shape: improvised", "shape: target_line")
    text += "target_line: {role: b, text: 'You kept it.', accepted: [\"You've kept it.\"]}\n"
    card = read_prompt(text, "row.yaml")
    assert private_half(card, "b")["target_line"] == "You kept it."
    assert "target_line" not in private_half(card, "a")
    assert "You kept it." not in str(public_part(card))


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("roles", "a", "want"), "to be angry at Otis", "order_to_feel"),
        (("roles", "b", "secret"), "Act very sad about it.", "order_to_feel"),
        (("premise",), "Two neighbors feel a bit nervous on a ferry.", "order_to_feel"),
        (("roles", "a", "want"), "to win the ferry ticket", "want_without_partner"),
        (("roles", "b", "want"), "to get Vera to admit it", "same_want"),
        (("premise",), "word " * (PREMISE_WORDS + 1), "too_long"),
        (("roles", "a", "secret"), "word " * 40, "too_long"),
        (("turns", 0, "action"), "Ask " * (CUE_WORDS + 1), "long_cue"),
        (("turns", 0, "action"), "Show them your anger", "feeling_word"),
        (("turns", 0, "action"), "Wipe a tear away", "body_word"),
        (("turns", 0, "action"), "Smile at them", "body_word"),
        (("turns", 0, "action"), "The phone rings", "not_an_action"),
        (("tone",), "heavy", "heavy_without_tag"),
        (("title",), "A Ride with Uber", "real_name"),
        (("premise",), "Two neighbors hum Bohemian Rhapsody on a ferry.", "real_name"),
        (("roles", "a", "alias"), "Taylor Swift", "real_name"),
        (("tags",), ["gore"], "unknown_tag"),
    ],
)
def test_the_lint_refuses(card, path, value, code):
    assert codes(card) == []
    assert code in codes(changed(card, path, value))


@pytest.mark.parametrize(
    "romance", [("family", "romance"), ("tags", ["romance"]), ("relationship", "partners")]
)
def test_a_child_never_stands_beside_romance(card, romance):
    child = changed(card, ("roles", "b", "age"), "child")
    assert codes(child) == []
    assert "child_romance" in codes(changed(child, (romance[0],), romance[1]))


def test_heavy_with_a_tag_is_fine(card):
    assert codes(changed(changed(card, ("tone",), "heavy"), ("tags",), ["death"])) == []


@pytest.mark.parametrize("tone", ["tender", "tense", "heavy"])
@pytest.mark.parametrize("slot", ["opener", "closer"])
def test_what_is_not_light_is_never_first_and_never_last(card, tone, slot):
    strong = changed(changed(card, ("tone",), tone), ("tags",), ["death"])
    assert codes(changed(strong, ("session_slot",), "middle")) == []
    assert codes(changed(strong, ("session_slot",), slot)) == ["not_in_the_middle"]
    assert codes(changed(card, ("session_slot",), slot)) == [], "a light card may"


def test_romance_is_tagged_so_that_limits_reach_it(card):
    romance = changed(card, ("family",), "romance")
    assert codes(romance) == ["romance_without_tag"]
    assert codes(changed(romance, ("tags",), ["romance"])) == []


def test_an_action_stands_on_a_card_once_and_a_card_is_no_variant_of_itself(card):
    card["turns"][1]["action"] = "Ask for one thing, back!"
    assert codes(card) == ["same_action"]
    card["turns"].pop()
    assert codes({**card, "parent": "row-13"}) == []
    assert codes({**card, "parent": card["id"]}) == ["own_parent"]


@pytest.mark.parametrize(
    ("path", "most"),
    [(("title",), 8), (("word",), 12), (("roles", "a", "alias"), 4), (("ways_out",), 20)],
)
def test_what_is_read_at_a_glance_is_short(card, path, most):
    for count, found in ((most, []), (most + 1, ["too_long"])):
        text = "Vera " * count
        assert codes(changed(card, path, [text] if path == ("ways_out",) else text)) == found


@pytest.mark.parametrize(
    ("say", "instead_of"),
    [
        ("Don't let them change the subject", "Get angry"),
        ("Explain it once more, kindly", "Be annoyed"),
        ("Hide it, badly", "Blush"),
        ("Keep them away from the window", "Be scared"),
        ("Let them off the hook", "Be loving"),
        ("Ask for one thing back", "Cry"),
        ("Make sure they notice", "Be proud"),
        ("Try to keep a straight face", "Laugh"),
        ("Hand it to them and step back", "Take their hand"),
    ],
)
def test_the_cues_of_the_play_pass_and_their_opposites_do_not(say, instead_of):
    assert cue_complaints(say) == []
    assert cue_complaints(instead_of) != []


def test_an_empty_cue_says_nothing():
    assert cue_complaints("  ")[0][0] == "empty_cue"


def test_words_are_counted_as_a_reader_counts_them():
    assert len(words("Don't let the co-worker off, ever.")) == 6


@pytest.mark.parametrize(
    ("old", "new", "where", "code"),
    [
        ("family: strangers", "family: space", "row.yaml:7: family", "unknown_word"),
        ("relationship: rivals", "relationship: siblings", "row.yaml:8: relationship", "unknown_word"),
        ("id: row-14", "id: Row 14", "row.yaml:2: id", "bad_id"),
        ("schema: 1", "schema: 2", "row.yaml:1: schema", "unknown_version"),
        ("title: Row 14", "title:", "row.yaml:3: title", "missing"),
        ("title: Row 14", "titel: Row 14", "row.yaml:3: titel", "unknown_key"),
        ("shape: improvised", "shape: script", "row.yaml:1: lines", "missing"),
        ("shape: improvised", "shape: target_line", "row.yaml:1: target_line", "missing"),
        ("shape: improvised", "shape: game", "row.yaml:1: game", "missing"),
        ("    want: to get Otis to admit it\n", "", "row.yaml:12: roles.a.want", "missing"),
        ("intensity: 1", "intensity: 4", "row.yaml:24: turns[0].aim.intensity", "bad_intensity"),
        ("sadness", "sorrow", "row.yaml:24: turns[0].aim.emotion", "unknown_word"),
        ("neutral}", "neutral, intensity: 1}", "row.yaml:25: turns[1].aim.intensity", "bad_intensity"),
        ("at: 1,", "at: 99,", "row.yaml:24: turns[0].at", "bad_at"),
        ("at: 1,", "", "row.yaml:24: turns[0].at", "missing"),
        ("role: a,", "role: c,", "row.yaml:24: turns[0].role", "unknown_word"),
        ("turns:\n", "likely_cells: [rage]\nturns:\n", "row.yaml:23: likely_cells[0]", "unknown_word"),
        ("turns:\n", "lines: [{a: Hello.}]\nturns:\n", "row.yaml:23: lines", "not_here"),
        ("keep: yes", "keep: perhaps", "row.yaml:17: roles.a.keep", "unknown_word"),
        ("to get Otis to admit it", "to win", "row.yaml:14: roles.a.want", "want_without_partner"),
        ("Ask for one thing back", "Be sad", "row.yaml:24: turns[0].action", "feeling_word"),
    ],
)  # fmt: skip
def test_each_error_of_a_card_names_file_line_and_field(old, new, where, code):
    assert old in CARD
    with pytest.raises(Refused) as refused:
        read_prompt(CARD.replace(old, new, 1), "row.yaml")
    assert (code, where) in [(p.code, p.where) for p in refused.value.problems], str(refused.value)
