"""The verbs around a release: exit codes, one JSON object last, one line per error."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import yesand
from tests.fakes import toy_release as toy
from yesand.cli.main import main


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("release") / "toy-1"
    # all three takes of train in one shard
    toy.write(out, shard_bytes=1_000_000)
    return out


@pytest.fixture
def made(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "toy-1"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*words: object) -> tuple[int, dict[str, Any], str]:
        with pytest.raises(SystemExit) as ended:
            main([*map(str, words), "--json"])
        shown = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return code, json.loads(shown.out.splitlines()[-1]), shown.err

    return call


def test_sample_writes_a_release_that_opens(tmp_path: Path, run: Any) -> None:
    code, found, _ = run("sample", tmp_path / "s", "--dyads", 1, "--takes", 1, "--seconds", 8)
    assert code == 0 and found["takes"] == 1 and found["says"].startswith("No human")
    assert len(yesand.open(tmp_path / "s")) == 1
    code, found, err = run("sample", tmp_path / "s")
    assert (
        code == 2 and "not an empty folder" in err and found["problems"][0]["code"] == "not_empty"
    )
    assert run("sample", tmp_path / "t", "--dyads", 0)[0] == 2


def test_verify_says_yes_or_names_every_file(made: Path, run: Any) -> None:
    code, found, _ = run("release", "verify", made)
    assert (code, found["title"], found["files"] > 20) == (0, "toy-1", True)
    assert run("release", "verify", made, "--key", toy.KEY.public.text)[1]["key"] == "as given"
    (made / "LICENSE").write_text("x")
    (made / "stray").touch()
    code, found, err = run("release", "verify", made)
    assert code == 1 and [p["where"] for p in found["problems"]] == ["LICENSE", "stray"]
    assert "yesand: stray: is not part of the release" in err
    code, found, _ = run("release", "verify", made, "--key", "00" * 32)
    assert code == 1 and found["problems"][0]["code"] == "wrong_signature"
    assert run("release", "verify", made / "maps")[0] == 2


def test_revoke_signs_a_notice_and_writes_a_successor(made: Path, tmp_path: Path, run: Any) -> None:
    (tmp_path / "key").write_text(toy.KEY.seed.hex())
    rest = ("--key", tmp_path / "key", "--out", tmp_path / "toy-2", "--on", "2026-03-01")
    code, found, err = run("release", "revoke", made, "--take", "take-001", *rest)
    assert code == 0, err
    assert (found["version"], found["withdrawn"]) == ("2", ["take-001"])
    assert found["shards_rewritten"] == ["shards/train-audio-000000.tar"]
    assert yesand.open(made).withdrawn == {"take-001"}, "the old folder honors it at once"
    new = yesand.open(tmp_path / "toy-2")
    assert new.takes == ["take-000", "take-002", "take-003", "take-004"]
    assert new.withdrawn == {"take-001"} and new["take-000"].a.video == b"film a" * 100
    assert b"take-001" not in b"".join(p.read_bytes() for p in (tmp_path / "toy-2").rglob("*.tar"))
    stone = new.feed.tombstones[0]
    assert (stone.at, stone.due, stone.releases) == ("2026-03-01", "2026-03-31", ("toy-1",))
    left = {r["reason"]: r["takes"] for r in new.table("left_out").to_pylist()}
    assert left == {"not_kept": 2, "withdrawn": 1}
    assert new.table("performers").num_rows == 8 and new.table("ratings").num_rows == 12
    sheet = (tmp_path / "toy-2" / "DATASHEET.md").read_text()
    assert "8 performers" in sheet.splitlines()[1] and "1 takes were withdrawn" in sheet


def test_revoke_twice_keeps_one_feed(made: Path, tmp_path: Path, run: Any) -> None:
    (tmp_path / "key").write_text(toy.KEY.seed.hex())
    for number, take in ((2, "take-001"), (3, "take-002")):
        out = tmp_path / f"toy-{number}"
        code, found, _ = run(
            "release",
            "revoke",
            tmp_path / f"toy-{number - 1}",
            "--take",
            take,
            "--key",
            tmp_path / "key",
            "--out",
            out,
        )
        assert code == 0 and found["feed_lines"] == number - 1 and found["version"] == str(number)
    assert yesand.open(out).takes == ["take-000", "take-003", "take-004"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("--take", "take-999", "--key", "KEY", "--out", "OUT"),
            "--take take-999: is not in this release",
        ),
        (("--take", "take-001", "--key", "none", "--out", "OUT"), "none: does not exist"),
        (("--take", "take-001", "--key", "BAD", "--out", "OUT"), "64 hexadecimal characters"),
        (("--take", "take-001", "--key", "OTHER", "--out", "OUT"), "not by the key given"),
        (
            ("--take", "take-001", "--key", "KEY", "--out", "OUT", "--on", "May"),
            "--on May: must be a day",
        ),
        (
            ("--take", "take-001", "--key", "KEY", "--out", "OUT", "--reason", "bored"),
            "must be one of withdrawn",
        ),
    ],
)
def test_revoke_refuses_and_leaves_everything(
    made: Path, tmp_path: Path, run: Any, words: tuple[str, ...], says: str
) -> None:
    for name, text in (("KEY", toy.KEY.seed.hex()), ("BAD", "zz"), ("OTHER", "00" * 32)):
        (tmp_path / name).write_text(text)
    places = [str(tmp_path / w) if w in ("KEY", "BAD", "OTHER", "OUT") else w for w in words]
    code, _, err = run("release", "revoke", made, *places)
    assert code == 2 and says in err
    assert not (tmp_path / "OUT").exists() and (made / "revocations.jsonl").read_bytes() == b""


def test_diff_says_what_moved(made: Path, tmp_path: Path, run: Any) -> None:
    tables = toy.tables(6)
    tables["takes"][0]["relationship"] = "rivals"
    toy.write(
        tmp_path / "toy-2", n=6, previous=made, version="2", tables=tables, shard_bytes=1_000_000
    )
    code, found, _ = run("release", "diff", made, tmp_path / "toy-2")
    assert code == 0 and found["takes_added"] == ["take-005"] and found["takes_gone"] == []
    assert found["takes_other_facts"] == ["take-000"] and found["takes_other_tracks"] == []
    assert found["shards_added"] == ["shards/train-audio-000001.tar"]
    assert found["shards_changed"] == ["shards/train-audio-000000.tar"]
    assert (
        0
        < found["fetch_bytes"]
        < sum(p.stat().st_size for p in (tmp_path / "toy-2").rglob("*") if p.is_file())
    )


def test_pull_from_a_folder_takes_over_what_is_there(made: Path, tmp_path: Path, run: Any) -> None:
    code, found, _ = run("pull", "toy-1", "--from", made.parent, "--out", tmp_path / "lab")
    assert code == 0 and found["bytes_kept"] == 0 and len(yesand.open(tmp_path / "lab")) == 5
    again = run("pull", "toy-1", "--from", made, "--out", tmp_path / "lab")[1]
    assert again["bytes_fetched"] == 0
    toy.write(tmp_path / "toy-2", n=4, previous=made, version="2", shard_bytes=1_000_000)
    found = run(
        "pull", "toy-2", "--from", tmp_path, "--out", tmp_path / "lab2", "--have", tmp_path / "lab"
    )[1]
    assert found["bytes_kept"] > found["bytes_fetched"] > 0
    code, _, err = run("pull", "toy-2", "--from", tmp_path, "--out", tmp_path / "lab")
    assert code == 2 and "holds something else" in err


def test_pull_goes_on_where_it_stopped_and_checks_bytes(
    made: Path, tmp_path: Path, run: Any
) -> None:
    shard = made / "shards" / "train-audio-000000.tar"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-1] + b"x")
    code, _, err = run("pull", "toy-1", "--from", made, "--out", tmp_path / "lab")
    assert code == 2 and "shards/train-audio-000000.tar: arrived with other bytes" in err
    assert not (tmp_path / "lab").exists()
    shard.write_bytes(whole)
    found = run("pull", "toy-1", "--from", made, "--out", tmp_path / "lab")[1]
    assert found["bytes_kept"] > 0 and len(yesand.open(tmp_path / "lab")) == 5


def test_pull_wants_the_right_key_before_any_shard(made: Path, tmp_path: Path, run: Any) -> None:
    code, _, err = run(
        "pull", "toy-1", "--from", made, "--out", tmp_path / "lab", "--key", "00" * 32
    )
    assert code == 2 and "not by the key given" in err
    assert not list((tmp_path / "lab.partial").rglob("*.tar"))


def test_feed_notes_withdrawals_in_the_release(made: Path, tmp_path: Path, run: Any) -> None:
    shutil.copytree(made, tmp_path / "copy")
    (tmp_path / "key").write_text(toy.KEY.seed.hex())
    run(
        "release",
        "revoke",
        made,
        "--take",
        "take-004",
        "--key",
        tmp_path / "key",
        "--out",
        tmp_path / "toy-2",
    )
    source = made / "revocations.jsonl"
    code, found, _ = run("feed", source, tmp_path / "copy")
    assert code == 0 and found["newly_left_out"] == ["take-004"] == [
        s["take"] for s in found["withdrawn"]
    ]
    assert "take-004" not in yesand.open(tmp_path / "copy").takes
    assert run("feed", source, tmp_path / "copy")[1]["newly_left_out"] == []
    assert (
        run("feed", source, "--key", toy.KEY.public.text)[1]["withdrawn"][0]["take"] == "take-004"
    )
    assert run("feed", source, "--key", "00" * 32)[0] == 2
    assert "--key: is needed" in run("feed", source)[2]
    assert run("feed", tmp_path / "none")[0] == 2
    assert "YESAND_TOKEN" in run("feed", "http://127.0.0.1:1")[2]


def test_verbs_of_the_lab_need_no_django(made: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('django', 'av', 'sklearn', 'psycopg', 'httpx'): sys.modules[name] = None\n"
        "from yesand.cli.main import main\n"
        "main(sys.argv[1:])\n"
    )
    for words in (
        ["release", "verify", made],
        ["sample", tmp_path / "s", "--dyads", "1", "--takes", "1", "--seconds", "8"],
        ["feed", made / "revocations.jsonl", made],
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, words), "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[-1])["ok"] is True
