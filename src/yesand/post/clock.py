"""From audio samples to the stage clock: one straight line per performer, with honest bounds.

Three clocks meet: the sound card counts samples, the browser counts milliseconds
(`performance.timeOrigin + performance.now()`), the server's Unix time is the stage clock. Pings
tie browser to server, the hand-over times of audio blocks tie samples to browser.

Pings and the lines through them are `post.clock_lines`; what the partner's ear adds is
`post.clock_fuse`.

What no averaging removes: when the way there and the way back differ, the estimate is off by half
the difference. That can never exceed half the round trip, so no interval here is narrower than
half the smallest round trip of each performer, and both are added for a pair. What no browser can
know: how long the microphone, its driver and the browser held the sound before handing it over.
That latency is not part of the interval; it is excluded in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from yesand.post.clock_lines import Doubles, Line, fit_server, floor_line

VERSION = "clock-2"
# a drift that moves a track by less is left alone: captured samples are worth more
WORTH_MS = 1.0
# no path's queue is known better than this
LEAST_ROOM_MS = 0.3


@dataclass(frozen=True)
class Gap:
    """Samples that never came: before sample `sample`, `seconds` of them."""

    sample: int
    seconds: float


@dataclass(frozen=True)
class TrackClock:
    """Where the samples of one track lie on the stage clock.

    start_s: stage time of sample 0; rate_hz: samples per stage second; nominal_hz: as declared.
    drift_ppm: rate_hz against nominal_hz, with its uncertainty (about 95 %).
    uncertainty_ms: half-width of the interval for any sample's stage time, without device latency.
    pings: how many were used; min_rtt_ms: fastest round trip, 0 without pings.
    valid: False when there is nothing to map with; why says what is missing or inconsistent.
    seconds: how much sound the map was made from, by its samples.
    """

    nominal_hz: int
    start_s: float
    rate_hz: float
    drift_ppm: float
    drift_uncertainty_ppm: float
    uncertainty_ms: float
    pings: int
    min_rtt_ms: float
    gaps: tuple[Gap, ...] = field(default=())
    valid: bool = True
    why: str = ""
    version: str = VERSION
    seconds: float = 0.0

    def stage_s(self, sample: ArrayLike) -> Doubles:
        """Stage time (Unix seconds) of sample numbers; a sample after a gap is that much later."""
        n = np.asarray(sample, np.float64)
        out = self.start_s + n / self.rate_hz
        for gap in self.gaps:
            out = out + np.where(n >= gap.sample, gap.seconds, 0.0)
        return out

    @property
    def corrects(self) -> bool:
        """True when resampling this track makes it lie truer than leaving it.

        The drift must be larger than its own uncertainty and move the track's end by a
        millisecond, a tenth of the grid on which turns are told. A short take fails that: there a
        drift of 25 ppm would cost every captured sample to gain a third of a millisecond.
        """
        sure = abs(self.drift_ppm) > self.drift_uncertainty_ppm
        return bool(self.valid and sure and self._moved_ms > WORTH_MS)

    @property
    def left_ms(self) -> float:
        """By how much the track's end lies off the map because its drift is left alone."""
        return 0.0 if self.corrects else self._moved_ms

    @property
    def _moved_ms(self) -> float:
        return abs(self.drift_ppm) * 1e-3 * self.seconds

    def sample_at(self, stage_s: ArrayLike) -> Doubles:
        """Sample number (fractional) at stage times; inside a gap the first sample after it."""
        t = np.asarray(stage_s, np.float64)
        out = (t - self.start_s) * self.rate_hz
        for gap in self.gaps:
            after = out - gap.seconds * self.rate_hz
            out = np.where(out >= gap.sample, np.maximum(after, gap.sample), out)
        return out

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Alignment:
    """How track b lies against track a.

    offset_ms: stage time of b's sample 0 minus that of a's.
    uncertainty_ms: the truth lies within offset_ms +- this, whatever the two paths' asymmetry
        (device latencies excluded), drift that is left alone included.
    drift_ppm: b's sample rate against a's, both relative to their nominal rates; with uncertainty.
    resample: True when correcting the drift helps, see `TrackClock.corrects`.
    """

    offset_ms: float
    uncertainty_ms: float
    drift_ppm: float
    drift_uncertainty_ppm: float
    resample: bool
    valid: bool
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


IDENTICAL = Alignment(0.0, 0.0, 0.0, 0.0, False, True, "two channels of one file")


@dataclass(frozen=True)
class SampleLine:
    """Samples to browser clock: client_ms = nominal_ms + line.at(nominal_ms) + earlier gaps."""

    line: Line
    gaps: tuple[Gap, ...]
    backward_ms: float


