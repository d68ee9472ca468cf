"""Which three cards lie on the table. Pure: plain values in, the same cards for the same seed out.

Hard, never relaxed: language, use, the shapes of cards this booking plays, a line of either
player, heavy without both having opted in, a skill that the role's player did not state, a card
that was dealt before. Soft, relaxed in this order when fewer than three are left: a relationship
not played yet (where the plan asks for one), the slot's own cards, then cards under a veil.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

CARDS = 3
ONLY_MIDDLE = frozenset({"tender", "tense", "heavy"})
"""Tones played in the middle of a booking: never first, when nobody is warm, and never last."""


@dataclass(frozen=True)
class CardFacts:
    """What the deal may know of a card."""

    key: str
    language: str
    use: str
    tone: str
    slot: str
    """opener, middle, closer or any."""
    shape: str
    relationship: str
    tags: frozenset[str] = frozenset()
    skills: frozenset[tuple[str, str]] = frozenset()
    """(role, skill): what the player of a role must really be able to do."""


@dataclass(frozen=True)
class Table:
    """For whom cards are dealt.

    limits: content tag -> line or veil, both players' joined so that nobody's can be told apart.
    skills: (role, skill) as the players of both roles state them.
    need: relationship -> part of its quota still open (0 to 1). shapes: the order's shares.
    only: shapes of cards this scene is for, none others; None for any. played: relationships to
    leave for later where the deck has others.
    """

    languages: Collection[str]
    use: str = "train"
    limits: Mapping[str, str] | None = None
    slot: str = "any"
    heavy: bool = False
    skills: Collection[tuple[str, str]] = ()
    exclude: Collection[str] = ()
    need: Mapping[str, float] | None = None
    shapes: Mapping[str, float] | None = None
    only: Collection[str] | None = None
    played: Collection[str] = ()


def deal(cards: Sequence[CardFacts], table: Table, seed: str) -> list[CardFacts]:
    """Up to three cards, of different relationships where the deck allows it."""
    limits = table.limits or {}
    lines = {tag for tag, kind in limits.items() if kind == "line"}
    veils = {tag for tag, kind in limits.items() if kind == "veil"}
    possible = [
        card
        for card in cards
        if card.language in table.languages
        and card.use == table.use
        and not card.tags & lines
        and (table.heavy or card.tone != "heavy")
        and card.skills <= set(table.skills)
        and card.key not in table.exclude
        and (table.only is None or card.shape in table.only)
        and (table.slot in {"middle", "any"} or card.tone not in ONLY_MIDDLE)
    ]
    fresh = [card for card in possible if not card.tags & veils]
    fitting = [card for card in fresh if table.slot == "any" or card.slot in {table.slot, "any"}]
    others = [card for card in fitting if card.relationship not in table.played]
    dice = Random(seed)
    dealt: list[CardFacts] = []
    for pool in (others if table.played else [], fitting, fresh, possible):
        _draw(dealt, pool, table, dice)
    return dealt


def _draw(dealt: list[CardFacts], pool: list[CardFacts], table: Table, dice: Random) -> None:
    """Add cards of `pool` until three lie there, other relationships before seen ones."""
    left = sorted((card for card in pool if card not in dealt), key=lambda card: card.key)
    while left and len(dealt) < CARDS:
        seen = {card.relationship for card in dealt}
        others = [card for card in left if card.relationship not in seen] or left
        card = dice.choices(others, [_weight(card, table) for card in others])[0]
        dealt.append(card)
        left.remove(card)


def _weight(card: CardFacts, table: Table) -> float:
    """Open cells pull three times as hard as filled ones; shapes as they were ordered."""
    weight = 1.0
    if table.need is not None:
        weight += 2 * table.need.get(card.relationship, 0.0)
    if table.shapes:
        weight *= 0.02 + table.shapes.get(card.shape, 0.0)
    return weight
