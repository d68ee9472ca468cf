"""What a builder hands to the writer of a release: plain rows, tracks, papers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from yesand.formats.release_columns import Row
from yesand.formats.release_files import ReleaseInfo
from yesand.formats.shards import SHARD_BYTES
from yesand.kit.spans import Span

#: Filled by the writer, from the tracks and the other tables. A value a builder gives is ignored.
DERIVED_TAKE_COLUMNS = (
    "duration_s",
    "samples",
    "shard",
    "video_shard",
    "sha256_a",
    "sha256_b",
    "gap_s_a",
    "gap_s_b",
    "n_cues",
    "has_words",
    "observers_n",
    "errata_n",
)
#: In the take's JSON inside its shard: what changes only when the take itself is made again.
SHARD_TAKE_COLUMNS = (
    "take_id",
    "dyad_id",
    "session_id",
    "index",
    "performer_a",
    "performer_b",
    "split",
    "use",
    "player_kind_a",
    "player_kind_b",
    "prompt_id",
    "prompt_version",
    "language",
    "relationship",
    "source_rate_a",
    "source_rate_b",
    "align_offset_ms",
    "align_uncertainty_ms",
    "drift_ppm",
    "pipeline_version",
)


@dataclass(frozen=True)
class TakeMedia:
    """Two aligned tracks of one take, as `formats.align.align_pair` makes them.

    a, b: int32 (n,) at 48 kHz on the 24-bit scale, equal length. gaps_*: seconds from sample 0,
    zero in the track. video_*: webm bytes where consented, else None.
    """

    a: np.ndarray
    b: np.ndarray
    gaps_a: tuple[Span, ...] = ()
    gaps_b: tuple[Span, ...] = ()
    video_a: bytes | None = None
    video_b: bytes | None = None


#: Brings the tracks of one take; called once for each take whose bytes must be made.
MediaSource = Callable[[str], TakeMedia]


@dataclass(frozen=True)
class Figures:
    """What a release amounts to.

    hours: of scenes. largest_share: the most one performer has of all performers' time.
    effective_performers: 1 / sum of squared shares; equal to the count when all have the same.
    """

    takes: int
    dyads: int
    performers: int
    raters: int
    items: int
    hours: float
    largest_share: float
    effective_performers: float
    takes_by_split: Mapping[str, int]
    hours_by_split: Mapping[str, float]
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class Contents:
    """One release to be written.

    tables: rows by table name (release_tables.py). `dyads` is made by the writer; `performers`
    rows come without hours; the declared gaps are added to `segments` by the writer.
    video: take id -> roles whose video is consented; a film may still be absent.
    private: take id -> spans a performer keeps out, seconds; where they change, the take is made
    again instead of taken over from the version before.
    errata: lines with `take_id` and `says`.
    datasheet: makes DATASHEET.md from the figures. license: the operator's text.
    feed: the name of the feed; revocations: its bytes so far, signed by the same key.
    made_on: ISO date; a value, not the clock, so that a rebuild has the same bytes.
    """

    name: str
    version: str
    kind: Literal["people", "robots"]
    use: Literal["train", "evaluation"]
    purpose: str
    made_on: str
    tables: Mapping[str, Sequence[Row]]
    datasheet: Callable[[Figures], str]
    license: str
    feed: str
    revocations: bytes = b""
    video: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    private: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    errata: Sequence[Mapping[str, Any]] = ()
    seeds: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    signer_note: str = ""
    shard_bytes: int = SHARD_BYTES


@dataclass(frozen=True)
class Layout:
    """Which shard holds which take. A successor keeps its predecessor's layout.

    audio, video: take id -> shard without .tar. next_shard: first unused number by
    `<split>-<kind>`, so that no number is ever used twice.
    """

    audio: Mapping[str, str] = field(default_factory=dict)
    video: Mapping[str, str] = field(default_factory=dict)
    next_shard: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, info: ReleaseInfo, takes: Sequence[Row]) -> Layout:
        """The layout of a written release: its release.json and the rows of its table takes."""
        return cls(
            {row["take_id"]: row["shard"] for row in takes},
            {row["take_id"]: row["video_shard"] for row in takes if row["video_shard"]},
            dict(info.next_shard),
        )


def spans_json(spans: Sequence[Span]) -> list[list[float]]:
    """Spans as [[start, end], ...] in seconds."""
    return [[span.start, span.end] for span in spans]


def json_spans(pairs: Sequence[Sequence[float]]) -> tuple[Span, ...]:
    """The reverse of `spans_json`."""
    return tuple(Span(start, end) for start, end in pairs)


def shown(value: object) -> str:
    """A value as JSON for a sentence."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