def fit_samples(
    end_sample: ArrayLike, client_ms: ArrayLike, rate: int, gaps: Sequence[Gap] = ()
) -> SampleLine | None:
    """Line from audio blocks; None without any.

    end_sample: (n,) sample number just after each block's last one; client_ms: (n,) browser clock
    at which that sample was handed over. Hand-over is late by a varying time, never early: the
    floor is the line. gaps: where samples never came, in browser seconds, as the seal found them
    (`formats.block_gaps`): what follows lies that much later.
    """
    n = np.asarray(end_sample, np.float64)
    at = np.asarray(client_ms, np.float64)
    if len(n) == 0:
        return None
    x = n * 1000.0 / rate
    base = float(at[0] - x[0])
    late = at - x - base
    for gap in gaps:
        late = late - np.where(n > gap.sample, gap.seconds * 1000.0, 0.0)
    line = floor_line(x, late)
    line = Line(line.center, line.level + base, line.slope, line.level_sd, line.slope_sd)
    back = float(np.max(np.maximum.accumulate(at) - at))
    return SampleLine(line, tuple(gaps), back)


def track_clock(
    rate: int,
    end_sample: ArrayLike,
    client_ms: ArrayLike,
    pings: Doubles,
    gaps: Sequence[Gap] = (),
) -> TrackClock:
    """The clock of one track from its audio blocks and its performer's pings.

    Arguments as in `fit_samples` and `fit_server`. Without blocks or pings the result is not valid
    and says why.
    """
    samples, server = fit_samples(end_sample, client_ms, rate, gaps), fit_server(pings)
    if samples is None or server is None:
        why = "no audio block carries a time" if samples is None else "no clock ping was answered"
        return TrackClock(rate, 0.0, float(rate), 0.0, 0.0, 0.0, len(pings), 0.0, (), False, why)
    last_ms = float(np.max(np.asarray(end_sample, np.float64))) * 1000.0 / rate
    nominal = np.array([0.0, last_ms])
    ends = nominal + samples.line.at(nominal)
    stage = ends + server.line.at(ends)
    per_ms = (stage[1] - stage[0]) / last_ms if last_ms > 0 else 1.0
    slope_sd = float(np.hypot(samples.line.slope_sd, server.line.slope_sd))
    # Queues that last for seconds tilt a short line without showing in its residuals: the line may
    # lean by as much as its two floors leave it room.
    room_ms = server.bound_ms - server.min_rtt_ms / 2 + LEAST_ROOM_MS
    lean = 0.5 * room_ms / last_ms if last_ms > 0 else 0.0
    # pings may end before the audio does: the line is then prolonged, and that is uncertain
    reach = max(0.0, *(abs(e - server.line.center) for e in ends))
    prolonged = 2 * server.line.slope_sd * reach
    sampled = 2 * samples.line.level_sd + samples.line.slope_sd * last_ms
    on_stage = tuple(Gap(g.sample, g.seconds * (1 + server.line.slope)) for g in samples.gaps)
    why = ""
    if server.worst_breach_ms > 2.0:
        why = f"pings contradict one straight line by {server.worst_breach_ms:.1f} ms"
    if samples.backward_ms > 1.0:
        why = f"the browser clock ran backward by {samples.backward_ms:.1f} ms"
    return TrackClock(
        nominal_hz=rate,
        start_s=float(stage[0]) / 1000.0,
        rate_hz=rate / per_ms,
        drift_ppm=(1.0 / per_ms - 1.0) * 1e6,
        drift_uncertainty_ppm=(2 * slope_sd + lean) * 1e6,
        uncertainty_ms=server.bound_ms + prolonged + sampled + samples.backward_ms,
        pings=server.pings,
        min_rtt_ms=server.min_rtt_ms,
        gaps=on_stage,
        valid=True,
        why=why,
        seconds=last_ms / 1000.0,
    )


def align(a: TrackClock, b: TrackClock) -> Alignment:
    """How b lies against a. Not valid when one of the two clocks is not."""
    if not (a.valid and b.valid):
        why = "; ".join(f"{role}: {c.why}" for role, c in (("a", a), ("b", b)) if not c.valid)
        return Alignment(0.0, 0.0, 0.0, 0.0, False, False, why)
    drift = ((b.rate_hz / b.nominal_hz) / (a.rate_hz / a.nominal_hz) - 1.0) * 1e6
    unsure = float(np.hypot(a.drift_uncertainty_ppm, b.drift_uncertainty_ppm))
    return Alignment(
        offset_ms=(b.start_s - a.start_s) * 1000.0,
        uncertainty_ms=sum(c.uncertainty_ms + c.left_ms for c in (a, b)),
        drift_ppm=float(drift),
        drift_uncertainty_ppm=unsure,
        resample=a.corrects or b.corrects,
        valid=True,
        why="; ".join(w for w in (a.why, b.why) if w),
    )
