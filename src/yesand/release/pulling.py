"""Fetching a release to a lab's machine: resumed where it stopped, every byte checked.

From a server by its lab API, or from a folder (a disk somebody sent). The signature is checked
before the first shard is asked for; a release is moved to its place only when it is whole.
"""

from __future__ import annotations

import http.client
import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from yesand.formats.release_files import (
    RELEASE_JSON,
    RELEASE_SIG,
    REVOCATIONS,
    FileLine,
    ReleaseInfo,
    check_signature,
    file_sha256,
    read_info,
    verify,
)
from yesand.formats.release_open import find_release
from yesand.formats.revocations import Feed, extend, read_feed
from yesand.formats.signing import PublicKey
from yesand.kit.errors import refuse

_PIECE = 1 << 20
#: Seconds without a byte after which a connection is given up.
_PATIENCE = 60.0


class Source(Protocol):
    """Where a release comes from."""

    def fetch(self, path: str, into: Path) -> None:
        """Brings one file; continues one that is half there. Raises Refused."""

    def feed(self) -> bytes:
        """The newest feed of withdrawals."""


@dataclass(frozen=True)
class FolderSource:
    """A release that lies in a folder of this machine."""

    folder: Path

    def fetch(self, path: str, into: Path) -> None:
        """Copies one file; raises Refused when it is not there."""
        file = self.folder / path
        if not file.is_file():
            raise refuse("missing_file", "is missing at the source.", path)
        shutil.copyfile(file, into)

    def feed(self) -> bytes:
        """revocations.jsonl of the folder."""
        file = self.folder / REVOCATIONS
        return file.read_bytes() if file.is_file() else b""


class Lab:
    """The lab API of a server (`/api/lab`), spoken with a pull token."""

    def __init__(self, base: str, token: str) -> None:
        if urllib.parse.urlsplit(base).scheme not in ("http", "https"):
            raise refuse("bad_url", "must begin with http:// or https://.", base)
        self.base = base.rstrip("/") + "/api/lab"
        self._token = token

    def releases(self) -> list[dict[str, Any]]:
        """Rows with id, name and version, newest first."""
        with self.ask("/releases") as answer:
            rows: list[dict[str, Any]] = json.load(answer)
        return rows

    def feed(self) -> bytes:
        """The program's feed."""
        with self.ask("/feed") as answer:
            data: bytes = answer.read()
        return data

    def ask(self, path: str, first: int = 0) -> http.client.HTTPResponse:
        """The answer to a GET; first: ask for the bytes from there on. Raises Refused."""
        headers = {"Authorization": f"Bearer {self._token}"}
        if first:
            headers["Range"] = f"bytes={first}-"
        asked = urllib.request.Request(self.base + path, headers=headers)
        try:
            answer: http.client.HTTPResponse = urllib.request.urlopen(asked, timeout=_PATIENCE)
        except urllib.error.HTTPError as error:
            if error.code in (401, 403):
                says = "does not accept this token; make another on the lab's page."
                raise refuse("bad_token", says, self.base) from None
            if error.code == 410:
                says = "holds a take that was withdrawn; pull the newest version."
                raise refuse("withdrawn", says, self.base + path) from None
            raise refuse("bad_answer", f"answered {error.code}.", self.base + path) from None
        except OSError as error:
            raise refuse("no_answer", f"cannot be reached ({error}).", self.base) from None
        return answer


class LabSource:
    """One release of a server. title: name-version, name (the newest) or id."""

    def __init__(self, lab: Lab, title: str) -> None:
        self.lab = lab
        rows = lab.releases()
        for row in rows:
            if title in (f"{row['name']}-{row['version']}", row["name"], row["id"]):
                self.id = row["id"]
                return
        names = ", ".join(f"{row['name']}-{row['version']}" for row in rows) or "none"
        raise refuse("no_release", f"is not a release of this token; there are: {names}.", title)

    def fetch(self, path: str, into: Path) -> None:
        """Downloads one file, from where an earlier try stopped if the server allows."""
        have = into.stat().st_size if into.exists() else 0
        place = f"/releases/{self.id}/files/{urllib.parse.quote(path)}"
        with self.lab.ask(place, have) as answer:
            mode = "ab" if answer.status == 206 else "wb"
            expected = answer.length
            broke = False
            with into.open(mode) as file:
                before = file.tell()
                try:
                    shutil.copyfileobj(answer, file, _PIECE)
                except (http.client.HTTPException, OSError):
                    broke = True
                got = file.tell() - before
        if broke or (expected is not None and got != expected):
            raise refuse("cut", "stopped in the middle; pull again to go on.", path)

    def feed(self) -> bytes:
        """The program's feed."""
        return self.lab.feed()


