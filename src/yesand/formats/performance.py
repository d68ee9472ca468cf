"""A note of human performance: who played a take, signed beside its sound.

A shared copy is a ZIP of five files: the take as one stereo FLAC (role a left, role b right),
`performance.txt` (the very bytes that were signed: DSSE's PAE around a JSON statement),
`performance.sig` (64 bytes, ed25519), `signer.pem` and `README.txt`. Nothing of ours is needed to
check it: openssl does, and `yesand copy` does it with the sound's hash in one go.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from yesand.formats.signing import PublicKey, SigningKey, pae, read_public_key
from yesand.kit.canonical import canonical_json
from yesand.kit.errors import refuse

TYPE = "application/vnd.yesand.performance+json"
SCHEMA = "yesand/performance/1"
README = """{says}

{sound} is the take: role a on the left, role b on the right. What either of them keeps
private is silent. It is yours to hear and to show; no training, and no voice or face made from it,
follows from having it.

performance.txt says who played it, and performance.sig is its signature. To check it:

  openssl pkeyutl -verify -pubin -inkey signer.pem -rawin -in performance.txt -sigfile performance.sig
  sha256sum {sound}        (the same number stands in performance.txt)

or both in one: yesand copy {name} --key signer.pem
The key signer.pem is of the house that recorded it; its fingerprint is
{keyid}
and stands in every release of that house. Ask them whether it is theirs.
"""  # noqa: E501  (a line to paste)
#: Names of the files besides the sound.
NAMES = ("performance.txt", "performance.sig", "signer.pem", "README.txt")
KINDS = {"human": "a human", "robot": "a robot", "model": "a voice model"}


@dataclass(frozen=True)
class Player:
    """Who played a role. kind: human, robot or model; pseudonym as releases have it."""

    alias: str
    pseudonym: str
    kind: str


def says(players: Mapping[str, Player]) -> str:
    """Who performed, in one sentence."""
    kinds = [players[role].kind for role in sorted(players)]
    names = " and ".join(players[role].alias for role in sorted(players))
    if kinds == ["human", "human"]:
        return f"Performed by two humans: {names}."
    told = " and ".join(KINDS[kind] for kind in kinds)
    return f"Performed by {told}: {names}."


def statement(
    program: str,
    take: str,
    date: str,
    seconds: float,
    players: Mapping[str, Player],
    sound: str,
    sha256: str,
) -> dict[str, Any]:
    """What is signed. date: ISO day it was played; sound: the FLAC's name, sha256 of its bytes."""
    return {
        "schema": SCHEMA,
        "says": says(players),
        "program": program,
        "take": take,
        "date": date,
        "seconds": round(seconds, 3),
        "players": {
            role: {"alias": one.alias, "pseudonym": one.pseudonym, "kind": one.kind}
            for role, one in players.items()
        },
        "sound": {"name": sound, "sha256": sha256, "left": "a", "right": "b"},
    }


def pack(key: SigningKey, said: Mapping[str, Any], sound: bytes, name: str) -> bytes:
    """The ZIP of a shared copy; `name` is what it will be called."""
    body = canonical_json(said)
    public = key.public
    readme = README.format(
        says=said["says"], sound=said["sound"]["name"], name=name, keyid=public.keyid
    )
    files = {
        said["sound"]["name"]: sound,
        "performance.txt": pae(TYPE, body),
        "performance.sig": key.sign(TYPE, body),
        "signer.pem": pem(public),
        "README.txt": readme.encode(),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for filename, data in files.items():
            packed.writestr(zipfile.ZipInfo(filename), data)
    return out.getvalue()


def pem(key: PublicKey) -> bytes:
    """A public key as openssl reads it."""
    return Ed25519PublicKey.from_public_bytes(key.raw).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@dataclass(frozen=True)
class Checked:
    """A copy that holds. pinned: against a key that was given, not the one inside."""

    says: dict[str, Any]
    keyid: str
    pinned: bool


def check(path: Path, trusted: PublicKey | None = None) -> Checked:
    """Read a shared copy and compare it with what was signed; raises Refused where it differs."""
    where = path.name
    try:
        with zipfile.ZipFile(path) as packed:
            files = {name: packed.read(name) for name in _names(packed.namelist(), where)}
    except (OSError, zipfile.BadZipFile):
        raise refuse("bad_copy", "cannot be read as a ZIP file.", where) from None
    key = trusted or read_public_key(files["signer.pem"], "signer.pem")
    signed = files["performance.txt"]
    body = signed[max(0, signed.find(b"{")) :]
    if signed != pae(TYPE, body) or not key.holds(TYPE, body, files["performance.sig"]):
        raise refuse("wrong_signature", f"is not signed by key {key.keyid[:16]}.", where)
    found: dict[str, Any] = json.loads(body)
    sound = found["sound"]["name"]
    if sound not in files or hashlib.sha256(files[sound]).hexdigest() != found["sound"]["sha256"]:
        raise refuse("changed", "was changed after it was signed.", sound)
    return Checked(found, key.keyid, trusted is not None)


def _names(listed: Sequence[str], where: str) -> list[str]:
    sounds = [name for name in listed if name.endswith(".flac")]
    if len(sounds) != 1 or not set(NAMES) <= set(listed):
        raise refuse("bad_copy", "does not hold the five files of a shared copy.", where)
    return [*NAMES, *sounds]
