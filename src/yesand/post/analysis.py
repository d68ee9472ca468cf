"""The full analysis of a pair of tracks: who spoke when, how well it was recorded, what to decide.

Pure: arrays in, values out, from the server or from files (`yesand analyze`). Speech is found by
silero's weights where the [server] extra brought them, else by energy; either way its edges are
read from the energy at 5 ms. All times are seconds from the take's start, which is the earlier of
both tracks' sample 0. A track that drifts more than its drift's uncertainty has its times
corrected; the samples themselves are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from yesand.dsp import leak as leaks
from yesand.dsp import prosody, silero, turns, vad
from yesand.dsp.frames import (
    HOP_S,
    WORK_RATE,
    Array,
    Bools,
    Floats,
    close_gaps,
    drop_short,
    frame_power,
    mask_of,
    spans_of,
    to_rate,
)
from yesand.dsp.leak import Leak
from yesand.dsp.levels import Noise, noise
from yesand.dsp.turns import Segment, Turn, TurnSettings
from yesand.kit.spans import Span, total
from yesand.post.clock import IDENTICAL, Alignment
from yesand.post.quick_check import (
    ROLES,
    Physical,
    measures,
    on_one_clock,
    physical,
    physical_findings,
    row,
)
from yesand.post.verdict import DEFAULT, Finding, Limits, Verdict, decide

VERSION = "post-1"


@dataclass(frozen=True)
class Track:
    """What was found on one track; spans on the take's clock."""

    physical: Physical
    noise: Noise
    speech: list[Span]
    ipus: list[Span]
    leak_in: Leak
    prosody: dict[str, float | None]


@dataclass(frozen=True)
class Analysis:
    """Everything about a take that its samples show.

    floor: pauses, gaps and overlaps of the pair. turns: by view (`silence`, `hold`, and both ear
    clocks when mouth-to-ear delays were given). summary: figures of the conversation in view
    `hold`. detector: what found the speech.
    """

    seconds: float
    alignment: Alignment
    tracks: dict[str, Track]
    floor: list[Segment]
    turns: dict[str, list[Turn]]
    summary: dict[str, float | int | None]
    findings: tuple[Finding, ...]
    verdict: Verdict
    detector: str
    delays_s: tuple[float, float] | None
    limits: Limits
    settings: TurnSettings
    version: str = VERSION

    def segment_rows(self) -> list[dict[str, Any]]:
        """IPUs and pauses per role, in the release's columns of table `segments`."""
        out = [
            _span_row(role, "ipu", "signal", unit.start, unit.end)
            for role, track in self.tracks.items()
            for unit in track.ipus
        ]
        out += [
            _span_row(s.role, "pause", "signal", s.start, s.end)
            for s in self.floor
            if s.kind == "pause"
        ]
        return sorted(out, key=lambda r: (r["start"], r["role"], r["kind"]))

    def turn_rows(self) -> list[dict[str, Any]]:
        """Turns and backchannels per view, in the release's columns of table `turns`."""
        out: list[dict[str, Any]] = []
        units = {role: track.ipus for role, track in self.tracks.items()}
        ab, ba = self.delays_s or (None, None)
        blank = {"fto_as_heard_a": None, "fto_as_heard_b": None}
        for view, found in self.turns.items():
            out += [_turn_row(turn) for turn in found]
            aside = turns.listening(units["a"], units["b"], view, ab, ba, self.settings)
            for role, partner in (("a", "b"), ("b", "a")):
                out += [
                    _span_row(role, "backchannel", view, unit.start, unit.end)
                    | blank
                    | {"overlap_s": _with(unit, units[partner])}
                    for unit in aside[role]
                ]
        return sorted(out, key=lambda r: (r["view"], r["start"], r["role"], r["kind"]))

    def measure_rows(self) -> list[dict[str, Any]]:
        """Rows {role, measure, value, unit, valid, version, why} of table `quality`."""
        out = measures(
            {role: t.physical for role, t in self.tracks.items()},
            {role: t.leak_in for role, t in self.tracks.items()},
            self.limits,
            self.version,
        )
        for role, track in self.tracks.items():
            level = track.noise
            out.append(row(role, "speech_level", level.speech_dbfs, "dBFS", self.version))
            out.append(row(role, "noise_level", level.noise_dbfs, "dBFS", self.version))
            out.append(row(role, "snr", level.snr_db, "dB", self.version, level.why))
            out.append(row(role, "speech_s", total(track.speech), "s", self.version))
        return out

    def to_json(self) -> dict[str, Any]:
        """One JSON object, without NaN; times in seconds rounded to 0.1 ms."""
        return {
            "version": self.version,
            "detector": self.detector,
            "delays_s": self.delays_s,
            "seconds": round(self.seconds, 4),
            "alignment": self.alignment.to_json(),
            "segments": self.segment_rows(),
            "floor": [_rounded(asdict(s)) for s in self.floor],
            "turns": self.turn_rows(),
            "summary": _rounded(self.summary),
            "measures": self.measure_rows(),
            "prosody": {
                "version": prosody.VERSION,
                **{role: _rounded(track.prosody) for role, track in self.tracks.items()},
            },
            "findings": [finding.to_json() for finding in self.findings],
            "verdict": self.verdict.to_json(),
            "limits": asdict(self.limits),
            "settings": asdict(self.settings),
        }


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()}


