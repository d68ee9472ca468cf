"""`yesand.open`: a release as synchronized dyads, with the base install alone.

for dyad in yesand.open("release/"):
    mix = dyad.a.samples + dyad.b.samples          # float32, 48 kHz, same instant
    print(dyad.take_id, dyad.labels("observer"))
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yesand.formats import parquet
from yesand.formats.audio import RATE, decode_flac, decode_float
from yesand.formats.emotions import COUNTED
from yesand.formats.release_content import json_spans
from yesand.formats.release_files import (
    RELEASE_JSON,
    ReleaseInfo,
    check_signature,
    read_info,
    read_revocations,
)
from yesand.formats.release_files import (
    verify as verify_release,
)
from yesand.formats.release_tables import BY_NAME
from yesand.formats.release_words import SPLITS, VIEWS
from yesand.formats.revocations import Feed, extend, read_feed
from yesand.formats.shards import Member, index_shard, read_member
from yesand.formats.signing import PublicKey, read_public_key
from yesand.kit.canonical import sha256_hex
from yesand.kit.errors import refuse
from yesand.kit.spans import Span

Row = dict[str, Any]


@dataclass(frozen=True)
class Track:
    """One role of one take. gaps: zero-filled spans, seconds from sample 0."""

    role: str
    performer: str
    gaps: tuple[Span, ...]
    rate: int
    _release: Release = field(repr=False)
    _take: Row = field(repr=False)

    @property
    def integers(self) -> np.ndarray:
        """int32 (n,) on the 24-bit scale, as captured. Decoded at each call."""
        return decode_flac(self.flac, self._name)

    @cached_property
    def samples(self) -> np.ndarray:
        """float32 (n,) in -1..1; the other role's sample of the same index is the same instant."""
        return decode_float(self.flac, self._name)

    @property
    def _name(self) -> str:
        return f"{self._take['take_id']}.{self.role}.flac"

    @property
    def flac(self) -> bytes:
        """The track's FLAC file; raises Refused when its bytes are not the signed ones."""
        data = self._release._member(self._take["shard"], self._name)
        # a release that was verified has been read whole already
        if not self._release.verified and sha256_hex(data) != self._take[f"sha256_{self.role}"]:
            raise refuse("bad_bytes", "has other bytes than when it was signed.", self._name)
        return data

    @property
    def video(self) -> bytes | None:
        """The webm file, or None where video is not in the release."""
        shard = self._take["video_shard"]
        if shard is None:
            return None
        name = f"{self._take['take_id']}.{self.role}.webm"
        return self._release._member(shard, name) if self._release._holds(shard, name) else None

    def slice(self, start: float, end: float) -> np.ndarray:
        """float32 samples from `start` to `end`, seconds from sample 0."""
        return self.samples[round(start * RATE) : round(end * RATE)]


@dataclass(frozen=True, repr=False)
class Dyad:
    """One take: two synchronized tracks and everything said about them. row: its row of takes."""

    row: Row
    a: Track
    b: Track
    _release: Release = field(repr=False)

    def __repr__(self) -> str:
        row = self.row
        what = f"{row['relationship'] or 'own scene'}, {row['language']}, {row['n_cues']} cues"
        return f"<Dyad {self.take_id}: {row['split']}, {self.duration_s:.1f} s, {what}>"

    @property
    def take_id(self) -> str:
        """The take."""
        return str(self.row["take_id"])

    @property
    def rate(self) -> int:
        """Samples a second of both tracks."""
        return RATE

    @property
    def duration_s(self) -> float:
        """Length of both tracks, seconds."""
        return float(self.row["duration_s"])

    @property
    def cues(self) -> list[Row]:
        """Rows of table cues, in time order."""
        return self._release._rows("cues", self.take_id)

    @property
    def turns(self) -> list[Row]:
        """Rows of table turns, all views, in time order."""
        return sorted(self._release._rows("turns", self.take_id), key=lambda row: row["start"])

    @property
    def segments(self) -> list[Row]:
        """Rows of table segments, in time order."""
        return sorted(self._release._rows("segments", self.take_id), key=lambda row: row["start"])

    @property
    def words(self) -> list[Row]:
        """Rows of table words, in time order; empty where there are none."""
        return sorted(self._release._rows("words", self.take_id), key=lambda row: row["start"])

    @property
    def prompt(self) -> Row | None:
        """The row of table prompts, or None when the players wrote their own."""
        return self._release._prompts.get((self.row["prompt_id"], self.row["prompt_version"]))

    def track(self, role: str) -> Track:
        """The track of role a or b."""
        return {"a": self.a, "b": self.b}[role]

    def labels(self, view: str) -> list[Row]:
        """What one view says, by item in time order: the columns of items and labels.

        view: intended, character, partner, observer or own. `distribution` maps each category to
        p_fused, or to its share of the counts where nothing was fused; empty without an answer.
        """
        if view not in VIEWS:
            raise refuse("no_view", f"must be one of {', '.join(VIEWS)}, not {view!r}.", "view")
        made = []
        for item in self._release._rows("items", self.take_id):
            label = self._release._labels.get((item["item_id"], view))
            if label is not None:
                made.append({**item, **label, "distribution": distribution(label)})
        return sorted(made, key=lambda row: (row["start"], row["item_id"]))

    def ratings(self, view: str | None = None) -> list[Row]:
        """Single answers to this take's items, of one view or of all."""
        items = {item["item_id"] for item in self._release._rows("items", self.take_id)}
        return [
            row
            for item in sorted(items)
            for row in self._release._ratings.get(item, ())
            if view is None or row["view"] == view
        ]


