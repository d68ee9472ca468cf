"""Bytes to send, their checksums, and what the spool holds."""

from __future__ import annotations

import base64
import hashlib

from yesand.cli.bench_door import DoorProcess
from yesand.formats.crc32c import crc32c_tables


def checksum(body: bytes, algorithm: str = "crc32c") -> str:
    """An Upload-Checksum header, by the tables, so that not our fast path is its own witness."""
    if algorithm == "crc32c":
        digest = crc32c_tables(body).to_bytes(4, "big")
    else:
        digest = hashlib.new(algorithm, body).digest()
    return f"{algorithm} {base64.b64encode(digest).decode()}"


def pattern(count: int, start: int = 0) -> bytes:
    """`count` bytes of an endless string, from `start`; no two MiB of it are alike."""
    return bytes((i * 31 + i // 256 + i // 65536 * 7) % 256 for i in range(start, start + count))


def everything(door: DoorProcess) -> dict[str, bytes]:
    """Every file of the spool with its bytes: what a refused request must not change."""
    return {path.name: path.read_bytes() for path in (door.home / "spool").iterdir()}
