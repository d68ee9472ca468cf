"""A card of the deck: the schema of a prompt (version 1), read from YAML with line numbers. Pure.

A card has a public part (title, premise, relationship, game, ways out, first line) and a private
half per role (want, secret, soft spot, way of speaking). Aims, likely cells, tags and limits are
never shown on stage. `public_part` and `private_half` are the only two ways to a player.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from yesand.commission.lint import lint, unchecked
from yesand.commission.marked import Marked, Path, Reader, load
from yesand.commission.order import FEELINGS, RELATIONSHIPS, SHAPES, USES
from yesand.kit.errors import Problem, Refused

VERSION = 1
FAMILIES = ("home", "friends", "work", "service", "strangers", "romance", "expert", "whimsy")
REGISTERS = ("everyday", "heightened")
TONES = ("light", "tender", "tense", "heavy")
POWERS = ("equal", "a_over_b", "b_over_a", "shifts")
SLOTS = ("opener", "middle", "closer", "any")
STATUSES = ("draft", "tried", "live", "retired")
AGES = ("adult", "child")
TAGS: dict[str, str] = {
    "aging": "growing old",
    "alcohol": "alcohol",
    "animals": "animals, unharmed",
    "break-up": "a couple parting",
    "confined": "being stuck somewhere",
    "death": "somebody has died",
    "deception": "lying to somebody close",
    "family-quarrel": "quarrels in a family",
    "food": "food and eating",
    "heights": "heights",
    "illness": "illness",
    "insects": "insects",
    "jealousy": "jealousy",
    "losing-work": "losing work",
    "money": "money worries",
    "moving-away": "somebody moves away",
    "romance": "romance between adults",
    "supernatural": "ghosts and the uncanny",
    "teasing": "being teased",
}
"""Content tags in words: what a performer may set as a line (never) or a veil (off-screen)."""

KEYS = (
    "schema", "id", "version", "language", "title", "author", "rights", "parent", "shape",
    "family", "register", "tone", "premise", "relationship", "word", "years", "power", "roles",
    "first_line", "target_line", "lines", "turns", "ways_out", "game", "minutes_hint",
    "session_slot", "tags", "limits", "likely_cells", "use", "pool", "status",
)  # fmt: skip
ROLE_KEYS = (
    "alias", "age", "want", "secret", "soft_spot", "way_of_speaking", "needs_skill", "keep",
)  # fmt: skip
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
"""A code of BCP 47: es, pt-BR, zh-Hant."""
LETTERS = {"id": 60, "title": 80, "language": 12, "parent": 60}
"""The longest of what stands in columns of its own."""
MOST_VERSION = 1_000_000

Card = dict[str, Any]
"""A prompt's body, as `Prompt.body` stores it: every key of KEYS that has a value."""


@dataclass(frozen=True)
class Read:
    """A text read for an editor who is still typing.

    card: as far as it can be read, None where the text is no YAML mapping. problems: what keeps it
    from being saved. notices: what nobody could check. Both at "file:line: field".
    """

    card: Card | None
    problems: tuple[Problem, ...]
    notices: tuple[Problem, ...] = ()


def read_loosely(text: str, file: str) -> Read:
    """Everything wrong with a text and as much of the card as stands already."""
    try:
        marked = load(text, file)
        reader = Reader(marked)
        card = _card(reader, marked)
    except Refused as refused:
        return Read(None, refused.problems)
    if not reader.problems:
        for complaint in lint(card, tuple(TAGS)):
            reader.wrong(complaint.code, complaint.path, complaint.says)
    missed = unchecked(card)
    notices = (
        (Problem(missed.code, marked.where(missed.path), missed.says),)
        if missed is not None
        else ()
    )
    by_line = sorted(reader.problems, key=lambda problem: line_of(problem) or 0)
    return Read(card, tuple(by_line), notices)


def read_prompt(text: str, file: str) -> Card:
    """The card in a YAML text, linted. Raises Refused with every Problem at "file:line: field"."""
    read = read_loosely(text, file)
    if read.card is None or read.problems:
        raise Refused(*read.problems)
    return read.card


def line_of(problem: Problem) -> int | None:
    """The line a problem of a file names, None where it names none."""
    found = re.match(r"[^:]*:(\d+)", problem.where)
    return int(found.group(1)) if found else None


def public_part(card: Card) -> dict[str, Any]:
    """What both players and everybody in the room may read before and during the scene."""
    return {
        "title": card["title"],
        "shape": card["shape"],
        "premise": card["premise"],
        "relationship": card.get("word") or card["relationship"],
        "years": card.get("years"),
        "roles": {role: card["roles"][role]["alias"] for role in ("a", "b")},
        "first_line": card.get("first_line"),
        "lines": card.get("lines", []),
        "ways_out": card.get("ways_out", []),
        "game": card.get("game", ""),
        "minutes_hint": card["minutes_hint"],
    }


