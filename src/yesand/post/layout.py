"""Sealed microphone streams onto the take's clock: where every stored sample belongs. Pure.

A role may have several parts (a reload, a new device) and every part holes. Each unbroken run of
samples becomes one piece with its own place; `formats.align` lays the pieces of both roles on one
grid of 48 kHz and resamples only where correcting the drift helps (`TrackClock.corrects`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yesand.dsp.frames import to_rate
from yesand.formats.align import Pair, Piece, align_pair
from yesand.formats.audio import RATE, to_int24
from yesand.formats.blocks import BlockStream, find_gaps
from yesand.formats.manifest import Ping
from yesand.kit.spans import Span, merge
from yesand.post.clock import Gap, TrackClock, track_clock

#: Zero-filled stretches stand at this magnitude where they are analyzed: not exact silence, so
#: that a hole that is already known is not found again as a lost buffer. One 24-bit step.
STEP = 1.0 / (1 << 23)


@dataclass(frozen=True)
class Part:
    """One microphone stream of a role and its clock. start_s: stage clock of sample 0."""

    audio: BlockStream
    clock: TrackClock
    start_s: float


@dataclass(frozen=True)
class Side:
    """The parts of one role, in order; clock is the first part's, or None without any sample."""

    parts: tuple[Part, ...]

    @property
    def clock(self) -> TrackClock | None:
        return self.parts[0].clock if self.parts else None

    def pieces(self) -> list[Piece]:
        """Unbroken runs in order, none before the end of the one before."""
        found: list[Piece] = []
        free_from = -np.inf
        for part in self.parts:
            for first, count, number in runs(part):
                start = max(at(part, number), free_from)
                clock = part.clock
                corrects = clock.corrects
                piece = Piece(
                    as_int24(part.audio)[first : first + count],
                    start,
                    part.audio.rate,
                    clock.drift_ppm if corrects else 0.0,
                    clock.drift_uncertainty_ppm if corrects else np.inf,
                )
                found.append(piece)
                pace = 1 + piece.drift_ppm * 1e-6
                free_from = start + count / part.audio.rate / pace
        return found


def as_int24(audio: BlockStream) -> NDArray[np.int32]:
    """Stored samples as int32 on the 24-bit scale."""
    if audio.samples.dtype == np.int32:
        return audio.samples
    return to_int24(audio.samples)


def pings_of(pings: Sequence[Ping]) -> NDArray[np.float64]:
    """A manifest's pings as (n, 4): t0, t1, t2, t3 in milliseconds, by time."""
    rows = sorted((p.t0_ms, p.t1_s * 1000.0, p.t2_s * 1000.0, p.t3_ms) for p in pings)
    return np.array(rows, np.float64).reshape(-1, 4)


def side(streams: Sequence[BlockStream], pings: Sequence[Ping], fallback_s: float) -> Side:
    """The parts of a role that hold samples.

    fallback_s: stage clock at which the first sample is laid when no ping was answered.
    """
    parts: list[Part] = []
    exchanged = pings_of(pings)
    for audio in streams:
        if len(audio.blocks) == 0:
            continue
        ends = audio.blocks["first_sample"] + audio.blocks["count"]
        handed_ms = audio.blocks["client_us"] / 1000.0
        clock = track_clock(audio.rate, ends, handed_ms, exchanged, _deficits(audio))
        start = clock.start_s if clock.valid else fallback_s
        parts.append(Part(audio, clock, start))
        fallback_s = start + len(audio.samples) / audio.rate
    return Side(tuple(parts))


def _deficits(audio: BlockStream) -> list[Gap]:
    """Where samples fell short of the clock; holes in the count are in the count already."""
    return [
        Gap(int(audio.blocks["first_sample"][gap.block]), gap.seconds)
        for gap in find_gaps(audio.blocks, audio.rate)
        if gap.kind == "clock"
    ]


def at(part: Part, number: int) -> float:
    """Stage clock of the sample with this number in the count."""
    if part.clock.valid:
        return float(part.clock.stage_s(number))
    return part.start_s + number / part.audio.rate


