"""What a robot says next: its card's own lines where there are any, else lines that fit anything.

A card is what the room shows its player (`/api/room/<session>/card`): the public part and the
robot's own half. Nothing of the partner's half is known here.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

LANGUAGES = ("en", "es")
#: Seconds a word takes, to know how long a partner's line of a script will last.
WORD_S = 0.34
#: From this turn on a robot may say its target line, and a way out.
TARGET_TURN, LATE_TURN = 4, 12
FEELINGS = ("neutral", "amusement", "affection", "surprise", "frustration", "joy", "relief")


@dataclass(frozen=True)
class Turn:
    """One turn: sentences with a pause between them. script: index of its line, -1 elsewhere."""

    sentences: tuple[str, ...]
    feeling: str = "neutral"
    strength: float = 1.0
    script: int = -1

    @property
    def text(self) -> str:
        """The whole of it."""
        return " ".join(self.sentences)


@lru_cache
def words(language: str) -> dict[str, list[str]]:
    """The stock lines of a language; English where there are none."""
    code = language[:2] if language[:2] in LANGUAGES else "en"
    text = files("yesand.cli.robots").joinpath(f"words/{code}.yaml").read_text("utf-8")
    return {str(key): [str(x) for x in rows] for key, rows in yaml.safe_load(text).items()}


def sentences(text: str) -> tuple[str, ...]:
    """A text cut after its full stops; abbreviations of one letter are not watched for."""
    found = [part.strip() for part in re.findall(r"[^.?!…]+[.?!…]*[\"”']?", text)]
    return tuple(part for part in found if re.search(r"\w", part))


class Repertoire:
    """The lines of one scene for one role. Draws without repeating itself, by the seed."""

    def __init__(
        self, role: str, card: Mapping[str, Any] | None, language: str, rng: random.Random
    ) -> None:
        self.role, self.rng = role, rng
        self.card: Mapping[str, Any] = card or {}
        self.language = language
        self._words = words(language)
        self._left: dict[str, list[str]] = {}
        self._turns = 0
        self._target = str((self.card.get("mine") or {}).get("target_line") or "")
        self.script: list[tuple[str, str]] = [
            (str(line["role"]), str(line["text"])) for line in self.card.get("lines") or []
        ]
        self.at = 0
        """Next line of the script."""

    # -- the script ---------------------------------------------------------------------------

    @property
    def scripted(self) -> bool:
        """Whether lines of a script are left."""
        return self.at < len(self.script)

    @property
    def mine_next(self) -> bool:
        """Whether the next line of the script is this role's."""
        return self.scripted and self.script[self.at][0] == self.role

    def partner_seconds(self) -> float:
        """About how long the partner's lines before this role's next one last; 0 elsewhere."""
        count = 0
        for role, text in self.script[self.at :]:
            if role == self.role:
                break
            count += len(text.split())
        return count * WORD_S

    def partner_done(self) -> None:
        """The partner has said what stood before this role's next line."""
        while self.scripted and not self.mine_next:
            self.at += 1

    def said(self, turn: Turn) -> None:
        """A line of the script was said."""
        if turn.script >= 0:
            self.at = max(self.at, turn.script + 1)

    # -- turns --------------------------------------------------------------------------------

    def opens(self) -> bool | None:
        """Whether this role begins: True, False, or None where the card leaves it open."""
        if self.script:
            return self.script[0][0] == self.role
        first = self.card.get("first_line")
        return first.get("role") == self.role if isinstance(first, Mapping) else None

    def opening(self) -> Turn:
        """The first turn of a scene that this role begins."""
        if self.script:
            return self.answer()
        first = self.card.get("first_line")
        if isinstance(first, Mapping) and first.get("role") == self.role:
            self._turns += 1
            return self._made(str(first["text"]))
        return self._drawn("begin")

    def answer(self) -> Turn:
        """The next turn, after the partner's."""
        if self.mine_next:
            line = self.script[self.at][1]
            return Turn(sentences(line) or (line,), self._feeling(), 1.0, self.at)
        if self._target and self._turns >= TARGET_TURN:
            line, self._target = self._target, ""
            self._turns += 1
            return self._made(line)
        if self._turns >= LATE_TURN and self.rng.random() < 0.2:
            return self._drawn("late")
        if self.rng.random() < 0.25:
            return self._drawn("ask")
        word = str(self.card.get("kind_of_relationship") or "")
        if self._turns == 3 and word in self._words:
            return self._drawn(word)
        return self._drawn("answer")

    def nudge(self) -> Turn:
        """Something after a long silence of both."""
        return self._drawn("nudge")

    def gave_way(self) -> Turn:
        """After it was interrupted."""
        return self._drawn("cut")

    def backchannel(self) -> str:
        """A listener's word; "" for a hum."""
        return self.rng.choice(["", "", *self._words["right"]])

    def _feeling(self) -> str:
        return self.rng.choice(FEELINGS)

    def _made(self, text: str) -> Turn:
        return Turn(sentences(text) or (text,), self._feeling(), self.rng.uniform(0.6, 1.8))

    def _drawn(self, which: str) -> Turn:
        if not self._left.get(which):
            self._left[which] = self.rng.sample(self._words[which], len(self._words[which]))
        text = self._left[which].pop()
        self._turns += 1
        names = self.card.get("roles") or {}
        name = str(names.get("b" if self.role == "a" else "a") or "")
        if name:
            return self._made(text.replace("{name}", name))
        return self._made(re.sub(r",? ?\{name\}", "", text))
