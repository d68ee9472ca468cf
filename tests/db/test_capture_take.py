"""Sealing a take: the gap table, lost seconds and the manifest, through every cut."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from django.utils import timezone

from tests.fakes.browsers import Browser, close, pair, speech, upload
from tests.fakes.rooms import Room, make_room
from yesand.capture import actions, points, reads, sealing
from yesand.capture.models import Gap, Seal, Track
from yesand.capture.streams import spool
from yesand.formats.blocks import read_stream
from yesand.formats.manifest import read_manifest
from yesand.infra import objects
from yesand.infra.models import Fact
from yesand.kit.canonical import sha256_hex
from yesand.recording.models import Stream
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
