"""Gaps on synthetic clocks: lateness that comes back is jitter, lateness that stays is loss.

A recording is made here from what happens to a microphone: `drops` maps a stream second to the
seconds of samples lost there; lateness is exponential with stalls; the sound card leans by ppm.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yesand.formats.blocks import BLOCKS, end_us, find_gaps, first_sample_us, gaps_between

START_US = 1_795_000_000_000_000
RATE = 48000
BLOCK_S = 0.1


def recorded(
    seconds=60.0, ppm=0.0, drops=None, jitter_s=0.004, stalls=(), seed=1, start_us=START_US,
    rate=RATE, floor_s=0.003,
):  # fmt: skip
    """A block table, and the true time of its first sample. ppm > 0: the sound card runs slow.

    stalls: (stream second, length): nothing is handed over meanwhile, then all at once.
    """
    rng = np.random.default_rng(seed)
    count = round(BLOCK_S * rate)
    blocks = int(seconds / BLOCK_S)
    ends_s = (np.arange(blocks) + 1) * count / rate * (1 + ppm * 1e-6)
    for at, lost in (drops or {}).items():
        ends_s[int(at / BLOCK_S) :] += lost
    handed = ends_s + floor_s + rng.exponential(jitter_s, blocks)
    for at, length in stalls:
        during = (ends_s >= at) & (ends_s < at + length)
        handed[during] = np.maximum(handed[during], at + length)
    handed = np.maximum.accumulate(handed)
    table = np.zeros(blocks, dtype=BLOCKS)
    table["sequence"] = np.arange(blocks)
    table["first_sample"] = np.arange(blocks) * count
    table["at"] = table["first_sample"]
    table["count"] = count
    table["client_us"] = start_us + np.round(handed * 1e6)
    return table


def found(table, rate=RATE):
    return [(gap.kind, gap.block, round(gap.seconds, 2)) for gap in find_gaps(table, rate)]


@pytest.mark.parametrize("ppm", [-100, -20, 0, 20, 100])
@pytest.mark.parametrize("jitter_s", [0.0, 0.002, 0.010])
def test_half_an_hour_of_jitter_and_drift_has_no_gap(ppm, jitter_s):
    """100 ppm are 180 ms in half an hour, more than the loss the next test must find."""
    assert found(recorded(1800, ppm=ppm, jitter_s=jitter_s)) == []


@pytest.mark.parametrize("ppm", [-100, 0, 100])
@pytest.mark.parametrize("jitter_s", [0.001, 0.010])
def test_80_ms_lost_are_found_where_they_were_lost(ppm, jitter_s):
    table = recorded(600, ppm=ppm, jitter_s=jitter_s, drops={300.0: 0.080})
    (gap,) = find_gaps(table, RATE)
    assert gap.kind == "clock"
    assert gap.seconds == pytest.approx(0.080, abs=0.006)
    assert gap.block == 3000
    assert gap.at == 3000 * 4800
    lost_at = START_US + 300e6 * (1 + ppm * 1e-6)
    assert gap.start_us == pytest.approx(lost_at, abs=25_000)
    assert gap.end_us - gap.start_us == pytest.approx(gap.seconds * 1e6, abs=1)


def test_several_losses_are_told_apart():
    table = recorded(60, jitter_s=0.003, drops={10.0: 0.05, 11.5: 0.2, 40.0: 3.0})
    gaps = find_gaps(table, RATE)
    assert [gap.block for gap in gaps] == [100, 115, 400]
    assert [gap.seconds for gap in gaps] == pytest.approx([0.05, 0.2, 3.0], abs=0.008)


@pytest.mark.parametrize("length", [0.2, 3.0, 12.0])
def test_a_stall_that_delivers_everything_afterwards_is_no_gap(length):
    assert found(recorded(60, stalls=[(20.0, length)])) == []


def test_a_stall_that_loses_samples_on_the_way_is_a_gap_of_what_was_lost():
    """Three seconds of silence from the recorder, 0.5 s of them overflowed a queue."""
    table = recorded(60, stalls=[(20.0, 3.0)], drops={21.0: 0.5})
    (gap,) = find_gaps(table, RATE)
    assert gap.seconds == pytest.approx(0.5, abs=0.01)
    assert 199 <= gap.block <= 230  # the block that ends at 20.0 s is the first that waits


def test_device_timestamps_alone_never_make_a_gap():
    table = recorded(60)
    table["device_us"] = table["client_us"]
    table["device_us"][300:] += 213_000
    assert found(table) == []


def test_a_hole_in_the_count_is_exact():
    table = np.delete(recorded(30, jitter_s=0.002), [50, 51, 52])
    table["at"] = np.arange(len(table)) * 4800
    (gap,) = find_gaps(table, RATE)
    assert (gap.kind, gap.block, gap.at, gap.seconds) == ("hole", 50, 50 * 4800, 0.3)
    assert gap.start_us == pytest.approx(START_US + 5_000_000, abs=15_000)
    assert gap.end_us - gap.start_us == 300_000


def test_a_hole_and_a_loss_at_one_place_are_both_told():
    table = recorded(30, jitter_s=0.001, drops={5.3: 0.25})
    table = np.delete(table, [50, 51, 52])
    hole, clock = find_gaps(table, RATE)
    assert (hole.kind, hole.block, hole.seconds) == ("hole", 50, 0.3)
    assert (clock.kind, clock.block) == ("clock", 50)
    assert clock.seconds == pytest.approx(0.25, abs=0.006)
    assert hole.end_us == clock.start_us


def test_a_rise_at_the_very_end_is_not_called_lasting():
    assert found(recorded(20, drops={19.5: 0.5}, jitter_s=0.001)) == []
    assert found(recorded(20, drops={18.5: 0.5}, jitter_s=0.001)) == [("clock", 185, 0.5)]


def test_small_losses_pass_and_the_limit_can_be_set():
    table = recorded(60, jitter_s=0.0005, drops={30.0: 0.010})
    assert found(table) == []
    (gap,) = find_gaps(table, RATE, least_s=0.005)
    assert gap.seconds == pytest.approx(0.010, abs=0.002)


def test_a_reload_is_a_gap_between_two_streams():
    """The page is gone for 2.4 s; the second device starts at another rate and is late at first."""
    first = recorded(12.0, ppm=50)
    restart = START_US + 14_400_000
    second = recorded(8.0, start_us=restart, rate=44100, seed=2, stalls=[(0.0, 0.4)])
    empty = np.zeros(0, dtype=BLOCKS)
    (gap,) = gaps_between([first, empty, second], [RATE, RATE, 44100])
    assert (gap.kind, gap.block, gap.at) == ("restart", 0, 0)
    assert gap.seconds == pytest.approx(2.4, abs=0.008)
    assert gap.end_us == pytest.approx(restart, abs=8_000)


def test_streams_that_touch_have_no_gap_between_them():
    first = recorded(12.0)
    second = recorded(8.0, start_us=START_US + 12_000_000, seed=5)
    assert gaps_between([first, second], [RATE, RATE]) == []


def test_ends_of_a_stream_on_the_clock():
    """The first block came 400 ms late; half a second was lost on the way."""
    table = recorded(60, stalls=[(0.0, 0.4)], drops={30.0: 0.5}, ppm=100)
    assert first_sample_us(table, RATE) == pytest.approx(START_US, abs=8_000)
    assert end_us(table, RATE) == pytest.approx(START_US + 60_506_000, abs=12_000)


def test_nothing_has_no_gaps_and_no_ends():
    empty = np.zeros(0, dtype=BLOCKS)
    assert find_gaps(empty, RATE) == []
    assert gaps_between([empty], [0]) == []
    with pytest.raises(ValueError, match="empty"):
        first_sample_us(empty, RATE)
    with pytest.raises(ValueError, match="empty"):
        end_us(empty, RATE)
    assert find_gaps(recorded(0.1), RATE) == []


@settings(max_examples=60, deadline=None)
@given(
    ppm=st.floats(-100, 100),
    jitter_s=st.floats(0.0002, 0.008),
    lost_s=st.floats(0.04, 5.0),
    at=st.floats(5, 50),
    stall=st.tuples(st.floats(2, 45), st.floats(0.1, 8.0)),
    seed=st.integers(0, 2**16),
)
def test_one_loss_is_one_gap_of_its_size(ppm, jitter_s, lost_s, at, stall, seed):
    """Jitter, drift, a stall anywhere and one loss: its size is told to a few times the jitter.

    Where the stall hides the loss, the gap may come in two parts, both inside the stall.
    """
    table = recorded(70, ppm, {at: lost_s}, jitter_s, [stall], seed)
    gaps = find_gaps(table, RATE)
    assert sum(gap.seconds for gap in gaps) == pytest.approx(lost_s, abs=0.004 + jitter_s)
    hidden = stall[0] - 0.1 <= at + lost_s and at <= sum(stall) + 1.0
    assert len(gaps) == 1 or hidden
    first = min(at, stall[0]) if hidden else at
    assert all(first / BLOCK_S - 2 <= gap.block <= at / BLOCK_S + 1 for gap in gaps)
