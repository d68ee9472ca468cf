"""The partner's ear as a second witness of the clocks, and the delay at which each heard the other.

Say the maps of a and b are wrong against each other by d (b's stage time of an instant less a's).
What b heard of a then seems late by D_ab + d, and what a heard of b by D_ba - d, where D is what
really passed between mouth and ear. So

- the sum of both is the sum of the true delays, whatever the clocks are;
- nobody hears before it is said: -seen_ba <= d <= seen_ab, a bound that asks nothing of the paths
  to the server;
- a slope that both see with opposite sign is a drift of d.

How sure each is. The bound is as wide as both delays together, a tenth of a second and more, so it
matters where pings are few, were cut off, or lie. The slope is worth less than one hopes: between
two corrections a jitter buffer plays sample by sample, so a delay moves by the sound cards'
difference until the buffer steps back by 5 to 20 ms. That saw-tooth has no lasting slope, and over
n steps in T seconds tells a drift to about (step / T) / sqrt(n): 20 ppm after ten minutes, 2 ppm
after an hour, where pings tell 1 ppm. Both are weighed by their variance, so pings decide unless
they stopped.

What stays: the interval is never narrower than half of both smallest round trips, as for pings.
Delays run from the recorder's microphone to the sound as it left the jitter buffer for the
listener's output; the input and output latencies of both devices are not observable and not part.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from yesand.dsp.heard import Delays
from yesand.post.clock import TrackClock
from yesand.post.clock_lines import Doubles

#: Fewer windows than this of a direction tell nothing.
LEAST_WINDOWS = 3
#: A buffer's saw-tooth is taken to start anew this often, seconds; faster ones only make it surer.
STEP_EVERY_S = 300.0
#: What a window's peak and two hand-overs may be off, ms; the bound gives way by so much.
SLACK_MS = 2.0
#: Share of windows that may lie under the bound: peaks of chance.
ODD = 0.05


@dataclass(frozen=True)
class Delay:
    """How late one heard the other, ms. n: windows behind it; None without any that is sure."""

    median_ms: float | None
    p95_ms: float | None
    n: int
    tried: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Shift:
    """What is added to a role's stage times: at_ms at stage time `around_s`, growing by ppm."""

    around_s: float
    at_ms: float
    ppm: float


@dataclass(frozen=True)
class Fusion:
    """What the ear adds. shifts: what each role's map is moved by, half of what was found each.

    offset_ms, drift_ppm: by how much b's map by pings was late and fell behind a's.
    uncertainty_ms, drift_uncertainty_ppm: of the pair, as `Alignment`; by_pings: both by pings
    alone. sum_ms: of both delays, free of any clock. low_ms, high_ms: between what hearing after
    saying lets the offset lie; None where that direction is not known. decided: what the offset's
    interval ends at, "pings" or "ears". why: a contradiction in words, "" for none.
    """

    shifts: dict[str, Shift]
    offset_ms: float
    drift_ppm: float
    uncertainty_ms: float
    drift_uncertainty_ppm: float
    by_pings: tuple[float, float]
    sum_ms: float | None
    low_ms: float | None
    high_ms: float | None
    decided: str
    delays: dict[str, Delay]
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def _slope(at_s: Doubles, delay_ms: Doubles) -> tuple[float, float]:
    """(ms per second, its standard deviation); (0, inf) without enough windows."""
    if len(at_s) < LEAST_WINDOWS or np.ptp(at_s) < STEP_EVERY_S / 2:
        return 0.0, float("inf")
    i, j = np.triu_indices(len(at_s), 1)
    apart = at_s[j] - at_s[i]
    far = apart > 0.2 * np.ptp(at_s)
    slope = float(np.median((delay_ms[j] - delay_ms[i])[far] / apart[far]))
    rest = delay_ms - slope * at_s
    spread = float(1.4826 * np.median(np.abs(rest - np.median(rest)))) + 1.0
    steps = max(1.0, float(np.ptp(at_s)) / STEP_EVERY_S)
    return slope, spread * float(np.sqrt(12.0 / steps)) / float(np.ptp(at_s))


