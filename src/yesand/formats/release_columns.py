"""What a column and a table of a release are, and the check that rows fit them.

A release has one fixed schema (release_tables.py). Rows are plain dicts; a missing key is null
where null is allowed. Every refusal names table, row and column.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from yesand.kit.errors import refuse

Row = Mapping[str, Any]

#: Who or what a value speaks for. `view`: the row's own column `view` says it.
VIEWPOINTS = (
    "record",  # the server's record of what happened or was asked
    "intended",  # what was asked for by a cue
    "performer",  # what a performer stated or chose
    "measured",  # computed from the signals
    "rater",  # one rater's answer
    "view",
    "derived",  # computed from other columns
)

_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "texts": pa.list_(pa.string()),
    "ints": pa.list_(pa.int64()),
    "floats": pa.list_(pa.float64()),
}
_PYTHON: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
}


@dataclass(frozen=True)
class Column:
    """One column.

    kind: text, int, float, bool, texts, ints or floats (lists are never null, but may be empty).
    viewpoint: one of VIEWPOINTS. unit: "" for words and counts. needed: null is refused.
    values: the only words allowed, in their order; empty for free values.
    """

    name: str
    kind: str
    viewpoint: str
    says: str
    unit: str = ""
    needed: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: its columns in order, and the columns that name a row and sort the table."""

    name: str
    says: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """The fixed Arrow schema."""
        return pa.schema(
            [pa.field(c.name, _TYPES[c.kind], nullable=not _never_null(c)) for c in self.columns]
        )

    def column(self, name: str) -> Column:
        """The column called `name`; raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def check(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """Whole rows in key order; raises Refused naming table, row and column."""
        known = {column.name for column in self.columns}
        whole = []
        for number, row in enumerate(rows):
            stray = sorted(set(row) - known)
            if stray:
                where = f"{self.name} row {number}, {stray[0]}"
                raise refuse("unknown_column", "is not a column of this table.", where)
            whole.append(
                {c.name: _checked(c, row.get(c.name), self.name, number) for c in self.columns}
            )
        whole.sort(key=lambda row: tuple(map(_orderable, (row[name] for name in self.key))))
        for before, after in itertools.pairwise(whole):
            if all(before[name] == after[name] for name in self.key):
                shown = ", ".join(f"{name}={after[name]}" for name in self.key)
                raise refuse("same_key", f"two rows have the key {shown}.", self.name)
        return whole

    def to_arrow(self, rows: Iterable[Row]) -> pa.Table:
        """Checked and sorted rows as an Arrow table with the fixed schema."""
        return pa.Table.from_pylist(self.check(rows), schema=self.schema)


def _never_null(column: Column) -> bool:
    return column.needed or column.kind in ("texts", "ints", "floats")


def _orderable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else "")


def _checked(column: Column, value: Any, table: str, number: int) -> Any:
    if column.kind in ("texts", "ints", "floats"):
        values = () if value is None else value
        if isinstance(values, str) or not isinstance(values, Sequence):
            raise _bad(column, table, number, f"must be a list, not {value!r}.")
        return [_one(column, column.kind[:-1], item, table, number) for item in values]
    if value is None:
        if column.needed:
            raise _bad(column, table, number, "must not be empty.")
        return None
    return _one(column, column.kind, value, table, number)


def _one(column: Column, kind: str, value: Any, table: str, number: int) -> Any:
    good = isinstance(value, _PYTHON[kind]) and (kind == "bool" or not isinstance(value, bool))
    if not good:
        raise _bad(column, table, number, f"must be {kind}, not {value!r}.")
    if kind == "float":
        value = float(value)
        if not math.isfinite(value):
            raise _bad(column, table, number, "must be a finite number; leave it empty instead.")
    if column.values and value not in column.values:
        words = ", ".join(column.values)
        raise _bad(column, table, number, f"must be one of {words}; not {value!r}.")
    return value


def _bad(column: Column, table: str, number: int, says: str) -> Exception:
    return refuse("bad_value", says, f"{table} row {number}, {column.name}")
