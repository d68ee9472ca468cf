"""Who held the floor: IPUs, pauses, gaps, overlaps, backchannels and turns of two tracks.

Spans are seconds on one clock, sorted; roles are "a" and "b". Nothing here is the only truth about
turns, so several views of the same activity are given and each says its rule.

Sources. Pause, gap, overlap between and within speakers: Heldner and Edlund 2010. Backchannel:
the acoustic rule of Voice Activity Projection (an IPU of at most 1 s with 1 s of own silence on
both sides), with the partner speaking before and after. Turns held through the listener's
backchannels: CANDOR's *Backbiter* (Reece et al. 2023), here without words.
Laughter is left out: no rule of ours has been measured on labeled laughter yet.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yesand.kit.spans import Span, merge, total

VIEWS = ("silence", "hold", "ear_a", "ear_b")


@dataclass(frozen=True)
class TurnSettings:
    """Seconds, stored with every analysis.

    pause_s: inner silences shorter than this belong to the IPU (stop closures).
    silence_s: in view `silence` a longer silence ends a turn, even when nobody answers.
    hold_s: in view `hold` a turn may hold that long without sound.
    backchannel_s, clear_s: longest backchannel; own silence asked for around it.
    """

    pause_s: float = 0.2
    silence_s: float = 1.0
    hold_s: float = 3.0
    backchannel_s: float = 1.0
    clear_s: float = 1.0


DEFAULT = TurnSettings()


@dataclass(frozen=True)
class Segment:
    """One span of a take. role: a, b or "" (both or nobody).

    kind: ipu | pause | gap | overlap_between | overlap_within | backchannel. A pause belongs to
    who goes on, a gap and an overlap between speakers to who takes the floor, an overlap within
    to who intrudes.
    """

    role: str
    kind: str
    start: float
    end: float


@dataclass(frozen=True)
class Turn:
    """One hold of the floor, in one view, on the stage clock.

    fto_s: own start minus the end of the partner's turn before it (negative = overlap); None when
    the floor did not change there. fto_as_heard_a/b: the same as it sounded at each ear, None
    without mouth-to-ear delays. overlap_s: seconds of the turn in which the partner speaks.
    ipus, backchannels: IPUs in it; the partner's backchannels it was held through.
    """

    role: str
    view: str
    start: float
    end: float
    fto_s: float | None
    fto_as_heard_a: float | None
    fto_as_heard_b: float | None
    overlap_s: float
    ipus: int
    backchannels: int


def ipus(speech: Sequence[Span], settings: TurnSettings = DEFAULT) -> list[Span]:
    """Inter-pausal units: speech spans with silences under `pause_s` closed."""
    return merge(speech, join=settings.pause_s - 1e-9)


def states(a: Sequence[Span], b: Sequence[Span]) -> list[tuple[float, float, str]]:
    """(start, end, who) from the first onset to the last offset; who: "", "a", "b" or "ab"."""
    events: list[tuple[float, int, str]] = []
    for role, spans in (("a", a), ("b", b)):
        for span in spans:
            events += [(span.start, 1, role), (span.end, -1, role)]
    events.sort()
    out: list[tuple[float, float, str]] = []
    active = {"a": 0, "b": 0}
    before: float | None = None
    for at, step, role in events:
        who = "".join(r for r in "ab" if active[r])
        if before is not None and at > before:
            if out and out[-1][2] == who:
                out[-1] = (out[-1][0], at, who)
            else:
                out.append((before, at, who))
        active[role] += step
        before = at
    return out


def transitions(a: Sequence[Span], b: Sequence[Span]) -> list[Segment]:
    """Pauses, gaps and overlaps between and within speakers, from two lists of IPUs."""
    line = states(a, b)
    out: list[Segment] = []
    before: list[str] = []  # who spoke alone last, up to each state
    last = ""
    for _, _, who in line:
        before.append(last)
        last = who if who in ("a", "b") else last
    after = [""] * len(line)
    coming = ""
    for n in range(len(line) - 1, -1, -1):
        after[n] = coming
        coming = line[n][2] if line[n][2] in ("a", "b") else coming
    for n, (start, end, who) in enumerate(line):
        if who in ("a", "b") or not before[n] or not after[n]:
            continue
        if who == "":
            kind = "pause" if before[n] == after[n] else "gap"
            out.append(Segment(after[n], kind, start, end))
        elif before[n] == after[n]:
            out.append(Segment("b" if before[n] == "a" else "a", "overlap_within", start, end))
        else:
            out.append(Segment(after[n], "overlap_between", start, end))
    return out


def backchannels(
    own: Sequence[Span], partner: Sequence[Span], settings: TurnSettings = DEFAULT
) -> list[Span]:
    """Own IPUs that only say "I listen": short, alone, and the partner speaks before and after."""
    out: list[Span] = []
    for n, unit in enumerate(own):
        if unit.length > settings.backchannel_s:
            continue
        quiet_before = n == 0 or unit.start - own[n - 1].end >= settings.clear_s
        quiet_after = n == len(own) - 1 or own[n + 1].start - unit.end >= settings.clear_s
        if not (quiet_before and quiet_after):
            continue
        lead = Span(unit.start - settings.clear_s, unit.start)
        tail = Span(unit.start, unit.end + settings.clear_s)
        if _speaks(partner, lead) and _speaks(partner, tail):
            out.append(unit)
    return out


def _speaks(spans: Sequence[Span], window: Span) -> bool:
    """Does any of the sorted, disjoint spans overlap the window?"""
    n = bisect_right(spans, window.start, key=lambda s: s.end)
    return n < len(spans) and spans[n].start < window.end


def turns(
    a: Sequence[Span],
    b: Sequence[Span],
    view: str,
    delay_ab_s: float | None = None,
    delay_ba_s: float | None = None,
    settings: TurnSettings = DEFAULT,
) -> list[Turn]:
    """Turns of both roles in one view, by start.

    a, b: IPUs on the stage clock. delay_ab_s: from a's mouth to b's ear, delay_ba_s the other way.
    silence: an IPU of the partner in a pause, or a silence over `silence_s`, ends the turn.
    hold: the partner's backchannels do not end it and are no turns; silence up to `hold_s`.
    ear_a, ear_b: `hold` as it was heard at that ear, with the partner's speech later by the delay
    (ValueError without delays); spans are still on the stage clock.
    """
    heard, shift = _heard(a, b, view, delay_ab_s, delay_ba_s)
    aside = _aside(heard, view, settings)
    floor = {r: [s for s in heard[r] if s not in set(aside[r])] for r in "ab"}
    longest = settings.silence_s if view == "silence" else settings.hold_s
    held = [
        (group, role)
        for role, partner in (("a", "b"), ("b", "a"))
        for group in _groups(floor[role], floor[partner], longest)
    ]
    held.sort(key=lambda item: (item[0][0].start, item[1]))
    out: list[Turn] = []
    holder: tuple[float, str] | None = None  # end and role of the turn that has the floor
    for group, role in held:
        start, end = group[0].start, group[-1].end
        partner = "b" if role == "a" else "a"
        fto: float | None = None
        if holder is None or holder[1] == role or end > holder[0]:
            if holder is not None and holder[1] != role:
                fto = start - holder[0]
            holder = (end, role)
        whole = Span(start, end)
        spoken = heard[partner]
        first = bisect_left(spoken, start, key=lambda s: s.end)
        last = bisect_left(spoken, end, key=lambda s: s.start)
        at_stage = fto - shift[role] + shift[partner] if fto is not None else None
        ear_a, ear_b = _as_heard(role, at_stage, delay_ab_s, delay_ba_s)
        out.append(
            Turn(
                role=role,
                view=view,
                start=start - shift[role],
                end=end - shift[role],
                fto_s=at_stage,
                fto_as_heard_a=ear_a,
                fto_as_heard_b=ear_b,
                overlap_s=sum(u.overlap(s) for u in group for s in spoken[first:last]),
                ipus=len(group),
                backchannels=sum(1 for s in aside[partner] if whole.overlap(s) > 0),
            )
        )
    return out


def listening(
    a: Sequence[Span],
    b: Sequence[Span],
    view: str,
    delay_ab_s: float | None = None,
    delay_ba_s: float | None = None,
    settings: TurnSettings = DEFAULT,
) -> dict[str, list[Span]]:
    """Backchannels of each role in one view, on the stage clock; arguments as for `turns`.

    View `silence` knows none: there every IPU takes the floor.
    """
    heard, shift = _heard(a, b, view, delay_ab_s, delay_ba_s)
    aside = _aside(heard, view, settings)
    return {role: _move(spans, -shift[role]) for role, spans in aside.items()}


def _heard(
    a: Sequence[Span],
    b: Sequence[Span],
    view: str,
    delay_ab_s: float | None,
    delay_ba_s: float | None,
) -> tuple[dict[str, list[Span]], dict[str, float]]:
    """IPUs of both roles as the view hears them, and by how much each was moved."""
    if view not in VIEWS:
        raise ValueError(f"unknown view of turns: {view}")
    shift = {"a": 0.0, "b": 0.0}
    if view.startswith("ear_"):
        if delay_ab_s is None or delay_ba_s is None:
            raise ValueError(f"view {view} needs both mouth-to-ear delays")
        shift = {"a": 0.0, "b": delay_ba_s} if view == "ear_a" else {"a": delay_ab_s, "b": 0.0}
    return {"a": _move(a, shift["a"]), "b": _move(b, shift["b"])}, shift


def _aside(
    heard: dict[str, list[Span]], view: str, settings: TurnSettings
) -> dict[str, list[Span]]:
    if view == "silence":
        return {"a": [], "b": []}
    return {
        own: backchannels(heard[own], heard[partner], settings)
        for own, partner in (("a", "b"), ("b", "a"))
    }


def _move(spans: Sequence[Span], by: float) -> list[Span]:
    return list(spans) if by == 0 else [Span(s.start + by, s.end + by) for s in spans]


def _groups(own: Sequence[Span], partner: Sequence[Span], longest: float) -> list[list[Span]]:
    """Own IPUs joined over pauses of at most `longest` in which the partner is silent."""
    out: list[list[Span]] = []
    for unit in own:
        if out:
            pause = Span(out[-1][-1].end, unit.start)
            if pause.length <= longest and not _speaks(partner, pause):
                out[-1].append(unit)
                continue
        out.append([unit])
    return out


def _as_heard(
    role: str, fto: float | None, delay_ab_s: float | None, delay_ba_s: float | None
) -> tuple[float | None, float | None]:
    """Floor-transfer offset at ear a and at ear b, for a turn of `role` after the partner's."""
    if fto is None or delay_ab_s is None or delay_ba_s is None:
        return None, None
    if role == "b":  # a hears b's start late; b heard a's end late
        return fto + delay_ba_s, fto - delay_ab_s
    return fto - delay_ba_s, fto + delay_ab_s


