"""Do the tables of a release belong together? One clear error each, naming table and row.

The writer runs this before a byte is signed: what refers to something that is not there, a
performer in two splits, a judgement without its order, a grant that is missing.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from yesand.formats.emotions import COUNTED
from yesand.formats.release_columns import Row
from yesand.formats.release_content import Contents
from yesand.formats.release_words import ROLES
from yesand.kit.errors import Problem, Refused

Rows = Sequence[Row]
#: A span may end this much after the tracks do: times are rounded on the way here.
SLACK_S = 0.05
MOST = 20
#: A WebDataset key ends at its first dot.
_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}")


def check_tables(tables: Mapping[str, Rows], contents: Contents) -> None:
    """What rows say about each other, before any track is made; raises Refused with at most 20.

    tables: rows that fit their schemas, by name.
    """
    _refuse(
        itertools.chain(
            _takes(tables, contents),
            _references(tables),
            _splits(tables["takes"]),
            _consent(tables, contents.purpose),
            _judgements(tables, contents.kind),
        )
    )


def check_spans(tables: Mapping[str, Rows]) -> None:
    """Spans lie inside their takes, whose length is known by now; raises Refused."""
    _refuse(_spans(tables))


def _refuse(problems: Iterator[Problem]) -> None:
    found = list(itertools.islice(problems, MOST))
    if found:
        raise Refused(*found)


def _problem(table: str, row: Row, column: str, says: str) -> Problem:
    name = row.get("take_id") or row.get("item_id") or row.get("pseudonym") or "?"
    return Problem("bad_table", f"{table} of {name}, {column}", says)


def _references(tables: Mapping[str, Rows]) -> Iterator[Problem]:
    takes = {row["take_id"] for row in tables["takes"]}
    items = {row["item_id"] for row in tables["items"]}
    for name in ("cues", "segments", "turns", "words", "items", "quality", "consent"):
        yield from _absent(name, tables[name], "take_id", takes)
    for name in ("ratings", "labels", "traces"):
        yield from _absent(name, tables[name], "item_id", items)
    known = {row["pseudonym"] for row in tables["performers"]}
    prompts = {(row["prompt_id"], row["version"]) for row in tables["prompts"]}
    for row in tables["takes"]:
        for role in ROLES:
            if row[f"performer_{role}"] not in known:
                column = f"performer_{role}"
                yield _problem("takes", row, column, "is not in table performers.")
        prompt = (row["prompt_id"], row["prompt_version"])
        if row["prompt_id"] is not None and prompt not in prompts:
            yield _problem("takes", row, "prompt_id", "this version is not in table prompts.")


def _absent(table: str, rows: Rows, column: str, there: set[Any]) -> Iterator[Problem]:
    for row in rows:
        if row[column] not in there:
            yield _problem(table, row, column, f"{row[column]} is not in this release.")


def _takes(tables: Mapping[str, Rows], contents: Contents) -> Iterator[Problem]:
    for row in tables["takes"]:
        if not _KEY.fullmatch(row["take_id"]):
            yield _problem("takes", row, "take_id", "may hold letters, digits, - and _ only.")
        if row["use"] != contents.use:
            says = f"was ordered for {row['use']}; this release is for {contents.use}."
            yield _problem("takes", row, "use", says)
        if row["performer_a"] == row["performer_b"]:
            yield _problem("takes", row, "performer_b", "plays both roles.")
        for role in ROLES:
            if contents.kind == "robots" and row[f"player_kind_{role}"] == "human":
                says = "is human; a release of robots holds none."
                yield _problem("takes", row, f"player_kind_{role}", says)


def _splits(takes: Rows) -> Iterator[Problem]:
    dyads: dict[str, set[str]] = defaultdict(set)
    performers: dict[str, set[str]] = defaultdict(set)
    for row in takes:
        dyads[row["dyad_id"]].add(row["split"])
        for role in ROLES:
            performers[row[f"performer_{role}"]].add(row["split"])
    yield from _in_two("dyad", dyads)
    yield from _in_two("performer", performers)
    pairs: dict[str, set[frozenset[str]]] = defaultdict(set)
    for row in takes:
        pairs[row["dyad_id"]].add(frozenset((row["performer_a"], row["performer_b"])))
    for dyad, who in sorted(pairs.items()):
        if len(who) > 1:
            yield Problem("bad_table", f"takes, dyad {dyad}", "names different pairs.")


def _in_two(what: str, seen: Mapping[str, set[str]]) -> Iterator[Problem]:
    for name, splits in sorted(seen.items()):
        if len(splits) > 1:
            says = f"is in {' and '.join(sorted(splits))}; splits share nobody."
            yield Problem("leak", f"takes, {what} {name}", says)


def _consent(tables: Mapping[str, Rows], purpose: str) -> Iterator[Problem]:
    given = {(row["take_id"], row["role"]): row for row in tables["consent"]}
    for row in tables["takes"]:
        for role in ROLES:
            grant = given.get((row["take_id"], role))
            if grant is None:
                yield _problem("consent", row, "role", f"has no row for role {role}.")
            elif row[f"player_kind_{role}"] == "human" and purpose not in grant["purposes"]:
                says = f"role {role} did not grant {purpose}."
                yield _problem("consent", row, "purposes", says)


def _spans(tables: Mapping[str, Rows]) -> Iterator[Problem]:
    length = {row["take_id"]: row["duration_s"] for row in tables["takes"]}
    for name in ("segments", "turns", "words", "items"):
        for row in tables[name]:
            end = length.get(row["take_id"])
            if end is not None and not 0 <= row["start"] <= row["end"] <= end + SLACK_S:
                says = f"{row['start']} to {row['end']} s is not inside the take ({end} s)."
                yield _problem(name, row, "start", says)


def _judgements(tables: Mapping[str, Rows], kind: str) -> Iterator[Problem]:
    for name in ("ratings", "traces"):
        for row in tables[name]:
            if kind == "people" and row["rater_kind"] != "human":
                says = "is not human; judgements of models do not stand beside those of people."
                yield _problem(name, row, "rater_kind", says)
    for row in tables["labels"]:
        if len(row["counts"]) != len(COUNTED) or sum(row["counts"]) != row["n"]:
            says = f"must hold {len(COUNTED)} counts that add up to n = {row['n']}."
            yield _problem("labels", row, "counts", says)
        if row["p_fused"] and not _distribution(row["p_fused"]):
            yield _problem("labels", row, "p_fused", "must be a distribution in the same order.")
    for row in tables["traces"]:
        if len(row["t"]) != len(row["raw"]) or len(row["shifted"]) not in (0, len(row["t"])):
            yield _problem("traces", row, "t", "must have one value for each time.")


def _distribution(values: Iterable[float]) -> bool:
    listed = list(values)
    return len(listed) == len(COUNTED) and min(listed) >= 0 and abs(sum(listed) - 1) < 1e-6
