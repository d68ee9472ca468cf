"""`yesand agree`: figures of a table of votes, and refusals that name file, row and column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from yesand.cli.main import main

VOTES = """item,rater,label,take
1,r1,joy,t1
1,r2,joy,t1
1,r3,anger,t1
2,r1,fear,t1
2,r2,fear,t1
3,r1,joy,t2
3,r2,anger,t2
3,r3,joy,t2
"""


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    out = capsys.readouterr()
    return int(ended.value.code or 0), out.out, out.err


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "votes.csv"
    file.write_text(VOTES)
    return file


def test_nominal_votes(capsys, table: Path):
    code, out, _ = run(capsys, "agree", table, "--json")
    found = json.loads(out.splitlines()[-1])
    assert code == 0 and found["ok"]
    assert (found["items"], found["raters"], found["votes"]) == (3, 3, 8)
    assert found["labels"] == ["anger", "fear", "joy"]
    # observed disagreement 4/8, expected 42/56 by hand: alpha = 1 - 0.5/0.75
    assert found["alpha"]["value"] == pytest.approx(1 / 3, abs=0.06)
    assert found["unique_majority"]["value"] == 1.0
    assert sum(found["shares"].values()) == pytest.approx(1.0, abs=1e-5)


def test_lines_for_people_and_clusters(capsys, table: Path):
    code, out, _ = run(capsys, "agree", table, "--cluster", "take", "--draws", 200)
    assert code == 0
    assert any(line.startswith("alpha ") for line in out.splitlines())


def test_numbers_and_orders(capsys, tmp_path: Path):
    file = tmp_path / "v.csv"
    file.write_text("item,rater,label\n1,a,2\n1,b,2\n2,a,5\n2,b,4\n3,a,1\n3,b,1\n")
    for level in ("interval", "ordinal"):
        code, out, _ = run(capsys, "agree", file, "--level", level, "--json")
        assert code == 0
        assert 0.8 < json.loads(out.splitlines()[-1])["alpha"]["value"] <= 1
    words = tmp_path / "w.csv"
    words.write_text("item,rater,label\n1,a,low\n1,b,high\n2,a,low\n2,b,low\n")
    code, _, err = run(capsys, "agree", words, "--level", "ordinal")
    assert code == 2 and "--order" in err
    code, out, _ = run(
        capsys, "agree", words, "--level", "ordinal", "--order", "low,high", "--json"
    )
    assert code == 0 and json.loads(out.splitlines()[-1])["labels"] == ["low", "high"]


def test_what_is_undefined_is_said_and_is_no_failure(capsys, tmp_path: Path):
    file = tmp_path / "v.csv"
    file.write_text("item,rater,label\n1,a,joy\n1,b,joy\n")
    code, out, _ = run(capsys, "agree", file)
    assert code == 0 and "undefined: every answer is the same" in out


@pytest.mark.parametrize(
    ("content", "code", "names"),
    [
        (None, "no_file", ""),
        ("", "no_column", "it has none"),
        ("item,rater\n1,a\n", "no_column", "label"),
        ("item,rater,label\n", "no_rows", "no votes"),
        ("item,rater,label\n1,a,joy\n2,,joy\n", "empty_cell", "line 3"),
        ("item,rater,label\n1,a\n", "empty_cell", "line 2"),
        ("item,rater,label\n1,a,joy\n1,a,joy\n", "twice", "Rater a answers item 1 twice"),
        (b"item,rater,label\n1,a,\xff\xfe\n", "not_text", "UTF-8"),
        ('item,rater,label\n1,a,"joy\n', "bad_csv", "no CSV table"),
    ],
)
def test_a_bad_table_is_one_line_naming_the_file(
    capsys, tmp_path: Path, content: str | bytes | None, code: str, names: str
):
    file = tmp_path / "votes.csv"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        file.write_text(content)
    exit_code, out, err = run(capsys, "agree", file, "--json")
    assert exit_code == 2
    assert err.count("\n") == 1 and "votes.csv" in err and names in err
    assert json.loads(out.splitlines()[-1])["problems"][0]["code"] == code


def test_bad_options_are_named(capsys, table: Path):
    assert run(capsys, "agree", table, "--level", "ratio")[0] == 2
    code, _, err = run(capsys, "agree", table, "--level", "interval")
    assert code == 2 and "'joy' is not a number" in err and "vote 1" in err
    code, _, err = run(capsys, "agree", table, "--order", "joy,fear")
    assert code == 2 and "anger" in err
