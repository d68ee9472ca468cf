"""Plain values out of what a browser or a script sent, before any house sees them. No Django.

Postgres keeps neither a NUL character nor half a surrogate pair, and JSON has no NaN: whoever
sends one is told so here, instead of by an error of the database.
"""

from __future__ import annotations

import json
import re
from typing import Any

#: More digits than any number of ours has; Python itself refuses to read very long ones.
MOST_DIGITS = 18
_LOST = re.compile("[\0\ud800-\udfff]")


def whole(text: str | None) -> int | None:
    """The whole number written in plain digits, or None for anything else."""
    text = (text or "").strip()
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= MOST_DIGITS else None


def storable(text: str) -> bool:
    """True where the text can be kept: no NUL, no half of a surrogate pair."""
    return _LOST.search(text) is None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def read_json(text: str | bytes) -> Any:
    """What the JSON text says; raises ValueError where it is none or could not be kept."""
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    pending = [found]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str) and not storable(value):
            raise ValueError("a character in it cannot be kept")
    return found
