"""The shards of one release: which take goes where, and which bytes can be taken over.

A shard's bytes follow from its members alone, so a successor keeps every take where it was,
copies shards whose members did not change, and re-writes only those that lost or changed one.
New takes go to new shards.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from yesand.formats.audio import RATE, encode_flac
from yesand.formats.release_columns import Row
from yesand.formats.release_content import (
    SHARD_TAKE_COLUMNS,
    Contents,
    Layout,
    MediaSource,
    TakeMedia,
    spans_json,
)
from yesand.formats.release_files import ReleaseInfo, file_sha256
from yesand.formats.release_words import ROLES
from yesand.formats.shards import Member, ShardWriter, index_shard, read_member, shard_name
from yesand.kit.canonical import canonical_json, sha256_hex
from yesand.kit.errors import refuse
from yesand.kit.spans import Span

#: Columns of a cue inside the take's JSON.
_CUE_COLUMNS = (
    "cue_id",
    "role",
    "action",
    "aim_emotion",
    "aim_intensity",
    "empty",
    "displayed_at",
    "response",
    "span_end",
)


@dataclass
class Written:
    """What the shards turned out to hold. media: by take id, the `media` part of its JSON."""

    audio: dict[str, str] = field(default_factory=dict)
    video: dict[str, str] = field(default_factory=dict)
    next_shard: dict[str, int] = field(default_factory=dict)
    media: dict[str, dict[str, Any]] = field(default_factory=dict)
    copied: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)


class Previous:
    """The shards of the release before, to take bytes over; checked against its hashes."""

    def __init__(self, folder: Path, info: ReleaseInfo) -> None:
        self.folder = folder
        self._hash = {line.path: line.sha256 for line in info.files}
        self._index: dict[str, dict[str, Member]] = {}

    def index(self, shard: str) -> dict[str, Member]:
        """Members of one shard by name; raises Refused when its bytes are not the signed ones."""
        if shard not in self._index:
            path = self.path(shard)
            if not path.is_file() or file_sha256(path) != self._hash.get(f"shards/{shard}.tar"):
                raise refuse("bad_bytes", "of the release before is not as signed.", path.name)
            self._index[shard] = index_shard(path)
        return self._index[shard]

    def path(self, shard: str) -> Path:
        """Where the shard lies."""
        return self.folder / "shards" / f"{shard}.tar"

    def read(self, shard: str, name: str) -> bytes:
        """One member's content."""
        return read_member(self.path(shard), self.index(shard)[name])


#: Parts of a take's JSON that are known before its tracks.
_PARTS = ("take", "cues", "video", "private")


def facts_of(
    row: Row, cues: Sequence[Row], video: Sequence[str], private: Sequence[Span] = ()
) -> dict[str, Any]:
    """The part of a take's JSON that is known before its tracks: a change re-makes the take.

    private is left out where nothing is.
    """
    out = {"private": spans_json(private)} if private else {}
    return {
        **out,
        "take": {name: row.get(name) for name in SHARD_TAKE_COLUMNS},
        "cues": [{name: cue.get(name) for name in _CUE_COLUMNS} for cue in cues],
        "video": sorted(video),
    }