def runs(part: Part) -> list[tuple[int, int, int]]:
    """(first stored sample, how many, its number in the count) of every unbroken run."""
    blocks = part.audio.blocks
    ends = blocks["first_sample"] + blocks["count"]
    breaks = {0}
    breaks.update((np.flatnonzero(blocks["first_sample"][1:] != ends[:-1]) + 1).tolist())
    for gap in part.clock.gaps:
        breaks.update(np.flatnonzero(blocks["first_sample"] >= gap.sample)[:1].tolist())
    edges = sorted(breaks)
    found = []
    for low, high in zip(edges, [*edges[1:], len(blocks)], strict=True):
        first = int(blocks["at"][low])
        count = int(blocks["count"][low:high].sum())
        found.append((first, count, int(blocks["first_sample"][low])))
    return found


@dataclass(frozen=True)
class Laid:
    """Both roles at 48 kHz, equal length, sample 0 the take's start.

    a, b: int32 on the 24-bit scale. gaps: per role what is zero-filled, seconds. starts: per role
    where sample 0 of each part lies, seconds. resampled: per role why samples are not the
    captured ones.
    """

    a: NDArray[np.int32]
    b: NDArray[np.int32]
    gaps: dict[str, list[Span]]
    starts: dict[str, list[float]]
    resampled: dict[str, list[str]]

    @property
    def seconds(self) -> float:
        return len(self.a) / RATE


def lay(sides: dict[str, Side], opened_s: float, closed_s: float) -> Laid:
    """Both sides from lamp on to the last captured sample, at least to lamp off.

    Samples from before the lamp (by the clocks' estimate) are not in the take. ValueError when
    neither side has a sample.
    """
    pair = align_pair(sides["a"].pieces(), sides["b"].pieces())
    shift = round((pair.start_s - opened_s) * RATE)
    length = max(len(pair.a) + shift, round((closed_s - opened_s) * RATE))
    tracks, gaps = {}, {}
    for role, samples, found in (("a", pair.a, pair.gaps_a), ("b", pair.b, pair.gaps_b)):
        whole = np.zeros(length, np.int32)
        if shift >= 0:
            whole[shift : shift + len(samples)] = samples
        else:
            whole[: len(samples) + shift] = samples[-shift:]
        tracks[role] = whole
        gaps[role] = _moved(found, shift, len(samples), length)
    return Laid(
        tracks["a"],
        tracks["b"],
        gaps,
        {role: [part.start_s - opened_s for part in one.parts] for role, one in sides.items()},
        {"a": list(_why(pair, "a")), "b": list(_why(pair, "b"))},
    )


def _why(pair: Pair, role: str) -> tuple[str, ...]:
    return pair.resampled_a if role == "a" else pair.resampled_b


def _moved(found: Sequence[Span], shift: int, count: int, length: int) -> list[Span]:
    moved = [(round(s.start * RATE) + shift, round(s.end * RATE) + shift) for s in found]
    if shift > 0:
        moved.append((0, shift))
    if count + shift < length:
        moved.append((count + shift, length))
    inside = [(max(0, low), min(length, high)) for low, high in moved]
    return merge(Span(low / RATE, high / RATE) for low, high in inside if low < high)


def audible(
    samples: NDArray[np.int32], gaps: Sequence[Span], rate: int = RATE
) -> NDArray[np.float32]:
    """Float samples for analysis; known gaps stand at one step of the scale, see `STEP`."""
    floats = samples.astype(np.float32) * np.float32(STEP)
    for gap in gaps:
        low, high = round(gap.start * rate), round(gap.end * rate)
        floats[low:high:2] = STEP
        floats[low + 1 : high : 2] = -STEP
    return floats


def quick_track(one: Side, opened_s: float) -> tuple[NDArray[np.float32], int, float]:
    """(samples, rate, stage clock of sample 0 less opened_s) for the quick check: not resampled.

    Parts are laid at the first part's rate; holes stand at `STEP`.
    """
    pieces = one.pieces()
    if not pieces:
        return np.zeros(0, np.float32), RATE, 0.0
    rate, start = pieces[0].rate, pieces[0].start_s
    end = max(p.start_s + len(p.samples) / p.rate for p in pieces)
    whole = np.zeros(round((end - start) * rate) + 1, np.float32)
    whole[::2], whole[1::2] = STEP, -STEP
    for piece in pieces:
        samples = piece.samples.astype(np.float32) * np.float32(STEP)
        if piece.rate != rate:
            samples = to_rate(samples, piece.rate, rate)
        low = round((piece.start_s - start) * rate)
        high = min(len(whole), low + len(samples))
        whole[low:high] = samples[: high - low]
    last = pieces[-1]
    used = round((last.start_s - start) * rate) + round(len(last.samples) * rate / last.rate)
    return whole[: min(len(whole), used)], rate, start - opened_s