def _span_row(role: str, kind: str, view: str, start: float, end: float) -> dict[str, Any]:
    return {
        "role": role,
        "kind": kind,
        "view": view,
        "start": round(start, 4),
        "end": round(end, 4),
        "confidence": None,  # nothing here has been calibrated to a probability
    }


def _turn_row(turn: Turn) -> dict[str, Any]:
    heard = {k: getattr(turn, k) for k in ("fto_as_heard_a", "fto_as_heard_b", "overlap_s")}
    return _span_row(turn.role, "turn", turn.view, turn.start, turn.end) | _rounded(heard)


def _with(unit: Span, others: Sequence[Span]) -> float:
    return round(sum(unit.overlap(other) for other in others), 4)


def analyze_pair(
    a: Array,
    b: Array,
    rate_a: int,
    rate_b: int,
    alignment: Alignment = IDENTICAL,
    gaps: Mapping[str, Sequence[Span]] | None = None,
    delays_s: tuple[float, float] | None = None,
    limits: Limits = DEFAULT,
    settings: TurnSettings = turns.DEFAULT,
    detector: str = "auto",
) -> Analysis:
    """Analyze two isolated tracks of one take.

    a, b: mono float, full scale -1..1, (n,). alignment: post.clock.align, or IDENTICAL for tracks
    that already share sample 0. gaps: per role spans without samples, seconds from the take's
    start. delays_s: mouth-to-ear delay a -> b and b -> a, when known. detector: auto | silero |
    energy; auto takes silero when its weights are installed.
    ValueError for an unknown detector or arrays that are not one-dimensional and finite.
    """
    for role, x in (("a", a), ("b", b)):
        if np.ndim(x) != 1 or not np.isfinite(np.sum(x, dtype=np.float64)):
            raise ValueError(f"track {role} must be one channel of finite numbers")
    if detector not in ("auto", "silero", "energy"):
        raise ValueError(f"unknown detector: {detector}")
    if detector == "auto":
        detector = "silero" if silero.available() else "energy"
    given = gaps or {}
    offset_s = alignment.offset_ms / 1000.0 if alignment.valid else 0.0
    starts = {"a": max(0.0, -offset_s), "b": max(0.0, offset_s)}
    stretch = {"a": 1.0, "b": 1.0 - alignment.drift_ppm * 1e-6 if alignment.resample else 1.0}
    raw, rates = {"a": a, "b": b}, {"a": rate_a, "b": rate_b}
    work = {role: to_rate(raw[role], rates[role]) for role in ROLES}
    low = {role: to_rate(work[role], WORK_RATE, leaks.RATE) for role in ROLES}
    low_a, low_b = on_one_clock(low["a"], low["b"], offset_s, leaks.RATE)
    leak_into = {"a": leaks.leak(low_b, low_a), "b": leaks.leak(low_a, low_b)}
    power = {role: frame_power(work[role], WORK_RATE) for role in ROLES}
    missing = {
        role: mask_of(_move(given.get(role, ()), -starts[role]), len(power[role])) for role in ROLES
    }
    levels = {role: vad.blank(vad.band_levels(work[role]), missing[role]) for role in ROLES}
    coarse = _detect(work, levels, detector)
    tracks: dict[str, Track] = {}
    for role, partner in (("a", "b"), ("b", "a")):
        late = round((starts[role] - starts[partner]) / HOP_S)
        not_own = leaks.explained(_shifted(power[partner], late), power[role], leak_into[role])
        foreign = steady(not_own)
        level = vad.blank(levels[role], foreign)
        spoken = vad.refine(without(coarse[role], foreign), level)
        mask = mask_of(spoken, len(power[role]))
        contour = prosody.functionals(prosody.contours(work[role], WORK_RATE, mask))
        moved = [
            Span(starts[role] + s.start * stretch[role], starts[role] + s.end * stretch[role])
            for s in spoken
        ]
        tracks[role] = Track(
            physical=physical(raw[role], rates[role], starts[role], given.get(role, ())),
            noise=noise(power[role][~missing[role]], mask[~missing[role]]),
            speech=moved,
            ipus=turns.ipus(moved, settings),
            leak_in=leak_into[role],
            prosody={
                name: float(value) if np.isfinite(value) else None
                for name, value in zip(prosody.NAMES, contour, strict=True)
            },
        )
    seconds = max(starts[r] + len(raw[r]) / rates[r] * stretch[r] for r in ROLES)
    return _conclude(tracks, seconds, alignment, delays_s, limits, settings, detector)


