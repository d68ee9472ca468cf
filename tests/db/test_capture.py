"""Capture: streams of a take, sealing them through every cut, the gap table and the manifest."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
import uuid

import numpy as np
import pytest
from django.utils import timezone

from tests.fakes.browsers import Browser, close, speech
from tests.fakes.rooms import Room, make_room, person
from yesand.capture import actions, points, reads, sealing
from yesand.capture.models import Track
from yesand.capture.streams import received, spool
from yesand.infra import objects
from yesand.infra.models import Fact
from yesand.kit.canonical import StreamHash, sha256_hex
from yesand.kit.errors import Refused
from yesand.recording import access
from yesand.recording import actions as recording
from yesand.recording import reads as recordings
from yesand.recording.models import Access, Recording, Stream
from yesand.recording.tokens import verify
from yesand.stage import room
from yesand.stage.models import Take

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(home, settings) -> Room:
    settings.MIN_FREE_BYTES = 0
    return make_room()


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [time.time()]
    monkeypatch.setattr(room, "stage_now", lambda: now[0])
    return now


@pytest.fixture
def take(here, clock) -> Take:
    return here.playing()


@contextlib.contextmanager
def refused(code: str):
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code


# --- streams --------------------------------------------------------------------------------


def test_a_grant_opens_the_door_for_one_stream(here, take, home):
    grants = actions.open_streams(take, here.ada, ["mic", "cam", "events"])
    assert [g["kind"] for g in grants] == ["mic", "cam", "events"]
    assert len({g["recording"] for g in grants}) == 1
    key = recording._keys()[0]
    claim = verify([key], grants[0]["token"], time.time())
    assert (str(claim.stream), claim.kind) == (grants[0]["stream"], "mic")
    assert claim.max_bytes == grants[0]["max_bytes"]
    assert grants[0]["door_url"].endswith("/uploads")
    owner = Recording.objects.get()
    assert (owner.storage_class, owner.about, owner.role, owner.keep_until) == (
        "take",
        take.pk,
        "a",
        None,
    )


def test_a_repeated_request_is_the_same_stream_and_a_reload_a_further_part(here, take):
    (first,) = actions.open_streams(take, here.ada, ["mic"])
    (again,) = actions.open_streams(take, here.ada, ["mic"])
    assert again["stream"] == first["stream"], "the answer was lost, nothing was sent yet"
    Browser(take, here.ada).upload(uuid.UUID(first["stream"]), b"x" * 100, declare=False)
    (second,) = actions.open_streams(take, here.ada, ["mic"])
    (third,) = actions.open_streams(take, here.ada, ["mic"], "reload")
    parts = Track.objects.filter(take=take, role="a", kind="mic").order_by("part")
    assert [str(t.stream_id) for t in parts] == [first["stream"], second["stream"], third["stream"]]
    assert [t.part for t in parts] == [0, 1, 2]


@pytest.mark.parametrize(
    ("who", "kinds", "reason", "code"),
    [
        ("eve", ["mic"], "start", "not_yours"),
        ("mo", ["mic"], "start", "not_yours"),
        ("ada", ["screen"], "start", "unknown_kind"),
        ("ada", ["mic"], "because", "unknown_reason"),
    ],
)
def test_nobody_else_records_and_nothing_else(here, take, who, kinds, reason, code):
    asker = person("Eve") if who == "eve" else getattr(here, who)
    with refused(code):
        actions.open_streams(take, asker, kinds, reason)
    assert not Stream.objects.exists()


def test_a_take_that_is_over_is_not_joined(here, take, clock):
    actions.open_streams(take, here.ada, ["mic"])
    take = close(take, clock, 5)
    Take.objects.filter(pk=take.pk).update(closed_at=time.time() - 60)
    with refused("take_closed"):
        actions.open_streams(take, here.noor, ["mic"])


def test_a_key_is_renewed_for_its_owner_only(here, take):
    (first,) = actions.open_streams(take, here.ada, ["mic"])
    stream = uuid.UUID(first["stream"])
    assert actions.renew_stream(here.ada, stream)["stream"] == first["stream"]
    with refused("not_found"):
        actions.renew_stream(here.noor, stream)
    Stream.objects.filter(pk=stream).update(sealed_at=timezone.now())
    with refused("stream_sealed"):
        actions.renew_stream(here.ada, stream)


def test_a_suspect_stream_comes_again_in_its_place(here, take):
    (first,) = actions.open_streams(take, here.ada, ["mic"])
    again = actions.replace_stream(here.ada, uuid.UUID(first["stream"]))
    assert again["stream"] != first["stream"]
    assert actions.replace_stream(here.ada, uuid.UUID(first["stream"]))["stream"] == again["stream"]
    (track,) = Track.objects.filter(take=take)
    assert (str(track.stream_id), track.part) == (again["stream"], 0)
    old = Stream.objects.get(pk=first["stream"])
    assert (old.state, again["stream"] in old.why) == ("lost", True)


def test_checks_and_auditions_have_their_own_time(here):
    check = recording.open_recording(here.program, here.ada, "check", uuid.uuid4())
    assert check.keep_until - timezone.now() < dt.timedelta(hours=24, minutes=1)
    audition = recording.open_recording(here.program, here.ada, "audition", uuid.uuid4())
    assert dt.timedelta(days=29) < audition.keep_until - timezone.now()
    assert access.may_read(here.ada, audition) and not access.may_read(here.mo, audition)
    recording.erase(audition, "retention")
    audition.refresh_from_db()
    assert audition.erased_at and not access.may_read(here.ada, audition)
    with refused("recording_gone"):
        recording.open_stream(audition, "mic")
    assert recordings.outdated(timezone.now() + dt.timedelta(days=2)) == [check]
    recording.log_access(check, here.ada, "own_copy")
    assert [a.reason for a in recordings.readers(check)] == ["own_copy"]
    assert Access.objects.count() == 1


# --- sealing a stream -----------------------------------------------------------------------


def test_a_whole_stream_moves_from_the_spool_to_the_store(here, take):
    browser = Browser(take, here.ada)
    stream = browser.record(speech(1.0, 48_000, 1), take.opened_at + 0.1)
    data = browser.mics[0][1]
    browser.upload(stream, data, declare=False)
    assert actions.seal_stream(stream).sealed_at is None, "its end is not known yet"
    assert reads.complete_in_spool("local") == []
    hashed = StreamHash()
    hashed.update(data)
    spool().append(stream, len(data), b"", len(data), hashed.hexdigest())
    assert reads.complete_in_spool("local") == [stream]
    row = actions.seal_stream(stream)
    assert (row.state, row.length, row.hash) == ("complete", len(data), hashed.hexdigest())
    assert row.object_key == f"takes/{take.pk}/a/mic.pcm"
    assert objects.default().get(row.object_key) == data
    assert row.sha256 == sha256_hex(data)
    receipt = spool().receipt(stream)
    assert (receipt.length, receipt.hash) == (len(data), hashed.hexdigest())
    assert not spool().bytes_path(stream).exists()
    track = Track.objects.get(stream=stream)
    assert (track.state, track.rate, track.samples) == ("complete", 48_000, 48_000)
    assert track.first_client_ms == pytest.approx((take.opened_at + 0.1) * 1000, abs=8)
    assert actions.seal_stream(stream).sealed_at == row.sealed_at
    assert reads.complete_in_spool("local") == []


@pytest.mark.parametrize("point", [p for p in points.POINTS if p.startswith("stream.")])
def test_a_seal_that_is_cut_off_ends_the_same(here, take, monkeypatch, point):
    """Killed at each named point, twice in a row, then run through."""
    browser = Browser(take, here.ada)
    stream = browser.record(speech(0.5, 48_000, 1), take.opened_at)
    browser.send_mics()

    class Killed(BaseException):
        pass

    def kill(reached: str) -> None:
        if reached == point:
            raise Killed

    for _ in range(2):
        monkeypatch.setattr(points, "hook", kill)
        with pytest.raises(Killed):
            actions.seal_stream(stream)
            raise Killed  # past the point once its part is done: nothing left to cut
        assert spool().bytes_path(stream).exists() or spool().receipt(stream) is not None
    monkeypatch.setattr(points, "hook", lambda reached: None)
    row = actions.seal_stream(stream)
    assert (row.state, row.length) == ("complete", len(browser.mics[0][1]))
    assert objects.default().get(row.object_key) == browser.mics[0][1]
    assert spool().receipt(stream).hash == row.hash
    assert not spool().bytes_path(stream).exists()
    assert Track.objects.get(stream=stream).samples == 24_000
    assert Fact.objects.filter(kind="stream_sealed", subject=stream).count() == 1


def test_bytes_that_are_not_what_the_browser_counted_are_partial(here, take):
    browser = Browser(take, here.ada)
    stream = browser.record(speech(0.3, 48_000, 1), take.opened_at)
    data = browser.mics[0][1]
    browser.upload(stream, data, declare=False)
    spool().append(stream, len(data), b"", len(data), "0" * 64)
    row = actions.seal_stream(stream)
    assert row.state == "partial" and "not those" in row.why
    assert spool().receipt(stream).hash != "0" * 64, "the browser will not delete its own"


def test_a_store_that_lies_seals_nothing(here, take, monkeypatch):
    browser = Browser(take, here.ada)
    stream = browser.record(speech(0.3, 48_000, 1), take.opened_at)
    browser.send_mics()
    monkeypatch.setattr(sealing, "_reread", lambda key: "0" * 64)
    with pytest.raises(OSError, match="other bytes"):
        actions.seal_stream(stream)
    assert Stream.objects.get(pk=stream).sealed_at is None
    assert spool().bytes_path(stream).exists()


def test_a_check_is_hashed_and_not_kept(here):
    owner = recording.open_recording(here.program, here.ada, "check", uuid.uuid4())
    given = actions.open_other(owner, "mic", "start")
    stream = uuid.UUID(given["stream"])
    Browser.upload(Browser(None, here.ada), stream, b"five seconds")  # type: ignore[arg-type]
    row = actions.seal_stream(stream)
    assert (row.state, row.object_key) == ("complete", "")
    assert spool().receipt(stream).hash == row.hash
    assert list(objects.default().names()) == []


def test_what_the_door_has_is_what_is_shown(here, take):
    browser = Browser(take, here.ada)
    stream = browser.record(speech(0.3, 48_000, 1), take.opened_at)
    row = Stream.objects.get(pk=stream)
    assert received(row) == 0
    browser.upload(stream, b"x" * 500, declare=False)
    assert received(row) == 500
    (state,) = reads.states(take)
    assert (state.state, state.here, state.declared) == ("recording", 500, None)
    assert np.isfinite(state.here)


def test_receipts_wait_thirty_days_for_their_browser(here, take):
    browser = Browser(take, here.ada)
    stream = browser.record(speech(0.3, 48_000, 1), take.opened_at)
    browser.send_mics()
    actions.seal_stream(stream)
    assert actions.forget_receipts(timezone.now() + dt.timedelta(days=29)) == 0
    assert spool().receipt(stream) is not None
    assert actions.forget_receipts(timezone.now() + dt.timedelta(days=31)) == 1
    assert spool().receipt(stream) is None
    assert objects.default().size(f"takes/{take.pk}/a/mic.pcm") > 0
