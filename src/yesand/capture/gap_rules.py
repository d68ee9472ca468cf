"""What is missing of one role's microphone and camera, from what arrived and what its browser
told. Pure.

All spans are seconds from the take's start. A gap is declared once, with one cause: a pause that
explains it, else how it lies: before the first sample, between two parts, inside one, or at the
end. Lost seconds are captured samples that did not arrive: those the browser counted beyond what
is here, and holes in the count. What was never captured (a page being reloaded) is a gap, not a
loss.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yesand.formats.blocks import end_us, find_gaps, first_sample_us
from yesand.formats.manifest import Gap, Kind, Role
from yesand.kit.spans import Span

#: Deficits shorter than this are device jitter, seconds.
LEAST_S = 0.020
#: The same for pictures: the browser tells when a film begins and ends to a few tenths.
LEAST_PICTURE_S = 0.5
#: A film leaves the browser in slices of this length, seconds; a page that dies takes the last.
SLICE_S = 1.0
#: A pause explains a gap that lies in it for at least this share.
EXPLAINED = 0.5


@dataclass(frozen=True)
class Part:
    """One microphone stream as it arrived.

    blocks: rows of formats.block_gaps.BLOCKS; rate in Hz. state: complete, partial or lost.
    stopped: samples the browser had written when it stopped, None where it never said so.
    reason: why this part was opened: start, reload, device or suspect.
    """

    stream: str
    blocks: NDArray[np.void]
    rate: int
    state: str
    stopped: int | None
    reason: str

    @property
    def counted(self) -> int:
        """Samples up to the last one here, holes included."""
        if len(self.blocks) == 0:
            return 0
        return int(self.blocks["first_sample"][-1]) + int(self.blocks["count"][-1])

    @property
    def arrived(self) -> int:
        """Samples that are here."""
        return int(self.blocks["count"].sum()) if len(self.blocks) else 0


@dataclass(frozen=True)
class Film:
    """One camera stream by its browser's word. started_s, ended_s: from the take's start, None
    where it never said so. reason: why this part was opened.
    """

    stream: str
    started_s: float | None
    ended_s: float | None
    reason: str


@dataclass(frozen=True)
class Account:
    """gaps: declared holes in order, on [0, seconds]. lost_s: captured and not here."""

    gaps: tuple[Gap, ...]
    lost_s: float


def account(
    role: Role,
    parts: Sequence[Part],
    seconds: float,
    pauses: Sequence[Span],
    at_s: Callable[[float], float],
    kind: Kind = "mic",
) -> Account:
    """The gap table of one role and its lost seconds.

    seconds: the take's length. pauses: declared spans. at_s: client clock in microseconds to
    seconds from the take's start.
    """
    here = [part for part in parts if len(part.blocks)]
    gaps: list[Gap] = []
    lost = 0.0

    def add(start: float, end: float, cause: str, stream: str | None, at: int | None) -> None:
        start, end = max(0.0, start), min(seconds, end)
        if end - start >= LEAST_S:
            explained = _cause(Span(start, end), cause, pauses)
            gaps.append(Gap(role, kind, start, end, explained, stream, at))  # type: ignore[arg-type]

    reached = 0.0
    for index, part in enumerate(here):
        start = at_s(first_sample_us(part.blocks, part.rate))
        cause = "late_start" if index == 0 else _between(part.reason)
        add(reached, start, cause, part.stream, 0)
        if index and here[index - 1].state != "complete" and here[index - 1].stopped is None:
            # The rest of the part before never came: at worst it reached up to this one.
            lost += max(0.0, start - reached - _inside(Span(min(reached, start), start), pauses))
        for gap in find_gaps(part.blocks, part.rate):
            cause = "lost" if gap.kind == "hole" else "device"
            add(at_s(gap.start_us), at_s(gap.end_us), cause, part.stream, gap.at)
            if gap.kind == "hole":
                lost += min(gap.seconds, seconds)
        if part.stopped is not None:
            lost += min(max(0, part.stopped - part.counted) / part.rate, seconds)
        reached = max(reached, at_s(end_us(part.blocks, part.rate)))
    tail = seconds - reached
    if here and tail >= LEAST_S:
        last = here[-1]
        whole = last.state == "complete" and last.stopped in (None, last.counted)
        add(reached, seconds, "device" if whole else "lost", None, None)
        if not whole and last.stopped is None:
            # Nobody knows how much was captured: the worst case is stated.
            lost += max(0.0, tail - _inside(Span(reached, seconds), pauses))
    elif not here and seconds > 0:
        add(0.0, seconds, "lost", None, None)
        lost += sum(part.stopped / part.rate for part in parts if part.stopped and part.rate)
    return Account(tuple(_apart(gaps)), lost)


def dark(
    role: Role,
    films: Sequence[Film],
    seconds: float,
    pauses: Sequence[Span],
    heard_until: Sequence[float],
) -> tuple[Gap, ...]:
    """The spans of a role without a picture, where its browser told enough to know them.

    heard_until: ends of the microphone's parts, seconds from the take's start: a page that died
    said nothing of its film, which ended with its sound or a slice before. A role without any
    camera has no gaps: its manifest says that the camera is missing.
    """
    known = sorted(
        ((film.started_s, film) for film in films if film.started_s is not None),
        key=lambda one: one[0],
    )
    gaps: list[Gap] = []

    def add(start: float, end: float, cause: str, stream: str | None) -> None:
        start, end = max(0.0, start), min(seconds, end)
        if end - start >= LEAST_PICTURE_S:
            explained = _cause(Span(start, end), cause, pauses)
            gaps.append(Gap(role, "cam", start, end, explained, stream, None))  # type: ignore[arg-type]

    reached: float | None = 0.0
    for index, (start, film) in enumerate(known):
        if reached is None:
            ends = [end for end in heard_until if known[index - 1][0] < end <= start]
            reached = max(known[index - 1][0], max(ends) - SLICE_S) if ends else start
        add(reached, start, "late_start" if index == 0 else _between(film.reason), film.stream)
        reached = film.ended_s
    if known and reached is not None:
        add(reached, seconds, "device", None)
    return tuple(_apart(gaps))


def _between(reason: str) -> str:
    return "device" if reason == "device" else "reload"


def _inside(span: Span, pauses: Sequence[Span]) -> float:
    return sum(span.overlap(pause) for pause in pauses)


def _cause(span: Span, cause: str, pauses: Sequence[Span]) -> str:
    return "pause" if _inside(span, pauses) >= EXPLAINED * span.length else cause


def _apart(gaps: Sequence[Gap]) -> list[Gap]:
    """Gaps in order without overlap: the earlier one keeps what both claim."""
    out: list[Gap] = []
    for gap in sorted(gaps, key=lambda gap: (gap.start_s, gap.end_s)):
        if out and gap.start_s < out[-1].end_s:
            if gap.end_s - out[-1].end_s < LEAST_S:
                continue
            gap = replace(gap, start_s=out[-1].end_s)
        out.append(gap)
    return out
