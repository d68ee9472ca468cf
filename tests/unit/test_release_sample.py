"""`write_sample`: robots only, every table filled, the same bytes for a seed."""

from pathlib import Path

import pytest

import yesand
from yesand.formats.release_files import list_files, verify
from yesand.formats.release_tables import BY_NAME
from yesand.kit.errors import Refused
from yesand.release.robot_sample import sample_key, write_sample
from yesand.release.robot_scenes import Scene, scenes


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample") / "s"
    write_sample(out, dyads=3, takes=2, seconds=8.0, seed=5)
    return out


def test_the_same_seed_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    write_sample(tmp_path / "again", dyads=3, takes=2, seconds=8.0, seed=5)
    assert list_files(made) == list_files(tmp_path / "again")
    for path in list_files(made):
        assert (made / path).read_bytes() == (tmp_path / "again" / path).read_bytes(), path


def test_says_first_that_no_human_is_in_it(made: Path) -> None:
    first, second, *_ = (made / "DATASHEET.md").read_text().splitlines()
    assert first == "No human is in this release."
    assert second.startswith(
        "0.01 hours, 6 performers, largest share of one performer 16.7%, effective number"
    )
    assert "No human is in this release." in (made / "README.md").read_text()


def test_every_table_but_left_out_is_filled_and_marked_robot(made: Path) -> None:
    release = yesand.open(made)
    for name in BY_NAME:
        assert (release.table(name).num_rows > 0) == (name != "left_out"), name
    assert set(release.table("ratings")["rater_kind"].to_pylist()) == {"robot"}
    assert set(release.table("performers")["kind"].to_pylist()) == {"robot"}
    assert all(not p for p in release.table("consent")["purposes"].to_pylist())
    views = set(release.table("labels")["view"].to_pylist())
    assert views == {"intended", "character", "partner", "observer"}
    checked = verify(made, sample_key(5).public)
    assert checked.info.kind == "robots" and checked.info.seeds == {"sample": 5}
    assert "not origin" in checked.info.signing.note


def test_people_hear_both_and_cues_have_their_items(made: Path) -> None:
    for dyad in yesand.open(made):
        assert len(dyad.a.samples) == len(dyad.b.samples) == 8 * 48000
        assert dyad.a.samples.std() > 0.005 < dyad.b.samples.std()
        assert [label["target_role"] for label in dyad.labels("observer")] == [
            c["role"] for c in dyad.cues
        ]
        assert min(label["n"] for label in dyad.labels("observer")) >= 3
        assert dyad.words and dyad.turns and dyad.prompt


def test_gaps_are_zero_and_listed(made: Path) -> None:
    gaps = [d for d in yesand.open(made) if d.b.gaps]
    assert len(gaps) == 1
    span = gaps[0].b.gaps[0]
    assert span.length == pytest.approx(0.25) and not gaps[0].b.slice(span.start, span.end).any()


def test_pools_share_nobody(made: Path) -> None:
    release = yesand.open(made)
    of = {
        name: set(release.split(name).table("performers")["pseudonym"].to_pylist())
        for name in ("train", "dev", "test")
    }
    assert (
        all(of.values())
        and not of["train"] & of["dev"]
        and not of["train"] & of["test"]
        and not of["dev"] & of["test"]
    )


def test_many_pairs_share_performers_in_chains_and_cover_every_feeling() -> None:
    import numpy as np

    made: list[Scene] = list(scenes(40, 2, 20.0, np.random.default_rng(1)))
    aims = [m.cue["aim_emotion"] for scene in made for m in scene.moments]
    assert len(made) == 80 and len({s.dyad_id for s in made}) == 40
    assert aims.count("joy") > 2 * aims.count("disgust") > 0
    assert 0.05 < aims.count(None) / len(aims) < 0.16
    robots = {r.pseudonym for s in made for r in s.robots}
    assert 40 < len(robots) < 80
    assert all(s.robots[0].split == s.robots[1].split for s in made)


def test_a_folder_in_use_is_left_alone(made: Path) -> None:
    with pytest.raises(Refused, match="not an empty folder"):
        write_sample(made, dyads=1, seconds=8.0)
