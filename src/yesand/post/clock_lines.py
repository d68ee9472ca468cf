"""Straight lines through clock exchanges: what one browser's pings say of the stage clock.

Pings. A ping bounds the clock difference hard: the server got it after it was sent, the answer
arrived after it was given, so the difference lies between t2 - t3 and t1 - t0 whatever the network
did. The estimate is the line half-way between the two floors (the fastest ways there and back).
Measured on simulated paths (benchmarks/clock_map.py), a floor line with weights falling as the
third power of the excess over the floor is about twice as exact as averaging the lowest-RTT fifth
of each minute, and better for short takes; where every packet waits, all pings count (`_surest`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Doubles = NDArray[np.float64]

# sd of the prior on clock differences; it keeps short takes from inventing drift
PRIOR_PPM = 60.0
PRIOR = PRIOR_PPM * 1e-6
MOST_RTT_MS = 10_000.0
# weights of pings fall with this power of what they waited beyond the fastest
FLOOR_POWER = 3.0
# with fewer pings only the floors are read; with more, other powers are tried over so many blocks
LEAST_PINGS = 60
BLOCKS = 15
# a minute of pings holds few bursts and looks surer than it is; measured, see benchmarks/clock_map
FEW = 40.0


@dataclass(frozen=True)
class Line:
    """y = level + slope * (x - center), and the standard error of both."""

    center: float
    level: float
    slope: float
    level_sd: float
    slope_sd: float

    def at(self, x: ArrayLike) -> Doubles:
        return self.level + self.slope * (np.asarray(x, np.float64) - self.center)


def read_pings(events: Iterable[Mapping[str, Any]]) -> Doubles:
    """Pings of an events stream as (n, 4): t0_ms, t1_ms, t2_ms, t3_ms; server times in ms.

    events: parsed lines; only `type` "ping" counts. Lines with missing, non-finite or impossible
    times (answer before question, round trip over 10 s) are left out.
    """
    rows: list[tuple[float, float, float, float]] = []
    for event in events:
        if event.get("type") != "ping":
            continue
        try:
            t0, t3 = float(event["t0_ms"]), float(event["t3_ms"])
            t1, t2 = float(event["t1_s"]) * 1000.0, float(event["t2_s"]) * 1000.0
        except (KeyError, TypeError, ValueError):
            continue
        rtt = (t3 - t0) - (t2 - t1)
        if np.isfinite(rtt) and t2 >= t1 and 0.0 <= rtt <= MOST_RTT_MS:
            rows.append((t0, t1, t2, t3))
    rows.sort()
    return np.array(rows, np.float64).reshape(-1, 4)


def _fit(x: Doubles, y: Doubles, weight: Doubles, prior: float) -> Line:
    """Weighted line with a slope prior N(0, prior^2); x and y in the same unit.

    Weights are scaled to sum to their effective number of points (Kish), so that a few heavy
    points do not pass for many.
    """
    weight = weight * (float(weight.sum()) / float(np.square(weight).sum()))
    total = float(weight.sum())
    center = float((weight * x).sum() / total)
    level = float((weight * y).sum() / total)
    moved, rest = x - center, y - level
    spread = float((weight * moved * moved).sum())
    product = float((weight * moved * rest).sum())
    rest = rest - (product / spread if spread > 0 else 0.0) * moved
    noise = float((weight * rest * rest).sum()) / max(total - 2.0, 1.0)
    ridge = noise / (prior * prior)
    if spread + ridge <= 0:
        return Line(center, level, 0.0, 0.0, prior)
    slope_sd = min(prior, float(np.sqrt(noise / (spread + ridge))))
    return Line(center, level, product / (spread + ridge), float(np.sqrt(noise / total)), slope_sd)


def floor_line(
    x: Doubles, y: Doubles, start: Line | None = None, power: float = FLOOR_POWER
) -> Line:
    """The line under a cloud whose errors only ever go up, such as delays over time.

    x, y: (n,) in ms, n >= 1. Points weigh (excess over the floor)^-power, with the 5 % quantile of
    the excess as smallest scale, in four rounds. Returns the line of the floor; with power 0 that
    of the mean.
    """
    line = start if start and power else _fit(x, y, np.ones(len(x)), PRIOR)
    for _ in range(4 if power else 0):
        excess = y - line.at(x)
        excess = excess - excess.min()
        scale = float(np.quantile(excess, 0.05)) + 0.02
        line = _fit(x, y, (excess + scale) ** -power, PRIOR)
    return line


@dataclass(frozen=True)
class ServerLine:
    """Browser clock to stage clock: stage_ms = client_ms + line.at(client_ms)."""

    line: Line
    bound_ms: float
    min_rtt_ms: float
    pings: int
    worst_breach_ms: float


def _half_way(x: Doubles, there: Doubles, back: Doubles, power: float) -> Line:
    """The line half-way between what is typical there and back; high powers look at the floors."""
    rtt = there - back
    best = rtt.min()
    rough = _fit(
        x,
        (there + back) / 2,
        (rtt - best + np.quantile(rtt - best, 0.1) + 0.05) ** -2.0,
        PRIOR,
    )
    up = floor_line(x, there, rough, power)
    low = floor_line(x, -back, Line(rough.center, -rough.level, -rough.slope, 0.0, 0.0), power)
    center = 0.5 * (up.center + low.center)
    return Line(
        center=center,
        level=0.5 * (float(up.at(center)) - float(low.at(center))),
        slope=0.5 * (up.slope - low.slope),
        level_sd=0.5 * float(np.hypot(up.level_sd, low.level_sd)),
        slope_sd=0.5 * float(np.hypot(up.slope_sd, low.slope_sd)),
    )


def _surest(x: Doubles, there: Doubles, back: Doubles) -> Line:
    """The half-way line of the power that this network's queues make surest.

    Where queues are now and then empty the floors are sharp, and looking at them alone is best.
    Where every packet waits (a floor nobody touches) the mean of all is up to ten times as sure.
    How sure is read from the pings themselves: leave out one of `BLOCKS` stretches of time after
    the other (jackknife over blocks, so that bursts count as what they are). Only the floors are
    right when queues differ there and back, so another power is taken only where its line lies
    within the floors' own noise (Hausman 1978).
    """
    floors = _half_way(x, there, back, FLOOR_POWER)
    wider = 1.0 + FEW / len(x)
    if len(x) < LEAST_PINGS:
        slope_sd = min(wider * floors.slope_sd, PRIOR)
        return replace(floors, level_sd=wider * floors.level_sd, slope_sd=slope_sd)
    center, reach = float(np.mean(x)), float(np.ptp(x)) / 2
    marks = np.array([center - reach, center, center + reach])
    parts = np.array_split(np.arange(len(x)), BLOCKS)
    kept = [np.setdiff1d(np.arange(len(x)), part) for part in parts]
    chosen, least = floors, np.full(3, np.inf)
    noise = least
    for power in (FLOOR_POWER, 1.0, 0.0):
        line = floors if power == FLOOR_POWER else _half_way(x, there, back, power)
        told = np.array([_half_way(x[k], there[k], back[k], power).at(marks) for k in kept])
        spread = np.sqrt((BLOCKS - 1) * np.var(told, axis=0))
        slope_sd = float(np.sqrt((BLOCKS - 1) * np.var(told[:, 2] - told[:, 0]))) / (2 * reach)
        line = Line(
            center,
            float(line.at(center)),
            line.slope,
            wider * float(spread[1]),
            min(wider * slope_sd, PRIOR),
        )
        if power == FLOOR_POWER:
            noise = spread
        elif np.any(np.abs(line.at(marks) - floors.at(marks)) > 2 * noise):
            continue
        if spread.max() < least.max():
            chosen, least = line, spread
    return chosen


def fit_server(pings: Doubles) -> ServerLine | None:
    """Line from pings (n, 4) in ms; None without any."""
    if len(pings) == 0:
        return None
    t0, t1, t2, t3 = pings.T
    rtt = (t3 - t0) - (t2 - t1)
    x = (t0 + t3) / 2
    base = float(np.median(t1 - t0))  # Unix milliseconds are large: keep the digits
    there, back = t1 - t0 - base, t2 - t3 - base
    best = rtt.min()
    line = _surest(x, there, back)
    line = Line(line.center, line.level + base, line.slope, line.level_sd, line.slope_sd)
    middle = line.at(x) - base
    # the truth lies below every `there` and above every `back`
    hard = max(float((there - middle).min()), float((middle - back).min()))
    breach = max(0.0, float((middle - there).max()), float((back - middle).max()))
    return ServerLine(line, max(hard, best / 2) + breach, float(best), len(pings), breach)
