"""Capture: streams of a take, sealing them through every cut, the gap table and the manifest."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
import uuid

import numpy as np
import pytest
from django.utils import timezone

from tests.fakes.browsers import Browser, speech
from tests.fakes.rooms import Room, make_room, person
from yesand.capture import actions, points, reads, sealing
from yesand.capture.models import Gap, Seal, Track
from yesand.capture.streams import received, spool
from yesand.formats.blocks import read_stream
from yesand.formats.manifest import read_manifest
from yesand.infra import objects
from yesand.infra.models import Fact
from yesand.kit.canonical import StreamHash, sha256_hex
from yesand.kit.errors import Refused
from yesand.recording import access
from yesand.recording import actions as recording
from yesand.recording import reads as recordings
from yesand.recording.models import Access, Recording, Stream
from yesand.recording.tokens import verify
from yesand.stage import actions as stage
from yesand.stage import room
from yesand.stage.cue_rules import Aim
from yesand.stage.models import Pause, Take

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


def close(take: Take, clock: list[float], seconds: float) -> Take:
    clock[0] = take.opened_at + seconds
    return stage.close_take(take, "and_scene")


def pair(here: Room, take: Take, seconds: float = 6.0) -> dict[str, Browser]:
    """Two whole browsers: role a's clock is 2.5 s ahead, role b's 40 s behind."""
    found = {}
    for role, who, offset in (("a", here.ada, 2.5), ("b", here.noor, -40.0)):
        browser = Browser(take, who, offset_s=offset)
        browser.ping(take.opened_at, seconds)
        browser.record(speech(seconds, 48_000, seed=ord(role)), take.opened_at + 0.2)
        found[role] = browser
    return found


def upload(browsers: dict[str, Browser]) -> None:
    for browser in browsers.values():
        browser.send_mics()
        browser.send_events()


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
    monkeypatch.setattr(sealing, "_reread", lambda key, length: "0" * 64)
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
    assert list(objects.default().keys()) == []


# --- sealing a take -------------------------------------------------------------------------


def test_a_take_waits_for_its_streams_and_is_sealed_once(here, take, clock):
    browsers = pair(here, take)
    browsers["a"].send_mics()
    browsers["a"].send_events()
    browsers["b"].send_events()
    clock[0] = take.opened_at + 3
    cue = stage.offer_cue(take, "a", "Let them off the hook", Aim("affection", 2))
    stage.cue_displayed(cue, browsers["a"].client_ms(clock[0]), clock[0])
    assert actions.seal_take(take.pk) is None, "still open"
    close(take, clock, 6.1)
    assert actions.seal_take(take.pk) is None
    assert take.pk in reads.waiting()
    states = {(s.role, s.kind): s for s in reads.states(Take.objects.get(pk=take.pk))}
    assert states["a", "mic"].state == "complete"
    assert (states["b", "mic"].state, states["b", "mic"].here) == ("uploading", 0)
    browsers["b"].send_mics()
    browsers["b"].send_camera()
    seal = actions.seal_take(take.pk)
    assert seal is not None and seal.lost_seconds == 0.0
    assert actions.seal_take(take.pk).sealed_at == seal.sealed_at
    assert reads.waiting() == []
    fact = Fact.objects.get(house="capture", kind="sealed", subject=take.pk)
    assert fact.body["complete"] is True and fact.body["lost_ms"] == 0

    data = objects.default().get(f"takes/{take.pk}/manifest.json")
    assert sha256_hex(data) == seal.manifest_sha256
    manifest = read_manifest(data)
    assert manifest == reads.manifest_of(take.pk)
    assert {p.role: p.pseudonym for p in manifest.players} == {
        "a": here.ada.pseudonym,
        "b": here.noor.pseudonym,
    }
    assert manifest.prompt.id == take.scene.prompt.slug
    assert [(c.role, c.aim_emotion, c.displayed_s) for c in manifest.cues] == [
        ("a", "affection", take.opened_at + 3)
    ]
    assert manifest.missing == ()
    assert {(s.role, s.kind, s.state) for s in manifest.streams} == {
        ("a", "mic", "complete"),
        ("a", "events", "complete"),
        ("b", "mic", "complete"),
        ("b", "events", "complete"),
        ("b", "cam", "complete"),
    }
    mic = manifest.parts("a", "mic")[0]
    assert (mic.path, mic.rate, mic.samples) == ("a/mic.pcm", 48_000, 6 * 48_000)
    text = data.decode()
    assert "Ada" not in text and "Noor" not in text and "@" not in text
    fits = manifest.ping_fit
    for role, browser in browsers.items():
        fit = fits[role]
        at = take.opened_at + 3.0
        client = browser.client_ms(at)
        estimate = fit.stage_ref_s + (client - fit.client_ref_ms) / 1000 * (
            1 + fit.drift_ppm * 1e-6
        )
        assert abs(estimate - at) * 1000 <= fit.uncertainty_ms
        assert fit.min_rtt_ms / 2 <= fit.uncertainty_ms < 10
    # both begin 0.2 s after the lamp: declared, and nothing else
    gaps = [(g.role, g.cause) for g in manifest.gaps]
    assert gaps == [("a", "late_start"), ("b", "late_start")]
    assert manifest.gaps[0].end_s == pytest.approx(0.2, abs=0.012)
    assert Gap.objects.filter(take=take).count() == 2


@pytest.mark.parametrize("point", [p for p in points.POINTS if p.startswith("take.")])
def test_a_take_seal_that_is_cut_off_ends_the_same(here, take, clock, monkeypatch, point):
    upload(pair(here, take, 2.0))
    close(take, clock, 2.1)

    class Killed(BaseException):
        pass

    def kill(reached: str) -> None:
        if reached == point:
            raise Killed

    monkeypatch.setattr(points, "hook", kill)
    with pytest.raises(Killed):
        actions.seal_take(take.pk)
    assert not Seal.objects.exists()
    monkeypatch.setattr(points, "hook", lambda reached: None)
    seal = actions.seal_take(take.pk)
    assert sha256_hex(objects.default().get(f"takes/{take.pk}/manifest.json")) == (
        seal.manifest_sha256
    )
    assert Fact.objects.filter(house="capture", kind="sealed").count() == 1


def test_a_reload_and_a_missing_tail_are_declared_with_their_reason(here, take, clock):
    """Role b reloads in mid-scene, and the end of its second part never comes."""
    a = Browser(take, here.ada)
    a.ping(take.opened_at, 12)
    a.record(speech(12.0, 48_000, 1), take.opened_at + 0.1)
    upload({"a": a})
    b = Browser(take, here.noor, offset_s=7.0)
    b.ping(take.opened_at, 12)
    first = b.record(speech(4.0, 48_000, 2), take.opened_at + 0.1, stop=False)
    b.upload(first, b.mics[0][1])
    second = b.record(speech(6.0, 48_000, 3), take.opened_at + 5.5, "reload", stop=False)
    half = b.mics[1][1][: len(b.mics[1][1]) // 2 + 777]
    b.upload(second, half, declare=False)
    b.send_events(torn=True)
    take = close(take, clock, 12.0)
    assert actions.seal_take(take.pk) is None, "it may still come"
    late = timezone.now() + sealing.DEADLINE + dt.timedelta(minutes=5)
    seal = actions.seal_take(take.pk, late)
    assert seal is not None
    manifest = reads.manifest_of(take.pk)
    parts = manifest.parts("b", "mic")
    assert [(p.part, p.state) for p in parts] == [(0, "complete"), (1, "partial")]
    assert "its end was never declared" in parts[1].reason
    assert [(m.role, m.kind) for m in manifest.missing] == [("b", "mic")]
    mine = [g for g in manifest.gaps if g.role == "b"]
    assert [g.cause for g in mine] == ["late_start", "reload", "lost"]
    assert (mine[1].start_s, mine[1].end_s) == (
        pytest.approx(4.1, abs=0.02),
        pytest.approx(5.5, abs=0.02),
    )
    assert mine[1].stream == str(second)
    tail = read_stream(half)
    assert tail.torn_tail_bytes > 0
    heard_until = 5.5 + len(tail.samples) / 48_000
    assert mine[2].start_s == pytest.approx(heard_until, abs=0.02)
    assert mine[2].end_s == pytest.approx(12.0)
    assert seal.lost_seconds == pytest.approx(12.0 - heard_until, abs=0.03)
    assert spool().receipt(second).length == len(half)


def test_a_declared_tail_that_did_not_come_counts_exactly(here, take, clock):
    browsers = pair(here, take)
    a = browsers["a"]
    stream, data, _written = a.mics[0]
    blocks = read_stream(data).blocks
    cut = int(blocks["offset"][-5])
    a.upload(stream, data[:cut], declare=False)
    a.send_events()
    upload({"b": browsers["b"]})
    take = close(take, clock, 6.2)
    seal = actions.seal_take(take.pk, timezone.now() + dt.timedelta(hours=7))
    assert seal.lost_seconds == pytest.approx(0.5, abs=1e-9), "five blocks of 100 ms"
    assert Track.objects.get(stream=stream).state == "partial"


def test_a_pause_is_a_declared_gap_and_no_loss(here, take, clock):
    browsers = {}
    Pause.objects.create(
        take=take, started_at=take.opened_at + 3, ended_at=take.opened_at + 5, kind="someone_in"
    )
    span = ((take.opened_at + 3, take.opened_at + 5),)
    for role, who in (("a", here.ada), ("b", here.noor)):
        browsers[role] = Browser(take, who)
        browsers[role].ping(take.opened_at, 9)
        browsers[role].record(speech(9.0, 48_000, 4), take.opened_at + 0.05, pauses=span)
    upload(browsers)
    close(take, clock, 9.0)
    seal = actions.seal_take(take.pk)
    assert seal.lost_seconds == 0.0
    manifest = reads.manifest_of(take.pk)
    assert [p.why for p in manifest.pauses] == ["someone_came_in"]
    paused = [g for g in manifest.gaps if g.cause == "pause"]
    assert [g.role for g in paused] == ["a", "b"]
    for gap in paused:
        assert gap.start_s == pytest.approx(3.0, abs=0.15)
        assert gap.end_s == pytest.approx(5.0, abs=0.15)


def test_a_stream_asked_for_twice_and_never_used_holds_nothing_up(here, take, clock):
    browsers = pair(here, take, 2.0)
    Stream.objects.filter(pk=browsers["a"].mics[0][0]).update(reason="reload")
    actions.open_streams(take, here.ada, ["mic"], "reload")
    upload(browsers)
    close(take, clock, 2.1)
    assert actions.seal_take(take.pk) is None
    seal = actions.seal_take(take.pk, timezone.now() + dt.timedelta(minutes=5))
    assert seal is not None and seal.lost_seconds == 0.0
    assert len(reads.manifest_of(take.pk).parts("a", "mic")) == 1
    assert reads.manifest_of(take.pk).missing == ()


def test_a_player_who_sent_nothing_is_lost_with_the_reason(here, take, clock):
    upload({"a": pair(here, take, 2.0)["a"]})
    close(take, clock, 2.1)
    later = timezone.now() + dt.timedelta(hours=7)
    seal = actions.seal_take(take.pk, later)
    manifest = reads.manifest_of(take.pk)
    missing = {(m.role, m.kind): m.reason for m in manifest.missing}
    assert missing["b", "mic"] == "nothing arrived before the deadline"
    assert missing["b", "events"] == "it was never opened"
    assert manifest.ping_fit["b"] is None
    assert [(g.start_s, g.end_s, g.cause) for g in manifest.gaps if g.role == "b"] == [
        (0.0, pytest.approx(2.1), "lost")
    ]
    assert seal.lost_seconds == 0.0, "nobody knows of a captured sample"


def test_damaged_blocks_are_a_gap_and_a_loss(here, take, clock):
    browsers = pair(here, take, 4.0)
    stream, data, written = browsers["a"].mics[0]
    blocks = read_stream(data).blocks
    start = int(blocks["offset"][20]) + 64 + 5
    broken = data[:start] + bytes([data[start] ^ 1]) + data[start + 1 :]
    browsers["a"].mics[0] = (stream, broken, written)
    upload(browsers)
    close(take, clock, 4.2)
    seal = actions.seal_take(take.pk)
    assert seal.lost_seconds == pytest.approx(0.1, abs=1e-9)
    lost = [g for g in reads.manifest_of(take.pk).gaps if g.cause == "lost"]
    assert [(g.role, round(g.end_s - g.start_s, 3)) for g in lost] == [("a", 0.1)]


def test_without_answered_pings_the_take_is_still_sealed(here, take, clock):
    browsers = pair(here, take, 2.0)
    browsers["a"].events = [e for e in browsers["a"].events if e["type"] != "ping"]
    upload(browsers)
    close(take, clock, 2.4)
    assert actions.seal_take(take.pk) is not None
    manifest = reads.manifest_of(take.pk)
    assert manifest.ping_fit["a"] is None
    assert "late_start" not in [g.cause for g in manifest.gaps if g.role == "a"]


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