class Shards:
    """Writes shards/ of one release into `folder`; `write()` does it once.

    takes: finished rows in take order but for what the tracks tell. layout: where takes of the
    release before lie; previous: its bytes, None to make everything again.
    """

    def __init__(
        self,
        folder: Path,
        contents: Contents,
        takes: Sequence[Row],
        cues: Sequence[Row],
        media: MediaSource,
        layout: Layout,
        previous: Previous | None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.folder = folder
        self.contents = contents
        self.media = media
        self.layout = layout
        self.previous = previous
        self.progress = progress
        self.out = Written(next_shard=dict(layout.next_shard))
        by_take: dict[str, list[Row]] = defaultdict(list)
        for cue in cues:
            by_take[cue["take_id"]].append(cue)
        self.rows = {row["take_id"]: row for row in takes}
        self.facts = {
            take: facts_of(
                row,
                by_take[take],
                contents.video.get(take, ()),
                contents.private.get(take, ()),
            )
            for take, row in self.rows.items()
        }
        self._made: tuple[str, TakeMedia] | None = None
        self._done = 0

    def write(self) -> Written:
        """Every audio shard, then every video shard."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._kind("audio", list(self.rows), self.layout.audio)
        filmed = [take for take, roles in self.contents.video.items() if roles]
        self._kind("video", [take for take in filmed if take in self.rows], self.layout.video)
        return self.out

    def _kind(self, kind: str, takes: list[str], placed: Mapping[str, str]) -> None:
        where = self.out.audio if kind == "audio" else self.out.video
        kept: dict[str, list[str]] = defaultdict(list)
        fresh: dict[str, list[str]] = defaultdict(list)
        # in the order of member names: `.` sorts after `-`
        for take in sorted(takes, key=lambda take: take + "."):
            split = self.rows[take]["split"]
            shard = placed.get(take)
            if shard is None:
                if kind == "audio" or not self._known_dark(take):
                    fresh[split].append(take)
                continue
            if not shard.startswith(f"{split}-"):
                says = f"was released in {shard}; it cannot move to {split}."
                raise refuse("split_moved", says, f"take {take}")
            kept[shard].append(take)
            where[take] = shard
        for shard, members in sorted(kept.items()):
            self._keep(kind, shard, members)
        for split, members in sorted(fresh.items()):
            self._fill(kind, split, members, where)

    def _keep(self, kind: str, shard: str, takes: list[str]) -> None:
        """A shard of the release before, with the takes of it that are still in."""
        old = self.previous
        path = self.folder / f"{shard}.tar"
        if old is not None:
            held = {member.key for member in old.index(shard).values()}
            if held == set(takes) and all(self._same(take) for take in takes):
                shutil.copyfile(old.path(shard), path)
                self.out.copied.append(path.name)
                return
        with ShardWriter(path) as writer:
            for take in takes:
                for name, content in self._members(kind, take, shard):
                    writer.add(name, content)
        self.out.made.append(path.name)

    def _fill(self, kind: str, split: str, takes: list[str], where: dict[str, str]) -> None:
        """New shards for new takes, each closed before it would grow beyond the bound."""
        counter = f"{split}-{kind}"
        writer: ShardWriter | None = None
        name = ""
        for take in takes:
            members = list(self._members(kind, take, None))
            if not members:
                continue
            size = ShardWriter.cost(content for _, content in members)
            if writer is not None and writer.size + size > self.contents.shard_bytes:
                writer.close()
                writer = None
            if writer is None:
                number = self.out.next_shard.get(counter, 0)
                self.out.next_shard[counter] = number + 1
                name = shard_name(split, kind, number)
                writer = ShardWriter(self.folder / f"{name}.tar")
                self.out.made.append(f"{name}.tar")
            for member, content in members:
                writer.add(member, content)
            where[take] = name
        if writer is not None:
            writer.close()

    def _same(self, take: str) -> bool:
        """Whether the release before holds this take with the same facts. Notes its media part."""
        old = self._old_json(take)
        if old is None or any(old.get(part) != self.facts[take].get(part) for part in _PARTS):
            return False
        self.out.media.setdefault(take, old["media"])
        return True

    def _old_json(self, take: str) -> dict[str, Any] | None:
        shard = self.layout.audio.get(take)
        if self.previous is None or shard is None:
            return None
        if f"{take}.json" not in self.previous.index(shard):
            return None
        value: dict[str, Any] = json.loads(self.previous.read(shard, f"{take}.json"))
        return value

    def _members(self, kind: str, take: str, shard: str | None) -> Iterator[tuple[str, bytes]]:
        """A take's members in name order: taken over where nothing changed, else made."""
        old = self.previous
        if old is not None and shard is not None and self._same(take):
            for name in sorted(n for n, m in old.index(shard).items() if m.key == take):
                yield name, old.read(shard, name)
            return
        made = self._media(take)
        if kind == "video":
            for role, film in self._films(made, take):
                yield f"{take}.{role}.webm", film
            return
        flac = {role: encode_flac(getattr(made, role)) for role in ROLES}
        part: dict[str, Any] = {"rate": RATE, "samples": len(made.a)}
        for role in ROLES:
            part[f"sha256_{role}"] = sha256_hex(flac[role])
            part[f"gaps_{role}"] = spans_json(getattr(made, f"gaps_{role}"))
        for role, film in self._films(made, take):
            part[f"video_sha256_{role}"] = sha256_hex(film)
        self.out.media[take] = part
        for role in ROLES:
            yield f"{take}.{role}.flac", flac[role]
        yield f"{take}.json", canonical_json({**self.facts[take], "media": part}) + b"\n"
        self._done += 1
        if self.progress is not None:
            self.progress(self._done, len(self.rows))

    def _media(self, take: str) -> TakeMedia:
        if self._made is None or self._made[0] != take:
            made = self.media(take)
            _check_media(take, made)
            self._made = (take, made)
        return self._made[1]

    def _films(self, made: TakeMedia, take: str) -> list[tuple[str, bytes]]:
        """The films there are, of the roles that consented."""
        found = [(role, getattr(made, f"video_{role}")) for role in self.facts[take]["video"]]
        return [(role, film) for role, film in found if film]

    def _known_dark(self, take: str) -> bool:
        """Whether the release before already found that this take has no film."""
        if not self._same(take):
            return False
        return not any(f"video_sha256_{role}" in self.out.media[take] for role in ROLES)


def _check_media(take: str, made: TakeMedia) -> None:
    """Raises Refused unless both tracks are what a release promises."""
    where = f"take {take}"
    for role in ROLES:
        track: np.ndarray = getattr(made, role)
        if track.dtype != np.int32 or track.ndim != 1 or not len(track):
            raise refuse("bad_track", f"track {role} is not a non-empty int32 array.", where)
        if track.min() < -(1 << 23) or track.max() >= 1 << 23:
            raise refuse("bad_track", f"track {role} does not fit 24 bits.", where)
        for span in getattr(made, f"gaps_{role}"):
            low, high = round(span.start * RATE), round(span.end * RATE)
            if low < 0 or high > len(track):
                raise refuse("bad_gap", f"a gap of {role} lies outside the track.", where)
            if track[low:high].any():
                says = f"a gap of {role} at {span.start:.3f} s is not zero-filled."
                raise refuse("bad_gap", says, where)
    if len(made.a) != len(made.b):
        says = f"its tracks differ in length ({len(made.a)} and {len(made.b)} samples)."
        raise refuse("bad_track", says, where)
