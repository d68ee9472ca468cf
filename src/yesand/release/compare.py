"""What changed between two versions of a release, from their files alone. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from yesand.formats import parquet
from yesand.formats.release_content import DERIVED_TAKE_COLUMNS
from yesand.formats.release_files import ReleaseInfo, read_info
from yesand.formats.release_tables import TABLES, TAKES

#: Derived columns whose change means that the take's tracks changed.
_TRACKS = ("sha256_a", "sha256_b")


def compare(old: Path, new: Path) -> dict[str, Any]:
    """Counts and names: takes added, gone, with other tracks, with other facts; tables; shards.

    fetch_bytes: what somebody who holds the old version has to fetch for the new one.
    """
    before, _ = read_info(old)
    after, _ = read_info(new)
    was = {row["take_id"]: row for row in _takes(old)}
    now = {row["take_id"]: row for row in _takes(new)}
    both = sorted(was.keys() & now.keys())
    facts = [c.name for c in TAKES.columns if c.name not in DERIVED_TAKE_COLUMNS]
    hashes = {line.sha256 for line in before.files}
    return {
        "old": before.title,
        "new": after.title,
        "takes_added": sorted(now.keys() - was.keys()),
        "takes_gone": sorted(was.keys() - now.keys()),
        "takes_other_tracks": [t for t in both if any(was[t][c] != now[t][c] for c in _TRACKS)],
        "takes_other_facts": [t for t in both if any(was[t][c] != now[t][c] for c in facts)],
        "tables_changed": [
            table.name
            for table in TABLES
            if _hash(before, f"{table.name}.parquet") != _hash(after, f"{table.name}.parquet")
        ],
        "shards_changed": _shards(before, after, changed=True),
        "shards_added": sorted(_paths(after) - _paths(before)),
        "shards_gone": sorted(_paths(before) - _paths(after)),
        "shards_same": len(_shards(before, after, changed=False)),
        "hours": round(after.figures["hours"] - before.figures["hours"], 6),
        "fetch_bytes": sum(line.bytes for line in after.files if line.sha256 not in hashes),
    }


def _takes(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(
        folder / "takes.parquet", TAKES.schema
    ).to_pylist()
    return rows


def _paths(info: ReleaseInfo) -> set[str]:
    return {line.path for line in info.files if line.path.startswith("shards/")}


def _hash(info: ReleaseInfo, path: str) -> str:
    return next((line.sha256 for line in info.files if line.path == path), "")


def _shards(before: ReleaseInfo, after: ReleaseInfo, *, changed: bool) -> list[str]:
    both = sorted(_paths(before) & _paths(after))
    return [p for p in both if (_hash(before, p) != _hash(after, p)) == changed]