@dataclass(frozen=True)
class Pulled:
    """What a pull did. bytes_new: fetched; bytes_kept: taken from what was here."""

    info: ReleaseInfo
    feed: Feed
    folder: Path
    bytes_new: int
    bytes_kept: int


def pull(
    source: Source,
    out: Path,
    *,
    key: PublicKey | None = None,
    have: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Pulled:
    """A whole, checked release in the folder `out`.

    have: an older version whose equal files are copied instead of fetched. An `out` that already
    holds this release only gets the newer feed. A pull that was cut goes on where it stopped
    (`<out>.partial`). Raises Refused naming the file, or the source.
    """
    partial = out.with_name(out.name + ".partial")
    partial.mkdir(parents=True, exist_ok=True)
    for name in (RELEASE_JSON, RELEASE_SIG, REVOCATIONS):
        (partial / name).unlink(missing_ok=True)
        source.fetch(name, partial / name)
    info, feed = check_signature(partial, key)
    if out.exists() and any(out.iterdir()):
        _same(out, partial)
        here = verify(out, key)
        shutil.rmtree(partial)
        newest = add_to_release(out, source.feed(), "feed")
        return Pulled(info, newest, out, 0, here.bytes)
    kept = _known(have)
    new = old = 0
    total = sum(line.bytes for line in info.files)
    for line in info.files:
        if _bring(source, line, partial, kept):
            new += line.bytes
        else:
            old += line.bytes
        if progress is not None:
            progress(new + old, total)
    verify(partial, key)
    if out.exists():
        out.rmdir()
    partial.replace(out)
    feed = add_to_release(out, source.feed(), "feed")
    return Pulled(info, feed, out, new, old)


def _same(out: Path, partial: Path) -> None:
    there = out / RELEASE_JSON
    if not there.is_file() or there.read_bytes() != (partial / RELEASE_JSON).read_bytes():
        raise refuse("not_empty", "holds something else; give a new folder.", str(out))


def _known(have: Path | None) -> dict[str, Path]:
    """Files of an older version by hash."""
    if have is None:
        return {}
    folder = find_release(have)
    info, _ = read_info(folder)
    return {line.sha256: folder / line.path for line in info.files}


def _bring(source: Source, line: FileLine, folder: Path, kept: Mapping[str, Path]) -> bool:
    """One file into its place; True when it was fetched."""
    file = folder / line.path
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.is_file() and file.stat().st_size == line.bytes and file_sha256(file) == line.sha256:
        return False
    old = kept.get(line.sha256)
    if old is not None and old.is_file() and file_sha256(old) == line.sha256:
        shutil.copyfile(old, file)
        return False
    half = file.with_name(file.name + ".part")
    if half.exists() and half.stat().st_size >= line.bytes:
        half.unlink()
    source.fetch(line.path, half)
    if half.stat().st_size != line.bytes or file_sha256(half) != line.sha256:
        half.unlink()
        raise refuse("bad_bytes", "arrived with other bytes than were signed.", line.path)
    half.replace(file)
    return True


def add_to_release(folder: Path, data: bytes, name: str) -> Feed:
    """Appends newer tombstones of a feed to a release's revocations.jsonl, checked; the feed.

    Raises Refused when the feed is not signed by the release's key, or tells another story.
    """
    info, known = check_signature(folder, None)
    longer = extend(known, read_feed(data, info.key, name, info.feed), name)
    if longer.data != known.data:
        fresh = folder / f".{REVOCATIONS}.new"
        fresh.write_bytes(longer.data)
        fresh.replace(folder / REVOCATIONS)
    return longer
