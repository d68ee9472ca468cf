"""Spans: half-open [start, end) intervals in seconds on one clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Span:
    """start and end in seconds, start <= end, end not included."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not self.start <= self.end:
            raise ValueError(f"a span must not end before it starts: {self.start} > {self.end}")

    @property
    def length(self) -> float:
        return self.end - self.start

    def overlap(self, other: Span) -> float:
        """Seconds both spans share."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))


def merge(spans: Iterable[Span], join: float = 0.0) -> list[Span]:
    """Sorted spans with overlaps, touches and gaps of at most `join` seconds closed."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start - merged[-1].end <= join:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def total(spans: Iterable[Span]) -> float:
    """Seconds covered by at least one span."""
    return sum(span.length for span in merge(spans))
