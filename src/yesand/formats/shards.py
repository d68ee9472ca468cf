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


def shard_name(split: str, kind: str, number: int) -> str:
    """The name without .tar: `train-audio-000000`."""
    return f"{split}-{kind}-{number:06d}"


class ShardWriter:
    """Writes one shard, member by member in name order; use it in a `with`, or close it."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115 closed below
        self._last = ""
        self.size = 0

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @staticmethod
    def cost(contents: Iterable[bytes]) -> int:
        """Bytes that members with these contents take, headers and padding included."""
        return sum(_BLOCK + -(-len(content) // _BLOCK) * _BLOCK for content in contents)

    def add(self, name: str, content: bytes) -> None:
        """Raises ValueError for a name out of order or one that USTAR cannot hold."""
        if len(name.encode()) > 100 or "/" in name:
            raise ValueError(f"not a member name: {name!r}")
        if name <= self._last:
            raise ValueError(f"{name!r} comes after {self._last!r}")
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        entry.mode = 0o644
        entry.mtime = 0
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        self._tar.addfile(entry, io.BytesIO(content))
        self._last = name
        self.size += self.cost([content])

    def close(self) -> None:
        """Writes the end of the archive."""
        self._tar.close()


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
