"""The stage clock as known when a take is sealed: one line through the best clock pings. Pure.

This is what the manifest keeps and the gap table is placed by. The refined map, with the sound
card's own clock, is post's derived clock.json, and every later reader uses that one.

A ping gives the stage clock at the middle of its round trip, wrong by at most half the trip. The
fastest fifth of each minute (at least three) is kept; drift has a prior, so that a short take does
not invent one. The path's asymmetry is not observable, so the uncertainty is never below half the
smallest round trip.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yesand.formats.manifest import Ping, PingFit

#: Computers' clocks differ by about this much: standard deviation of the prior, ppm.
PRIOR_PPM = 60.0
WINDOW_MS = 60_000.0
KEPT_SHARE = 0.2
KEPT_LEAST = 3
#: Scatter of the kept offsets is never taken as smaller than this, milliseconds.
LEAST_SD_MS = 0.05


def fit_pings(pings: Sequence[Ping]) -> PingFit | None:
    """The line stage_s(client_ms) through the pings of one browser; None without any."""
    if not pings:
        return None
    t0 = np.array([ping.t0_ms for ping in pings])
    t1 = np.array([ping.t1_s for ping in pings]) * 1000.0
    t2 = np.array([ping.t2_s for ping in pings]) * 1000.0
    t3 = np.array([ping.t3_ms for ping in pings])
    rtt = (t3 - t0) - (t2 - t1)
    client = (t0 + t3) / 2
    offset = (t1 + t2) / 2 - client
    kept = _fastest(client, rtt)
    reference = float(client[kept].mean())
    base = float(np.median(offset[kept]))
    x, y = client[kept] - reference, offset[kept] - base
    prior = PRIOR_PPM * 1e-6
    rough = _ridge(x, y, max(float(np.std(y)), LEAST_SD_MS), prior)
    noise = max(float(np.std(y - rough[0] - rough[1] * x)), LEAST_SD_MS)
    level, slope, level_sd, slope_sd = _ridge(x, y, noise, prior)
    reach = float(np.max(np.abs(client - reference)))
    smallest = float(rtt.min())
    return PingFit(
        client_ref_ms=reference,
        stage_ref_s=(reference + base + level) / 1000.0,
        drift_ppm=slope * 1e6,
        drift_uncertainty_ppm=2 * slope_sd * 1e6,
        uncertainty_ms=max(smallest / 2, smallest / 2 + 2 * (level_sd + slope_sd * reach)),
        pings_n=len(pings),
        min_rtt_ms=smallest,
    )


def _fastest(client: NDArray[np.float64], rtt: NDArray[np.float64]) -> NDArray[np.int64]:
    windows = np.floor((client - client.min()) / WINDOW_MS).astype(np.int64)
    kept: list[int] = []
    for window in np.unique(windows):
        rows = np.flatnonzero(windows == window)
        most = max(KEPT_LEAST, round(len(rows) * KEPT_SHARE))
        kept.extend(rows[np.argsort(rtt[rows], kind="stable")[:most]].tolist())
    return np.array(sorted(kept), dtype=np.int64)


def _ridge(
    x: NDArray[np.float64], y: NDArray[np.float64], noise: float, prior: float
) -> tuple[float, float, float, float]:
    """(level, slope, sd of level, sd of slope) with slope ~ N(0, prior^2); x is centered."""
    n = len(x)
    level = float(y.mean())
    information = float((x * x).sum()) / noise**2 + 1.0 / prior**2
    slope = float((x * (y - level)).sum()) / noise**2 / information
    return level, slope, noise / float(np.sqrt(n)), float(1.0 / np.sqrt(information))


def stage_s(fit: PingFit, client_ms: float) -> float:
    """Stage clock (Unix seconds) at a client time."""
    passed = (client_ms - fit.client_ref_ms) / 1000.0
    return fit.stage_ref_s + passed * (1.0 + fit.drift_ppm * 1e-6)
