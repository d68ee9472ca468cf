"""A small release of people, made of noise: every table filled, bytes from a seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from yesand.formats.emotions import COUNTED
from yesand.formats.release_content import Contents, TakeMedia
from yesand.formats.release_files import ReleaseInfo
from yesand.formats.release_write import write_release
from yesand.formats.signing import SigningKey
from yesand.kit.spans import Span

KEY = SigningKey(bytes(range(32)))
RATE = 48_000
SAMPLES = 4800
SPLITS = ("train", "train", "train", "dev", "test")


def take_id(i: int) -> str:
    return f"take-{i:03d}"


def media(take: str) -> TakeMedia:
    """0.1 s of noise; take 1 has a gap in b; takes 0 and 3 have video."""
    i = int(take.removeprefix("take-"))
    rng = np.random.default_rng(i)
    a, b = rng.integers(-(2**20), 2**20, (2, SAMPLES), dtype=np.int32)
    gaps: tuple[Span, ...] = ()
    if i == 1:
        b[480:960] = 0
        gaps = (Span(0.01, 0.02),)
    film = i in (0, 3)
    return TakeMedia(
        a, b, (), gaps, b"film a" * 100 if film else None, b"film b" * 90 if film else None
    )


def tables(n: int = 5) -> dict[str, list[dict[str, Any]]]:
    made: dict[str, list[dict[str, Any]]] = {
        name: []
        for name in (
            "takes",
            "performers",
            "prompts",
            "cues",
            "segments",
            "turns",
            "words",
            "items",
            "ratings",
            "labels",
            "traces",
            "quality",
            "consent",
            "left_out",
        )
    }
    made["prompts"].append(
        {
            "prompt_id": "last-key",
            "version": 1,
            "title": "The Last Key",
            "language": "en",
            "tags": ["home"],
            "use": "train",
        }
    )
    made["left_out"].append({"reason": "not_kept", "takes": 2, "hours": 0.1})
    for i in range(n):
        take, split = take_id(i), SPLITS[i % len(SPLITS)]
        who = {"a": f"p{i:02d}aaaaaaaa", "b": f"p{i:02d}bbbbbbbb"}
        made["takes"].append(
            {
                "take_id": take, "dyad_id": f"d{i}", "session_id": f"s{i}", "index": 1,
                "performer_a": who["a"], "performer_b": who["b"], "split": split, "use": "train",
                "arm": "actor", "player_kind_a": "human", "player_kind_b": "human",
                "prompt_id": "last-key", "prompt_version": 1, "language": "en", "relationship": "friends",
                "source_rate_a": 48000, "source_rate_b": 44100, "align_offset_ms": 0.0,
                "align_uncertainty_ms": 1.5, "drift_ppm": 2.0, "pipeline_version": "1",
            }
        )  # fmt: skip
        made["cues"].append(
            {
                "cue_id": f"c{i}",
                "take_id": take,
                "role": "a",
                "action": "Let them off the hook",
                "aim_emotion": "affection",
                "aim_intensity": 2,
                "empty": False,
                "asked_at": 0.0,
                "displayed_at": 0.01,
                "response": "took",
                "span_end": 0.08,
            }
        )
        made["items"].append(
            {
                "item_id": f"i{i}",
                "take_id": take,
                "target_role": "a",
                "start": 0.01,
                "end": 0.08,
                "context": "alone",
                "modality": "audio",
                "rule": "cue",
            }
        )
        made["turns"].append(
            {
                "take_id": take,
                "role": "a",
                "kind": "turn",
                "view": "silence",
                "start": 0.0,
                "end": 0.05,
                "source": "1",
            }
        )
        made["words"].append(
            {
                "take_id": take,
                "role": "a",
                "word": "keys",
                "start": 0.0,
                "end": 0.05,
                "source": "human",
            }
        )
        made["traces"].append(
            {
                "trace_id": f"x{i}",
                "item_id": f"i{i}",
                "view": "observer",
                "rater_id": "r0",
                "rater_kind": "human",
                "dimension": "arousal",
                "t": [0.0, 0.1],
                "raw": [0.0, 0.5],
            }
        )
        for rater in range(3):
            made["ratings"].append(
                {
                    "rating_id": f"r{i}-{rater}",
                    "item_id": f"i{i}",
                    "view": "observer",
                    "rater_id": f"r{rater}",
                    "rater_kind": "human",
                    "question": "quick",
                    "primary": "joy" if rater else "affection",
                    "cant_tell": False,
                }
            )
        counts = [{"joy": 2, "affection": 1}.get(word, 0) for word in COUNTED]
        made["labels"].append(
            {"item_id": f"i{i}", "view": "observer", "n": 3, "counts": counts, "cant_tell_n": 0}
        )
        for role in "ab":
            made["performers"].append(
                {
                    "pseudonym": who[role],
                    "kind": "human",
                    "split": split,
                    "age_band": "20-29",
                    "accent": "soft" if i == 0 else "plain",
                    "arm": "actor",
                }
            )
            made["quality"].append(
                {
                    "take_id": take,
                    "role": role,
                    "measure": "peak",
                    "value": -18.0,
                    "unit": "dBFS",
                    "valid": True,
                    "version": "1",
                }
            )
            made["consent"].append(
                {
                    "take_id": take,
                    "role": role,
                    "purposes": ["recognition_training"],
                    "terms_sha256": "ab" * 32,
                    "expires": "2029-01-01",
                    "solo_use": False,
                }
            )
    return made


def contents(n: int = 5, **changes: Any) -> Contents:
    made = Contents(
        name="toy",
        version="1",
        kind="people",
        use="train",
        purpose="recognition_training",
        made_on="2026-02-03",
        tables=tables(n),
        datasheet=lambda f: (
            f"# Datasheet\n{f.hours:.4f} hours, {f.performers} performers\n\nbody\n"
        ),
        license="Example license of a toy.",
        feed="program",
        video={take_id(i): ("a", "b") for i in (0, 3) if i < n},
        errata=[{"take_id": take_id(0), "says": "a chair falls at 0.05 s"}],
        seeds={"toy": 1},
        # so small that no two takes share a shard
        shard_bytes=40_000,
    )
    return replace(made, **changes)


def write(out: Path, n: int = 5, previous: Path | None = None, **changes: Any) -> ReleaseInfo:
    return write_release(out, contents(n, **changes), media, KEY, previous=previous)
