"""Write sealed.json: `python tests/golden/make_sealed.py`. The format may never change silently."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from uuid import UUID

from yesand.formats.sealed import FRAME, seal
from yesand.infra.keys import wrap

PAGE = Path(__file__).with_name("sealed.json")
A, B, KEK = UUID(int=1), UUID(int=2), UUID(int=3)
KEYS = {A: bytes(range(32)), B: bytes(range(32, 64))}
SALT = bytes(range(100, 132))
NAME = "takes/1/a/mic.pcm"


def plain(size: int) -> bytes:
    """Bytes that repeat after 251, so that no frame equals another."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def cases() -> list[dict[str, object]]:
    """One row a case: short ones with their bytes, long ones with their hash."""
    found: list[dict[str, object]] = []
    for keys in ([A], [A, B]):
        for size in (0, 1, 1000, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 2 * FRAME + 77):
            data = b"".join(seal([plain(size)], {k: KEYS[k] for k in keys}, NAME, SALT))
            row = {"keys": len(keys), "size": size, "sha256": hashlib.sha256(data).hexdigest()}
            found.append({**row, "hex": data.hex()} if size <= 1000 else row)
    return found


if __name__ == "__main__":
    wrapped = wrap(KEK, bytes(range(64, 96)), A, KEYS[A], bytes(12)).hex()
    whole = {"name": NAME, "salt": SALT.hex(), "wrapped": wrapped, "cases": cases()}
    PAGE.write_text(json.dumps(whole, indent=1) + "\n", "utf-8")
