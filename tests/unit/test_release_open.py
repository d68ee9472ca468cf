"""Opening a release: three lines, the signed bytes or one clear error, withdrawals honored."""

import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

import yesand
from tests.fakes import toy_release as toy
from yesand.formats.release_files import verify
from yesand.formats.revocations import Feed, append, extend, read_feed, tombstone_line
from yesand.formats.signing import SigningKey
from yesand.kit.errors import Refused


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("release") / "toy-1"
    toy.write(out)
    return out


@pytest.fixture
def made(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "toy-1"))


def buried(
    take: str, feed: Feed | None = None, key: SigningKey = toy.KEY, name: str = "program"
) -> Feed:
    return append(
        key,
        feed or Feed(),
        name,
        [(take, ["toy-1"], ["ab"])],
        reason="withdrawn",
        at="2026-03-01",
        due="2026-03-31",
    )


def test_three_lines_give_synchronized_dyads(made: Path) -> None:
    seen = []
    for dyad in yesand.open(made):
        seen.append(
            (
                dyad.take_id,
                dyad.a.samples.shape,
                dyad.b.samples.shape,
                dyad.cues[0]["action"],
                dyad.labels("observer")[0]["n"],
            )
        )
    assert [s[0] for s in seen] == [toy.take_id(i) for i in range(5)]
    assert seen[0][1:] == ((4800,), (4800,), "Let them off the hook", 3)


def test_samples_are_the_captured_ones(made: Path) -> None:
    dyad = yesand.open(made)["take-001"]
    media = toy.media("take-001")
    assert (dyad.a.integers == media.a).all() and (dyad.b.integers == media.b).all()
    assert dyad.a.samples.dtype == np.float32 and dyad.rate == dyad.a.rate == 48000
    assert dyad.a.samples == pytest.approx(media.a / 2**23)
    assert [(g.start, g.end) for g in dyad.b.gaps] == [(0.01, 0.02)] and dyad.a.gaps == ()
    assert (dyad.b.slice(0.01, 0.02) == 0).all() and len(dyad.track("b").slice(0.01, 0.02)) == 480
    assert dyad.duration_s == 0.1
    assert repr(dyad) == "<Dyad take-001: train, 0.1 s, friends, en, 1 cues>"


def test_what_is_said_about_a_take(made: Path) -> None:
    release = yesand.open(made)
    dyad = release["take-000"]
    label = dyad.labels("observer")[0]
    assert label["distribution"]["joy"] == pytest.approx(2 / 3)
    assert label["start"] == 0.01 and dyad.labels("partner") == []
    assert {r["primary"] for r in dyad.ratings("observer")} == {"joy", "affection"}
    assert len(dyad.ratings()) == 3 and dyad.ratings("own") == []
    assert dyad.prompt is not None and dyad.prompt["title"] == "The Last Key"
    assert [w["word"] for w in dyad.words] == ["keys"] and len(dyad.turns) == 1
    assert release["take-001"].segments[0]["kind"] == "gap"
    with pytest.raises(Refused, match="must be one of intended"):
        dyad.labels("mine")


def test_video_only_where_it_is_consented(made: Path) -> None:
    release = yesand.open(made)
    assert release["take-000"].a.video == b"film a" * 100
    assert release["take-003"].b.video == b"film b" * 90
    assert release["take-001"].a.video is None


def test_a_part_of_a_release(made: Path) -> None:
    dev = yesand.open(made, split="dev")
    assert dev.takes == ["take-003"] and len(dev) == 1
    assert yesand.open(made).split("test").takes == ["take-004"]
    assert dev.table("takes")["take_id"].to_pylist() == ["take-003"]
    assert dev.table("ratings").num_rows == 3
    assert dev.table("performers").num_rows == 2 and dev.table("dyads").num_rows == 1
    assert dev.table("prompts").num_rows == 1
    assert "dev" in repr(dev)
    for call in (
        lambda: yesand.open(made, split="half"),
        lambda: dev.split("half"),
        lambda: dev.table("moods"),
    ):
        with pytest.raises(Refused, match="must be one of"):
            call()
    with pytest.raises(KeyError):
        dev["take-000"]