def summary(
    a: Sequence[Span], b: Sequence[Span], found: Sequence[Turn], seconds: float
) -> dict[str, float | int | None]:
    """Numbers of a conversation from IPUs and the turns of one view.

    Shares are of the whole length; rates per minute; fto in seconds. A figure without a basis is
    None (no transfer, nobody spoke, zero length).
    """
    ftos = np.array([t.fto_s for t in found if t.fto_s is not None])
    moves = transitions(a, b)
    talk = {"a": total(a), "b": total(b)}
    spoken = talk["a"] + talk["b"]
    both = both_speaking(a, b)
    minutes = seconds / 60
    count = {
        kind: sum(1 for s in moves if s.kind == kind)
        for kind in ("pause", "gap", "overlap_between", "overlap_within")
    }
    listens = len(backchannels(a, b)) + len(backchannels(b, a))
    return {
        "talk_share_a": talk["a"] / seconds if seconds else None,
        "talk_share_b": talk["b"] / seconds if seconds else None,
        "balance_a": talk["a"] / spoken if spoken else None,
        "overlap_share": both / seconds if seconds else None,
        "silence_share": 1 - (spoken - both) / seconds if seconds else None,
        "turns": len(found),
        "transfers": len(ftos),
        "fto_median_s": float(np.median(ftos)) if len(ftos) else None,
        "fto_iqr_s": float(np.subtract(*np.percentile(ftos, [75, 25]))) if len(ftos) else None,
        "longest_turn_s": max((t.end - t.start for t in found), default=None),
        "backchannels_per_hour": listens / minutes * 60 if seconds else None,
        **{f"{kind}s_per_min": n / minutes if seconds else None for kind, n in count.items()},
    }


def both_speaking(a: Sequence[Span], b: Sequence[Span]) -> float:
    """Seconds in which both speak."""
    return sum(end - start for start, end, who in states(a, b) if who == "ab")
