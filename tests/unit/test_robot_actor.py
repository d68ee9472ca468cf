"""A robot takes turns: in virtual time, by what it hears alone."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from tests.fakes.conversation import (
    FRAME,
    RATE,
    STEP_S,
    Heard,
    listen_to,
    longest_overlap,
    overlap,
    talk,
)
from yesand.cli.robots.actor import GAP_S, Actor
from yesand.cli.robots.ear import Ear
from yesand.cli.robots.repertoire import Repertoire, sentences, words
from yesand.cli.robots.speech import synth
from yesand.formats.robot_voice import Speaker

ROLES = {"a": "June", "b": "Ida"}
QUIET = np.zeros(FRAME, np.int16)
SECONDS = 60.0


def scene(card: dict[str, Any] | None = None, role: str = "b", language: str = "en") -> list:
    return [
        (0.0, "start", {"role": role}),
        (0.0, "scene", {"card": card, "language": language}),
        (0.1, "take_opened", {"take": "t"}),
    ]


class Person:
    """Answers a while after the robot fell silent, in turns of 0.8 to 6 s; seeded."""

    def __init__(self, seed: int, first: float = 1.5) -> None:
        self.random = random.Random(seed)
        self.voice = talk([(0.0, 20.0)], 21.0, seed)
        self.spans: list[tuple[float, float]] = []
        self.on: float | None = None
        self.length, self.wait, self.quiet, self.ended = 1.5, 0.5, 0.0, first - 1.6

    def __call__(self, number: int, last: np.ndarray) -> np.ndarray:
        at = number * STEP_S
        self.quiet = 0.0 if np.abs(last).max() > 200 else self.quiet + STEP_S
        if self.on is None:
            if at - self.ended > 1.6 and self.quiet >= self.wait:
                self.on = at
                self.spans.append((at, at + self.length))
            return QUIET
        if at - self.on >= self.length:
            self.on, self.ended = None, at
            self.wait, self.length = self.random.uniform(0.2, 0.9), self.random.uniform(0.8, 6.0)
            return QUIET
        first = int((at - self.on) * RATE)
        return self.voice[first : first + FRAME]


def gaps(heard: Heard, spans: list[tuple[float, float]]) -> list[float]:
    """From the end of the person's turn to each turn of the robot's, s. Listening is no turn."""
    begun = [at for at, text in heard.lines if text != "(laughs)"]
    found = []
    for low, _high in heard.turns:
        if any(abs(low - at) < 0.05 for at in begun):
            before = [end for _start, end in spans if end <= low + 0.3]
            found += [low - max(before)] if before else []
    return found


@pytest.fixture(scope="module")
def played() -> list[tuple[Heard, Person]]:
    found = []
    for seed in range(3):
        person = Person(seed)
        heard = listen_to(Actor(seed), person, SECONDS, scene(language=("en", "es")[seed % 2]))
        found.append((heard, person))
    return found


def test_it_answers_after_a_pause_that_varies(played):
    every = [gap for heard, person in played for gap in gaps(heard, person.spans)]
    assert len(every) >= 20
    # 20 ms frames, 30 ms of lead in each utterance.
    assert GAP_S[0] - 0.03 <= min(every) and float(np.percentile(every, 90)) <= GAP_S[1] + 0.1
    assert float(np.std(every)) > 0.08


def test_it_overlaps_a_little_and_never_talks_against_its_partner(played):
    for heard, person in played:
        assert longest_overlap(heard.turns, person.spans) < 2.0
        assert 0.0 < overlap(heard.spans, person.spans) < 0.15 * SECONDS
        assert len(heard.turns) >= 10


def test_its_choices_follow_from_the_seed():
    one, two = (listen_to(Actor(5), Person(5), 20.0, scene()) for _ in range(2))
    assert one.lines == two.lines and np.array_equal(one.sound, two.sound)
    other = listen_to(Actor(6), Person(5), 20.0, scene())
    assert other.lines != one.lines


def test_it_gives_way_when_it_is_interrupted_for_long():
    card = {
        "roles": ROLES,
        "first_line": {"role": "b", "text": " ".join(["never mind the cat"] * 8)},
    }
    alone = listen_to(Actor(1), np.zeros(0, np.int16), 20.0, scene(card))
    began, ended = alone.turns[0]
    assert ended - began > 5.0
    voice = talk([(began + 1.0, began + 7.0)], 20.0)
    heard = listen_to(Actor(1), voice, 20.0, scene(card))
    stopped = heard.turns[0][1]
    assert began + 1.5 < stopped < began + 1.0 + 1.6
    # and comes back once the partner is done
    assert any(low > began + 7.3 for low, _high in heard.turns)


def test_it_says_the_opening_line_that_its_card_gives_it_and_waits_for_the_partners():
    card = {"roles": ROLES, "first_line": {"role": "b", "text": "You are early, June."}}
    heard = listen_to(Actor(2), np.zeros(0, np.int16), 4.0, scene(card))
    assert [text for _at, text in heard.lines] == ["You are early, June."]
    assert 0.8 < heard.lines[0][0] < 2.2
    theirs = {"roles": ROLES, "first_line": {"role": "a", "text": "You are late."}}
    assert listen_to(Actor(2), np.zeros(0, np.int16), 5.0, scene(theirs)).lines == []
    spoken = listen_to(Actor(2), talk([(1.0, 2.5)], 6.0), 6.0, scene(theirs))
    assert 2.8 < spoken.lines[0][0] < 3.6


SCRIPT = [
    {"role": "a", "text": "Is that the key? Show me."},
    {"role": "b", "text": "It was in the flour. It was always in the flour."},
    {"role": "a", "text": "You said you looked there."},
    {"role": "a", "text": "Twice, you said."},
    {"role": "b", "text": "I looked next to it."},
]


def test_it_reads_its_lines_of_a_script_in_order_and_waits_for_the_partners():
    card = {"roles": ROLES, "lines": SCRIPT}
    # The partner pauses for 0.9 s inside the first line, and says two lines in one turn.
    spans = [(1.0, 1.8), (2.4, 3.6), (9.5, 11.0), (11.6, 12.8)]
    heard = listen_to(Actor(3), talk(spans, 20.0), 20.0, scene(card))
    said = [text for _at, text in heard.lines if text != "(laughs)"]
    assert said == ["It was in the flour.", "It was always in the flour.", "I looked next to it."]
    times = dict((text, at) for at, text in heard.lines)
    assert 3.9 < times["It was in the flour."] < 4.8
    assert 13.1 < times["I looked next to it."] < 14.3


def test_it_goes_on_with_a_script_when_nobody_reads_the_other_part():
    heard = listen_to(
        Actor(3), np.zeros(0, np.int16), 60.0, scene({"roles": ROLES, "lines": SCRIPT})
    )
    said = [text for _at, text in heard.lines]
    assert said == ["It was in the flour.", "It was always in the flour.", "I looked next to it."]


def test_it_says_the_line_that_it_was_asked_to_earn_once():
    card = {"roles": ROLES, "mine": {"target_line": "You kept it."}}
    heard = listen_to(Actor(4), Person(4), 90.0, scene(card))
    at = [when for when, text in heard.lines if text == "You kept it."]
    assert len(at) == 1 and at[0] > 15.0


def test_nothing_is_said_in_a_pause_nor_after_the_take():
    events = [*scene(), (10.0, "pause", {}), (20.0, "resume", {}), (40.0, "take_closed", {})]
    heard = listen_to(Actor(7), Person(7), 55.0, events)
    assert overlap(heard.spans, [(10.02, 20.0), (40.02, 55.0)]) == 0.0
    assert overlap(heard.spans, [(20.0, 40.0)]) > 1.0


def test_when_both_are_silent_it_says_something_after_a_while():
    heard = listen_to(Actor(8), np.zeros(0, np.int16), 30.0, scene())
    assert 2.5 < heard.lines[0][0] < 5.0
    assert 2 <= len(heard.turns) <= 6


def test_a_laugh_is_heard_as_one_and_speech_is_not():
    def finds(samples: np.ndarray) -> bool:
        ear, found = Ear(), False
        for n in range(len(samples) // FRAME):
            ear.hear(samples[n * FRAME : (n + 1) * FRAME], (n + 1) * STEP_S)
            found = found or ear.laughing()
        return found

    noise = np.random.default_rng(1).normal(0, 8, RATE * 3).astype(np.int16)
    for seed in range(4):
        rng = np.random.default_rng(seed)
        speaker = Speaker.of(rng)
        assert finds(np.concatenate([noise, synth.laugh(speaker, rng, 6).samples]))
        said = synth.say(
            "We could leave it like this, and nobody would ever ask.", "en", speaker, rng
        )
        assert not finds(np.concatenate([noise, said.samples]))


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_stock_lines_of_both_languages_have_what_a_scene_needs(language):
    found = words(language)
    assert set(found) == set(words("en"))
    assert len(found["answer"]) >= 20 and len(set(found["answer"])) == len(found["answer"])
    rep = Repertoire("b", None, language, random.Random(1))
    texts = [rep.answer().text for _ in range(12)]
    assert len(set(texts)) == 12 and not any("{" in text for text in texts)


def test_a_line_is_cut_into_its_sentences():
    assert sentences("No. Well... maybe? \u00bfY t\u00fa?") == (
        "No.",
        "Well...",
        "maybe?",
        "\u00bfY t\u00fa?",
    )
    assert sentences("?!") == ()
