"""Anything may stand in what a browser sent: readers give values or findings, and never fail."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.sounds import SOUND, STREAM, block, good
from tests.unit.test_manifest import example
from yesand.capture import events as reading
from yesand.capture.events import join, read_events
from yesand.capture.gap_rules import Part, account
from yesand.capture.ping_fit import fit_pings, stage_s
from yesand.formats.blocks import Encoding, end_us, first_sample_us, read_stream
from yesand.formats.manifest import read_manifest, write_manifest
from yesand.kit.canonical import canonical_json
from yesand.kit.errors import Refused
from yesand.kit.spans import Span

MANY = settings(max_examples=200, deadline=None)
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from([0, -1, 1e308, -1e308, 2**53, 10**400, float("nan"), float("inf")]),
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=20) | st.sampled_from(["\0", "\ud800"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
TYPES = ["settings", "ping", "stream_start", "stream_stop", "cue_displayed", "pause", "x"]
FIELDS = ["t0_ms", "t1_s", "t2_s", "t3_ms", "stream", "kind", "samples", "rate", "mime", "settings"]
EVENT = st.fixed_dictionaries(
    {"t": NUMBERS | VALUES, "type": st.sampled_from(TYPES) | VALUES},
    optional={name: NUMBERS | VALUES for name in FIELDS},
)


def lines(events: list[object]) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


@MANY
@given(st.lists(EVENT, max_size=12), st.binary(max_size=30))
def test_events_of_any_values_can_be_used_and_stored(events, tail):
    found = join([read_events(lines(events) + tail), read_events(tail)])
    kept = [found.settings("s", "mic"), found.settings("s", "cam")]
    assert "\\u0000" not in json.dumps(kept), "a database holds no zero in a text"
    canonical_json(kept)
    for samples in found.stopped().values():
        assert 0 <= samples < 2**53
    assert all(math.isfinite(value) for value in found.started_ms().values())
    found.mime()
    fit = fit_pings(found.pings())
    if fit is not None:
        assert math.isfinite(stage_s(fit, 0.0))
    for samples in found.stopped().values():
        account("a", [Part("s", read_stream(b"").blocks, 48_000, "lost", samples, "start")],
                9.0, [], lambda us: us / 1e6)  # fmt: skip


@MANY
@given(st.binary(max_size=2000))
def test_any_bytes_are_events(data):
    found = read_events(data)
    assert len(found.lines) + found.unreadable <= data.count(b"\n") + 1


def test_events_have_limits(monkeypatch):
    monkeypatch.setattr(reading, "MOST_LINES", 10)
    many = read_events(lines([{"t": 1, "type": "x"}] * 25))
    assert (len(many.lines), many.unreadable) == (10, 15)
    long = read_events(lines([{"t": 1, "type": "x" * reading.MOST_LINE}]))
    assert (len(long.lines), long.unreadable) == (0, 1)
    ping = {"t": 1, "type": "ping", "t0_ms": 0, "t1_s": 1, "t2_s": 1, "t3_ms": 5}
    monkeypatch.setattr(reading, "MOST_LINES", 10**6)
    assert len(read_events(lines([ping] * (reading.MOST_PINGS + 5))).pings()) == reading.MOST_PINGS
    told = {f"n{n}": n for n in range(500)}
    kept = read_events(lines([{"t": 1, "type": "settings", "kind": "mic", "settings": told}]))
    assert len(kept.settings("s", "mic") or {}) == reading.MOST_SETTINGS


INT64 = st.sampled_from([0, 1, -1, 2**62, -(2**63), 2**63 - 1]) | st.integers(-(2**63), 2**63 - 1)
BLOCK = st.builds(
    lambda n, count, first, client, device, rate, floats: block(
        n,
        np.full(count, np.nan, "<f4") if floats else SOUND[:count],
        encoding=Encoding.F32 if floats else Encoding.S24,
        first_sample=first,
        client_us=client,
        device_us=device,
        rate=rate,
    ),
    st.integers(0, 2**32 - 1) | st.integers(0, 4),
    st.integers(1, 50),
    st.integers(0, 2**62) | st.integers(0, 200),
    INT64,
    INT64,
    st.sampled_from([8000, 44_100, 48_000, 384_000]),
    st.booleans(),
)


@MANY
@given(st.lists(BLOCK | st.binary(max_size=90), max_size=8), st.integers(0, 200))
def test_blocks_of_any_values_become_samples_gaps_and_findings(parts, cut):
    data = b"".join(parts)
    stream = read_stream(data[: max(0, len(data) - cut)])
    assert len(stream.samples) == stream.blocks["count"].sum()
    assert np.isfinite(stream.floats()).all() and len(stream.samples) <= len(data) // 3
    if not len(stream.blocks):
        return
    assert math.isfinite(first_sample_us(stream.blocks, stream.rate))
    assert math.isfinite(end_us(stream.blocks, stream.rate))
    for state, stopped in (("complete", None), ("partial", 2**53 - 1), ("partial", None)):
        part = Part(str(STREAM), stream.blocks, stream.rate, state, stopped, "start")
        told = account("a", [part, part], 60.0, [Span(1.0, 2.0)], lambda us: us / 1e6)
        assert math.isfinite(told.lost_s) and 0 <= told.lost_s <= 20 * 60
        assert all(0 <= gap.start_s < gap.end_s <= 60.0 for gap in told.gaps)


@MANY
@given(st.data())
def test_a_recording_with_changed_bytes_is_damaged_and_never_longer(data):
    whole = bytearray(good(5))
    for _ in range(data.draw(st.integers(1, 10))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    stream = read_stream(bytes(whole))
    assert len(stream.samples) <= 5 * 4800


@MANY
@given(st.data())
def test_a_changed_manifest_is_a_manifest_or_refused(data):
    value = json.loads(write_manifest(example()))
    node: object = value
    for _ in range(data.draw(st.integers(1, 4))):
        if isinstance(node, dict) and node:
            name = data.draw(st.sampled_from(sorted(node)))
        elif isinstance(node, list) and node:
            name = data.draw(st.integers(0, len(node) - 1))
        else:
            break
        if data.draw(st.booleans()):
            node[name] = data.draw(VALUES)  # type: ignore[index]
            break
        node = node[name]  # type: ignore[index]
    try:
        found = read_manifest(json.dumps(value).encode())
        assert read_manifest(write_manifest(found)) == found
    except Refused:
        pass
    except (ValueError, UnicodeEncodeError) as error:
        pytest.fail(f"neither a manifest nor refused: {error!r}")


@MANY
@given(st.binary(max_size=500))
def test_any_bytes_are_a_manifest_or_refused(data):
    for start in (b"", b'{"schema": "yesand-manifest", '):
        with pytest.raises(Refused):
            read_manifest(start + data)
