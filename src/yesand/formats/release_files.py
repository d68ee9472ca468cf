"""release.json: what a release is and every file it is made of; and the check of a whole folder.

release.json lists every file but itself, release.sig and revocations.jsonl by size and SHA-256.
revocations.jsonl may grow: release.json pins the bytes it began with, and every line is signed
on its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from yesand.formats.revocations import Feed, read_feed
from yesand.formats.signing import PublicKey, check_release, read_public_key
from yesand.formats.typed import parse, to_json
from yesand.kit.canonical import canonical_json, sha256_hex
from yesand.kit.errors import Problem, Refused, refuse

RELEASE_JSON = "release.json"
RELEASE_SIG = "release.sig"
REVOCATIONS = "revocations.jsonl"
#: Not in the list of files: the list itself, its signature, and what may grow.
UNLISTED = (RELEASE_JSON, RELEASE_SIG, REVOCATIONS)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class FileLine:
    """One file: path below the release with forward slashes, bytes, SHA-256."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Predecessor:
    """The version this one follows. sha256: of its release.json."""

    version: str
    sha256: str


@dataclass(frozen=True)
class Prefix:
    """What revocations.jsonl began with."""

    lines: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Signer:
    """Who signs. public_key: base64 of the raw key; keyid: its SHA-256; note: said to people."""

    algorithm: Literal["ed25519"]
    public_key: str
    keyid: str
    note: str


@dataclass(frozen=True)
class ReleaseInfo:
    """The content of release.json.

    kind: people, or robots (no human is in it). use: what its takes were ordered for.
    purpose: the consent purpose it was built under. made_on: ISO date given by the builder.
    figures: counts and hours. next_shard: first unused shard number by `<split>-<kind>`.
    encoders: versions that decide bytes.
    """

    schema: Literal["yesand-release"]
    schema_version: Literal[1]
    name: str
    version: str
    kind: Literal["people", "robots"]
    use: Literal["train", "evaluation"]
    purpose: str
    made_on: str
    feed: str
    label_set: str
    rate: int
    bits: int
    figures: dict[str, Any]
    settings: dict[str, Any]
    seeds: dict[str, int]
    encoders: dict[str, str]
    next_shard: dict[str, int]
    predecessor: Predecessor | None
    revocations: Prefix
    signing: Signer
    files: tuple[FileLine, ...]

    @property
    def title(self) -> str:
        """`<name>-<version>`."""
        return f"{self.name}-{self.version}"

    @property
    def key(self) -> PublicKey:
        """The key the release says it is signed with."""
        return read_public_key(self.signing.public_key, "release.json, signing.public_key")


@dataclass(frozen=True)
class Checked:
    """A release whose every byte stands. pinned: the key was given, not taken from the release."""

    info: ReleaseInfo
    feed: Feed
    bytes: int
    pinned: bool


def release_json(info: ReleaseInfo) -> bytes:
    """Canonical bytes of release.json."""
    return canonical_json(to_json(info)) + b"\n"


def read_info(folder: Path) -> tuple[ReleaseInfo, bytes]:
    """release.json and its bytes; raises Refused when it is absent or broken."""
    file = folder / RELEASE_JSON
    if not file.is_file():
        raise refuse(
            "no_release", "holds no release.json; give the folder of a release.", f"{folder}"
        )
    data = file.read_bytes()
    info = parse(data, ReleaseInfo, RELEASE_JSON)
    for line in info.files:
        if line.path.startswith("/") or ".." in line.path.split("/") or "\\" in line.path:
            raise refuse("bad_path", f"lists {line.path!r}, which is outside it.", RELEASE_JSON)
    return info, data


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def list_files(folder: Path) -> list[str]:
    """Every file below a folder as a sorted path; hidden ones (a name with a dot) are not seen."""
    found = []
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") for part in parts):
            found.append("/".join(parts))
    return sorted(found)


def check_signature(folder: Path, key: PublicKey | None) -> tuple[ReleaseInfo, Feed]:
    """release.json, its signature and the feed; no other file is read.

    key: the key to trust; None trusts the one in release.json, which proves that the release is
    whole, not who made it. Raises Refused.
    """
    info, data = read_info(folder)
    said = info.key
    if key is not None and key != said:
        says = f"is signed by key {said.keyid[:16]}, not by the key given ({key.keyid[:16]})."
        raise refuse("wrong_signature", says, RELEASE_SIG)
    signature = folder / RELEASE_SIG
    if not signature.is_file():
        raise refuse("missing_file", "is missing.", RELEASE_SIG)
    check_release(signature.read_bytes(), data, said)
    return info, read_revocations(folder, info)


def read_revocations(folder: Path, info: ReleaseInfo) -> Feed:
    """The feed in the folder: what the release pinned, and lines appended since."""
    file = folder / REVOCATIONS
    if not file.is_file():
        raise refuse("missing_file", "is missing.", REVOCATIONS)
    data = file.read_bytes()
    pinned = info.revocations
    if sha256_hex(data[: pinned.bytes]) != pinned.sha256:
        raise refuse("bad_bytes", "was changed; it may only grow.", REVOCATIONS)
    return read_feed(data, info.key, REVOCATIONS, info.feed)


def check_files(folder: Path, info: ReleaseInfo, progress: Progress | None = None) -> list[Problem]:
    """Every listed file by size and hash, and every file that is not listed; in path order."""
    problems = []
    listed = {line.path for line in info.files} | set(UNLISTED)
    for path in list_files(folder):
        if path not in listed:
            says = "is not part of the release; move it elsewhere."
            problems.append(Problem("extra_file", path, says))
    done, total = 0, sum(line.bytes for line in info.files)
    for line in info.files:
        file = folder / line.path
        if not file.is_file():
            problems.append(Problem("missing_file", line.path, "is missing."))
        elif file.stat().st_size != line.bytes:
            says = f"holds {file.stat().st_size} bytes instead of {line.bytes}."
            problems.append(Problem("bad_bytes", line.path, says))
        elif file_sha256(file) != line.sha256:
            says = "has other bytes than when it was signed."
            problems.append(Problem("bad_bytes", line.path, says))
        done += line.bytes
        if progress is not None:
            progress(done, total)
    return sorted(problems, key=lambda problem: problem.where)


def verify(folder: Path, key: PublicKey | None = None, progress: Progress | None = None) -> Checked:
    """A release whole and as signed, every byte read; raises Refused with every problem found."""
    info, feed = check_signature(folder, key)
    problems = check_files(folder, info, progress)
    if problems:
        raise Refused(*problems)
    return Checked(info, feed, sum(line.bytes for line in info.files), key is not None)
