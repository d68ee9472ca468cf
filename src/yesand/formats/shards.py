"""WebDataset shards: USTAR tar files whose bytes depend on their members alone.

Members are sorted by name; time, owner and mode are fixed. One key (the take's id) never spans
two shards, so withdrawing a take re-writes one audio and at most one video shard.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from yesand.kit.errors import refuse

#: A shard is closed before it would grow beyond this; one take larger than it gets its own.
SHARD_BYTES = 512 * 1024 * 1024
_BLOCK = tarfile.BLOCKSIZE


@dataclass(frozen=True)
class Member:
    """Where one file lies inside a shard."""

    name: str
    offset: int
    size: int

    @property
    def key(self) -> str:
        """The take's id: the name up to its first dot."""
        return self.name.partition(".")[0]

    @property
    def part(self) -> str:
        """What it holds: `a.flac`, `b.flac`, `json`, `a.webm`, `b.webm`."""
        return self.name.partition(".")[2]


def member_bytes(size: int) -> int:
    """What a member of `size` bytes takes in a shard: its header and its padded content."""
    return _BLOCK + -(-size // _BLOCK) * _BLOCK


def shard_name(split: str, kind: str, number: int) -> str:
    """The name without .tar: `train-audio-000000`."""
    return f"{split}-{kind}-{number:06d}"


def write_shard(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    """A shard at `path`. members: (name, content); refuses names a tar of old cannot hold."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in sorted(members, key=lambda member: member[0]):
            if len(name.encode()) > 100 or "/" in name:
                raise ValueError(f"not a member name: {name!r}")
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            entry.mtime = 0
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            tar.addfile(entry, io.BytesIO(content))


def index_shard(path: Path) -> dict[str, Member]:
    """Members by name, read from the headers alone; raises Refused naming the file."""
    try:
        with tarfile.open(path, "r:") as tar:
            return {m.name: Member(m.name, m.offset_data, m.size) for m in tar if m.isreg()}
    except (tarfile.TarError, OSError) as broken:
        raise refuse("bad_shard", f"is not a readable shard ({broken}).", path.name) from None


def read_member(path: Path, member: Member) -> bytes:
    """The content of one member; raises Refused when the file ends inside it."""
    with path.open("rb") as file:
        file.seek(member.offset)
        content = file.read(member.size)
    if len(content) != member.size:
        raise refuse("bad_shard", f"ends inside {member.name}.", path.name)
    return content
