"""Writes a release: tables, shards, papers, hashes, signature. Same inputs, same bytes.

The release is made beside its place and moved there whole, so that a crash leaves nothing that
looks like a release.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy
import pyarrow
import scipy
import soundfile

import yesand
from yesand.formats import parquet
from yesand.formats.audio import RATE
from yesand.formats.emotions import MAP_NAMES, SET_VERSION, map_file
from yesand.formats.release_check import check_spans, check_tables
from yesand.formats.release_content import (
    DERIVED_TAKE_COLUMNS,
    Contents,
    Figures,
    Layout,
    MediaSource,
)
from yesand.formats.release_derive import (
    dyad_rows,
    figures,
    gap_rows,
    performer_rows,
    take_counts,
)
from yesand.formats.release_files import (
    RELEASE_JSON,
    RELEASE_SIG,
    REVOCATIONS,
    UNLISTED,
    FileLine,
    Predecessor,
    Prefix,
    Progress,
    ReleaseInfo,
    Signer,
    check_signature,
    file_sha256,
    list_files,
    release_json,
)
from yesand.formats.release_papers import croissant, notebook, readme
from yesand.formats.release_shards import Previous, Shards, Written
from yesand.formats.release_tables import BY_NAME, TABLES, TAKES, dictionary
from yesand.formats.release_words import ROLES
from yesand.formats.revocations import read_feed
from yesand.formats.signing import SigningKey, sign_release
from yesand.kit.canonical import canonical_json, sha256_hex
from yesand.kit.errors import refuse

Rows = list[dict[str, Any]]


def write_release(
    out: Path,
    contents: Contents,
    media: MediaSource,
    key: SigningKey,
    *,
    previous: Path | None = None,
    layout: Layout | None = None,
    progress: Progress | None = None,
) -> ReleaseInfo:
    """A signed release in the folder `out`, which must not exist or be empty.

    media: brings the tracks of one take; asked only for takes whose bytes must be made.
    previous: the folder of the version before: its layout is kept and its unchanged shards are
    copied. layout: the same layout without the folder (a rebuild); not with `previous`.
    Raises Refused naming table, row and column, take, or file.
    """
    _check_words(contents)
    check_empty(out)
    before, layout = _before(previous, layout, key)
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        info = _write(partial, contents, media, key, before, layout, previous, progress)
        if out.exists():
            out.rmdir()
        partial.replace(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return info


def check_empty(out: Path) -> None:
    """Raises Refused unless nothing is at `out`, or an empty folder."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise refuse("not_empty", "is not an empty folder; give a new one.", str(out))


def _check_words(contents: Contents) -> None:
    for name, pattern in (
        ("name", r"[a-z0-9][a-z0-9-]{0,59}"),
        ("version", r"[0-9]+(\.[0-9]+){0,2}"),
        ("made_on", r"\d{4}-\d\d-\d\d"),
        ("license", r"(?s).*\S.*"),
    ):
        if not re.fullmatch(pattern, getattr(contents, name)):
            says = f"is not usable: {getattr(contents, name)!r}."
            raise refuse("bad_release", says, name)


def _before(
    previous: Path | None, layout: Layout | None, key: SigningKey
) -> tuple[ReleaseInfo | None, Layout]:
    if previous is None:
        return None, layout or Layout()
    if layout is not None:
        raise ValueError("give the release before or its layout, not both")
    info, _ = check_signature(previous, key.public)
    path = previous / "takes.parquet"
    listed = {line.path: line.sha256 for line in info.files}
    if not path.is_file() or file_sha256(path) != listed.get(path.name):
        raise refuse("bad_bytes", "of the release before is not as signed.", path.name)
    takes = parquet.read_table(path, TAKES.schema).to_pylist()
    return info, Layout.of(info, takes)


