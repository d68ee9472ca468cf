"""What the cards of one deck may not be to each other. Pure.

Two cards with nearly one premise are one scene under two names, unless one says that it varies the
other: then the two are a minimal pair, and comparing them is what they are for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from yesand.commission.lint import Complaint, words

NEAR_PREMISE = 0.5
"""Share of their longer words, common to both, from which two premises are nearly one (0 to 1).

Jaccard index of the sets. In the deck we ship unrelated cards stay below 0.2 and minimal pairs
above 0.65.
"""
LONG_WORD = 4
"""Letters from which a word of a premise says what it is about."""


def likeness(one: str, other: str) -> float:
    """How much of two premises is the same words, 0 to 1; 0 where either has no long word."""
    first, second = _about(one), _about(other)
    union = first | second
    return len(first & second) / len(union) if union else 0.0


def near_premise(card: dict[str, Any], others: Iterable[dict[str, Any]]) -> Complaint | None:
    """What is wrong with a card whose premise is nearly that of another; None where none is near.

    Cards of one language are compared; versions of one card and variants of one parent are not.
    """
    for other in others:
        if other["language"] != card["language"] or kin(other) & kin(card):
            continue
        if likeness(other["premise"], card["premise"]) >= NEAR_PREMISE:
            says = (
                f"This is nearly the premise of {other['id']!r}. Name that card as the parent "
                "if this one varies it, or tell another story."
            )
            return Complaint("near_premise", ("premise",), says)
    return None


def kin(card: dict[str, Any]) -> set[str]:
    """The ids that make a card kin to another: its own and its parent's."""
    return {card["id"], card.get("parent", card["id"])}


def _about(premise: str) -> set[str]:
    return {word for word in words(premise.lower()) if len(word) >= LONG_WORD}
