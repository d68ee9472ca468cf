"""`yesand match`: pairs for a week from two tables, and refusals that name file and line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from yesand.cli.main import run

PEOPLE = """id,languages,split_pool,blocked,met,again,consented
ada,en es,train,,,,
noor,en,train,cem,,,
cem,en,train,,,,
dot,es,train,,,,
eve,en,test,,,,
fay,en,train,,,,no
"""
WINDOWS = """id,day,start,end,zone
ada,Monday,18:00,20:00,Europe/Madrid
noor,Monday,17:00,19:00,UTC
cem,Monday,17:00,19:00,UTC
dot,Tuesday,10:00,11:00,UTC
eve,Monday,17:00,19:00,UTC
fay,Monday,17:00,19:00,UTC
"""


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path]:
    people, windows = tmp_path / "people.csv", tmp_path / "windows.csv"
    people.write_text(PEOPLE)
    windows.write_text(WINDOWS)
    return people, windows


def test_a_week_is_paired_under_the_filters(tables, tmp_path, capsys):
    out = tmp_path / "pairs.csv"
    words = [*map(str, tables), "--week", "2027-01-06", "--json", "--out", str(out)]
    assert run(["match", *words]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["ok"], found["week"], found["people"]) == (True, "2027-01-04", 6)
    # ada is free 17:00 to 19:00 UTC that week; noor and cem never meet, eve is another pool
    pairs = [{p["a"], p["b"]} for p in found["pairs"]]
    assert len(pairs) == 2 and {"ada", "noor"} in pairs and {"ada", "cem"} in pairs
    starts = sorted(p["starts_at"] for p in found["pairs"])
    assert starts == ["2027-01-04T17:00:00+00:00", "2027-01-04T18:00:00+00:00"]
    left = found["left_out"]
    assert left["not_available_together"] == 1 and left["no_consent"] == 5
    assert left["split_pool"] == 3 and left["no_shared_time"] == 1
    assert found["gap"] <= 1e-4
    rows = list(csv.DictReader(out.open()))
    assert [r["starts_at"] for r in rows] == starts and "free at this time" in rows[0]["why"]
    assert run(["match", *words]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == found, "the same every time"


def test_only_what_is_needed_and_no_more_than_asked(tables, capsys):
    words = [*map(str, tables), "--week", "2027-01-04", "--json"]
    for more, pairs in (
        (["--bookings", "1"], 1),
        (["--need", "fi=1"], 0),
        (["--minutes", "180"], 0),
    ):
        assert run(["match", *words, *more]) == 0
        assert len(json.loads(capsys.readouterr().out.splitlines()[-1])["pairs"]) == pairs


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("people", "id,languages\nada,en\nada,en\n", "people.csv line 3: ada is there twice."),
        ("people", "id,languages\nada,\n", "people.csv line 2: languages is empty."),
        ("people", "id\nada\n", "people.csv: It has no column languages."),
        ("people", "id,languages,adult\nada,en,maybe\n", "adult must be yes or no."),
        ("people", "id,languages,had\nada,en,-1\n", "had must be a whole number."),
        ("people", "id,languages\n", "It holds no rows."),
        ("people", b"\xff\xfe", "It is not UTF-8 text."),
        ("windows", "id,day,start,end,zone\nada,Someday,1:00,2:00,UTC\n", "day must be one of"),
        ("windows", "id,day,start,end,zone\nada,Monday,9,10,UTC\n", "read like 19:30"),
        ("windows", "id,day,start,end,zone\nada,Monday,09:00,10:00,Mars\n", "not a time zone"),
        ("windows", "id,day,start,end,zone\nada,Monday,22:00,02:00,UTC\n", "two rows"),
        ("windows", "id,day,start,end,zone\nzoe,Monday,09:00,10:00,UTC\n", "zoe is not in"),
    ],
)
def test_bad_tables_name_file_and_line(tables, capsys, file, text, says):
    path = tables[0] if file == "people" else tables[1]
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert run(["match", *map(str, tables), "--week", "2027-01-04"]) == 2
    assert says in capsys.readouterr().err


def test_bad_options(tables, capsys):
    for more in (
        ["--week", "soon"],
        ["--week", "2027-01-04", "--need", "en=2"],
        ["--week", "2027-01-04", "--acquaintance", "friends"],
    ):
        assert run(["match", *map(str, tables), *more]) == 2
        assert more[-2].split("=")[0] in capsys.readouterr().err
    assert run(["match", "none.csv", str(tables[1]), "--week", "2027-01-04"]) == 2
