"""The deployment's release key."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from yesand.formats.signing import SigningKey, read_signing_key
from yesand.infra import secrets


def key() -> SigningKey:
    """The ed25519 key that signs releases and tombstones, from the secrets folder."""
    seed = secrets.read(Path(settings.HOME), "release_signing")
    return read_signing_key(seed.hex(), "release_signing")
