"""A release: the same bytes twice, whole or refused, and what does not belong is named."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import yesand
from tests.fakes import toy_release as toy
from yesand.formats.release_content import Layout, TakeMedia
from yesand.formats.release_files import list_files, verify
from yesand.formats.release_write import write_release
from yesand.formats.signing import SigningKey
from yesand.kit.errors import Refused
from yesand.kit.spans import Span


def same(one: Path, other: Path) -> bool:
    paths = list_files(one)
    return paths == list_files(other) and all(
        (one / p).read_bytes() == (other / p).read_bytes() for p in paths
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("release") / "toy-1"
    toy.write(out)
    return out


def row(folder: Path, table: str, **match: Any) -> dict[str, Any]:
    rows = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return next(r for r in rows if all(r[k] == v for k, v in match.items()))


def test_the_same_inputs_give_the_same_bytes(made: Path, tmp_path: Path) -> None:
    toy.write(tmp_path / "again")
    assert same(made, tmp_path / "again")


def test_everything_of_the_plan_is_there(made: Path) -> None:
    there = set(list_files(made))
    tables = "takes dyads performers prompts cues segments turns words items ratings labels traces quality consent left_out"
    papers = "release.json release.sig LICENSE DATASHEET.md croissant.json dictionary.json README.md notebook.ipynb errata.jsonl revocations.jsonl"
    wanted = {f"{t}.parquet" for t in tables.split()} | set(papers.split())
    wanted |= {f"maps/{m}.json" for m in ("msp-8", "iemocap-4", "crema-6", "ekman-7")}
    wanted |= {
        f"shards/{s}.tar"
        for s in (
            "train-audio-000000",
            "train-audio-000001",
            "train-audio-000002",
            "dev-audio-000000",
            "test-audio-000000",
            "train-video-000000",
            "dev-video-000000",
        )
    }
    assert there == wanted
    json.loads((made / "notebook.ipynb").read_text())


def test_derived_columns_come_from_the_tracks_and_the_tables(made: Path) -> None:
    take = row(made, "takes", take_id="take-001")
    assert (take["samples"], take["duration_s"], take["gap_s_a"]) == (4800, 0.1, 0.0)
    assert take["gap_s_b"] == pytest.approx(0.01)
    assert (take["n_cues"], take["has_words"], take["observers_n"], take["errata_n"]) == (
        1,
        True,
        3,
        0,
    )
    assert row(made, "takes", take_id="take-000")["errata_n"] == 1
    gap = row(made, "segments", take_id="take-001", kind="gap")
    assert (gap["role"], gap["start"], gap["end"]) == ("b", 0.01, 0.02)
    dyad = row(made, "dyads", dyad_id="d2")
    assert (dyad["performer_1"], dyad["takes"]) == ("p02aaaaaaaa", 1)


def test_what_few_performers_state_is_left_empty(made: Path) -> None:
    assert row(made, "performers", pseudonym="p00aaaaaaaa")["accent"] is None
    assert row(made, "performers", pseudonym="p01aaaaaaaa")["accent"] == "plain"
    assert row(made, "performers", pseudonym="p01aaaaaaaa")["hours"] == pytest.approx(0.1 / 3600)


def test_a_rebuild_from_the_layout_alone_equals_a_successor(made: Path, tmp_path: Path) -> None:
    toy.write(tmp_path / "two", n=4, previous=made, version="2")
    info = verify(made).info
    layout = Layout.of(info, pq.read_table(made / "takes.parquet").to_pylist())
    write_release(
        tmp_path / "rebuilt", toy.contents(4, version="2"), toy.media, toy.KEY, layout=layout
    )
    paths = [p for p in list_files(tmp_path / "two") if not p.startswith("release.")]
    for path in paths:
        assert (tmp_path / "two" / path).read_bytes() == (
            tmp_path / "rebuilt" / path
        ).read_bytes(), path


def test_a_successor_rewrites_only_the_shards_that_lost_a_take(tmp_path: Path) -> None:
    big = {"shard_bytes": 1_000_000}
    toy.write(tmp_path / "one", n=5, **big)
    asked: list[str] = []

    def media(take: str) -> TakeMedia:
        asked.append(take)
        return toy.media(take)

    gone = toy.contents(5, version="2", **big)
    tables = {
        k: [
            r
            for r in v
            if r.get("take_id") != "take-001" and not str(r.get("item_id", "")).startswith("i1")
        ]
        for k, v in gone.tables.items()
    }
    info = write_release(
        tmp_path / "two",
        toy.contents(5, version="2", tables=tables, **big),
        media,
        toy.KEY,
        previous=tmp_path / "one",
    )
    before = {p.name: p.read_bytes() for p in (tmp_path / "one" / "shards").iterdir()}
    after = {p.name: p.read_bytes() for p in (tmp_path / "two" / "shards").iterdir()}
    assert before.keys() == after.keys()
    assert [name for name in sorted(before) if before[name] != after[name]] == [
        "train-audio-000000.tar"
    ]
    assert b"take-001" not in after["train-audio-000000.tar"]
    assert asked == []
    assert info.predecessor is not None and info.predecessor.version == "1"


def test_a_new_take_goes_to_a_new_shard_and_no_number_comes_back(tmp_path: Path) -> None:
    toy.write(tmp_path / "one", n=2)
    toy.write(tmp_path / "two", n=1, previous=tmp_path / "one", version="2")
    toy.write(tmp_path / "three", n=3, previous=tmp_path / "two", version="3")
    assert row(tmp_path / "three", "takes", take_id="take-000")["shard"] == "train-audio-000000"
    assert row(tmp_path / "three", "takes", take_id="take-001")["shard"] == "train-audio-000002"


def test_a_take_whose_measures_changed_is_made_again(tmp_path: Path) -> None:
    toy.write(tmp_path / "one", n=2)
    tables = toy.tables(2)
    tables["takes"][0]["pipeline_version"] = "2"
    asked: list[str] = []

    def media(take: str) -> TakeMedia:
        asked.append(take)
        return toy.media(take)

    write_release(
        tmp_path / "two",
        toy.contents(2, version="2", tables=tables),
        media,
        toy.KEY,
        previous=tmp_path / "one",
    )
    assert asked == ["take-000"]


def test_a_take_keeps_its_split(tmp_path: Path) -> None:
    toy.write(tmp_path / "one", n=1)
    tables = toy.tables(1)
    tables["takes"][0]["split"] = "dev"
    with pytest.raises(Refused, match=r"take-000.*cannot move to dev"):
        toy.write(tmp_path / "two", n=1, previous=tmp_path / "one", tables=tables)


@pytest.mark.parametrize(
    ("table", "change", "says"),
    [
        ("takes", {"split": "half"}, "takes row 0, split: must be one of train, dev, test"),
        ("takes", {"performer_a": None}, "takes row 0, performer_a: must not be empty"),
        ("takes", {"mood": 1}, "takes row 0, mood: is not a column"),
        ("takes", {"drift_ppm": float("nan")}, "takes row 0, drift_ppm: must be a finite number"),
        ("takes", {"take_id": "a.b"}, "may hold letters"),
        ("takes", {"use": "evaluation"}, "takes of take-000, use: was ordered for evaluation"),
        ("takes", {"performer_b": "p00aaaaaaaa"}, "plays both roles"),
        ("takes", {"performer_a": "p03aaaaaaaa"}, "performer p03aaaaaaaa: is in dev and train"),
        ("takes", {"performer_a": "nobody"}, "performer_a: is not in table performers"),
        ("takes", {"prompt_version": 9}, "prompt_id: this version is not in table prompts"),
        ("cues", {"take_id": "take-009"}, "cues of take-009, take_id: take-009 is not in this"),
        ("cues", {"aim_emotion": "hunger"}, "cues row 0, aim_emotion: must be one of"),
        ("items", {"end": 0.3}, "0.01 to 0.3 s is not inside the take"),
        ("ratings", {"rater_kind": "model"}, "judgements of models do not stand beside"),
        ("labels", {"n": 4}, "counts that add up to n = 4"),
        ("labels", {"p_fused": [1.0]}, "must be a distribution"),
        ("traces", {"raw": [0.0]}, "one value for each time"),
        ("consent", {"purposes": ["publication"]}, "role a did not grant recognition_training"),
        ("consent", {"role": "b", "take_id": "take-001"}, "two rows have the key"),
    ],
)
def test_what_does_not_belong_is_named(
    tmp_path: Path, table: str, change: dict[str, Any], says: str
) -> None:
    tables = toy.tables()
    tables[table][0].update(change)
    with pytest.raises(Refused) as caught:
        toy.write(tmp_path / "x", tables=tables)
    assert says in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("media", "says"),
    [
        (TakeMedia(np.zeros(10, np.int32), np.zeros(11, np.int32)), "differ in length"),
        (TakeMedia(np.zeros(10, np.float32), np.zeros(10, np.int32)), "track a is not"),
        (TakeMedia(np.full(10, 1 << 23, np.int32), np.zeros(10, np.int32)), "does not fit 24 bits"),
        (
            TakeMedia(np.ones(480, np.int32), np.ones(480, np.int32), (Span(0, 0.001),)),
            "not zero-filled",
        ),
        (
            TakeMedia(np.zeros(480, np.int32), np.zeros(480, np.int32), (), (Span(0, 1),)),
            "outside the track",
        ),
    ],
)
def test_broken_tracks_are_named(tmp_path: Path, media: TakeMedia, says: str) -> None:
    with pytest.raises(Refused, match=says) as caught:
        write_release(tmp_path / "x", toy.contents(1), lambda _: media, toy.KEY)
    assert "take take-000" in str(caught.value)


@pytest.mark.parametrize(
    "change", [{"version": "one"}, {"name": "A b"}, {"made_on": "today"}, {"license": " "}]
)
def test_a_release_has_a_name_a_version_a_day_and_a_license(
    tmp_path: Path, change: dict[str, str]
) -> None:
    with pytest.raises(Refused, match=f"^{next(iter(change))}: is not usable"):
        toy.write(tmp_path / "x", **change)


def test_consent_to_a_film_that_is_not_there_is_no_fault(tmp_path: Path) -> None:
    asked: list[str] = []

    def media(take: str) -> TakeMedia:
        asked.append(take)
        made = toy.media(take)
        return dataclasses.replace(
            made, video_a=None, video_b=None if take == "take-000" else made.video_b
        )

    write_release(tmp_path / "one", toy.contents(4), media, toy.KEY)
    assert row(tmp_path / "one", "takes", take_id="take-000")["video_shard"] is None
    dark = yesand.open(tmp_path / "one")["take-003"]
    assert dark.a.video is None and dark.b.video == b"film b" * 90
    asked.clear()
    write_release(
        tmp_path / "two", toy.contents(4, version="2"), media, toy.KEY, previous=tmp_path / "one"
    )
    assert asked == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "note").touch()
    with pytest.raises(Refused, match="not an empty folder"):
        toy.write(tmp_path / "x")


def test_another_key_cannot_follow(made: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not by the key given"):
        write_release(
            tmp_path / "x",
            toy.contents(version="2"),
            toy.media,
            SigningKey(bytes(32)),
            previous=made,
        )


def test_a_changed_predecessor_is_refused(tmp_path: Path) -> None:
    toy.write(tmp_path / "one", n=2)
    shard = tmp_path / "one" / "shards" / "train-audio-000001.tar"
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    with pytest.raises(Refused, match=r"train-audio-000001\.tar: of the release before"):
        toy.write(tmp_path / "two", n=2, previous=tmp_path / "one", version="2")
    assert not (tmp_path / "two").exists()
