"""Recordings and their keys in a whole house: sealed, played, turned, erased, restored."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from tests.fakes.browsers import pair
from tests.fakes.rooms import Room
from tests.fakes.sealed_take import A, B, clock, derived, here, own, played, raw, readable, take
from yesand.capture import actions
from yesand.capture.streams import spool
from yesand.consent import actions as consent
from yesand.consent import reads as consents
from yesand.consent.models import Withdrawal
from yesand.flows import erasure
from yesand.formats.blocks import read_stream
from yesand.infra import jobs, objects
from yesand.infra.models import Fact
from yesand.kit.errors import Refused
from yesand.post import actions as post
from yesand.post import hearing
from yesand.recording import actions as recording
from yesand.recording import erasing, keys, resealing, tokens
from yesand.recording.models import Recording, Stream
from yesand.web.api.media import media_url

pytestmark = pytest.mark.django_db
__all__ = ["clock", "here", "played", "take"]


def test_everything_recorded_lies_sealed_under_the_right_keys(here, played):
    a, b = own(played, here.ada), own(played, here.noor)
    heard = Recording.objects.get(streams__kind="heard")
    store = objects.default()
    for name in store.names("takes/"):
        short = name.split("/", 2)[2]
        want = (
            {heard.pk, a.pk, b.pk}
            if "heard" in short
            else {a.pk, b.pk}
            if short.startswith("derived/")
            else {a.pk}
            if short.startswith("a/")
            else {b.pk}
            if short.startswith("b/")
            else set()
        )
        assert set(store.under(name)) == want, short
        assert (raw().get(name)[:4] == b"YAS1") == bool(want), short
    assert derived(readable()), "and all of it opens"
    for stream in Stream.objects.exclude(object_key=""):
        assert set(stream.under.split(",")) == {k.hex for k in store.under(stream.object_key)}
        assert store.size(stream.object_key) == stream.length
    mic = Stream.objects.get(recording=a, kind="mic")
    assert len(read_stream(store.get(mic.object_key)).samples) == 48_000
    assert resealing.look() == resealing.Keys(keys=3)
    assert list(resealing.plain_names()) == []


def test_a_page_seeks_in_a_sealed_film(here, played):
    client = Client()
    client.force_login(here.ada)
    whole = objects.default().get(f"takes/{played.pk}/a/cam.webm")
    url = media_url(here.ada, "film", played.pk, "a", "exit_page")
    part = client.get(url, headers={"range": "bytes=5-24"})
    assert (part.status_code, part.content) == (206, whole[5:25])
    assert part["Content-Range"] == f"bytes 5-24/{len(whole)}"
    assert client.get(url).content == whole
    objects.key_store().destroy(own(played, here.ada).pk)
    assert client.get(url).status_code == 404, "its key is gone, its row does not know it yet"


def test_a_turned_ring_changes_nothing_that_is_sealed(here, played):
    before = {name: raw().get(name) for name in raw().names()}
    opened = readable()
    assert objects.key_store().rotate() == (True, 3)
    assert {name: raw().get(name) for name in raw().names()} == before
    assert readable() == opened


def test_a_lost_key_store_is_one_clear_error_and_seals_nothing_new(here, played, settings):
    store, other = objects.key_store(), uuid.uuid4()
    store.folder.rename(store.folder.with_name("elsewhere"))
    for call in (
        lambda: objects.default().get(f"takes/{played.pk}/a/mic.pcm"),
        lambda: recording.erase(own(played, here.ada), "test"),
        lambda: keys.ensure(recording.open_recording(here.program, here.ada, "take", other, "a")),
    ):
        with pytest.raises(Refused, match="yesand keys restore") as caught:
            call()
        assert caught.value.code == "keys_lost"
    assert own(played, here.ada).erased_at is None, "what was not done is not noted as done"
    assert "yesand keys restore" in resealing.look().says
    store.folder.with_name("elsewhere").rename(store.folder)
    assert readable() >= A | B


def test_erasing_one_players_recording_ends_what_both_share(here, played):
    a = own(played, here.ada)
    copies = {name: raw().get(name) for name in raw().names()}
    erasure.erase([a], "asked")
    assert readable() == B | {"manifest.json"}
    assert list(objects.default().names(f"takes/{played.pk}/a/")) == []
    heard = Recording.objects.get(streams__kind="heard")
    assert heard.erased_at is not None, "what she heard of Noor was hers as much"
    facts = Fact.objects.filter(house="recording", kind="erased")
    assert {f.subject for f in facts} == {a.pk, heard.pk}
    assert {f.body["why"] for f in facts} == {"asked"}
    for name, data in copies.items():  # a thief had copied the bytes before
        raw().put(name, [data])
    assert readable() == B | {"manifest.json"}
    erasure.erase([a], "asked")
    assert facts.count() == 2, "once"


def test_erasing_what_is_shared_takes_nothing_of_either(here, played):
    erasure_rows = [Recording.objects.get(streams__kind="heard")]
    recording.erase(erasure_rows[0], "asked")
    assert readable() >= A | B and "a/heard.pcm" not in readable()
    assert derived(readable()), "nothing derived needs it"


def _asks(here: Room, purpose: str) -> None:
    here.program.purposes = [purpose]
    here.program.save(update_fields=["purposes"])
    consent.publish_terms(here.program, purpose, "t", "text")


def test_erasing_a_person_takes_back_what_they_signed(here, played):
    _asks(here, "evaluation_only")
    consent.grant(here.noor, here.program, "evaluation_only")
    assert erasure.erase_person(here.noor, "asked") == 2
    assert readable() == A | {"manifest.json"}
    assert Withdrawal.objects.filter(person=here.noor, purpose="all", take=None).exists()
    assert erasing.of_person(here.noor) == []


def test_a_withdrawn_take_is_erased_for_its_player_after_48_hours(here, played):
    consent.withdraw(here.ada, here.program, take=played.pk)
    with jobs.in_memory() as queue:
        jobs.TICKS["erase_struck"].call()
        queue.run()
        assert readable() >= A
        late = timezone.now() - dt.timedelta(hours=48, seconds=1)
        Withdrawal.objects.update(withdrawn_at=late)
        assert [row.take for row in consents.withdrawals_over(timezone.now())] == [played.pk]
        jobs.TICKS["erase_struck"].call()
        assert "erase_own" in queue.run()
        assert readable() == B | {"manifest.json"}
        assert list(objects.default().names(f"takes/{played.pk}/derived/")) == []
        jobs.TICKS["erase_struck"].call()
        assert "erase_own" not in queue.run()


def test_taking_back_everything_erases_every_take_of_its_player(here, played):
    late = timezone.now() - dt.timedelta(hours=49)
    consent.withdraw(here.ada, here.program, at=late)
    with jobs.in_memory() as queue:
        jobs.TICKS["erase_struck"].call()
        queue.run()
    assert own(played, here.ada).erased_at is not None
    assert own(played, here.noor).erased_at is None


def test_a_withdrawal_that_was_signed_over_erases_nothing(here, played):
    _asks(here, "recognition_training")
    late = timezone.now() - dt.timedelta(hours=60)
    consent.withdraw(here.ada, here.program, take=played.pk, at=late)
    consent.grant(here.ada, here.program, "recognition_training", take=played.pk)
    assert consents.withdrawals_over(timezone.now()) == []
    again = timezone.now() + dt.timedelta(hours=1)
    consent.withdraw(here.ada, here.program, take=played.pk, at=again)
    soon, late = again + dt.timedelta(hours=47), again + dt.timedelta(hours=49)
    assert consents.withdrawals_over(soon) == [], "48 hours from the second one"
    assert {row.take for row in consents.withdrawals_over(late)} == {played.pk}


@pytest.mark.parametrize("place", ["key", "bytes"])
def test_an_erasure_that_was_cut_off_is_ended_by_the_next_sweep(here, played, monkeypatch, place):
    a = own(played, here.ada)

    class Killed(BaseException):
        pass

    def kill(*_words, **_more):
        raise Killed

    target = (erasing, "_bytes_and_row") if place == "key" else (erasing.facts, "append")
    monkeypatch.setattr(*target, kill)
    with pytest.raises(Killed):
        recording.erase(a, "struck")
    monkeypatch.undo()
    assert own(played, here.ada).erased_at is None
    assert readable() == B | {"manifest.json"}, "the key went first"
    with jobs.in_memory() as queue:
        jobs.TICKS["erase_struck"].call()
        queue.run()
    assert own(played, here.ada).erased_at is not None
    left = {name.split("/", 2)[2] for name in objects.default().names("takes/")}
    assert left == B | {"manifest.json"}
    assert resealing.look().unfinished == 0


def test_what_arrives_for_an_erased_recording_is_thrown_away(here, take, clock):
    browsers = pair(here, take)
    browsers["a"].send_mics()
    stream = browsers["a"].mics[0][0]
    recording.erase(own(take, here.ada), "struck")
    row = actions.seal_stream(stream)
    assert (row.state, row.why, row.object_key) == ("lost", "erased", "")
    assert list(objects.default().names()) == []
    assert not spool().bytes_path(stream).exists(), "and nothing of it is left in the spool"
    with pytest.raises(Refused) as caught:  # the browser's capability lives on and opens nothing
        spool().create(tokens.Capability(stream, uuid.uuid4(), "mic", 1 << 32, 1 << 34))
    assert caught.value.code == "terminated"


def test_a_stream_that_never_came_cannot_begin_after_its_recording_was_erased(here):
    row = recording.open_recording(here.program, here.ada, "audition", uuid.uuid4())
    stream, _token, _url = recording.open_stream(row, "mic")
    recording.erase(row, "struck")
    assert actions.seal_stream(stream.pk).why == "erased"
    with pytest.raises(Refused) as caught:
        spool().create(tokens.Capability(stream.pk, row.pk, "mic", 1 << 32, 1 << 34))
    assert caught.value.code == "terminated"
    assert not spool().bytes_path(stream.pk).exists()


def test_half_an_upload_leaves_the_spool_with_its_recording(here):
    row = recording.open_recording(here.program, here.ada, "audition", uuid.uuid4())
    stream, _token, _url = recording.open_stream(row, "mic")
    spool().create(tokens.Capability(stream.pk, row.pk, "mic", 1 << 32, 1 << 34))
    spool().append(stream.pk, 0, b"half a voice")
    Recording.objects.update(keep_until=timezone.now() - dt.timedelta(seconds=1))
    with jobs.in_memory() as queue:
        jobs.TICKS["sweep_spool"].call()
        assert "seal_stream" not in queue.run(), "its owner may still send the rest"
        jobs.TICKS["erase_struck"].call()
        queue.run()
        jobs.TICKS["sweep_spool"].call()
        assert "seal_stream" in queue.run()
    assert not spool().bytes_path(stream.pk).exists()
    stream.refresh_from_db()
    assert (stream.state, stream.why) == ("lost", "erased")


def test_what_is_erased_while_it_is_processed_leaves_nothing_readable(here, played, monkeypatch):
    """Both erase while sound is in memory: what would be written then has no key to lie under."""

    def meanwhile(*_sides):
        for person in (here.ada, here.noor):
            erasure.erase([own(played, person)], "asked")

    monkeypatch.setattr(hearing, "listen", meanwhile)
    with pytest.raises(objects.Missing):
        post.process(played.pk)
    assert readable() == {"manifest.json"}
    assert post.process(played.pk) is None


def test_old_auditions_and_checks_go_by_themselves(here):
    about = uuid.uuid4()
    row = recording.open_recording(here.program, here.ada, "audition", about)
    stream, _token, _url = recording.open_stream(row, "mic")
    name = f"auditions/{about}/{stream.pk}/mic.pcm"
    under = keys.under(row)
    objects.default().put(name, [b"voice"], under)
    recording.sealed(stream, 5, "h", "s", name, under=under)
    Recording.objects.update(keep_until=timezone.now() - dt.timedelta(seconds=1))
    with jobs.in_memory() as queue:
        jobs.TICKS["erase_struck"].call()
        queue.run()
    assert objects.default().size(name) is None and objects.key_store().destroyed(row.pk)
    assert Fact.objects.get(house="recording", kind="erased").body["why"] == "retention"
