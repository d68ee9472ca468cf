"""Splits that share nobody and never move: they follow from split pools given for good. Pure.

A performer belongs to one pool from the day they are cast (casting), and only performers of one
pool are paired (matching). So a take's split is its performers' pool, in every version.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yesand.formats.release_words import SPLITS
from yesand.kit.errors import Problem, Refused, refuse

#: Shares of performers by pool.
SHARES: Mapping[str, float] = {"train": 0.8, "dev": 0.1, "test": 0.1}


@dataclass(frozen=True)
class Played:
    """Who played one take."""

    take_id: str
    dyad_id: str
    performer_a: str
    performer_b: str


def pool_of(pseudonym: str, salt: str, shares: Mapping[str, float] = SHARES) -> str:
    """A pool drawn by hash: for corpora whose performers were given none.

    The same pseudonym and salt always give the same pool, whoever else is there. Where such
    performers already played across pools, `components` must be drawn instead.
    """
    digest = hashlib.sha256(f"{salt}\0{pseudonym}".encode()).digest()
    point = int.from_bytes(digest[:8]) / 2**64 * sum(shares.values())
    for name, share in shares.items():
        if point < share:
            return name
        point -= share
    return next(iter(shares))


def components(takes: Iterable[Played]) -> list[frozenset[str]]:
    """Performers connected by playing with each other, as sorted groups."""
    of: dict[str, set[str]] = {}
    for take in takes:
        one = of.setdefault(take.performer_a, {take.performer_a})
        other = of.setdefault(take.performer_b, {take.performer_b})
        if one is not other:
            one |= other
            for performer in other:
                of[performer] = one
    groups = {id(group): frozenset(group) for group in of.values()}
    return sorted(groups.values(), key=min)


def splits_of(takes: Iterable[Played], pools: Mapping[str, str]) -> dict[str, str]:
    """Take id -> split. Raises Refused where a performer has no pool or a pair crosses pools."""
    made = {}
    for take in takes:
        both = [pools.get(take.performer_a), pools.get(take.performer_b)]
        if None in both or not set(both) <= set(SPLITS):
            says = "has a performer without a split pool; give one at casting."
            raise refuse("no_pool", says, f"take {take.take_id}")
        if both[0] != both[1]:
            says = f"pairs a performer of {both[0]} with one of {both[1]}."
            raise refuse("crosses_pools", says, f"take {take.take_id}")
        made[take.take_id] = str(both[0])
    return made


def check_disjoint(takes: Iterable[Played], splits: Mapping[str, str]) -> None:
    """Raises Refused naming every performer and every pair that stands in two splits."""
    seen: dict[str, set[str]] = defaultdict(set)
    for take in takes:
        split = splits[take.take_id]
        for name in (
            f"performer {take.performer_a}",
            f"performer {take.performer_b}",
            f"dyad {take.dyad_id}",
        ):
            seen[name].add(split)
    leaks = [
        Problem("leak", name, f"is in {' and '.join(sorted(where))}.")
        for name, where in sorted(seen.items())
        if len(where) > 1
    ]
    if leaks:
        raise Refused(*leaks)


def check_stable(before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raises Refused naming every take that was in another split in the version before."""
    moved = [
        Problem("split_moved", f"take {take}", f"was in {before[take]} and is now in {split}.")
        for take, split in sorted(now.items())
        if before.get(take, split) != split
    ]
    if moved:
        raise Refused(*moved)