def distribution(label: Mapping[str, Any]) -> dict[str, float]:
    """Category -> probability of one row of labels; empty where nobody named a category."""
    if label["p_fused"]:
        return dict(zip(COUNTED, label["p_fused"], strict=True))
    if not label["n"]:
        return {}
    return {word: n / label["n"] for word, n in zip(COUNTED, label["counts"], strict=True)}


class Release:
    """An opened release. Iterating gives dyads in take order, without withdrawn takes."""

    def __init__(
        self, folder: Path, info: ReleaseInfo, feed: Feed, split: str | None, verified: bool
    ) -> None:
        self.folder = folder
        self.verified = verified
        self.info = info
        self.feed = feed
        self.split_name = split
        self._index: dict[str, dict[str, Member]] = {}
        rows = self._read("takes").to_pylist()
        self._takes: dict[str, Row] = {
            row["take_id"]: row
            for row in rows
            if row["take_id"] not in feed.takes and split in (None, row["split"])
        }

    def __repr__(self) -> str:
        part = f", split={self.split_name!r}" if self.split_name else ""
        return f"<Release {self.info.title}{part}: {len(self)} takes>"

    def __len__(self) -> int:
        return len(self._takes)

    def __iter__(self) -> Iterator[Dyad]:
        for take in self._takes:
            yield self[take]

    def __getitem__(self, take: str) -> Dyad:
        """One take by its id; raises KeyError when it is not in this split, or withdrawn."""
        row = self._takes[take]
        facts = json.loads(self._member(row["shard"], f"{take}.json"))
        tracks = [
            Track(
                role,
                row[f"performer_{role}"],
                json_spans(facts["media"][f"gaps_{role}"]),
                RATE,
                self,
                row,
            )
            for role in ("a", "b")
        ]
        return Dyad(row, tracks[0], tracks[1], self)

    @property
    def takes(self) -> list[str]:
        """Ids of the takes one gets, in order."""
        return list(self._takes)

    @property
    def withdrawn(self) -> frozenset[str]:
        """Takes of the feed that must not be used; some may be in the files of this version."""
        return self.feed.takes

    def split(self, name: str) -> Release:
        """The same release, one part of it: train, dev or test."""
        return Release(self.folder, self.info, self.feed, _split(name), self.verified)

    def table(self, name: str) -> pa.Table:
        """One table by name, without the rows of withdrawn takes and of other splits."""
        table = self._read(name)
        takes = self._takes.values()
        if name == "dyads":
            return _only(table, "dyad_id", {row["dyad_id"] for row in takes})
        if name == "performers":
            who = {row[f"performer_{role}"] for row in takes for role in ("a", "b")}
            return _only(table, "pseudonym", who)
        if "take_id" in table.column_names:
            return _only(table, "take_id", self._takes)
        if "item_id" in table.column_names:
            return _only(table, "item_id", self.table("items")["item_id"].to_pylist())
        return table

    def _read(self, name: str) -> pa.Table:
        if name not in BY_NAME:
            raise refuse("no_table", f"must be one of {', '.join(BY_NAME)}, not {name!r}.", "table")
        return parquet.read_table(self.folder / f"{name}.parquet", BY_NAME[name].schema)

    @cached_property
    def _tables(self) -> dict[str, dict[str, list[Row]]]:
        return {}

    def _rows(self, name: str, take: str) -> list[Row]:
        """Rows of one table about one take, read once and kept."""
        if name not in self._tables:
            by_take: dict[str, list[Row]] = defaultdict(list)
            for row in self.table(name).to_pylist():
                by_take[row["take_id"]].append(row)
            self._tables[name] = by_take
        return list(self._tables[name].get(take, ()))

    @cached_property
    def _labels(self) -> dict[tuple[str, str], Row]:
        return {(row["item_id"], row["view"]): row for row in self.table("labels").to_pylist()}

    @cached_property
    def _ratings(self) -> dict[str, list[Row]]:
        by_item: dict[str, list[Row]] = defaultdict(list)
        for row in self.table("ratings").to_pylist():
            by_item[row["item_id"]].append(row)
        return by_item

    @cached_property
    def _prompts(self) -> dict[tuple[str, int], Row]:
        rows = self._read("prompts").to_pylist()
        return {(row["prompt_id"], row["version"]): row for row in rows}

    def _members(self, shard: str) -> dict[str, Member]:
        if shard not in self._index:
            self._index[shard] = index_shard(self.folder / "shards" / f"{shard}.tar")
        return self._index[shard]

    def _holds(self, shard: str, name: str) -> bool:
        return name in self._members(shard)

    def _member(self, shard: str, name: str) -> bytes:
        if not self._holds(shard, name):
            raise refuse("bad_shard", f"does not hold {name}.", f"{shard}.tar")
        return read_member(self.folder / "shards" / f"{shard}.tar", self._members(shard)[name])