def private_half(card: Card, role: str) -> dict[str, Any]:
    """What only the player of `role` (a or b) reads; the target line only by who says it."""
    half = dict(card["roles"][role])
    target = card.get("target_line")
    if target and target["role"] == role:
        half["target_line"] = target["text"]
    return half


def offers(card: Card, role: str) -> list[dict[str, Any]]:
    """The cues of `role`: [{"at": minute | event | "pull", "action", "aim"}], in card order."""
    return [turn for turn in card.get("turns", []) if turn["role"] == role]


def _card(reader: Reader, marked: Marked) -> Card:
    body = reader.mapping(marked.value, ())
    reader.finish()
    reader.known(body, (), KEYS)
    schema = reader.number(body, (), "schema")
    if schema and schema != VERSION:
        reader.wrong("unknown_version", ("schema",), f"Schema {VERSION} is read here.")
    shape = reader.word(body, (), "shape", SHAPES)
    use = reader.word(body, (), "use", USES, "train")
    card: Card = {
        "schema": VERSION,
        "id": _slug(reader, body),
        "version": _positive(reader, body, "version", 1),
        "language": _language(reader, body),
        "title": reader.text(body, (), "title"),
        "author": reader.text(body, (), "author"),
        "rights": reader.text(body, (), "rights"),
        "shape": shape,
        "family": reader.word(body, (), "family", FAMILIES),
        "register": reader.word(body, (), "register", REGISTERS, "everyday"),
        "tone": reader.word(body, (), "tone", TONES, "light"),
        "premise": reader.text(body, (), "premise"),
        "relationship": reader.word(body, (), "relationship", RELATIONSHIPS),
        "power": reader.word(body, (), "power", POWERS, "equal"),
        "roles": _roles(reader, body),
        "turns": _turns(reader, body),
        "ways_out": reader.words(body, (), "ways_out"),
        "minutes_hint": reader.number(body, (), "minutes_hint", 2 if shape == "script" else 5),
        "session_slot": reader.word(body, (), "session_slot", SLOTS, "any"),
        "tags": reader.words(body, (), "tags"),
        "limits": reader.words(body, (), "limits"),
        "likely_cells": reader.words(body, (), "likely_cells"),
        "use": use,
        "pool": reader.word(body, (), "pool", USES, use),
        "status": reader.word(body, (), "status", STATUSES, "live"),
    }
    for key in ("word", "game", "parent"):
        if key in body:
            card[key] = reader.text(body, (), key)
    if "years" in body:
        card["years"] = reader.number(body, (), "years")
    if "first_line" in body:
        card["first_line"] = _line(reader, body["first_line"], ("first_line",))
    for key, most in LETTERS.items():
        if len(card.get(key, "")) > most:
            reader.wrong("too_long", (key,), f"Shorten it to {most} characters.")
    if not 0 < card["minutes_hint"] <= 60:
        reader.wrong("bad_minutes", ("minutes_hint",), "Say 1 to 60 minutes.")
    _shape_parts(reader, body, shape, card)
    for at, feeling in enumerate(card["likely_cells"]):
        if feeling not in FEELINGS:
            says = f"{feeling!r} is not in the list: {', '.join(FEELINGS)}."
            reader.wrong("unknown_word", ("likely_cells", at), says)
    return card


def _shape_parts(reader: Reader, body: dict[str, Any], shape: str, card: Card) -> None:
    """What a shape needs and what only that shape may have."""
    for key, needed_by in (("target_line", "target_line"), ("lines", "script"), ("game", "game")):
        if shape == needed_by and key not in body:
            reader.wrong("missing", (key,), f"A card of shape {shape!r} needs {key!r}.")
    if "lines" in body and shape != "script":
        reader.wrong("not_here", ("lines",), "Only a script has lines.")
    if "target_line" in body:
        path: Path = ("target_line",)
        holder = reader.mapping(body["target_line"], path)
        reader.known(holder, path, ("role", "text", "accepted"))
        card["target_line"] = {
            "role": reader.word(holder, path, "role", ("a", "b")),
            "text": reader.text(holder, path, "text"),
            "accepted": reader.words(holder, path, "accepted"),
        }
    if shape == "script" and isinstance(body.get("lines"), list):
        card["lines"] = [
            _script_line(reader, row, ("lines", at)) for at, row in enumerate(body["lines"])
        ]


