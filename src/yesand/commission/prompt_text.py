"""A card written as the YAML that reads back to it, in one form for every card. Pure.

Keys stand in reading order, what a card leaves out stays out, and the same card is always the same
bytes, so that two versions of a card differ in the lines that somebody changed.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any

import yaml

from yesand.commission.prompt_schema import Card

WIDTH = 96
USUAL: dict[str, Any] = {
    "register": "everyday",
    "use": "train",
    "pool": "train",
    "status": "live",
}
"""Values that are not written, because nothing written means them."""
FIRST = (
    "schema", "id", "version", "language", "title", "author", "rights", "parent", "shape",
    "family", "register", "tone", "relationship", "word", "years", "power",
)  # fmt: skip
LAST = ("minutes_hint", "session_slot", "tags", "limits", "likely_cells", "use", "pool", "status")
HALF = ("alias", "age", "want", "secret", "soft_spot", "way_of_speaking", "needs_skill")


def write_prompt(card: Card) -> str:
    """The card as YAML. `read_prompt(write_prompt(card))` is the card again."""
    return "\n".join(_lines(card)) + "\n"


def _lines(card: Card) -> Iterator[str]:
    for key in FIRST:
        if key in card and card[key] != USUAL.get(key):
            yield f"{key}: {_scalar(card[key])}"
    yield from _folded("premise", card["premise"])
    if card.get("game"):
        yield f"game: {_scalar(card['game'])}"
    yield "roles:"
    for role in ("a", "b"):
        half = card["roles"][role]
        yield f"  {role}:"
        for key in HALF:
            if half.get(key) and (key, half[key]) != ("age", "adult"):
                yield f"    {key}: {_scalar(half[key])}"
        if half.get("keep"):
            yield "    keep: yes"
    if card.get("first_line"):
        line = card["first_line"]
        yield f"first_line: {{role: {line['role']}, text: {_quoted(line['text'])}}}"
    if card.get("target_line"):
        target = card["target_line"]
        yield "target_line:"
        yield f"  role: {target['role']}"
        yield f"  text: {_quoted(target['text'])}"
        if target["accepted"]:
            yield f"  accepted: [{', '.join(_quoted(text) for text in target['accepted'])}]"
    if card.get("lines"):
        yield "lines:"
        for line in card["lines"]:
            yield f"  - {line['role']}: {_scalar(line['text'])}"
    if card.get("turns"):
        yield "turns:"
        for turn in card["turns"]:
            yield f"  - {_turn(turn)}"
    if card.get("ways_out"):
        yield "ways_out:"
        for way in card["ways_out"]:
            yield f"  - {_scalar(way)}"
    for key in LAST:
        value = card.get(key)
        if isinstance(value, list):
            if value or key != "limits":
                yield f"{key}: [{', '.join(_flow(item) for item in value)}]"
        elif value is not None and value != USUAL.get(key):
            yield f"{key}: {_scalar(value)}"


def _turn(turn: Card) -> str:
    aim = turn["aim"]
    wanted = f"emotion: {aim['emotion']}"
    if aim["intensity"] is not None:
        wanted += f", intensity: {aim['intensity']}"
    at, action = _flow(turn["at"]), _flow(turn["action"])
    return f"{{at: {at}, role: {turn['role']}, action: {action}, aim: {{{wanted}}}}}"


def _folded(key: str, text: str) -> Iterator[str]:
    """A paragraph below its key, as one reads it."""
    wrapped = textwrap.wrap(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    yield f"{key}: >-"
    yield from (f"  {line}" for line in wrapped)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _scalar(value: Any) -> str:
    """A value after `key: `, plain where that reads back as the same text."""
    if isinstance(value, int | float):
        return _number(value)
    return value if _plain(value, value) else _quoted(value)


def _flow(value: Any) -> str:
    """A value inside brackets or braces, where commas and colons have a meaning."""
    if isinstance(value, int | float):
        return _number(value)
    safe = not re.search(r"[,\[\]{}:#\"?]|(?<!\w)'", value)
    return value if safe and _plain(value, value) else _quoted(value)


def _plain(text: str, wanted: str) -> bool:
    try:
        return bool(yaml.safe_load(f"key: {text}") == {"key": wanted})
    except (yaml.YAMLError, ValueError):
        return False


def _quoted(text: str) -> str:
    """In double quotes; what cannot be seen is written out."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return (
        '"'
        + re.sub(r"[^\x20-\x7e\xa1-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", _escape, plain)
        + '"'
    )


def _escape(found: re.Match[str]) -> str:
    return f"\\U{ord(found.group()):08x}"
