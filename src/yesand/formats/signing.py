"""Signatures that work offline: ed25519 over a DSSE envelope.

DSSE signs PAE(type, body) = "DSSEv1" SP len(type) SP type SP len(body) SP body, so that bytes
signed as one thing can never be passed off as another (secure-systems-lab/dsse, v1.0.2).
The body of release.sig is an in-toto statement that names release.json by its SHA-256; as
release.json names every other file by its own, one signature covers the release.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from yesand.kit.canonical import canonical_json, sha256_hex
from yesand.kit.errors import refuse

STATEMENT_TYPE = "application/vnd.in-toto+json"
TOMBSTONE_TYPE = "application/vnd.yesand.tombstone+json"
PREDICATE_TYPE = "https://yesand.dev/release/v1"


@dataclass(frozen=True)
class PublicKey:
    """An ed25519 public key: 32 raw bytes."""

    raw: bytes

    @property
    def keyid(self) -> str:
        """SHA-256 of the raw key, hexadecimal; the fingerprint people compare."""
        return sha256_hex(self.raw)

    @property
    def text(self) -> str:
        """Base64 of the raw key, as release.json carries it."""
        return base64.b64encode(self.raw).decode()

    def holds(self, kind: str, body: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's over `body` as `kind`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, pae(kind, body))
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """An ed25519 private key: 32 secret bytes, never printed."""

    seed: bytes

    def __post_init__(self) -> None:
        if len(self.seed) != 32:
            raise ValueError("an ed25519 key is 32 bytes")

    def __repr__(self) -> str:
        return f"SigningKey({self.public.keyid[:16]})"

    @property
    def public(self) -> PublicKey:
        """The public half."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return PublicKey(private.public_key().public_bytes_raw())

    def sign(self, kind: str, body: bytes) -> bytes:
        """64 bytes; the same input always gives the same signature."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(pae(kind, body))


def pae(kind: str, body: bytes) -> bytes:
    """DSSE's pre-authentication encoding."""
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(body), body)


def envelope(key: SigningKey, kind: str, body: bytes) -> dict[str, Any]:
    """A DSSE envelope around `body`, plain JSON values."""
    return {
        "payload": base64.b64encode(body).decode(),
        "payloadType": kind,
        "signatures": [
            {
                "keyid": key.public.keyid,
                "sig": base64.b64encode(key.sign(kind, body)).decode(),
            }
        ],
    }


def open_envelope(value: Any, kind: str, key: PublicKey, where: str) -> bytes:
    """The body of a DSSE envelope signed by `key`; raises Refused (wrong_signature)."""
    wrong = refuse("wrong_signature", f"is not signed by key {key.keyid[:16]}.", where)
    try:
        body = base64.b64decode(value["payload"], validate=True)
        signatures = [base64.b64decode(s["sig"], validate=True) for s in value["signatures"]]
        said = value["payloadType"]
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise refuse("wrong_signature", "is not a DSSE envelope.", where) from None
    if said != kind or not any(key.holds(kind, body, signature) for signature in signatures):
        raise wrong
    return body


def sign_release(key: SigningKey, name: str, version: str, release_json: bytes) -> bytes:
    """The bytes of release.sig."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "release.json", "digest": {"sha256": sha256_hex(release_json)}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {"name": name, "version": version},
    }
    return canonical_json(envelope(key, STATEMENT_TYPE, canonical_json(statement))) + b"\n"


def check_release(signature: bytes, release_json: bytes, key: PublicKey) -> None:
    """Raises Refused (wrong_signature) unless release.sig is `key`'s over these bytes."""
    try:
        value = json.loads(signature)
    except ValueError:
        raise refuse("wrong_signature", "is not a DSSE envelope.", "release.sig") from None
    body = open_envelope(value, STATEMENT_TYPE, key, "release.sig")
    try:
        said = json.loads(body)["subject"][0]["digest"]["sha256"]
    except (ValueError, KeyError, IndexError, TypeError):
        said = None
    if said != sha256_hex(release_json):
        raise refuse("wrong_signature", "was changed after it was signed.", "release.json")


def read_public_key(text: bytes | str, where: str) -> PublicKey:
    """A public key as base64, hexadecimal or PEM; raises Refused naming where it came from."""
    data = text.encode() if isinstance(text, str) else text
    stripped = data.strip()
    if stripped.startswith(b"-----BEGIN"):
        try:
            loaded = serialization.load_pem_public_key(stripped)
        except (ValueError, UnsupportedAlgorithm):
            loaded = None
        if isinstance(loaded, Ed25519PublicKey):
            return PublicKey(loaded.public_bytes_raw())
    for decode in (binascii.unhexlify, lambda raw: base64.b64decode(raw, validate=True)):
        try:
            raw = decode(stripped)
        except (ValueError, binascii.Error):
            continue
        if len(raw) == 32:
            return PublicKey(raw)
    says = "is not an ed25519 public key (32 bytes as base64, hexadecimal or PEM)."
    raise refuse("bad_key", says, where)


def read_signing_key(text: bytes | str, where: str) -> SigningKey:
    """A private key: 64 hexadecimal characters, as in secrets/release_signing."""
    data = text.encode() if isinstance(text, str) else text
    try:
        return SigningKey(binascii.unhexlify(data.strip()))
    except (ValueError, binascii.Error):
        says = "is not a signing key (64 hexadecimal characters)."
        raise refuse("bad_key", says, where) from None
