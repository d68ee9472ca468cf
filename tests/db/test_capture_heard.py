"""The partner as heard: a recording of both players, beside the take and never in its way."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from django.utils import timezone

from tests.fakes.browsers import Browser, close, pair, speech, upload
from tests.fakes.rooms import Room, make_room
from yesand.capture import actions, reads, sealing
from yesand.capture.models import Track
from yesand.consent import actions as consent
from yesand.flows import jobs
from yesand.infra import objects
from yesand.recording import actions as recording
from yesand.recording.models import Recording, Stream
from yesand.recording.reads import recording_of
from yesand.stage import room
from yesand.stage.models import Take

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [time.time()]
    monkeypatch.setattr(room, "stage_now", lambda: now[0])
    return now


@pytest.fixture
def here(home, settings) -> Room:
    settings.MIN_FREE_BYTES = 0
    return make_room()


@pytest.fixture
def take(here, clock) -> Take:
    return here.playing()


def heard(browser: Browser, start_s: float, seconds: float = 4.0, **more: object) -> str:
    """16 kHz of the partner at this browser's ear."""
    sound = speech(seconds, 16_000, seed=3)
    return str(browser.record(sound, start_s, kind="heard", rate=16_000, **more))  # type: ignore[arg-type]


def test_it_belongs_to_both_and_goes_when_either_strikes(here, take, clock):
    browsers = pair(here, take)
    stream = heard(browsers["a"], take.opened_at + 0.4)
    upload(browsers)
    close(take, clock, 6.1)
    assert actions.seal_take(take.pk) is not None
    mine = Recording.objects.get(streams=stream)
    own = Recording.objects.get(streams=browsers["a"].mics[0][0])
    assert mine.pk != own.pk and mine.recorder == own.recorder == here.ada
    assert {s.person for s in mine.subjects.all()} == {here.ada, here.noor}
    assert [s.person for s in own.subjects.all()] == [here.ada]
    again = actions.open_streams(take, here.ada, ["heard", "mic"], "device")
    assert [row["recording"] for row in again] == [str(mine.pk), str(own.pk)]
    assert recording_of(take.pk, here.ada) == own, "not what she heard of him"

    key = Stream.objects.get(pk=stream).object_key
    assert key == f"takes/{take.pk}/a/heard.pcm" and objects.default().size(key)
    consent.choose(here.noor, here.program, take.pk, "strike")
    jobs.erase_take(str(take.pk))
    assert objects.default().size(key) is None
    mine.refresh_from_db()
    assert mine.erased_at is not None


def test_the_manifest_names_whose_voice_it_is_and_what_it_counts(here, take, clock):
    browsers = pair(here, take)
    first = heard(browsers["b"], take.opened_at + 0.4, 2.0)
    second = heard(browsers["b"], take.opened_at + 3.0, 2.0, reason="device")
    upload(browsers)
    close(take, clock, 6.1)
    seal = actions.seal_take(take.pk)
    manifest = reads.manifest_of(take.pk)
    parts = manifest.parts("b", "heard")
    assert [part.id for part in parts] == [first, second]
    assert [part.path for part in parts] == ["b/heard.pcm", "b/heard.1.pcm"]
    for part in parts:
        assert (part.role, part.subject, part.rate, part.samples) == ("b", "a", 16_000, 32_000)
        assert (part.container, part.state) == ("yab1/s24le", "complete")
        assert part.first_sample_ms is not None
        assert manifest.counts[part.id][-1].samples == 32_000
    assert manifest.parts("a", "heard") == []
    # It has no gap of the take and costs it nothing; the player's own recording is the first.
    assert {gap.kind for gap in manifest.gaps} <= {"mic"}
    assert seal.lost_seconds == 0.0 and manifest.missing == ()
    own = Stream.objects.get(pk=browsers["b"].mics[0][0])
    assert manifest.player("b").recording == str(own.recording_id)


@pytest.mark.parametrize("arrived", [False, True])
def test_a_take_waits_a_minute_for_it_and_does_not_fail_without(here, take, clock, arrived):
    browsers = pair(here, take)
    stream = heard(browsers["a"], take.opened_at + 0.4)
    mics, browsers["a"].mics = browsers["a"].mics, browsers["a"].mics[:1]
    upload(browsers)
    if arrived:  # half of it came, and nobody said where it ends
        browsers["a"].upload(mics[1][0], mics[1][1][:40_000], declare=False)
    close(take, clock, 6.1)
    closed = dt.datetime.fromtimestamp(clock[0], tz=dt.UTC)
    assert actions.seal_take(take.pk, closed + dt.timedelta(seconds=50)) is None
    late = closed + sealing.HEARD_WAIT + dt.timedelta(seconds=1)
    assert actions.seal_take(take.pk, late) is not None
    manifest = reads.manifest_of(take.pk)
    [part] = manifest.parts("a", "heard")
    assert part.state == ("partial" if arrived else "lost") and part.reason
    assert manifest.missing == (), "a note on its own row only"
    track = Track.objects.get(stream=stream)
    assert (track.samples is not None and track.samples > 0) == arrived


def test_a_microphone_on_its_way_is_waited_for_with_the_heard_beside_it(here, take, clock):
    browsers = pair(here, take)
    stream = heard(browsers["a"], take.opened_at + 0.4)
    browsers["b"].send_mics()
    close(take, clock, 6.1)
    assert actions.seal_take(take.pk, timezone.now() + dt.timedelta(hours=1)) is None
    assert Stream.objects.get(pk=stream).sealed_at is None, "its browser may still be on its way"


def test_one_owners_erasure_is_the_others_too(here, take, clock):
    browsers = pair(here, take)
    stream = heard(browsers["a"], take.opened_at + 0.4)
    upload(browsers)
    close(take, clock, 6.1)
    actions.seal_take(take.pk)
    for row in Recording.objects.filter(subjects__person=here.noor, erased_at=None):
        recording.erase(row, "subject")
    assert objects.default().size(f"takes/{take.pk}/a/heard.pcm") is None
    assert objects.default().size(f"takes/{take.pk}/a/mic.pcm"), "what is Ada's alone stays"
    assert Recording.objects.get(streams=stream).erased_at is not None
