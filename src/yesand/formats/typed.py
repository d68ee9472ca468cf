"""Typed JSON: plain JSON values into frozen dataclasses, with one clear error naming the field.

Strict on purpose: a missing key, an unknown key or a wrong type is an error, so that a file
written by a newer schema is never half understood.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from typing import Any, TypeVar

from yesand.kit.errors import refuse

T = TypeVar("T")

_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def from_json(kind: Any, value: Any, where: str) -> Any:
    """`value` (as `json.loads` gives it) as `kind`; raises Refused naming the field.

    kind: a dataclass, str, int, float, bool, Any, Literal[...], X | None, tuple[X, ...],
    tuple[X, Y], dict[str, X].
    where: the field's path as a person finds it in the file, such as `streams[2].length`.
    """
    origin = typing.get_origin(kind)
    if kind is Any:
        return value
    if dataclasses.is_dataclass(kind):
        return _dataclass(typing.cast(type, kind), value, where)
    if origin in (typing.Union, types.UnionType):
        return _optional(kind, value, where)
    if origin is typing.Literal:
        allowed = typing.get_args(kind)
        if value not in allowed or isinstance(value, bool):
            words = ", ".join(map(str, allowed))
            raise refuse("bad_value", f"must be one of {words}, not {_shown(value)}.", where)
        return value
    if origin is tuple:
        return _tuple(kind, value, where)
    if origin is dict:
        if not isinstance(value, dict):
            raise refuse("bad_type", f"must be an object, not {_shown(value)}.", where)
        inner = typing.get_args(kind)[1]
        return {key: from_json(inner, item, f"{where}.{key}") for key, item in value.items()}
    return _plain(kind, value, where)


def _plain(kind: Any, value: Any, where: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise refuse("bad_type", f"must be {_WORDS[kind]}, not {_shown(value)}.", where)
    if kind is float and not math.isfinite(value):
        raise refuse("bad_value", "must be a finite number.", where)
    return value


def _optional(kind: Any, value: Any, where: str) -> Any:
    inner = [arm for arm in typing.get_args(kind) if arm is not types.NoneType]
    if value is None:
        return None
    return from_json(inner[0], value, where)


def _tuple(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, list | tuple):
        raise refuse("bad_type", f"must be a list, not {_shown(value)}.", where)
    inner = typing.get_args(kind)
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(from_json(inner[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if len(value) != len(inner):
        raise refuse("bad_value", f"must hold {len(inner)} values, not {len(value)}.", where)
    pairs = zip(inner, value, strict=True)
    return tuple(from_json(arm, item, f"{where}[{i}]") for i, (arm, item) in enumerate(pairs))


def _dataclass(cls: type, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise refuse("bad_type", f"must be an object, not {_shown(value)}.", where)
    prefix = f"{where}." if where else ""
    fields = {field.name: field for field in dataclasses.fields(cls)}
    for key in value:
        if key not in fields:
            raise refuse("unknown_field", "is not a field of this file's schema.", f"{prefix}{key}")
    given = {}
    for name, field in fields.items():
        if name in value:
            given[name] = from_json(_hints(cls)[name], value[name], f"{prefix}{name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise refuse("missing_field", "is missing.", f"{prefix}{name}")
    return cls(**given)


def to_json(value: Any) -> Any:
    """A dataclass as plain JSON values: tuples become lists, nothing is left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    return value


def parse(data: bytes, cls: type[T], file: str) -> T:
    """One JSON file's bytes as a dataclass; raises Refused naming the file and the field."""
    try:
        value = json.loads(data)
    except (UnicodeDecodeError, json.JSONDecodeError) as broken:
        raise refuse("bad_json", f"is not JSON ({broken}).", file) from None
    return typing.cast(T, from_json(cls, value, ""))


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