def _move(spans: Sequence[Span], by: float) -> list[Span]:
    return [Span(s.start + by, s.end + by) for s in spans]


def _detect(
    work: Mapping[str, Floats], levels: Mapping[str, Floats], detector: str
) -> dict[str, list[Span]]:
    if detector == "energy":
        return {role: vad.energy_vad(level) for role, level in levels.items()}
    found = silero.speech_probability(list(work.values()))
    return {
        role: vad.model_spans(probability, silero.CHUNK_S)
        for role, probability in zip(work, found, strict=True)
    }


def _shifted(power: Floats, late: int) -> Floats:
    """Partner's hops on the own track's grid, whose sample 0 lies `late` hops after theirs."""
    return power[late:] if late >= 0 else np.concatenate([np.zeros(-late, np.float32), power])


def steady(not_own: Bools) -> Bools:
    """Hops of the partner's voice without flicker: holes of 50 ms filled, under 80 ms dropped."""
    return drop_short(close_gaps(not_own, 5), 8)


def without(spans: Sequence[Span], foreign: Bools) -> list[Span]:
    """Spans less the hops that are the partner's voice; rests under 60 ms are gone."""
    if not foreign.any():
        return list(spans)
    mask = mask_of(list(spans), len(foreign)) & ~foreign
    return spans_of(drop_short(mask, 6))


def _conclude(
    tracks: dict[str, Track],
    seconds: float,
    alignment: Alignment,
    delays_s: tuple[float, float] | None,
    limits: Limits,
    settings: TurnSettings,
    detector: str,
) -> Analysis:
    a, b = tracks["a"].ipus, tracks["b"].ipus
    ab, ba = delays_s if delays_s is not None else (None, None)
    views = turns.VIEWS if delays_s is not None else turns.VIEWS[:2]
    by_view = {view: turns.turns(a, b, view, ab, ba, settings) for view in views}
    summary = turns.summary(a, b, by_view["hold"], seconds)
    found = physical_findings(
        {role: t.physical for role, t in tracks.items()},
        {role: t.leak_in for role, t in tracks.items()},
        limits,
    )
    found += _heard_findings(tracks, summary, seconds, alignment, limits)
    return Analysis(
        seconds=seconds,
        alignment=alignment,
        tracks=tracks,
        floor=turns.transitions(a, b),
        turns=by_view,
        summary=summary,
        findings=tuple(found),
        verdict=decide(found),
        detector=detector,
        delays_s=delays_s,
        limits=limits,
        settings=settings,
    )


def _heard_findings(
    tracks: Mapping[str, Track],
    summary: Mapping[str, float | int | None],
    seconds: float,
    alignment: Alignment,
    limits: Limits,
) -> list[Finding]:
    out: list[Finding] = []
    spoken = {role: total(track.speech) for role, track in tracks.items()}
    both = sum(spoken.values())
    for role, track in tracks.items():
        alive = track.physical.loudest_dbfs >= limits.dead_dbfs
        snr = track.noise.snr_db
        if snr is not None and snr < limits.snr_db:
            out.append(Finding("noise", role, 0.0, seconds, snr, limits.snr_db, "dB"))
        if alive and spoken[role] == 0:
            out.append(Finding("no_speech", role, 0.0, seconds))
        elif alive and seconds >= limits.talk_after_s and spoken[role] < limits.talk_share * both:
            share = spoken[role] / both
            out.append(Finding("one_sided", role, 0.0, seconds, share, limits.talk_share, "0..1"))
    if not alignment.valid:
        out.append(Finding("no_alignment", "", 0.0, seconds, evidence={"why": alignment.why}))
    elif alignment.uncertainty_ms > limits.uncertainty_ms:
        value, limit = alignment.uncertainty_ms, limits.uncertainty_ms
        out.append(Finding("alignment", "", 0.0, seconds, value, limit, "ms"))
    middle, count = summary["fto_median_s"], summary["transfers"] or 0
    if middle is not None and count >= 8:
        limit = limits.fto_high_s if middle > 0 else limits.fto_low_s
        if not limits.fto_low_s <= middle <= limits.fto_high_s:
            evidence = {"transfers": count}
            out.append(Finding("timing", "", 0.0, seconds, middle, limit, "s", True, evidence))
    for start, end in _silences(tracks, seconds):
        if end - start > limits.dead_air_s:
            out.append(Finding("dead_air", "", start, end, end - start, limits.dead_air_s, "s"))
    return out


def _silences(tracks: Mapping[str, Track], seconds: float) -> list[tuple[float, float]]:
    """Stretches in which nobody speaks, start and end of the take included."""
    spoken = sorted(s for track in tracks.values() for s in track.speech)
    out, reached = [], 0.0
    for span in spoken:
        if span.start > reached:
            out.append((reached, span.start))
        reached = max(reached, span.end)
    return [*out, (reached, seconds)] if seconds > reached else out
