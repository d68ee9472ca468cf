"""YAML that remembers where every value stood, so that an error can name file, line and field.

Pure. Only plain values come out (safe tags); keys are always text as written, so that the
language `no` is not false; a repeated key, an alias or a very large file is refused.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from yesand.kit.errors import Problem, Refused, refuse

MAX_BYTES = 1 << 20
MAX_DEPTH = 12
NOT_KEPT = re.compile("[\\0\\ud800-\\udfff]")
"""What an escape in quotes can write and no database keeps: NUL and half a surrogate pair."""

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Marked:
    """`value` as read from `file`; `lines` holds the line (from 1) of every value by its path."""

    value: Any
    file: str
    lines: Mapping[Path, int]

    def where(self, path: Path) -> str:
        """`deck.yaml:12: roles.a.want`; the nearest holder's line where the value is missing."""
        near = path
        while near and near not in self.lines:
            near = near[:-1]
        return f"{self.file}:{self.lines.get(near, 1)}: {named(path)}".removesuffix(": ")


def named(path: Path) -> str:
    """A path as a person writes it: `turns[2].aim`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def load(text: str, file: str) -> Marked:
    """The one document in `text`. Raises Refused naming file and line."""
    if len(text.encode()) > MAX_BYTES:
        raise refuse("too_large", f"Keep it below {MAX_BYTES >> 20} MiB.", file)
    lines: dict[Path, int] = {}
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            raise refuse("empty_file", "The file is empty.", file)
        return Marked(_plain(loader, node, (), file, lines, set()), file, lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        says = (error.problem or "this is not YAML").strip()
        raise refuse("not_yaml", f"Cannot read it as YAML: {says}.", f"{file}:{line}") from error
    except yaml.YAMLError as error:
        raise refuse("not_yaml", "Cannot read it as YAML text.", file) from error
    except RecursionError as error:
        raise refuse("too_deep", f"Nothing nests deeper than {MAX_DEPTH}.", file) from error


def _plain(
    loader: yaml.SafeLoader,
    node: yaml.Node,
    path: Path,
    file: str,
    lines: dict[Path, int],
    seen: set[int],
) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if id(node) in seen:
        raise refuse("alias", "Write the value out; aliases are not read.", f"{file}:{line}")
    seen.add(id(node))
    if len(path) > MAX_DEPTH:
        raise refuse("too_deep", f"Nothing nests deeper than {MAX_DEPTH}.", f"{file}:{line}")
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise refuse("bad_key", "A key must be one word.", f"{file}:{at}")
            word = str(key.value)
            if NOT_KEPT.search(word):
                raise refuse("bad_key", "A key must be one word.", f"{file}:{at}")
            if word in found:
                raise refuse("repeated_key", f"{word!r} stands here twice.", f"{file}:{at}")
            lines[*path, word] = at
            found[word] = _plain(loader, value, (*path, word), file, lines, seen)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(loader, item, (*path, at), file, lines, seen)
            for at, item in enumerate(node.value)
        ]
    try:
        value = loader.construct_object(node, deep=True)
    except ValueError as error:  # a date of month 99, an integer of 5,000 digits
        raise refuse("bad_value", "Write text or a number here.", f"{file}:{line}") from error
    if isinstance(value, datetime.date | bool):
        return str(node.value)  # `keep: yes` and `from: 2026-01-01` stay what was written
    if not isinstance(value, str | int | float | None):
        raise refuse("bad_value", "Write text or a number here.", f"{file}:{line}")
    if isinstance(value, str) and NOT_KEPT.search(value):
        raise refuse(
            "bad_value", "A character here cannot be kept; type it anew.", f"{file}:{line}"
        )
    return value


class Reader:
    """Takes typed values out of a mapping and gathers what is wrong with them."""

    def __init__(self, marked: Marked) -> None:
        self.marked = marked
        self.problems: list[Problem] = []

    def wrong(self, code: str, path: Path, says: str) -> None:
        self.problems.append(Problem(code, self.marked.where(path), says))

    def finish(self) -> None:
        """Raise everything found, in the order of the file."""
        if self.problems:
            raise Refused(*self.problems)

    def mapping(self, holder: Any, path: Path) -> dict[str, Any]:
        """`holder` itself where it is a mapping, else {} and a problem."""
        if isinstance(holder, dict):
            return holder
        self.wrong("not_a_mapping", path, "Write `key: value` lines here.")
        return {}

    def text(self, holder: dict[str, Any], path: Path, key: str, default: str | None = None) -> str:
        """A text; without `default` it must be there and not be blank."""
        value = holder.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and (value.strip() or default is not None):
            return " ".join(value.split())
        if value is None and default is not None:
            return default
        code = "missing" if value is None or value == "" else "not_text"
        self.wrong(code, (*path, key), "Write a text here.")
        return default or ""

    def number(
        self, holder: dict[str, Any], path: Path, key: str, default: float | None = None
    ) -> float:
        """A number; `nan` and `inf` are none."""
        value = holder.get(key, default)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not abs(value) < float("inf")
        ):
            code = "missing" if value is None else "not_a_number"
            self.wrong(code, (*path, key), "Write a number here.")
            return default if default is not None else 0
        return value

    def word(
        self,
        holder: dict[str, Any],
        path: Path,
        key: str,
        allowed: tuple[str, ...],
        default: str | None = None,
    ) -> str:
        """One word of a closed list."""
        value = self.text(holder, path, key, default)
        if value and value not in allowed:
            says = f"{value!r} is not in the list: {', '.join(allowed)}."
            self.wrong("unknown_word", (*path, key), says)
        return value

    def words(self, holder: dict[str, Any], path: Path, key: str) -> list[str]:
        """A list of texts; nothing is an empty list."""
        value = holder.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.wrong("not_a_list", (*path, key), "Write a list of texts here.")
            return []
        return [" ".join(item.split()) for item in value]

    def known(self, holder: dict[str, Any], path: Path, keys: tuple[str, ...]) -> None:
        """Refuse keys that nobody reads: a typing error must not lose a line in silence."""
        for key in holder:
            if key not in keys:
                says = f"Nobody reads {key!r}; the keys are: {', '.join(keys)}."
                self.wrong("unknown_key", (*path, key), says)