def _write(
    folder: Path,
    contents: Contents,
    media: MediaSource,
    key: SigningKey,
    before: ReleaseInfo | None,
    layout: Layout,
    previous: Path | None,
    progress: Progress | None,
) -> ReleaseInfo:
    feed = read_feed(contents.revocations, key.public, REVOCATIONS, contents.feed)
    tables = {
        table.name: [] if table.name == "dyads" else table.check(_given(contents, table.name))
        for table in TABLES
    }
    for row in tables["takes"]:
        if row["take_id"] in feed.takes:
            raise refuse("withdrawn", "is withdrawn.", f"take {row['take_id']}")
    check_tables(tables, contents)
    taken_over = None if previous is None or before is None else Previous(previous, before)
    shards = Shards(
        folder / "shards",
        contents,
        tables["takes"],
        tables["cues"],
        media,
        layout,
        taken_over,
        progress,
    ).write()
    _derive(tables, shards, contents)
    check_spans(tables)
    made = figures(tables)
    for table in TABLES:
        path = folder / f"{table.name}.parquet"
        parquet.write_table(path, table.to_arrow(tables[table.name]))
    _papers(folder, contents, made)
    (folder / "croissant.json").write_bytes(croissant(contents, made, _hashes(folder)))
    (folder / REVOCATIONS).write_bytes(contents.revocations)
    info = ReleaseInfo(
        schema="yesand-release",
        schema_version=1,
        name=contents.name,
        version=contents.version,
        kind=contents.kind,
        use=contents.use,
        purpose=contents.purpose,
        made_on=contents.made_on,
        feed=contents.feed,
        label_set=SET_VERSION,
        rate=RATE,
        bits=24,
        figures=asdict(made),
        settings={**contents.settings, "shard_bytes": contents.shard_bytes},
        seeds=dict(contents.seeds),
        encoders=encoders(),
        next_shard=shards.next_shard,
        predecessor=None
        if before is None
        else Predecessor(before.version, sha256_hex(release_json(before))),
        revocations=Prefix(
            len(feed.tombstones), len(contents.revocations), sha256_hex(contents.revocations)
        ),
        signing=Signer("ed25519", key.public.text, key.public.keyid, contents.signer_note),
        files=tuple(_hashes(folder)),
    )
    data = release_json(info)
    (folder / RELEASE_JSON).write_bytes(data)
    (folder / RELEASE_SIG).write_bytes(sign_release(key, info.name, info.version, data))
    _sync(folder)
    return info


def encoders() -> dict[str, str]:
    """Versions of what turns values into bytes here."""
    return {
        "yesand": yesand.__version__,
        "pyarrow": pyarrow.__version__,
        "soundfile": soundfile.__version__,
        "libsndfile": soundfile.__libsndfile_version__,
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "parquet": canonical_json(parquet.OPTIONS).decode(),
    }


def _given(contents: Contents, table: str) -> Sequence[Any]:
    rows = contents.tables.get(table, ())
    unknown = sorted(set(contents.tables) - set(BY_NAME))
    if unknown:
        raise refuse("unknown_table", "is not a table of a release.", unknown[0])
    if table != "takes":
        return rows
    return [{k: v for k, v in row.items() if k not in DERIVED_TAKE_COLUMNS} for row in rows]


def _derive(tables: dict[str, Rows], shards: Written, contents: Contents) -> None:
    counts = take_counts(tables, contents.errata)
    tables["segments"] = [row for row in tables["segments"] if row["kind"] != "gap"]
    for row in tables["takes"]:
        take = row["take_id"]
        part = shards.media[take]
        row["samples"] = part["samples"]
        row["duration_s"] = part["samples"] / RATE
        row["shard"] = shards.audio[take]
        row["video_shard"] = shards.video.get(take)
        for role in ROLES:
            gaps = part[f"gaps_{role}"]
            row[f"sha256_{role}"] = part[f"sha256_{role}"]
            row[f"gap_s_{role}"] = float(sum(end - start for start, end in gaps))
            tables["segments"] += gap_rows(take, role, gaps)
        row.update(counts[take])
    tables["dyads"] = dyad_rows(tables["takes"])
    tables["performers"] = performer_rows(tables["performers"], tables["takes"])


def _papers(folder: Path, contents: Contents, made: Figures) -> None:
    texts = {
        "LICENSE": contents.license,
        "DATASHEET.md": contents.datasheet(made),
        "README.md": readme(contents, made),
    }
    for name, text in texts.items():
        (folder / name).write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")
    (folder / "notebook.ipynb").write_bytes(notebook())
    lines = sorted(canonical_json(dict(line)) for line in contents.errata)
    (folder / "errata.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    (folder / "maps").mkdir()
    jsons: dict[str, object] = {f"maps/{name}.json": map_file(name) for name in MAP_NAMES}
    jsons["dictionary.json"] = dictionary()
    for name, value in jsons.items():
        data = json.dumps(value, indent=1, ensure_ascii=False).encode()
        (folder / name).write_bytes(data + b"\n")


def _hashes(folder: Path) -> list[FileLine]:
    return [
        FileLine(path, (folder / path).stat().st_size, file_sha256(folder / path))
        for path in list_files(folder)
        if path not in UNLISTED
    ]


def _sync(folder: Path) -> None:
    """Every file durable before the folder gets its name."""
    for path in list_files(folder):
        handle = os.open(folder / path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
