"""What the lint has to know of a language before it can read a card in it. Pure.

A further language is a further `lint_words_<code>.py` with one `Words`, named in `lint_words.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


def listed(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


@dataclass(frozen=True)
class Words:
    """The word lists of one language; all in small letters."""

    feelings: frozenset[str]
    """Words that name a feeling."""
    bodies: frozenset[str]
    """Words about body, face and voice."""
    idioms: tuple[str, ...]
    """Ways of speaking that hold such a word and ask for an action all the same."""
    not_a_verb: frozenset[str]
    """Words a cue does not begin with, because it begins with its verb."""
    not_to_the_player: re.Pattern[str]
    """A first word that is a verb and does not speak to the player, such as an infinitive."""
    partners: frozenset[str]
    """Words that mean the partner."""
    partner_endings: re.Pattern[str]
    """A word with the partner in its ending, such as *pedirle*."""
    order_to_feel: re.Pattern[str]
    """be / act / feel and what stands between it and the next word, which is its last group."""


NOTHING = re.compile(r"(?!)")
"""Matches nothing: for what a language does not have."""
