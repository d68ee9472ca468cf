"""The check right after seal: levels, clipping, drop-outs, leak. No voice activity, no model.

Fast enough (at least 500 times real time for a pair) that a paid retake can be offered while both
performers are still in the room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yesand.dsp import leak as leaks
from yesand.dsp.frames import Array, Floats, to_rate
from yesand.dsp.leak import Leak
from yesand.dsp.levels import Clipping, Levels, clipping, dropouts, levels, loudest
from yesand.kit.spans import Span, merge, total
from yesand.post.verdict import DEFAULT, Finding, Limits, Verdict, decide

VERSION = "quick-1"
ROLES = ("a", "b")
# leaves out spans beyond these in a finding's evidence; the share counts them all
MOST_SPANS = 20


@dataclass(frozen=True)
class Physical:
    """What one track is physically. Spans are seconds from the take's start."""

    seconds: float
    levels: Levels
    loudest_dbfs: float
    clipping: Clipping
    dropouts: list[Span]
    gaps: list[Span]


@dataclass(frozen=True)
class QuickCheck:
    """Per role what was measured, the leak into each role's track, findings, and a verdict."""

    tracks: dict[str, Physical]
    leak_into: dict[str, Leak]
    findings: tuple[Finding, ...]
    verdict: Verdict
    limits: Limits = DEFAULT
    version: str = VERSION

    def to_json(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "measures": measures(self.tracks, self.leak_into, self.limits, self.version),
            "findings": [finding.to_json() for finding in self.findings],
            "verdict": self.verdict.to_json(),
        }


def physical(x: Array, rate: int, start_s: float = 0.0, gaps: Sequence[Span] = ()) -> Physical:
    """Measure one track. x (n,), full scale; start_s: its sample 0 on the take's clock."""
    clipped, drops = clipping(x, rate), dropouts(x, rate)
    moved = Clipping(clipped.share, _move(clipped.spans, start_s), clipped.ceiling)
    return Physical(
        seconds=len(x) / rate,
        levels=levels(x),
        loudest_dbfs=loudest(x, rate),
        clipping=moved,
        dropouts=_move(drops, start_s),
        gaps=merge(gaps),
    )


def _move(spans: Sequence[Span], by: float) -> list[Span]:
    return [Span(s.start + by, s.end + by) for s in spans]


def on_one_clock(x: Floats, y: Floats, offset_s: float, rate: int) -> tuple[Floats, Floats]:
    """Both tracks from the same instant: y's sample 0 is offset_s after x's."""
    shift = round(offset_s * rate)
    return (x[max(0, shift) :], y[max(0, -shift) :])


def quick_check(
    a: Array,
    b: Array,
    rate_a: int,
    rate_b: int,
    offset_s: float = 0.0,
    gaps: Mapping[str, Sequence[Span]] | None = None,
    limits: Limits = DEFAULT,
) -> QuickCheck:
    """Check a sealed pair.

    a, b: mono, full scale -1..1. offset_s: b's sample 0 minus a's on the stage clock; the take
    starts with the earlier one. gaps: per role the spans in which samples are missing (pauses the
    players asked for are not gaps).
    """
    gaps = gaps or {}
    starts = {"a": max(0.0, -offset_s), "b": max(0.0, offset_s)}
    tracks = {
        "a": physical(a, rate_a, starts["a"], gaps.get("a", ())),
        "b": physical(b, rate_b, starts["b"], gaps.get("b", ())),
    }
    low_a, low_b = on_one_clock(
        to_rate(a, rate_a, leaks.RATE), to_rate(b, rate_b, leaks.RATE), offset_s, leaks.RATE
    )
    leak_into = {"a": leaks.leak(low_b, low_a), "b": leaks.leak(low_a, low_b)}
    found = physical_findings(tracks, leak_into, limits)
    return QuickCheck(tracks, leak_into, tuple(found), decide(found), limits)


def physical_findings(
    tracks: Mapping[str, Physical], leak_into: Mapping[str, Leak], limits: Limits
) -> list[Finding]:
    """Everything a track's samples alone can show, over its limit or not."""
    out: list[Finding] = []
    for role, track in tracks.items():
        end = track.seconds
        if track.loudest_dbfs < limits.dead_dbfs:
            value = track.loudest_dbfs
            out.append(Finding("dead_mic", role, 0.0, end, value, limits.dead_dbfs, "dBFS"))
        missing = total([*track.gaps, *track.dropouts])
        if track.gaps:
            out.append(
                _spans("gaps", role, track.gaps, missing, limits.gap_s, "s", missing > limits.gap_s)
            )
        if track.dropouts:
            lost = total(track.dropouts)
            over = missing > limits.gap_s
            out.append(_spans("dropouts", role, track.dropouts, lost, limits.gap_s, "s", over))
        if track.clipping.share > 0:
            share = track.clipping.share
            near = merge(track.clipping.spans, join=0.1)
            over = share > limits.clipped_share
            limit = limits.clipped_share
            out.append(_spans("clipping", role, near, share, limit, "0..1", over))
        leak = leak_into[role]
        if leak.valid and leak.found:
            evidence = {"lag_s": round(leak.lag_s, 4), "blocks": leak.blocks}
            over = leak.db > limits.leak_db
            out.append(
                Finding("leak", role, 0.0, end, leak.db, limits.leak_db, "dB", over, evidence)
            )
    return out


def _spans(
    code: str, role: str, spans: Sequence[Span], value: float, limit: float, unit: str, over: bool
) -> Finding:
    longest = sorted(spans, key=lambda s: -s.length)[:MOST_SPANS]
    shown = [[round(s.start, 4), round(s.end, 4)] for s in sorted(longest)]
    evidence = {"count": len(spans), "spans": shown}
    start, end = min(s.start for s in spans), max(s.end for s in spans)
    return Finding(code, role, start, end, value, limit, unit, over, evidence)


def measures(
    tracks: Mapping[str, Physical], leak_into: Mapping[str, Leak], limits: Limits, version: str
) -> list[dict[str, Any]]:
    """Rows {role, measure, value, unit, valid, version, why}; `leak` stands with the track that
    holds the partner's voice and is an upper bound where no leak was found."""
    out: list[dict[str, Any]] = []
    for role, track in tracks.items():
        values = (
            ("rms", track.levels.rms_dbfs, "dBFS"),
            ("peak", track.levels.peak_dbfs, "dBFS"),
            ("loudest", track.loudest_dbfs, "dBFS"),
            ("dc", track.levels.dc, "FS"),
            ("clipped_share", track.clipping.share, "0..1"),
            ("dropout_s", total(track.dropouts), "s"),
            ("gap_s", total(track.gaps), "s"),
        )
        out += [row(role, name, value, unit, version) for name, value, unit in values]
        leak = leak_into[role]
        why = leak.why
        if leak.valid and not leak.found and leak.db > limits.leak_db:
            why = f"nothing found, but up to {leak.db:.0f} dB could hide"
        out.append(row(role, "leak", leak.db if leak.valid else None, "dB", version, why))
    return out


def row(
    role: str, measure: str, value: float | None, unit: str, version: str, why: str = ""
) -> dict[str, Any]:
    """One measure; valid means the value can be relied on."""
    return {
        "role": role,
        "measure": measure,
        "value": None if value is None else round(float(value), 6),
        "unit": unit,
        "valid": value is not None and not why,
        "version": version,
        "why": why,
    }
