"""Cells from margins: a balanced design, not a full cross. Pure.

A full cross of 12 feelings, 6 relationships and 2 languages has 144 cells, most of them too thin
to learn anything from. Here every *pair* (feeling x relationship, feeling x language,
relationship x language) is filled as its margins ask, while a triple is asked only where the
pairs need it: a fractional design of strength 2 (Dey & Mukerjee 1999, ch. 2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

from yesand.commission.order import FEELINGS, RELATIONSHIPS, CellPlan, Order, exact, quota_of

Key = tuple[str, str, str]
"""feeling, relationship, language"""

SMALLEST_CELL = 6
"""Takes below which a cell is not split further: two at each of the three strengths."""


def apportion(total: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Whole numbers that add up to `total`, each within 1 of its share (largest remainder).

    Ties go to the earlier word. Words without a share get 0.
    """
    whole = sum(exact(share) for share in shares.values())
    if not whole:
        raise ValueError("at least one share must be positive")
    ideal = {word: total * exact(share) / whole for word, share in shares.items()}
    given = {word: int(part) for word, part in ideal.items()}
    by_remainder = sorted(ideal, key=lambda word: given[word] - ideal[word])
    for word in by_remainder[: total - sum(given.values())]:
        given[word] += 1
    return given


def balanced_cells(order: Order) -> list[CellPlan]:
    """The cells of an order, feelings in the grid's order, with quotas and strengths.

    The sums by feeling, by relationship and by language are exactly `apportion` of `quota_of`.
    Cells that somebody fixed one by one stand as they are.
    """
    if order.cells:
        return _with_strengths(
            {(c.feeling, c.relationship, c.language): c.takes for c in order.cells}
        )
    total = quota_of(order)
    margins = [
        apportion(total, _asked(shares))
        for shares in (order.feelings, order.relationships, order.languages)
    ]
    return _with_strengths(_design(total, margins))


def _asked(shares: Mapping[str, float]) -> dict[str, float]:
    return {word: share for word, share in shares.items() if share > 0}


def _design(total: int, margins: list[dict[str, int]]) -> dict[Key, int]:
    """Greedy: always feed the most starved pair, in blocks large enough to be worth a cell."""
    feelings, relationships, languages = margins
    left = [dict(margin) for margin in margins]
    sizes = sorted(len(margin) for margin in margins)
    block = max(SMALLEST_CELL, -(-total // (sizes[1] * sizes[2])))
    got: Counter[tuple[str, str]] = Counter()
    quotas: Counter[Key] = Counter()

    def starved(one: str, other: str, ideal: Fraction) -> Fraction:
        return ideal - got[one, other]

    while any(left[0].values()):
        feeling = max(left[0], key=lambda f: Fraction(left[0][f], feelings[f] or 1))
        pairs = [
            (
                starved(feeling, r, Fraction(feelings[feeling] * relationships[r], total))
                + starved(feeling, code, Fraction(feelings[feeling] * languages[code], total))
                + starved(r, code, Fraction(relationships[r] * languages[code], total)),
                # A rest smaller than a block joins a cell that exists already.
                quotas[feeling, r, code] if left[0][feeling] < block else 0,
                r,
                code,
            )
            for r in relationships
            for code in languages
            if left[1][r] and left[2][code]
        ]
        opened = [p for p in pairs if p[1]]
        _, _, relationship, code = max(opened or pairs, key=lambda p: p[0])
        takes = min(block, left[0][feeling], left[1][relationship], left[2][code])
        quotas[feeling, relationship, code] += takes
        for rest, word in zip(left, (feeling, relationship, code), strict=True):
            rest[word] -= takes
        for pair in ((feeling, relationship), (feeling, code), (relationship, code)):
            got[pair] += takes
    return _without_crumbs(dict(quotas))


def _without_crumbs(quotas: dict[Key, int]) -> dict[Key, int]:
    """Swap the rests of a few takes into cells that exist; every margin stays as it is.

    Two cells that exchange one of their words give and take the same number in every margin.
    """
    for crumb in sorted(quotas, key=lambda key: (quotas[key], key)):
        takes = quotas[crumb]
        if not 0 < takes < SMALLEST_CELL:
            continue
        swaps = []
        for other in quotas:
            rest = quotas[other] - takes
            if other == crumb or (rest != 0 and rest < SMALLEST_CELL):
                continue
            for at in range(3):
                one, two = _exchange(crumb, other, at)
                fits = one != other and quotas.get(one, 0) and quotas.get(two, 0)
                if fits and not {one, two} & {crumb, other}:
                    swaps.append((quotas[other], other, one, two))
        if swaps:
            _, other, one, two = max(swaps)
            for key, change in ((crumb, -takes), (other, -takes), (one, takes), (two, takes)):
                quotas[key] += change
    return {key: takes for key, takes in quotas.items() if takes}


def _exchange(one: Key, two: Key, at: int) -> tuple[Key, Key]:
    """Both keys with their words at position `at` exchanged."""
    left, right = list(one), list(two)
    left[at], right[at] = right[at], left[at]
    return (left[0], left[1], left[2]), (right[0], right[1], right[2])


def _with_strengths(quotas: Mapping[Key, int]) -> list[CellPlan]:
    """Strengths as equal as whole takes allow, in every cell and over each feeling."""
    plans = []
    given: dict[str, Counter[int]] = {}
    for feeling, relationship, language in sorted(quotas, key=_grid_order):
        takes = quotas[feeling, relationship, language]
        so_far = given.setdefault(feeling, Counter())
        strengths = [takes // 3] * 3
        for at in sorted(range(3), key=lambda i: (so_far[i], i))[: takes % 3]:
            strengths[at] += 1
            so_far[at] += 1
        if feeling == "neutral":
            strengths = [0, 0, 0]
        slight, clear, strong = strengths
        plans.append(CellPlan(feeling, relationship, language, takes, (slight, clear, strong)))
    return plans


def _grid_order(key: Key) -> tuple[int, int, str]:
    feeling, relationship, language = key
    return FEELINGS.index(feeling), RELATIONSHIPS.index(relationship), language


def margin(cells: Iterable[CellPlan], by: str) -> dict[str, int]:
    """Takes asked for by `feeling`, `relationship` or `language`."""
    sums: Counter[str] = Counter()
    for cell in cells:
        sums[getattr(cell, by)] += cell.takes
    return dict(sums)
