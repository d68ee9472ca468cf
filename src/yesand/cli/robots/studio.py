"""Renders what a robot will say before it says it, so that a slow moment never makes it late."""

from __future__ import annotations

import random
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING

import numpy as np

from yesand.cli.robots.speech import spelled, synth
from yesand.formats.robot_voice import Speaker

if TYPE_CHECKING:
    from yesand.cli.robots.repertoire import Turn

Said = synth.Utterance


class Studio:
    """One robot's voice. executor None renders at once, in the caller's thread."""

    def __init__(self, seed: int, language: str = "en", executor: Executor | None = None) -> None:
        rng = np.random.default_rng(seed)
        self.speaker = Speaker.of(rng)
        self.language = language
        self._seed = seed
        self._executor = executor
        self._made = 0

    def warm(self) -> None:
        """Read the dictionary and say a word, so that the first line comes as fast as later."""
        spelled.sounds("flibbertigibbet", self.language)
        self._say("so", "neutral", 0.0, 0)

    def _next(self) -> int:
        self._made += 1
        return self._made

    def _rng(self, number: int) -> np.random.Generator:
        return np.random.default_rng((self._seed, number))

    def _say(self, text: str, feeling: str, strength: float, number: int) -> Said:
        return synth.say(text, self.language, self.speaker, self._rng(number), feeling, strength)

    def _turn(self, turn: Turn, number: int) -> list[Said]:
        return [
            self._say(text, turn.feeling, turn.strength, number * 100 + n)
            for n, text in enumerate(turn.sentences)
        ]

    def turn(self, turn: Turn) -> Future[list[Said]]:
        """Every sentence of a turn."""
        number = self._next()
        if self._executor is not None:
            return self._executor.submit(self._turn, turn, number)
        done: Future[list[Said]] = Future()
        done.set_result(self._turn(turn, number))
        return done

    def small(self, words: list[str]) -> Future[list[Said]]:
        """A listener's sounds: hums, the words, and two laughs at the end."""
        number = self._next()
        if self._executor is not None:
            return self._executor.submit(self._small, words, number)
        done: Future[list[Said]] = Future()
        done.set_result(self._small(words, number))
        return done

    def _small(self, words: list[str], number: int) -> list[Said]:
        rng = self._rng(number)
        made = [synth.hum(self.speaker, rng, rise) for rise in (False, True)]
        made += [synth.say(w, self.language, self.speaker, rng, "neutral", 0.0) for w in words]
        pick = random.Random(number)
        made += [synth.laugh(self.speaker, rng, pick.randint(4, 6)) for _ in range(2)]
        return made
