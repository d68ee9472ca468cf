"""The next version of a release without some of its takes, from its own files alone. Pure.

The server builds successors from its rows; this is for a lab or an archive that holds only the
folder and the key: `yesand release revoke`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from yesand.formats import parquet
from yesand.formats.release_content import Contents, Figures, TakeMedia, json_spans
from yesand.formats.release_files import ReleaseInfo
from yesand.formats.release_tables import TABLES
from yesand.formats.release_words import ROLES
from yesand.formats.revocations import Feed
from yesand.formats.shards import index_shard, read_member
from yesand.kit.errors import refuse
from yesand.kit.spans import Span

Rows = list[dict[str, Any]]
Tables = dict[str, Rows]


def read_tables(folder: Path) -> Tables:
    """Every table of a release as rows."""
    return {
        table.name: parquet.read_table(folder / f"{table.name}.parquet", table.schema).to_pylist()
        for table in TABLES
    }


def without(tables: Tables, gone: Iterable[str]) -> Tables:
    """The tables without the takes `gone`, and without what only they held.

    Raises Refused naming a take that is not there. left_out counts them as withdrawn.
    """
    takes = set(gone)
    missing = sorted(takes - {row["take_id"] for row in tables["takes"]})
    if missing:
        raise refuse("no_take", "is not in this release.", f"take {missing[0]}")
    made: Tables = {}
    for name, rows in tables.items():
        made[name] = [row for row in rows if row.get("take_id") not in takes]
    items = {row["item_id"] for row in made["items"]}
    for name in ("ratings", "labels", "traces"):
        made[name] = [row for row in tables[name] if row["item_id"] in items]
    who = {row[f"performer_{role}"] for row in made["takes"] for role in ROLES}
    made["performers"] = [row for row in made["performers"] if row["pseudonym"] in who]
    played = {(row["prompt_id"], row["prompt_version"]) for row in made["takes"]}
    made["prompts"] = [r for r in made["prompts"] if (r["prompt_id"], r["version"]) in played]
    made["dyads"] = []
    made["left_out"] = _left_out(tables, takes)
    return made


def _left_out(tables: Tables, gone: set[str]) -> Rows:
    rows = [dict(row) for row in tables["left_out"]]
    hours = sum(row["duration_s"] for row in tables["takes"] if row["take_id"] in gone) / 3600
    for row in rows:
        if row["reason"] == "withdrawn":
            row["takes"] += len(gone)
            row["hours"] = (row["hours"] or 0.0) + hours
            return rows
    return [*rows, {"reason": "withdrawn", "takes": len(gone), "hours": hours}]


def successor(
    folder: Path,
    info: ReleaseInfo,
    feed: Feed,
    gone: Iterable[str],
    *,
    version: str,
    made_on: str,
    datasheet: Callable[[str, Figures], str],
    errata: Iterable[dict[str, Any]] = (),
) -> Contents:
    """Contents of the version after `info` without the takes `gone`.

    feed: already holds their tombstones. datasheet: makes the new text from the old one and the
    new figures. Tracks are taken over from the folder, so `no_media` goes with it.
    """
    takes = set(gone)
    tables = without(read_tables(folder), takes)
    old = (folder / "DATASHEET.md").read_text(encoding="utf-8")
    return Contents(
        name=info.name,
        version=version,
        kind=info.kind,
        use=info.use,
        purpose=info.purpose,
        made_on=made_on,
        tables=tables,
        datasheet=lambda figures: datasheet(old, figures),
        license=(folder / "LICENSE").read_text(encoding="utf-8"),
        feed=info.feed,
        revocations=feed.data,
        video=_filmed(folder, tables["takes"]),
        private=_private(folder, tables["takes"]),
        errata=[line for line in errata if line["take_id"] not in takes],
        seeds=info.seeds,
        settings={k: v for k, v in info.settings.items() if k != "shard_bytes"},
        signer_note=info.signing.note,
        shard_bytes=int(info.settings["shard_bytes"]),
    )


def no_media(take: str) -> TakeMedia:
    """The media source of a successor made from files: every take is taken over."""
    raise refuse("bad_bytes", "is not in the release as its tables say.", f"take {take}")


def _filmed(folder: Path, takes: Rows) -> dict[str, tuple[str, ...]]:
    """Take -> roles that have video in the release."""
    made = {}
    for row in takes:
        if row["video_shard"]:
            held = index_shard(folder / "shards" / f"{row['video_shard']}.tar")
            made[row["take_id"]] = tuple(r for r in ROLES if f"{row['take_id']}.{r}.webm" in held)
    return made


def _private(folder: Path, takes: Rows) -> dict[str, tuple[Span, ...]]:
    """Take -> spans a performer kept out when the release was made."""
    made = {}
    paths = {row["shard"]: folder / "shards" / f"{row['shard']}.tar" for row in takes}
    held = {shard: index_shard(path) for shard, path in paths.items()}
    for row in takes:
        member = held[row["shard"]][f"{row['take_id']}.json"]
        known = json.loads(read_member(paths[row["shard"]], member))
        if spans := known.get("private"):
            made[row["take_id"]] = json_spans(spans)
    return made
