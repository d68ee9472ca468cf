"""The partner's ear beside the pings: delays, bounds, and a map that is never falsely sure."""

from __future__ import annotations

import uuid
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.clock_map import ROWS, broken, cases, performer, summary
from yesand.cli.robots.voices import duet
from yesand.dsp.frames import to_rate
from yesand.dsp.heard import NONE, Delays
from yesand.formats.audio import RATE
from yesand.formats.blocks import BlockStream, Encoding, Header, encode_block, read_stream
from yesand.formats.manifest import Ping
from yesand.kit.canonical import canonical_json
from yesand.post import hearing
from yesand.post.clock import align
from yesand.post.clock_fuse import fuse, moved
from yesand.post.layout import Side, side

START = 1_700_000_000.0
LOW = 16_000
SECONDS = 40.0


def stream(sound: np.ndarray, rate: int, started_s: float, offset_s: float, ppm: float):
    """Blocks of one source whose sample 0 was captured at `started_s`, by a browser that is off."""
    rng = np.random.default_rng(len(sound))
    true_rate, size, data = rate * (1 + ppm * 1e-6), rate // 10, bytearray()
    at = np.arange(int(len(sound) / rate * true_rate)) / true_rate * rate
    sound = np.interp(at, np.arange(len(sound)), sound)
    for n, first in enumerate(range(0, len(sound), size)):
        piece = sound[first : first + size]
        handed = started_s + (first + len(piece)) / true_rate + rng.exponential(0.002) + offset_s
        head = Header(
            uuid.UUID(int=7), Encoding.S24, n, rate, first, round(first / true_rate * 1e6),
            round(handed * 1e6),
        )  # fmt: skip
        data += encode_block(head, piece)
    return read_stream(bytes(data))


def pings(offset_s: float, rtt_s: float = 0.008) -> list[Ping]:
    rng = np.random.default_rng(3)
    out = []
    for at in np.arange(START - 1, START + SECONDS, 1.0):
        there, back = rtt_s / 2 + rng.exponential(0.001, 2)
        out.append(
            Ping(
                (at + offset_s) * 1e3, at + there, at + there, (at + there + back + offset_s) * 1e3
            )
        )
    return out


OFFSETS = {"a": 2.5, "b": -40.0}
TRUE = {"ab": 0.121, "ba": 0.187}


@pytest.fixture(scope="module")
def take() -> tuple[dict[str, Side], dict[str, BlockStream]]:
    """Two voices on two bad cards, and what each browser heard of the other."""
    sounds = {role: track.samples / 2**23 for role, track in duet(SECONDS).items()}
    voices = {
        role: side(
            [stream(sounds[role], RATE, START, OFFSETS[role], ppm)], pings(OFFSETS[role]), START
        )
        for role, ppm in (("a", 80.0), ("b", -60.0))
    }
    heard = {}
    for speaker, listener in (("a", "b"), ("b", "a")):
        late = TRUE[speaker + listener]
        low = np.concatenate([np.zeros(round(late * LOW)), to_rate(sounds[speaker], RATE, LOW)])
        heard[listener] = stream(low, LOW, START, OFFSETS[listener], 35.0)
    return voices, heard


def ears(heard: dict[str, BlockStream | None]) -> dict[str, Side]:
    return {
        role: side([one] if one is not None else [], pings(OFFSETS[role]), START)
        for role, one in heard.items()
    }


def test_each_direction_is_measured_and_handed_to_the_turns(take):
    voices, heard = take
    fusion = hearing.listen(voices, ears(heard), START, SECONDS)
    for way, true in TRUE.items():
        delay = fusion.delays[way]
        print(way, delay)
        assert delay.n >= 4
        assert delay.median_ms == pytest.approx(true * 1000, abs=1.5)
        assert delay.p95_ms == pytest.approx(true * 1000, abs=3)
    assert fusion.sum_ms == pytest.approx(308, abs=1)
    assert fusion.why == "" and fusion.decided == "pings"
    ab, ba = hearing.delays_s(fusion)
    assert (ab, ba) == pytest.approx((0.121, 0.187), abs=0.0015)
    canonical_json(hearing.told(fusion))
    kept = hearing.told(fusion)
    assert kept["mouth_to_ear"]["ab"]["n"] == fusion.delays["ab"].n
    assert "delays" not in kept["ears"]


