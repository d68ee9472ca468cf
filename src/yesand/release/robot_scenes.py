"""What robots do in a sample release: who plays whom, who says what when, on which cue. Pure.

Everything follows from the seed. Rarely asked feelings (disgust, contempt) stay rare on purpose:
an evaluation should find something that is missing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from yesand.formats.emotions import YESAND_15
from yesand.formats.robot_voice import Line, Speaker, Spoken, plan
from yesand.release.robot_prompts import ACTIONS, PROMPTS

ROLES = ("a", "b")
#: Dyads that share performers, in a chain: 3 dyads, 4 performers.
_CHAIN = 3
_WEIGHTS = {word: 0.25 if word in ("disgust", "contempt") else 1.0 for word in YESAND_15}
_TURNS = 6


@dataclass(frozen=True)
class Robot:
    """One robot performer for good: pseudonym, split pool, voice."""

    pseudonym: str
    split: str
    speaker: Speaker


@dataclass(frozen=True)
class Moment:
    """One cue and the turn it was played in. meant: what the robot played, at strength 0..3."""

    cue: dict[str, Any]
    start: float
    end: float
    role: str
    meant: str
    strength: int


@dataclass(frozen=True)
class Scene:
    """One take before it sounds. seed: of its noise; said: what each role says, planned."""

    take_id: str
    dyad_id: str
    session_id: str
    index: int
    robots: tuple[Robot, Robot]
    prompt: dict[str, Any]
    said: tuple[list[Spoken], list[Spoken]]
    moments: list[Moment]
    seconds: float
    seed: int
    gap: tuple[float, float] | None
    familiarity: int


def new_id(rng: np.random.Generator) -> str:
    """A random UUID drawn from the seed."""
    return str(uuid.UUID(bytes=rng.bytes(16), version=4))


def pseudonym(rng: np.random.Generator) -> str:
    """In the form of kit.ids.new_pseudonym, drawn from the seed."""
    letters = list("abcdefghijklmnopqrstuvwxyz234567")
    return "p" + "".join(rng.choice(letters, 10))


def cast(dyads: int, rng: np.random.Generator) -> list[tuple[Robot, Robot]]:
    """Pairs of robots, about 80 / 10 / 10 over train, dev and test; pools share nobody."""
    parts = {"dev": dyads // 10, "test": dyads // 10}
    if dyads >= 3:
        parts = {name: max(1, count) for name, count in parts.items()}
    parts = {"train": dyads - sum(parts.values()), **parts}
    pairs = []
    for split, count in parts.items():
        for first in range(0, count, _CHAIN):
            links = min(_CHAIN, count - first)
            robots = [Robot(pseudonym(rng), split, Speaker.of(rng)) for _ in range(links + 1)]
            pairs += [(robots[i], robots[i + 1]) for i in range(links)]
    return pairs


def scenes(
    dyads: int,
    takes: int,
    seconds: float,
    rng: np.random.Generator,
    feelings: Sequence[str] = YESAND_15,
) -> Iterator[Scene]:
    """Every scene of every pair: `takes` a pair in one sitting, cued for `feelings`."""
    deck = _deck(feelings, rng)
    number = 0
    for pair in cast(dyads, rng):
        dyad, session = new_id(rng), new_id(rng)
        for index in range(takes):
            prompt = PROMPTS[number % len(PROMPTS)]
            robots = pair if index % 2 == 0 else (pair[1], pair[0])
            said, moments = _play(robots, seconds, deck, rng)
            hole = seconds * 0.5 if number % 5 == 4 else None
            yield Scene(
                take_id=new_id(rng),
                dyad_id=dyad,
                session_id=session,
                index=index + 1,
                robots=robots,
                prompt=prompt,
                said=said,
                moments=moments,
                seconds=seconds,
                seed=int(rng.integers(2**31)),
                gap=None if hole is None else (hole, hole + 0.25),
                familiarity=index,
            )
            number += 1


def _deck(feelings: Sequence[str], rng: np.random.Generator) -> Iterator[str]:
    """Feelings to ask for, each as often as its weight says, in rounds of mixed order."""
    owed = dict.fromkeys(feelings, 0.0)
    while True:
        dealt = []
        for word in feelings:
            owed[word] += _WEIGHTS[word]
            if owed[word] >= 1.0:
                owed[word] -= 1.0
                dealt.append(word)
        rng.shuffle(dealt)
        yield from dealt


def _play(
    robots: tuple[Robot, Robot], seconds: float, deck: Iterator[str], rng: np.random.Generator
) -> tuple[tuple[list[Spoken], list[Spoken]], list[Moment]]:
    """Turns back and forth; the first of each role is uncued, every later one has a cue."""
    each = (seconds - 1.0) / _TURNS
    lines: tuple[list[Line], list[Line]] = ([], [])
    moments = []
    now = 0.5
    for turn in range(_TURNS):
        who = turn % 2
        start = now + float(rng.normal(0.12, 0.1))
        length = each - 0.2
        feeling, strength = "neutral", 0
        if turn >= 2:
            moment = _cue(ROLES[who], start, length, deck, rng)
            feeling, strength = moment.meant, moment.strength
            moments.append(moment)
        lines[who].append(Line(start, length * 0.92, feeling, float(strength)))
        if rng.random() < 0.3:
            lines[1 - who].append(Line(start + length * 0.55, 0.3))
        now += each
    said = [
        plan(robot.speaker, sorted(role, key=lambda line: line.start), seconds, rng)
        for robot, role in zip(robots, lines, strict=True)
    ]
    return (said[0], said[1]), moments


def _cue(
    role: str, start: float, length: float, deck: Iterator[str], rng: np.random.Generator
) -> Moment:
    empty = rng.random() < 0.1
    aim = None if empty else next(deck)
    intensity = None if aim in (None, "neutral") else int(rng.choice([1, 2, 3], p=[0.2, 0.4, 0.4]))
    response = str(rng.choice(["took", "bent", "let_go"], p=[0.8, 0.12, 0.08]))
    played = aim is not None and response != "let_go"
    cue = {
        "cue_id": new_id(rng),
        "role": role,
        "action": "Carry on" if aim is None else ACTIONS[aim],
        "aim_emotion": aim,
        "aim_intensity": intensity,
        "aim_shown": False,
        "empty": empty,
        "pulled": False,
        "asked_at": max(0.0, start - 1.0),
        "displayed_at": max(0.0, start - 0.5),
        "response": response,
        "responded_at": start + 0.4,
        "span_end": start + length,
    }
    meant = aim if played and aim is not None else "neutral"
    strength = 0 if meant == "neutral" else max(1, (intensity or 0) - (response == "bent"))
    return Moment(cue, start, start + length, role, meant, strength)
