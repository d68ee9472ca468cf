"""Identifiers: time-ordered UUIDs for rows, short pseudonyms for people."""

from __future__ import annotations

import base64
import os
import secrets
import time
import uuid


def new_id() -> uuid.UUID:
    """A UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits."""
    ms = time.time_ns() // 1_000_000
    rand = int.from_bytes(os.urandom(10), "big")
    value = (ms & (2**48 - 1)) << 80 | 0x7 << 76 | (rand >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | (rand & (2**62 - 1))
    return uuid.UUID(int=value)


def new_pseudonym() -> str:
    """A stable public name of a person: "p" and 10 base32 characters (50 random bits)."""
    return "p" + base64.b32encode(secrets.token_bytes(7)).decode().lower()[:10]