def fuse(a: TrackClock, b: TrackClock, ab: Delays, ba: Delays) -> Fusion:
    """Maps of both roles with what the ears say. a, b: valid clocks by pings; ab: what b heard of
    a, laid on these clocks, and ba the other way."""
    seconds = max(a.seconds, b.seconds)
    around = min(a.start_s, b.start_s) + seconds / 2
    unsure = a.uncertainty_ms + b.uncertainty_ms
    floor = (a.min_rtt_ms + b.min_rtt_ms) / 2
    ping_sd = float(np.hypot(a.drift_uncertainty_ppm, b.drift_uncertainty_ppm)) / 2
    seen = {"ab": _usable(ab, around), "ba": _usable(ba, around)}
    (up, up_sd), (down, down_sd) = (_slope(*seen[way]) for way in ("ab", "ba"))
    ppm, ppm_sd = _weigh(ping_sd, [(up * 1e3, up_sd * 1e3), (-down * 1e3, down_sd * 1e3)])

    def ends(way: str, sign: float) -> float | None:
        at, delay = seen[way]
        if len(at) < LEAST_WINDOWS:
            return None
        return float(np.quantile(delay - sign * ppm * 1e-3 * at, ODD)) + SLACK_MS

    high, below = ends("ab", 1.0), ends("ba", -1.0)
    low = None if below is None else -below
    left = max(-unsure, -np.inf if low is None else low)
    right = min(unsure, np.inf if high is None else high)
    why, decided = "", "pings"
    if left > right:
        why = f"ears and pings contradict each other by {left - right:.1f} ms"
        left, right = min(left, right, -unsure), max(left, right, unsure)
    elif left > -unsure or right < unsure:
        decided = "ears"
    offset = float(np.clip(0.0, left, right)) if not why else 0.0
    told = max(right - offset, offset - left, floor)
    both = [seen[way][1] for way in ("ab", "ba") if len(seen[way][1])]
    return Fusion(
        shifts={"a": Shift(around, offset / 2, ppm / 2), "b": Shift(around, -offset / 2, -ppm / 2)},
        offset_ms=offset,
        drift_ppm=ppm,
        uncertainty_ms=float(told),
        drift_uncertainty_ppm=2 * ppm_sd,
        by_pings=(unsure, 2 * ping_sd),
        sum_ms=float(sum(np.median(one) for one in both)) if len(both) == 2 else None,
        low_ms=low,
        high_ms=high,
        decided=decided,
        delays={
            "ab": _delay(seen["ab"], offset, ppm, ab.tried),
            "ba": _delay(seen["ba"], -offset, -ppm, ba.tried),
        },
        why=why,
    )


def _usable(delays: Delays, around_s: float) -> tuple[Doubles, Doubles]:
    """(seconds from the take's middle, delay in ms)"""
    return delays.at_s - around_s, delays.delay_s * 1000.0


def _weigh(ping_sd: float, slopes: list[tuple[float, float]]) -> tuple[float, float]:
    """Drift of d in ppm (0 by the pings' map) and its standard deviation, by inverse variance."""
    least = max(ping_sd, 1e-3)
    weight, total = 1.0 / least**2, 0.0
    for slope, sd in slopes:
        if np.isfinite(sd):
            weight += 1.0 / sd**2
            total += slope / sd**2
    return total / weight, float(weight**-0.5)


def _delay(seen: tuple[Doubles, Doubles], offset: float, ppm: float, tried: int) -> Delay:
    at, delay = seen
    if len(at) < LEAST_WINDOWS:
        return Delay(None, None, len(at), tried)
    true = delay - offset - ppm * 1e-3 * at
    return Delay(float(np.median(true)), float(np.percentile(true, 95)), len(at), tried)


def moved(clock: TrackClock, role: str, fusion: Fusion) -> TrackClock:
    """A track's clock with the fusion's shift of its role, and its share of the uncertainty."""
    shift = fusion.shifts[role]
    started = (shift.at_ms + shift.ppm * 1e-3 * (clock.start_s - shift.around_s)) / 1000.0
    pace = 1.0 + shift.ppm * 1e-6
    rate = clock.rate_hz / pace
    by_ms, by_ppm = fusion.by_pings
    share = fusion.uncertainty_ms / by_ms if by_ms > 0 else 1.0
    drifting = fusion.drift_uncertainty_ppm / by_ppm if by_ppm > 0 else 1.0
    return replace(
        clock,
        start_s=clock.start_s + started,
        rate_hz=rate,
        drift_ppm=(rate / clock.nominal_hz - 1.0) * 1e6,
        uncertainty_ms=clock.uncertainty_ms * share,
        drift_uncertainty_ppm=clock.drift_uncertainty_ppm * drifting,
        why="; ".join(one for one in (clock.why, fusion.why) if one),
    )
