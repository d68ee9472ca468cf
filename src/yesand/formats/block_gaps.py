"""Where a stream lacks samples: holes in the count, and lasting deficits against the clock.

The rule. A block is handed over some time after its last sample was captured. That *lateness*
(client clock minus samples counted / rate) is never negative and jumps about: a busy machine hands
blocks over late and then in a burst, and comes back to nearly nothing again and again. Sound cards
also run 20 to 100 ppm off, so lateness leans slowly. Neither is a loss. When samples are lost,
lateness rises by their length *and never comes back down*. So a gap is a rise of the lower edge of
lateness that lasts to the end of the stream, faster than any sound card leans. A jump of device
timestamps alone is no gap: Chromium moves them by up to 213 ms while samples run on.

For block i, with slope m = MOST_DRIFT, lateness L and stream time s:
    before(i) = min over j < i of L[j] + m (s[i] - s[j])    nothing was later than this until now
    after(i)  = min over j >= i of L[j] + m (s[j] - s[i])   nothing will be earlier than this again
A gap lies where after(i) - before(i) exceeds `least_s`. Blocks just before a loss may be late
themselves, so that the rise comes in steps: it is placed at the steepest step within LASTING_S and
has the size of them all; then `before` starts anew. What follows a rise for less than LASTING_S
cannot be told from a burst still to come, and is not called a gap. Place: within one block, or
within the burst that hid it. Size: within the jitter that remains at the lower edge. In Chromium
156 on a busy machine half of all blocks came within 0.2 ms of it and the latest 71 ms after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

#: One row per accepted block. count: samples; offset: byte of the header; at: index of the block's
#: first sample among the stored samples; times in µs as in the header.
BLOCKS = np.dtype(
    [
        ("sequence", "i8"),
        ("first_sample", "i8"),
        ("device_us", "i8"),
        ("client_us", "i8"),
        ("count", "i8"),
        ("offset", "i8"),
        ("at", "i8"),
    ]
)
#: Seconds per second a sound card may lean; consumer devices stay below 100 ppm.
MOST_DRIFT = 500e-6
#: Smallest deficit called a gap, seconds: two 10 ms device buffers.
LEAST_S = 0.020
#: Seconds of stream that must follow a rise before it counts as lasting.
LASTING_S = 1.0


@dataclass(frozen=True)
class BlockGap:
    """A stretch in which no samples are stored.

    kind: "hole" where the count itself jumps (a damaged or missing block, or a recorder that
      counted on: exact); "clock" where samples fell short of the clock (estimated); "restart"
      between two streams of one source (estimated).
    block: row of the block after the gap; at: index of the first stored sample after it.
    start_us, end_us: on the client clock.
    """

    kind: Literal["hole", "clock", "restart"]
    block: int
    at: int
    seconds: float
    start_us: int
    end_us: int


def find_gaps(blocks: NDArray[np.void], rate: int, least_s: float = LEAST_S) -> list[BlockGap]:
    """Gaps of one stream in order. blocks: rows of dtype BLOCKS; rate in Hz.

    A block where the count jumps and samples also fell short of the clock gives both.
    """
    if len(blocks) == 0:
        return []
    stream_s, late_s = _lateness(blocks, rate)
    after = _after(stream_s, late_s)
    ends = blocks["first_sample"] + blocks["count"]
    jumped = np.zeros(len(blocks), dtype=np.int64)
    jumped[1:] = blocks["first_sample"][1:] - ends[:-1]
    losses = _losses(stream_s, late_s, least_s)
    gaps: list[BlockGap] = []
    for i in np.flatnonzero((jumped > 0) | (losses > 0)).tolist():
        hole, short = int(jumped[i]) / rate, float(losses[i])
        captured_us = _captured_us(blocks, rate, i, after[i])
        if hole > 0:
            gaps.append(_gap("hole", blocks, i, hole, captured_us - round(short * 1e6)))
        if short > 0:
            gaps.append(_gap("clock", blocks, i, short, captured_us))
    return gaps


def _losses(
    stream_s: NDArray[np.float64], late_s: NDArray[np.float64], least_s: float
) -> NDArray[np.float64]:
    """Seconds lost right before each block, 0 for most."""
    after = _after(stream_s, late_s)
    steps = np.diff(after, prepend=after[:1])
    losses = np.zeros(len(late_s))
    before, known = float(late_s[0]), 0  # `before` as it stands at block `known`
    i = 1
    while i < len(late_s):
        leaned = before + MOST_DRIFT * (stream_s[i] - stream_s[known])
        if after[i] - leaned > least_s and stream_s[-1] - stream_s[i] >= LASTING_S:
            soon = int(np.searchsorted(stream_s, stream_s[i] + LASTING_S))
            i += int(np.argmax(steps[i:soon]))
            losses[i] = after[i] - before - MOST_DRIFT * (stream_s[i] - stream_s[known])
            before = float(after[i])
        else:
            before = min(leaned, float(late_s[i]))
        known = i
        i += 1
    return losses


def first_sample_us(blocks: NDArray[np.void], rate: int) -> int:
    """When the stream's first stored sample was captured, client clock, µs.

    From the lower edge of lateness, not from the first block alone, which may be late. What the
    device itself delays is not observable and not in it. ValueError without blocks.
    """
    if len(blocks) == 0:
        raise ValueError("an empty stream has no first sample")
    return _captured_us(blocks, rate, 0, _after(*_lateness(blocks, rate))[0])


def end_us(blocks: NDArray[np.void], rate: int) -> int:
    """When the sample after the last stored one would have been captured, client clock, µs."""
    if len(blocks) == 0:
        raise ValueError("an empty stream has no end")
    stream_s, late_s = _lateness(blocks, rate)
    lost = np.flatnonzero(_losses(stream_s, late_s, LEAST_S))
    rest = slice(int(lost[-1]) if len(lost) else 0, None)  # an edge from before a loss is too early
    edge = float(np.min(late_s[rest] + MOST_DRIFT * (stream_s[-1] - stream_s[rest])))
    count_s = (int(blocks["first_sample"][-1]) + int(blocks["count"][-1])) / rate
    return _origin_us(blocks, rate) + round((count_s - _count_s(blocks, rate)[0] + edge) * 1e6)


def gaps_between(streams: Sequence[NDArray[np.void]], rates: Sequence[int]) -> list[BlockGap]:
    """Gaps between the streams of one source, in the order given (a reload starts a new stream).

    `block` and `at` are 0: the gap lies before the next stream's first sample. Empty streams are
    passed over; streams that touch within LEAST_S have no gap.
    """
    gaps: list[BlockGap] = []
    stopped: int | None = None
    for blocks, rate in zip(streams, rates, strict=True):
        if len(blocks) == 0:
            continue
        started = first_sample_us(blocks, rate)
        if stopped is not None and started - stopped > LEAST_S * 1e6:
            seconds = (started - stopped) / 1e6
            gaps.append(BlockGap("restart", 0, 0, seconds, stopped, started))
        stopped = end_us(blocks, rate)
    return gaps


def _gap(
    kind: Literal["hole", "clock"], blocks: NDArray[np.void], i: int, seconds: float, end: int
) -> BlockGap:
    return BlockGap(kind, i, int(blocks["at"][i]), seconds, end - round(seconds * 1e6), end)


def _count_s(blocks: NDArray[np.void], rate: int) -> NDArray[np.float64]:
    """Seconds counted at the end of each block."""
    return (blocks["first_sample"] + blocks["count"]) / float(rate)


def _origin_us(blocks: NDArray[np.void], rate: int) -> int:
    """Client µs that lateness 0 of the first block stands for."""
    return int(blocks["client_us"][0])


def _lateness(
    blocks: NDArray[np.void], rate: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(stream time, lateness) of each block in seconds, both 0 at the first block."""
    count_s = _count_s(blocks, rate)
    stream_s = count_s - count_s[0]
    clock_s = (blocks["client_us"] - blocks["client_us"][0]) / 1e6
    return stream_s, clock_s - stream_s


def _after(stream_s: NDArray[np.float64], late_s: NDArray[np.float64]) -> NDArray[np.float64]:
    leaning = late_s + MOST_DRIFT * stream_s
    return np.minimum.accumulate(leaning[::-1])[::-1] - MOST_DRIFT * stream_s


def _captured_us(blocks: NDArray[np.void], rate: int, i: int, edge_s: float) -> int:
    """Client µs at which block i's first sample was captured, given the lower edge of lateness."""
    count_s = _count_s(blocks, rate)
    start_s = int(blocks["first_sample"][i]) / rate - count_s[0]
    return _origin_us(blocks, rate) + round((start_s + edge_s) * 1e6)