def test_one_ear_alone_or_none_is_no_fault(take):
    voices, heard = take
    one = hearing.listen(voices, ears({"a": heard["a"], "b": None}), START, SECONDS)
    assert one.delays["ab"].median_ms is None and one.delays["ba"].median_ms is not None
    assert hearing.delays_s(one) is None and one.sum_ms is None and one.high_ms is None
    nobody = hearing.listen(voices, ears({"a": None, "b": None}), START, SECONDS)
    assert nobody is None
    assert hearing.with_ears(voices, nobody) is voices
    assert hearing.told(nobody)["mouth_to_ear"]["ab"]["median_ms"] is None
    blind = voices | {"b": side([], [], START)}
    assert hearing.listen(blind, ears(heard), START, SECONDS) is None
    silent = {role: replace(s, samples=np.zeros_like(s.samples)) for role, s in heard.items()}
    deaf = hearing.listen(voices, ears(silent), START, SECONDS)
    assert deaf.delays["ab"].n == 0 and deaf.delays["ab"].tried > 3
    before = align(voices["a"].clock, voices["b"].clock)
    after = hearing.with_ears(voices, deaf)
    same = align(after["a"].clock, after["b"].clock)
    assert same.offset_ms == pytest.approx(before.offset_ms, abs=1e-3)
    assert same.uncertainty_ms == pytest.approx(before.uncertainty_ms, abs=0.01)


def worlds(seed: int = 0, **more):
    rng = np.random.default_rng(seed)
    return [performer(rng, 600.0, 5.0, 0.0, "gamma", **more) for _ in "ab"]


def seen(ms: float, n: int = 40, slope: float = 0.0) -> Delays:
    at = START + np.linspace(5, 595, n)
    late = (ms + slope * (at - START - 300)) / 1000
    return Delays(at, late, np.full(n, 20.0), n)


def test_nobody_hears_before_it_is_said():
    a, b = (world.clock for world in worlds(cut_after_s=30.0))
    by_pings = a.uncertainty_ms + b.uncertainty_ms
    # What b heard of a seems to come 15 ms before it was said: b's map runs early.
    fusion = fuse(a, b, seen(-15.0), seen(120.0))
    assert fusion.decided == "ears" and fusion.high_ms == pytest.approx(-13.0, abs=0.1)
    assert fusion.offset_ms <= -13.0 + 1e-6
    assert fusion.sum_ms == pytest.approx(105.0)
    assert fusion.delays["ab"].median_ms >= 0 - 2.1
    assert (a.min_rtt_ms + b.min_rtt_ms) / 2 <= fusion.uncertainty_ms < by_pings
    before, after = align(a, b), align(moved(a, "a", fusion), moved(b, "b", fusion))
    assert after.offset_ms - before.offset_ms == pytest.approx(-fusion.offset_ms, abs=0.5)
    assert after.uncertainty_ms <= before.uncertainty_ms


def test_a_contradiction_is_said_and_widens_the_interval():
    a, b = (world.clock for world in worlds())
    fusion = fuse(a, b, seen(-400.0), seen(800.0))
    assert fusion.why.startswith("ears and pings contradict")
    assert fusion.offset_ms == 0.0 and fusion.uncertainty_ms >= 380
    assert "contradict" in moved(a, "a", fusion).why


def test_never_narrower_than_half_the_round_trips():
    a, b = (world.clock for world in worlds())
    fusion = fuse(a, b, seen(0.1), seen(0.1))
    assert fusion.uncertainty_ms >= (a.min_rtt_ms + b.min_rtt_ms) / 2
    assert fuse(a, b, NONE, NONE).uncertainty_ms == pytest.approx(fusion.by_pings[0])


def test_a_slope_moves_the_map_only_where_pings_do_not_know():
    whole = [world.clock for world in worlds()]
    cut = [world.clock for world in worlds(cut_after_s=20.0)]
    opposite = seen(100.0, slope=0.03), seen(110.0, slope=-0.03)
    assert abs(fuse(*whole, *opposite).drift_ppm) < 1.0
    found = fuse(*cut, *opposite)
    assert 1.0 < found.drift_ppm <= 30.0
    assert found.drift_uncertainty_ppm < found.by_pings[1]


@pytest.mark.parametrize("row", [ROWS[1], ROWS[8], ROWS[10]], ids=str)
def test_simulated_takes_keep_the_promise(row):
    """A short version of benchmarks/clock_map.py: ten takes of a few of its rows."""
    seconds, jitter, asymmetry, cut = row
    found = list(cases(seconds, jitter, asymmetry, 10, 4, cut))
    fused = summary([one.fused for one in found])
    print({key: round(value, 2) for key, value in fused.items()})
    told = {
        "fused": fused, "seconds": seconds, "asymmetry_ms": asymmetry, "cut_after_s": cut,
    }  # fmt: skip
    assert broken(told) == []
    if cut is not None:
        pings = summary([one.pings for one in found])
        assert fused["p95_ms"] <= pings["p95_ms"] * 1.2
    if asymmetry == 0:
        assert max(one.sum_ms for one in found) < (12 if cut else 3)