def open_release(
    path: str | Path,
    *,
    verify: bool = True,
    split: str | None = None,
    key: str | bytes | Path | None = None,
    feed: str | Path | None = None,
) -> Release:
    """Opens a release; raises kit.errors.Refused with one clear sentence when it is not whole.

    path: the folder of a release, its release.json, or a folder that holds exactly one release.
    verify: read every byte and compare it with the signed list (about 1 GB a second and core).
    With False the signature is not checked either; withdrawals are still honored.
    split: train, dev or test; None is all.
    key: who must have signed: a file, or the key as base64 or hexadecimal. Without it the key in
    the release is taken, which proves that it is whole, not who made it.
    feed: a newer feed of withdrawals to honor (`yesand feed` writes it into the release).
    """
    folder = find_release(Path(path))
    trusted = None if key is None else load_key(key)
    if verify:
        checked = verify_release(folder, trusted)
        info, known = checked.info, checked.feed
    elif trusted is not None:
        info, known = check_signature(folder, trusted)
    else:
        info, _ = read_info(folder)
        known = read_revocations(folder, info)
    if feed is not None:
        file = Path(feed)
        if not file.is_file():
            raise refuse("no_file", "does not exist.", str(file))
        newer = read_feed(file.read_bytes(), info.key, file.name, info.feed)
        known = extend(known, newer, file.name)
    return Release(folder, info, known, None if split is None else _split(split), verify)


def find_release(path: Path) -> Path:
    """The folder of the release at `path`; raises Refused saying what is there instead."""
    if path.name == RELEASE_JSON and path.is_file():
        return path.parent
    if not path.exists():
        raise refuse("no_release", "does not exist.", str(path))
    if not path.is_dir():
        raise refuse("no_release", "is not a folder; give the folder of a release.", str(path))
    if (path / RELEASE_JSON).is_file():
        return path
    inside: Sequence[Path] = sorted(p.parent for p in path.glob(f"*/{RELEASE_JSON}"))
    if len(inside) == 1:
        return inside[0]
    if inside:
        names = ", ".join(p.name for p in inside)
        raise refuse("no_release", f"holds {len(inside)} releases; name one of {names}.", str(path))
    says = "holds no release.json; give the folder of a release."
    raise refuse("no_release", says, str(path))


def load_key(key: str | bytes | Path) -> PublicKey:
    """A public key given as a file, or as text; raises Refused naming it."""
    if isinstance(key, bytes):
        return read_public_key(key, "key")
    file = Path(key)
    if len(str(key)) < 256 and file.is_file():
        return read_public_key(file.read_bytes(), str(file))
    return read_public_key(str(key), "key")


def _only(table: pa.Table, column: str, values: Iterable[str]) -> pa.Table:
    return table.filter(pc.is_in(table[column], pa.array(sorted(values), pa.string())))


def _split(name: str) -> str:
    if name not in SPLITS:
        raise refuse("no_split", f"must be one of {', '.join(SPLITS)}, not {name!r}.", "split")
    return name
