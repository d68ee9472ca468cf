"""A withdrawal reaches what was published: tombstone, successor, and nothing left half done."""

from __future__ import annotations

from pathlib import Path

import pytest

import yesand
from tests.fakes.played import Stage, make_stage
from yesand.commission.models import Fill
from yesand.consent import actions as consent
from yesand.formats.parquet import read_table
from yesand.formats.release_tables import BY_NAME
from yesand.formats.revocations import read_feed
from yesand.infra import jobs
from yesand.kit.errors import Refused
from yesand.release import actions, reads, signer, taking_back
from yesand.release.models import Release, Revocation
from yesand.release.pulling import FolderSource, add_to_release, pull

pytestmark = pytest.mark.django_db
RATE = 48_000


@pytest.fixture
def stage(home) -> Stage:
    return make_stage()


@pytest.fixture
def queue():
    with jobs.in_memory() as memory:
        yield memory


def build(stage: Stage, purpose: str = "recognition_training", **more) -> Release:
    return actions.build(stage.program, purpose, name="light", **more)


def published(stage: Stage, **more) -> Release:
    return actions.publish(build(stage, **more))


def table(release: Release, name: str) -> list[dict]:
    path = actions.folder_of(release) / f"{name}.parquet"
    return read_table(path, BY_NAME[name].schema).to_pylist()


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_publishing_refuses_after_a_withdrawal_in_between(stage):
    pair = stage.pair()
    take = stage.take(pair)
    stage.take()
    release = build(stage)
    consent.withdraw(pair[1], stage.program, take=take.pk)
    with pytest.raises(Refused) as refusal:
        actions.publish(release)
    assert refusal.value.code == "consent_changed"
    release.refresh_from_db()
    assert (release.state, release.published_at) == ("built", None)
    assert actions.publish(build(stage)).figures["takes"] == 1


def test_a_withdrawn_take_leaves_by_a_successor_and_the_feed(stage, queue, tmp_path):
    pair = stage.pair()
    take, other = stage.take(pair), stage.take()
    old = published(stage)
    pull(FolderSource(actions.folder_of(old)), tmp_path / "lab")
    assert len(yesand.open(tmp_path / "lab")) == 2
    consent.withdraw(pair[0], stage.program, take=take.pk)
    assert "take_back" in queue.run()

    old.refresh_from_db()
    new = Release.objects.get(state="published")
    assert (old.state, new.version, new.predecessor_id) == ("superseded", "2", old.pk)
    assert [d.take_id for d in yesand.open(actions.folder_of(new))] == [str(other.pk)]
    assert {r["reason"]: r["takes"] for r in table(new, "left_out")} == {"withdrawn": 1}
    (stone,) = read_feed(reads.feed(stage.program), signer.key().public, "feed").tombstones
    assert (stone.take_id, stone.releases) == (str(take.pk), ("light-1",))
    held = {r["take_id"]: {r["sha256_a"], r["sha256_b"]} for r in table(old, "takes")}
    assert set(stone.sha256) == held[str(take.pk)]
    assert Fill.objects.filter(take=take.pk, state="released").count() == 0
    # the lab's old copy skips it once the feed is there
    add_to_release(tmp_path / "lab", reads.feed(stage.program), "feed")
    assert [d.take_id for d in yesand.open(tmp_path / "lab")] == [str(other.pk)]

    feed = reads.feed(stage.program)
    assert actions.take_back(take.pk) is None
    assert reads.feed(stage.program) == feed and Release.objects.count() == 2
    # signing again does not bring back what the feed has named
    consent.grant(pair[0], stage.program, "recognition_training", take=take.pk)
    consent.choose(pair[0], stage.program, take.pk, "keep")
    assert published(stage).figures["takes"] == 1