def _slug(reader: Reader, body: dict[str, Any]) -> str:
    slug = reader.text(body, (), "id")
    if slug and not SLUG.fullmatch(slug):
        reader.wrong("bad_id", ("id",), "Write small letters, digits and hyphens.")
    return slug


def _language(reader: Reader, body: dict[str, Any]) -> str:
    code = reader.text(body, (), "language", "en")
    if not LANGUAGE.fullmatch(code):
        reader.wrong("bad_language", ("language",), "Write a code such as en, es or pt-BR.")
    return code


def _positive(reader: Reader, body: dict[str, Any], key: str, default: int) -> int:
    value = reader.number(body, (), key, default)
    if value != int(value) or not 1 <= value <= MOST_VERSION:
        reader.wrong("not_whole", (key,), "Write a whole number from 1.")
        return 1
    return int(value)


def _roles(reader: Reader, body: dict[str, Any]) -> dict[str, Card]:
    both = reader.mapping(body.get("roles"), ("roles",))
    reader.known(both, ("roles",), ("a", "b"))
    roles: dict[str, Card] = {}
    for role in ("a", "b"):
        path: Path = ("roles", role)
        if role not in both:
            reader.wrong("missing", path, "Both roles need a half.")
            continue
        holder = reader.mapping(both[role], path)
        reader.known(holder, path, ROLE_KEYS)
        half: Card = {
            "alias": reader.text(holder, path, "alias"),
            "age": reader.word(holder, path, "age", AGES, "adult"),
            "want": reader.text(holder, path, "want"),
            "secret": reader.text(holder, path, "secret"),
            "soft_spot": reader.text(holder, path, "soft_spot"),
            "keep": reader.word(holder, path, "keep", ("yes", "no"), "no") == "yes",
        }
        for key in ("way_of_speaking", "needs_skill"):
            if key in holder:
                half[key] = reader.text(holder, path, key)
        roles[role] = half
    return roles


def _line(reader: Reader, value: Any, path: Path) -> Card:
    holder = reader.mapping(value, path)
    reader.known(holder, path, ("role", "text"))
    return {
        "role": reader.word(holder, path, "role", ("a", "b")),
        "text": reader.text(holder, path, "text"),
    }


def _script_line(reader: Reader, row: Any, path: Path) -> Card:
    """`- a: What she says.` A script is a list of such lines."""
    holder = reader.mapping(row, path)
    if len(holder) != 1 or not set(holder) <= {"a", "b"}:
        reader.wrong("bad_line", path, "Write one line of one role: `a: What is said.`")
        return {"role": "a", "text": ""}
    ((role, _),) = holder.items()
    return {"role": role, "text": reader.text(holder, path, role)}


def _turns(reader: Reader, body: dict[str, Any]) -> list[Card]:
    rows = body.get("turns")
    if rows is None:
        return []
    if not isinstance(rows, list):
        reader.wrong("not_a_list", ("turns",), "Write a list of offers here.")
        return []
    turns = []
    for index, row in enumerate(rows):
        path: Path = ("turns", index)
        holder = reader.mapping(row, path)
        reader.known(holder, path, ("at", "role", "action", "aim"))
        at = holder.get("at")
        if isinstance(at, bool) or not isinstance(at, str | int | float) or at == "":
            says = "Say a minute, an event in words, or `pull`."
            reader.wrong("missing" if at is None else "bad_at", (*path, "at"), says)
        elif isinstance(at, int | float) and not 0 <= at <= 30:
            reader.wrong("bad_at", (*path, "at"), "Say a minute from 0 to 30.")
        turns.append(
            {
                "at": at,
                "role": reader.word(holder, path, "role", ("a", "b")),
                "action": reader.text(holder, path, "action"),
                "aim": _aim(reader, holder, path),
            }
        )
    return turns


def _aim(reader: Reader, holder: dict[str, Any], path: Path) -> Card:
    where: Path = (*path, "aim")
    aim = reader.mapping(holder.get("aim"), where)
    reader.known(aim, where, ("emotion", "intensity"))
    emotion = reader.word(aim, where, "emotion", FEELINGS)
    if emotion == "neutral":
        if aim.get("intensity") is not None:
            reader.wrong("bad_intensity", (*where, "intensity"), "Neutral has no intensity.")
        return {"emotion": emotion, "intensity": None}
    intensity = reader.number(aim, where, "intensity")
    if intensity not in (1, 2, 3):
        says = "Say 1 slight, 2 clear or 3 strong."
        reader.wrong("bad_intensity", (*where, "intensity"), says)
    return {"emotion": emotion, "intensity": int(intensity)}