def test_opens_by_folder_file_or_the_folder_around(made: Path, tmp_path: Path) -> None:
    assert (
        len(yesand.open(str(made)))
        == len(yesand.open(made / "release.json"))
        == len(yesand.open(tmp_path))
        == 5
    )
    shutil.copytree(made, tmp_path / "toy-2")
    with pytest.raises(Refused, match="holds 2 releases; name one of toy-1, toy-2"):
        yesand.open(tmp_path)
    for where, says in (
        (tmp_path / "no", "does not exist"),
        (made / "maps", "holds no release.json"),
        (made / "LICENSE", "is not a folder"),
    ):
        with pytest.raises(Refused, match=says):
            yesand.open(where)


def _flip(path: Path, at: int = 100) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (
            lambda d: _flip(d / "takes.parquet"),
            "^takes.parquet: has other bytes than when it was signed",
        ),
        (
            lambda d: _flip(d / "shards/train-audio-000001.tar", 9000),
            "^shards/train-audio-000001.tar: has other bytes",
        ),
        (lambda d: (d / "cues.parquet").unlink(), "^cues.parquet: is missing"),
        (lambda d: (d / "extra.txt").touch(), "^extra.txt: is not part of the release"),
        (lambda d: (d / "LICENSE").write_text("MIT"), "^LICENSE: holds 3 bytes instead of 26"),
        (lambda d: (d / "release.sig").unlink(), "^release.sig: is missing"),
        (lambda d: _flip(d / "release.sig", 40), "^release.sig: is not"),
        (
            lambda d: (d / "release.json").write_bytes(
                (d / "release.json").read_bytes().replace(b'"toy"', b'"yot"')
            ),
            "^release.json: was changed after it was signed",
        ),
        (lambda d: (d / "release.json").write_text("{}"), "^schema: is missing"),
        (lambda d: (d / "release.json").write_text("x"), "^release.json: is not JSON"),
        (lambda d: (d / "revocations.jsonl").unlink(), "^revocations.jsonl: is missing"),
        (
            lambda d: (d / "revocations.jsonl").write_text("{}\n"),
            "^revocations.jsonl line 1: is not a tombstone",
        ),
    ],
)
def test_a_tampered_release_is_refused_with_one_clear_error(made: Path, harm, says: str) -> None:
    harm(made)
    with pytest.raises(Refused, match=says) as caught:
        yesand.open(made)
    assert len(caught.value.problems) == 1


def test_every_broken_file_is_named_at_once(made: Path) -> None:
    (made / "LICENSE").unlink()
    (made / "stray").touch()
    _flip(made / "items.parquet")
    with pytest.raises(Refused) as caught:
        verify(made)
    assert [(p.code, p.where) for p in caught.value.problems] == [
        ("missing_file", "LICENSE"),
        ("bad_bytes", "items.parquet"),
        ("extra_file", "stray"),
    ]


def test_a_pinned_key(made: Path, tmp_path: Path) -> None:
    public = toy.KEY.public
    (tmp_path / "key.pub").write_text(public.text + "\n")
    assert len(yesand.open(made, key=tmp_path / "key.pub")) == 5
    assert len(yesand.open(made, key=public.raw.hex(), verify=False)) == 5
    assert verify(made, public).pinned and not verify(made).pinned
    with pytest.raises(Refused, match="not by the key given"):
        yesand.open(made, key=SigningKey(bytes(32)).public.text)
    with pytest.raises(Refused, match="key: is not an ed25519 public key"):
        yesand.open(made, key="nonsense")
    with pytest.raises(Refused, match="key: is not an ed25519 public key"):
        yesand.open(made, key=b"nonsense")


def test_a_path_outside_the_release_is_refused(made: Path) -> None:
    text = (made / "release.json").read_text().replace('"path":"LICENSE"', '"path":"../LICENSE"')
    (made / "release.json").write_text(text)
    with pytest.raises(Refused, match=r"lists '\.\./LICENSE', which is outside it"):
        yesand.open(made, verify=False)


def test_without_verify_a_changed_track_is_still_found(made: Path) -> None:
    shard = made / "shards" / "train-audio-000001.tar"
    with tarfile.open(shard) as tar:
        offset = tar.getmember("take-001.a.flac").offset_data
    _flip(shard, offset + 500)
    release = yesand.open(made, verify=False)
    assert release["take-001"].b.samples.any()
    with pytest.raises(Refused, match=r"take-001\.a\.flac: has other bytes"):
        release["take-001"].a.samples  # noqa: B018


def test_a_tombstone_added_later_is_honored(made: Path) -> None:
    feed = buried("take-001")
    (made / "revocations.jsonl").write_bytes(feed.data)
    for release in (yesand.open(made), yesand.open(made, verify=False)):
        assert "take-001" not in release.takes and len(release) == 4
        assert release.withdrawn == {"take-001"}
        assert "take-001" not in release.table("cues")["take_id"].to_pylist()
        with pytest.raises(KeyError):
            release["take-001"]