@pytest.mark.parametrize("point", ["bury", "draft", "write", "publish"])
def test_killed_on_the_way_it_goes_on_where_it_was(stage, monkeypatch, point):
    pair = stage.pair()
    take = stage.take(pair)
    stage.take()
    old = published(stage)
    consent.withdraw(pair[0], stage.program, take=take.pk)
    house = taking_back if point == "bury" else actions
    real = getattr(house, point)

    def dies(*words, **named):
        if point in ("bury", "draft"):
            real(*words, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(house, point, dies)
    with pytest.raises(KeyboardInterrupt):
        actions.take_back(take.pk)
    assert Revocation.objects.count() == 1
    monkeypatch.setattr(house, point, real)
    new = actions.take_back(take.pk)
    old.refresh_from_db()
    assert (old.state, new.state, new.figures["takes"]) == ("superseded", "published", 1)
    assert Release.objects.filter(state__in=("building", "failed", "built")).count() == 0
    assert len(reads.feed(stage.program).splitlines()) == 1


def test_a_broken_disk_leaves_the_old_release_and_the_next_run_mends_it(stage, monkeypatch):
    pair = stage.pair()
    take = stage.take(pair)
    stage.take()
    old = published(stage)
    consent.withdraw(pair[0], stage.program, take=take.pk)
    real = actions.write_release

    def full(*_words, **_named):
        raise OSError("No space left on device")

    monkeypatch.setattr(actions, "write_release", full)
    with pytest.raises(OSError):
        actions.take_back(take.pk)
    failed = Release.objects.get(state="failed")
    assert "No space left" in failed.why_failed
    monkeypatch.setattr(actions, "write_release", real)
    assert actions.take_back(take.pk).pk == failed.pk
    old.refresh_from_db()
    assert old.state == "superseded"


def test_one_more_withdrawal_while_the_successor_is_built(stage, monkeypatch):
    pairs = [stage.pair() for _ in range(3)]
    takes = [stage.take(pair) for pair in pairs]
    published(stage)
    consent.withdraw(pairs[0][0], stage.program, take=takes[0].pk)
    real, told = actions.write, []

    def write(release_id):
        made = real(release_id)
        if not told:
            told.append(1)
            consent.withdraw(pairs[1][0], stage.program, take=takes[1].pk)
        return made

    monkeypatch.setattr(actions, "write", write)
    new = actions.take_back(takes[0].pk)
    assert [r["take_id"] for r in table(new, "takes")] == [str(takes[2].pk)]
    assert actions.take_back(takes[1].pk) is None, "the new version never held it"
    assert len(reads.feed(stage.program).splitlines()) == 2
    assert [r.version for r in reads.releases(stage.program, published=True)] == ["2", "1"]


def test_the_last_take_withdrawn_leaves_nothing_published(stage, queue, client):
    pair = stage.pair()
    take = stage.take(pair)
    old = published(stage)
    consent.withdraw(pair[0], stage.program)
    queue.run()
    old.refresh_from_db()
    assert old.state == "superseded"
    assert not Release.objects.filter(state="published").exists()
    (failed,) = Release.objects.filter(state="failed")
    assert "1 withdrawn" in failed.why_failed
    assert str(take.pk).encode() in reads.feed(stage.program)
    assert actions.take_back(take.pk) is None
    client.force_login(stage.engineer())
    page = client.get(f"/lab/{stage.program.slug}").text
    assert "nothing to load now" in page
    assert "yesand pull" not in page
    client.force_login(stage.producer)
    page = client.get(f"/producer/{stage.program.slug}/releases").text
    assert "No take may enter" in page


def test_another_purpose_withdrawn_takes_nothing_back(stage, queue):
    both = ("recognition_training", "voice_generation")
    pair = stage.pair(purposes=both)
    take = stage.take(pair)
    row = published(stage)
    consent.withdraw(pair[0], stage.program, "voice_generation")
    assert "take_back" in queue.run()
    row.refresh_from_db()
    assert row.state == "published" and reads.feed(stage.program) == b""
    consent.choose(pair[0], stage.program, take.pk, "hold")
    queue.run()
    assert Revocation.objects.count() == 0, "a hold only stays out of new versions"
    consent.choose(pair[0], stage.program, take.pk, "strike")
    queue.run()
    assert Revocation.objects.count() == 1
