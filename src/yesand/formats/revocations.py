"""Tombstones: signed notices that a take is withdrawn, in a feed that only grows.

A feed is JSON lines, one signed tombstone each, numbered from 1 and chained by the SHA-256 of
the line before, so that a line taken out or changed in the middle is found. A release carries
the feed as it stood when it was built as revocations.jsonl; newer lines may be appended to that
file at any time and are honored by the next `yesand.open`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from yesand.formats.signing import TOMBSTONE_TYPE, PublicKey, SigningKey
from yesand.formats.typed import from_json, to_json
from yesand.kit.canonical import canonical_json, sha256_hex
from yesand.kit.errors import Refused, refuse


@dataclass(frozen=True)
class Tombstone:
    """One withdrawn take.

    feed: whose feed, such as the program's slug. number: from 1. prev: SHA-256 of the line
    before, "" for the first. releases: `<name>-<version>` that held the take. sha256: of the
    files that held it (the FLAC and video members). reason: withdrawn, expired, safety or error.
    at, due: ISO dates; by `due` every copy at a lab must be gone.
    """

    schema: Literal["yesand-tombstone"]
    schema_version: Literal[1]
    feed: str
    number: int
    prev: str
    take_id: str
    releases: tuple[str, ...]
    sha256: tuple[str, ...]
    reason: Literal["withdrawn", "expired", "safety", "error"]
    at: str
    due: str


@dataclass(frozen=True)
class Feed:
    """A checked feed: its tombstones in order and the bytes they came from."""

    tombstones: tuple[Tombstone, ...] = ()
    data: bytes = b""

    @property
    def takes(self) -> frozenset[str]:
        """Ids of all withdrawn takes."""
        return frozenset(stone.take_id for stone in self.tombstones)

    @property
    def head(self) -> str:
        """SHA-256 of the last line, "" for an empty feed; what the next tombstone chains to."""
        lines = self.data.splitlines()
        return sha256_hex(lines[-1]) if lines else ""


def tombstone_line(key: SigningKey, stone: Tombstone) -> bytes:
    """One line of a feed, with its newline."""
    body = to_json(stone)
    signature = base64.b64encode(key.sign(TOMBSTONE_TYPE, canonical_json(body))).decode()
    line = {"body": body, "keyid": key.public.keyid, "sig": signature}
    return canonical_json(line) + b"\n"


def append(
    key: SigningKey,
    feed: Feed,
    name: str,
    takes: Iterable[tuple[str, Iterable[str], Iterable[str]]],
    *,
    reason: str,
    at: str,
    due: str,
) -> Feed:
    """The feed with a tombstone for each (take, releases, sha256) that has none yet."""
    stones, data, head = list(feed.tombstones), feed.data, feed.head
    gone = set(feed.takes)
    for take, releases, hashes in takes:
        if take in gone:
            continue
        body = {
            "schema": "yesand-tombstone",
            "schema_version": 1,
            "feed": name,
            "number": len(stones) + 1,
            "prev": head,
            "take_id": take,
            "releases": sorted(releases),
            "sha256": sorted(hashes),
            "reason": reason,
            "at": at,
            "due": due,
        }
        stone: Tombstone = from_json(Tombstone, body, "tombstone")
        line = tombstone_line(key, stone)
        stones.append(stone)
        gone.add(take)
        data += line
        head = sha256_hex(line.rstrip(b"\n"))
    return Feed(tuple(stones), data)


def read_feed(data: bytes, key: PublicKey, file: str, name: str | None = None) -> Feed:
    """Every line checked: signature, number, chain and, when given, the feed's name.

    Raises Refused (bad_feed or wrong_signature) naming file and line.
    """
    if data and not data.endswith(b"\n"):
        raise refuse("bad_feed", "ends inside a line.", file)
    stones: list[Tombstone] = []
    head = ""
    for number, line in enumerate(data.splitlines(), 1):
        where = f"{file} line {number}"
        stone = _read_line(line, key, where)
        if stone.number != number or stone.prev != head:
            raise refuse("bad_feed", "does not follow the line before it.", where)
        if name is not None and stone.feed != name:
            raise refuse("bad_feed", f"is of feed {stone.feed}, not {name}.", where)
        stones.append(stone)
        head = sha256_hex(line)
    return Feed(tuple(stones), data)


def _read_line(line: bytes, key: PublicKey, where: str) -> Tombstone:
    try:
        value: Any = json.loads(line)
        body = value["body"]
        signature = base64.b64decode(value["sig"], validate=True)
        signed = canonical_json(body)
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise refuse("bad_feed", "is not a tombstone.", where) from None
    if not key.holds(TOMBSTONE_TYPE, signed, signature):
        raise refuse("wrong_signature", f"is not signed by key {key.keyid[:16]}.", where)
    try:
        stone: Tombstone = from_json(Tombstone, body, "body")
    except Refused as problem:
        raise refuse("bad_feed", f"{problem}", where) from None
    return stone


def extend(known: Feed, newer: Feed, file: str) -> Feed:
    """The longer of two feeds when one begins with the other; raises Refused when they fork."""
    longer, shorter = (known, newer) if len(known.data) >= len(newer.data) else (newer, known)
    if not longer.data.startswith(shorter.data):
        says = "tells another story than the feed already here; ask the program which one stands."
        raise refuse("bad_feed", says, file)
    return longer