def test_a_feed_from_elsewhere_is_honored_and_must_continue_ours(
    made: Path, tmp_path: Path
) -> None:
    first = buried("take-001")
    second = buried("take-002", first)
    (made / "revocations.jsonl").write_bytes(first.data)
    (tmp_path / "feed.jsonl").write_bytes(second.data)
    assert len(yesand.open(made, feed=tmp_path / "feed.jsonl")) == 3
    (tmp_path / "feed.jsonl").write_bytes(buried("take-003").data)
    with pytest.raises(Refused, match="tells another story"):
        yesand.open(made, feed=tmp_path / "feed.jsonl")
    (tmp_path / "feed.jsonl").write_bytes(buried("take-003", name="other").data)
    with pytest.raises(Refused, match="is of feed other, not program"):
        yesand.open(made, feed=tmp_path / "feed.jsonl")
    with pytest.raises(Refused, match="does not exist"):
        yesand.open(made, feed=tmp_path / "none.jsonl")


def test_a_feed_is_a_signed_chain() -> None:
    feed = buried("t2", buried("t1"))
    assert read_feed(feed.data, toy.KEY.public, "f").takes == {"t1", "t2"}
    assert buried("t2", feed) == feed, "a take has one tombstone"
    lines = feed.data.splitlines(keepends=True)
    public = toy.KEY.public
    for data, says in (
        (lines[1], "line 1: does not follow"),
        (lines[1] + lines[0], "line 1: does not follow"),
        (lines[0] + lines[0], "line 2: does not follow"),
        (feed.data[:-1], "ends inside a line"),
        (b"hello\n", "line 1: is not a tombstone"),
        (lines[0].replace(b'"t1"', b'"t9"'), "line 1: is not signed by"),
    ):
        with pytest.raises(Refused, match=says):
            read_feed(data, public, "f")
    with pytest.raises(Refused, match="is not signed by"):
        read_feed(feed.data, SigningKey(bytes(32)).public, "f")
    assert extend(feed, Feed(), "f") == feed == extend(Feed(), feed, "f")


def test_a_signed_line_of_another_schema_is_refused() -> None:
    stone = buried("t1").tombstones[0]
    object.__setattr__(stone, "schema_version", 2)
    with pytest.raises(Refused, match=r"line 1: body\.schema_version: must be one of 1"):
        read_feed(tombstone_line(toy.KEY, stone), toy.KEY.public, "f")


def test_a_withdrawn_take_cannot_be_released(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="take take-001: is withdrawn"):
        toy.write(tmp_path / "x", revocations=buried("take-001").data)
    toy.write(tmp_path / "y", n=1, revocations=buried("take-001").data)
    assert yesand.open(tmp_path / "y").withdrawn == {"take-001"}
    (tmp_path / "y" / "revocations.jsonl").write_bytes(b"")
    with pytest.raises(Refused, match=r"revocations\.jsonl: was changed; it may only grow"):
        yesand.open(tmp_path / "y")


def test_flac_is_24_bit_48_khz_and_plain(made: Path) -> None:
    data = yesand.open(made)["take-000"].a.flac
    with soundfile.SoundFile(io.BytesIO(data)) as sound:
        assert (sound.format, sound.subtype, sound.samplerate, sound.channels) == (
            "FLAC",
            "PCM_24",
            48000,
            1,
        )


def test_shards_carry_no_time_and_no_owner(made: Path) -> None:
    with tarfile.open(made / "shards" / "train-audio-000000.tar") as tar:
        entries = tar.getmembers()
    assert [e.name for e in entries] == ["take-000.a.flac", "take-000.b.flac", "take-000.json"]
    assert {(e.mtime, e.uid, e.gid, e.uname, e.gname, e.mode) for e in entries} == {
        (0, 0, 0, "", "", 0o644)
    }


def test_opening_needs_no_django_and_importing_no_numpy(made: Path) -> None:
    blocked = "import sys\nfor name in ('django','av','sklearn','torch','datasets','yaml'): sys.modules[name] = None\n"
    code = blocked + (
        "import yesand\nassert 'numpy' not in sys.modules\n"
        f"for dyad in yesand.open({str(made)!r}):\n    print(dyad.take_id, dyad.a.samples.sum() != 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "take-000 True"
