"""Texts sealed with the vault's own key: AES-256-GCM, bound to their person and field.

Layout of a sealed text: 12 random bytes of nonce, then ciphertext and tag. Moving a sealed text
to another person or field makes it unreadable. Pure: the caller brings the key.
"""

from __future__ import annotations

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


def _place(person: UUID, field: str) -> bytes:
    return b"yesand.vault/1\0" + person.bytes + b"\0" + field.encode()


def seal(key: bytes, person: UUID, field: str, text: str) -> bytes:
    """`text` sealed for one field of one person; key: 32 bytes."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), _place(person, field))


def unseal(key: bytes, person: UUID, field: str, sealed: bytes) -> str:
    """The text again. Raises ValueError for another key, person or field, or broken bytes."""
    try:
        plain = AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], _place(person, field))
    except InvalidTag:
        raise ValueError("this text was not sealed here: other key, person or field") from None
    return plain.decode()
