"""What comes back: a backup from before an erasure, and what was stored before there were keys."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.fakes.sealed_take import B, clock, here, own, played, raw, readable, take
from yesand.flows import erasure
from yesand.formats.blocks import read_stream
from yesand.infra import jobs, key_copies, objects
from yesand.infra.keys import KeyStore
from yesand.infra.models import Fact
from yesand.infra.stores import FolderStore
from yesand.recording import erasing, resealing
from yesand.recording.models import Recording, Stream
from yesand.stage.models import Take

pytestmark = pytest.mark.django_db
__all__ = ["clock", "here", "played", "take"]


# --- restoring ------------------------------------------------------------------------------


def test_a_backup_from_before_an_erasure_does_not_bring_it_back(here, played, tmp_path):
    """The drill, by what a backup holds: rows as they were, objects as they lay, keys apart."""
    safe, saved = tmp_path / "safe", tmp_path / "saved"
    shutil.copytree(raw().root, saved)
    key_copies.write(objects.key_store(), safe)
    rows = {row.pk: row.erased_at for row in Recording.objects.all()}
    erasure.erase([own(played, here.ada)], "asked")

    # rows and objects come back; the house still has its keys
    shutil.rmtree(raw().root)
    shutil.copytree(saved, raw().root)
    for pk, erased in rows.items():
        Recording.objects.filter(pk=pk).update(erased_at=erased)
    assert readable() == B | {"manifest.json"}
    assert own(played, here.ada) in erasing.unfinished()
    with jobs.in_memory() as queue:
        jobs.TICKS["erase_struck"].call()
        queue.run()
    assert own(played, here.ada).erased_at is not None, "the rows learn of it again"
    assert list(objects.default().names(f"takes/{played.pk}/a/")) == []

    # a copy of the keys of before, brought back into the house: what is destroyed stays so
    key_copies.read(objects.key_store(), safe)
    shutil.copytree(saved, raw().root, dirs_exist_ok=True)
    assert readable() == B | {"manifest.json"}

    # a new house, with a copy of the keys that was brought up to date since
    key_copies.write(objects.key_store(), safe)
    fresh = KeyStore(tmp_path / "new", tmp_path / "new" / "ring")
    key_copies.read(fresh, safe)
    door = objects.SealedStore(FolderStore(saved), fresh)
    mics = [f"takes/{played.pk}/{role}/mic.pcm" for role in "ab"]
    with pytest.raises(objects.Erased):
        door.get(mics[0])
    assert len(read_stream(door.get(mics[1])).samples) == 48_000


# --- what was stored before -----------------------------------------------------------------


@pytest.fixture
def plain(here, played) -> Take:
    """The take as a version without keys stored it."""
    store = objects.default()
    for name in list(store.names("takes/")):
        raw().put(name, [store.get(name)])
    shutil.rmtree(objects.key_store().folder)
    Stream.objects.update(under="")
    Recording.objects.update(key_id="")
    return played


def test_what_lies_plain_reads_counts_and_is_sealed_again(here, plain):
    want = {name: objects.default().get(name) for name in objects.default().names("takes/")}
    seen = resealing.look()
    assert (seen.plain, seen.keys, seen.says) == (6, 0, "")
    names = list(resealing.plain_names())
    assert len(names) == len(want) - 1, "all but the manifest"
    assert all(resealing.reseal(name) for name in names)
    assert {n: objects.default().get(n) for n in objects.default().names("takes/")} == want
    assert resealing.look() == resealing.Keys(keys=3)
    assert list(resealing.plain_names()) == []
    for name in names:
        assert want[name][:40] not in raw().get(name)
    assert resealing.reseal(names[0]), "twice is harmless"


def test_sealing_again_that_was_cut_off_goes_on(here, plain):
    stream = Stream.objects.get(recording=own(plain, here.ada), kind="mic")
    resealing.reseal(stream.object_key)
    Stream.objects.filter(pk=stream.pk).update(under="")  # cut off between bytes and row
    assert resealing.reseal(stream.object_key)
    stream.refresh_from_db()
    assert stream.under == own(plain, here.ada).pk.hex


def test_plain_leftovers_of_an_erased_recording_are_removed(here, plain):
    a = own(plain, here.ada)
    data = raw().get(f"takes/{plain.pk}/a/mic.pcm")
    erasure.erase([a], "asked")
    raw().put(f"takes/{plain.pk}/a/mic.pcm", [data])
    assert resealing.reseal(f"takes/{plain.pk}/a/mic.pcm") is False
    assert objects.default().size(f"takes/{plain.pk}/a/mic.pcm") is None


def test_facts_hold_no_key(here, played):
    told = json.dumps([fact.body for fact in Fact.objects.all()], default=str)
    for key in objects.key_store().ids():
        assert objects.key_store().key(key).hex() not in told
