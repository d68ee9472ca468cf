"""The weekly matcher, first version: an integer program with a certified bound.

Variables are (pair, start). Each performer plays at most one booking at a time and at most
`wanted` a week. The objective adds each pair's weight and, per performer, a concave gain for
the first, second, third booking (the drop of the squared unmet share), so that spreading work
beats piling it on a few. HiGHS (through scipy) returns the best bound it could prove.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from yesand.matching.rules import (
    Candidate,
    Demand,
    held,
    language_for,
    pair_weight,
    starts_for,
    why_not,
)

MOST_STARTS = 24
"""Starts considered per pair, spread over the week."""
MOST_PARTNERS = 40
"""Partners considered per performer, those with least work first."""


@dataclass(frozen=True)
class Meeting:
    """One booking to offer."""

    a: str
    b: str
    starts_at: dt.datetime
    language: str


@dataclass(frozen=True)
class Week:
    """A schedule with its proof and what it does for fairness."""

    meetings: list[Meeting]
    value: float
    bound: float
    gap: float
    """(bound - value) / bound, 0 when proven optimal."""
    zero_work_share: float
    """Share of performers with windows who got no booking."""
    p10_share: float
    """10th percentile of bookings over the mean."""
    gini: float
    left_out: dict[str, int] = field(default_factory=dict)
    """Pairs kept apart, counted by reason."""


def gini(counts: list[int]) -> float:
    """Gini coefficient of non-negative counts; 0 for none or all equal."""
    values = np.sort(np.asarray(counts, float))
    if not len(values) or values.sum() == 0:
        return 0.0
    n = len(values)
    return float((2 * np.arange(1, n + 1) - n - 1) @ values / (n * values.sum()))


def _spread(starts: list[dt.datetime], most: int) -> list[dt.datetime]:
    if len(starts) <= most:
        return starts
    return [starts[i] for i in np.linspace(0, len(starts) - 1, most).round().astype(int)]


def _options(
    candidates: list[Candidate], demand: Demand
) -> tuple[list[tuple[int, int, dt.datetime, float]], Counter[str]]:
    order = sorted(range(len(candidates)), key=lambda i: (candidates[i].had, candidates[i].id))
    partners: Counter[int] = Counter()
    reasons: Counter[str] = Counter()
    options = []
    for place, i in enumerate(order):
        for j in order[place + 1 :]:
            a, b = candidates[i], candidates[j]
            reason = why_not(a, b, demand)
            if reason:
                reasons[reason] += 1
                continue
            if partners[i] >= MOST_PARTNERS and partners[j] >= MOST_PARTNERS:
                reasons["enough_partners"] += 1
                continue
            starts = starts_for(a, b, demand.minutes)
            if not starts:
                reasons["no_shared_time"] += 1
                continue
            partners[i] += 1
            partners[j] += 1
            weight = pair_weight(a, b, demand)
            options += [(i, j, s, weight) for s in _spread(starts, MOST_STARTS)]
    return options, reasons


def schedule(candidates: list[Candidate], demand: Demand, seconds: float = 10.0) -> Week:
    """The week's meetings for these candidates, solved for at most `seconds`.

    Deterministic for equal input and an instance that is solved within the time.
    """
    options, reasons = _options(candidates, demand)
    if not options or demand.bookings <= 0:
        return _week([], candidates, 0.0, 0.0, reasons, demand)
    n = len(options)
    steps = [(i, k) for i, c in enumerate(candidates) for k in range(c.wanted)]
    gain = []
    for i, k in steps:
        total = candidates[i].wanted + candidates[i].had
        done = candidates[i].had + k
        gain.append(((total - done) ** 2 - (total - done - 1) ** 2) / max(1, total) ** 2)
    size = n + len(steps)
    cost = -np.concatenate([[o[3] for o in options], gain])
    rows: list[int] = []
    cols: list[int] = []
    vals: list[float] = []
    upper: list[float] = []
    lower: list[float] = []

    def add(entries: list[tuple[int, float]], low: float, high: float) -> None:
        rows.extend([len(upper)] * len(entries))
        cols.extend(c for c, _ in entries)
        vals.extend(v for _, v in entries)
        lower.append(low)
        upper.append(high)

    busy: dict[tuple[int, dt.datetime], list[int]] = defaultdict(list)
    pairs: dict[tuple[int, int], list[int]] = defaultdict(list)
    plays: dict[int, list[int]] = defaultdict(list)
    for v, (i, j, start, _) in enumerate(options):
        pairs[i, j].append(v)
        for person in (i, j):
            plays[person].append(v)
            for quarter in held(start, demand.minutes):
                busy[person, quarter].append(v)
    for vs in busy.values():
        if len(vs) > 1:
            add([(v, 1.0) for v in vs], 0, 1)
    for vs in pairs.values():
        # One meeting a week per pair: new partners are worth more than a second evening.
        add([(v, 1.0) for v in vs], 0, 1)
    first_step = {i: n + s for s, (i, k) in enumerate(steps) if k == 0}
    for person, vs in plays.items():
        wanted = candidates[person].wanted
        ladder = [(first_step[person] + k, -1.0) for k in range(wanted)]
        add([(v, 1.0) for v in vs] + ladder, 0, 0)
    for person in set(range(len(candidates))) - set(plays):
        add([(first_step[person] + k, 1.0) for k in range(candidates[person].wanted)], 0, 0)
    add([(v, 1.0) for v in range(n)], 0, demand.bookings)
    matrix = coo_array((vals, (rows, cols)), shape=(len(upper), size)).tocsr()
    result = milp(
        cost,
        constraints=LinearConstraint(matrix, lower, upper),
        integrality=np.concatenate([np.ones(n), np.zeros(len(steps))]),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds, "mip_rel_gap": 1e-4},
    )
    if result.x is None:
        return _week([], candidates, 0.0, float("inf"), reasons, demand)
    chosen = [options[v] for v in np.flatnonzero(result.x[:n] > 0.5)]
    bound = -result.mip_dual_bound if result.mip_dual_bound is not None else -result.fun
    return _week(chosen, candidates, -float(result.fun), float(bound), reasons, demand)


def _week(
    chosen: list[tuple[int, int, dt.datetime, float]],
    candidates: list[Candidate],
    value: float,
    bound: float,
    reasons: Counter[str],
    demand: Demand,
) -> Week:
    counts = Counter(person for i, j, _, _ in chosen for person in (i, j))
    able = [counts[i] for i, c in enumerate(candidates) if c.free]
    mean = sum(able) / len(able) if able else 0.0
    meetings = [
        Meeting(
            candidates[i].id,
            candidates[j].id,
            start,
            language_for(candidates[i], candidates[j], demand),
        )
        for i, j, start, _ in sorted(chosen, key=lambda o: (o[2], o[0], o[1]))
    ]
    return Week(
        meetings=meetings,
        value=round(value, 6),
        bound=round(bound, 6),
        gap=round((bound - value) / bound, 6) if bound and np.isfinite(bound) else 0.0,
        zero_work_share=round(sum(c == 0 for c in able) / len(able), 4) if able else 0.0,
        p10_share=round(float(np.percentile(able, 10)) / mean, 4) if mean else 0.0,
        gini=round(gini(able), 4),
        left_out=dict(sorted(reasons.items())),
    )
