"""Kinds of cases, how fast each is answered, and how it may end. Plain values."""

from __future__ import annotations

import datetime as dt

from yesand.kit.errors import refuse

#: Kind -> hours until a person has answered.
KINDS: dict[str, int] = {
    "safety": 24,
    "help": 24,
    "complaint": 48,
    "finding": 72,
    "appeal": 120,
    "dispute": 120,
    "in_recording": 168,
}
DECISIONS = ("upheld", "refused", "settled", "nothing_found", "taken_out", "cleared")
LONGEST = 4000


def due(kind: str, opened_at: dt.datetime) -> dt.datetime:
    """When a case must be decided. On a weekend it moves to Monday, except for safety and help."""
    at = opened_at + dt.timedelta(hours=KINDS[kind])
    if kind not in ("safety", "help"):
        while at.weekday() >= 5:
            at += dt.timedelta(days=1)
    return at


def check_says(says: str) -> str:
    """What a person wrote, trimmed. Raises Refused for nothing or too much."""
    text = says.strip()
    if len(text) < 3:
        raise refuse("empty_case", "Write a few words, so that somebody can answer.", "says")
    if len(text) > LONGEST:
        raise refuse("long_case", f"Use at most {LONGEST} letters.", "says")
    return text
