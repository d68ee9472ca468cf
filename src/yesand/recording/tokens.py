"""Stream capabilities: who may write which stream, how much and until when. No database.

    token = base64url(canonical JSON {"s","r","k","m","e"}) "." base64url(HMAC-SHA256(key, first))

Base64url without padding. s: stream, r: recording, k: kind, m: most bytes, e: expiry in Unix
seconds. A token is all the door knows about a stream's owner: holding it is the right to write
that one stream, and no other. The first key signs; every key of the list verifies, so that a key
is rotated by putting a new one in front and dropping the old one when its tokens have expired.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from yesand.kit.canonical import canonical_json
from yesand.kit.errors import Refused, refuse

KINDS = ("mic", "cam", "events", "heard")
#: Longest token read at all; ours are about 290 characters.
MAX_TOKEN = 600
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Capability:
    """The right to write one stream. max_bytes: of the whole stream. expires: Unix seconds."""

    stream: uuid.UUID
    recording: uuid.UUID
    kind: str
    max_bytes: int
    expires: int

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such kind of stream: {self.kind!r}")
        if not 0 < self.max_bytes < 1 << 53 or not 0 < self.expires < 1 << 53:
            raise ValueError("most bytes and expiry must be positive whole numbers below 2**53")


def mint(keys: Sequence[bytes], capability: Capability) -> str:
    """The token for a capability, signed with the first key."""
    claim = {
        "s": str(capability.stream),
        "r": str(capability.recording),
        "k": capability.kind,
        "m": capability.max_bytes,
        "e": capability.expires,
    }
    first = _text(canonical_json(claim))
    return f"{first}.{_text(_sign(keys[0], first))}"


def verify(keys: Sequence[bytes], token: str, now: float) -> Capability:
    """The capability a token grants at `now` (Unix seconds).

    Raises Refused: token_malformed, token_forged, token_expired. The signature is compared in
    constant time, and nothing of the token is read before it holds.
    """
    first, _, last = token.partition(".")
    if len(token) > MAX_TOKEN or not first or not last:
        raise _malformed()
    signature = _bytes(last)
    # Every key is tried, so that the time taken says nothing about which one signed.
    matches = [hmac.compare_digest(_sign(key, first), signature) for key in keys]
    if not any(matches):
        raise refuse("token_forged", "This key to the upload is not one of ours.", "Authorization")
    capability = _capability(_bytes(first))
    if now >= capability.expires:
        says = "This key to the upload has expired; ask the page for a new one."
        raise refuse("token_expired", says, "Authorization")
    return capability


def _capability(claim: bytes) -> Capability:
    try:
        value = json.loads(claim)
        return Capability(
            uuid.UUID(value["s"]), uuid.UUID(value["r"]), value["k"], value["m"], value["e"]
        )
    except (ValueError, KeyError, TypeError, AttributeError):  # signed by us, and yet not ours
        raise _malformed() from None


def _malformed() -> Refused:
    return refuse("token_malformed", "This is not a key to an upload.", "Authorization")


def _sign(key: bytes, first: str) -> bytes:
    return hmac.new(key, first.encode(), hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Base64url to bytes, refusing every spelling but the one `_text` writes."""
    if not _BASE64URL.fullmatch(text):
        raise _malformed()
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise _malformed() from None
    if _text(data) != text:
        raise _malformed()
    return data
