"""The wall and the floors, held over all tables: what the import law cannot see."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunPython, RunSQL
from django.db.migrations.state import ProjectState

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = REPOSITORY / "src" / "yesand"
CONTRACTS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]
# The top layer first in the file; data walks from the bottom up.
LAYERS = [
    [name.strip() for name in layer.split(":")]
    for layer in reversed(CONTRACTS["contracts"][0]["layers"])
]
FLOOR = {house: number for number, layer in enumerate(LAYERS) for house in layer}
MODELS = [m for m in apps.get_models() if m.__module__.startswith("yesand.")]
TABLES = {m._meta.db_table: m._meta.app_label for m in MODELS}

# Words of the glossary that a table may carry although its row is written otherwise there.
EXCEPTIONS = {
    "person": "people: everybody who signs in; the glossary names their roles",
    "limit": "lines and veils, as one kind of private limit",
    "client": "the organization a program is for",
    "membership": "a person's role in a program",
    "identity": "the vault's legal name and age proof",
    "payout detail": "the vault's account number of a payout",
    "terms": "text and version of what a grant signs",
    "take choice": "keep, hold or strike on the exit page",
    "epoch": "the consent epoch lock that publishing re-checks under",
    "accrual": "seconds of honest time before they are booked as a transfer",
    "batch": "sealed lines of the ledger, chained by hash",
    "access": "one line of the access log",
    "acceptance": "the producer's decision about a take",
    "roster place": "one person's place on the roster",
    "window": "one window of availability",
    "block": "a silent block between two performers",
    "copy share": "a player lets the other keep a copy of their side of a take",
    "play again": "mutual wish to be paired again",
    "schedule": "one week's pairings with their bound and gap",
    "seat": "one person's half of a booking",
    "hold": "quarter hours held for a booking",
    "place": "one person's place in a session: role, alias",
    "pause": "a declared gap asked for by a person",
    "offer count": "offers made in a program, so that each tenth is the empty control",
    "room message": "one line of the room log",
    "processing": "one run of post over a sealed take",
    "assignment": "an item given to a rater",
    "scene note": "the players' notes after a scene",
    "released take": "one take inside one release",
    "revocation": "the signed record behind a tombstone",
    "pull token": "what an engineer's pull signs in with",
    "pull": "one fetch of a release",
    "confirmation": "an engineer's word that a notice was honored",
    "trained model": "a model registered as trained on a release",
    "benchmark run": "one scoring of one model over one release",
}


def crossing():
    """Every relation of ours to another house's or a library's table."""
    for model in MODELS:
        for field in model._meta.get_fields():
            target = field.related_model if field.is_relation and not field.auto_created else None
            if target is not None and target._meta.app_label != model._meta.app_label:
                yield pytest.param(model, field, target, id=f"{model._meta.label}.{field.name}")


@pytest.mark.parametrize("model, field, target", list(crossing()))
def test_keys_point_left_or_down_and_nothing_leads_back(model, field, target):
    house, other = model._meta.app_label, target._meta.app_label
    if other not in FLOOR:
        assert other == "auth" and house == "people", f"{house} keeps its own tables"
        return
    assert FLOOR[other] < FLOOR[house], f"{house} points right, to {other}: hold an opaque id"
    assert field.remote_field.related_name == "+", "a way back is a hole in the wall"


def test_every_house_with_tables_is_on_a_floor():
    assert {m._meta.app_label for m in MODELS} <= set(FLOOR)
    assert len(MODELS) > 40


def test_no_query_walks_back_by_name():
    """`filter(**{"+__field": 1})` still works where related_name is "+"."""
    pattern = re.compile(r"""["']\+__""")
    found = [path for path in SOURCE.rglob("*.py") if pattern.search(path.read_text("utf-8"))]
    assert found == []


SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|FROM|JOIN|INTO|TABLE|TRIGGER|LOCK|VIEW)\b")


def strings_of(path: Path):
    """Every string of a module that looks like SQL; the parts of an f-string as one."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(p.value for p in node.values if isinstance(p, ast.Constant))
        if SQL.search(text):
            yield node.lineno, text


def test_no_sql_names_another_houses_table():
    found = []
    for path in SOURCE.rglob("*.py"):
        house = path.relative_to(SOURCE).parts[0]
        for line, text in strings_of(path):
            for table, owner in TABLES.items():
                if owner != house and re.search(rf"\b{table}\b", text):
                    found.append(f"{path.relative_to(SOURCE)}:{line} names {table}")
            if house != "infra" and re.search(r"\bprocrastinate_\w+", text):
                found.append(f"{path.relative_to(SOURCE)}:{line} names the queue's tables")
    assert found == []


def words_of_glossary() -> set[str]:
    rows = (REPOSITORY / "GLOSSARY.md").read_text("utf-8").splitlines()
    names = [row.split("|")[1] for row in rows if row.startswith("|")][2:]
    return {word.strip() for name in names for word in re.split(r"[,=]", name)}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_table_is_called_by_a_word_of_the_glossary(model):
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__).lower()
    known = words_of_glossary()
    assert plain in known | set(EXCEPTIONS), f"{plain!r} is no word of GLOSSARY.md"
    table = model._meta.db_table
    assert table == f"{model._meta.app_label}_{plain.replace(' ', '')}"


def test_every_exception_is_still_needed():
    plain = {re.sub(r"(?<=[a-z])(?=[A-Z])", " ", m.__name__).lower() for m in MODELS}
    assert set(EXCEPTIONS) <= plain


# --- migrations -----------------------------------------------------------------------------

LOADER = MigrationLoader(None, ignore_no_migrations=True)
OURS = sorted({m._meta.app_label for m in MODELS})


def test_models_and_migrations_say_the_same():
    changes = MigrationAutodetector(LOADER.project_state(), ProjectState.from_apps(apps)).changes(
        graph=LOADER.graph
    )
    assert {app: [str(m) for m in made] for app, made in changes.items() if app in OURS} == {}


@pytest.mark.parametrize("house", OURS)
def test_migrations_are_one_line_forward(house):
    assert len(LOADER.graph.leaf_nodes(house)) == 1
    for (app, name), migration in LOADER.disk_migrations.items():
        if app != house:
            continue
        assert re.fullmatch(r"\d{4}_\w+", name)
        assert not migration.replaces, f"{name} rewrites the past"
        kinds = {isinstance(step, RunPython) for step in migration.operations}
        assert len(kinds) < 2, f"{name} changes tables and rows in one: make it two"
        sql = [step for step in migration.operations if isinstance(step, RunSQL)]
        for step in sql:
            assert SQL.search(str(step.sql)) or "CREATE" in str(step.sql)
