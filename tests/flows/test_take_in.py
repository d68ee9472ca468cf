"""A take comes in: from two browsers' bytes at the door to an accepted, aligned, counted take."""

from __future__ import annotations

import datetime as dt
import functools
import time

import numpy as np
import pytest
from django.utils import timezone

from tests.fakes.browsers import Browser, close, speech
from tests.fakes.rooms import Room, make_room
from yesand.capture import reads as capture
from yesand.capture import sealing
from yesand.cli.robots.voices import duet
from yesand.commission import reads as commission
from yesand.formats.audio import RATE, decode_flac
from yesand.infra import jobs, objects
from yesand.infra.models import Fact
from yesand.labels.models import Item
from yesand.pay import reads as pay
from yesand.post import actions as post
from yesand.post import reads
from yesand.post.models import Processing
from yesand.recording.models import Recording
from yesand.stage import actions as stage
from yesand.stage import room
from yesand.stage.cue_rules import Aim
from yesand.stage.models import Take

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [time.time()]
    monkeypatch.setattr(room, "stage_now", lambda: now[0])
    return now


@pytest.fixture
def here(home, settings, clock) -> Room:
    settings.MIN_FREE_BYTES = 0
    return make_room()


@pytest.fixture
def queue():
    with jobs.in_memory() as memory:
        yield memory


@functools.cache
def voices(seconds: float) -> dict[str, np.ndarray]:
    """Two generated voices that take turns, int32 at 48 kHz."""
    return {role: track.samples for role, track in duet(seconds).items()}


def sweep(queue: jobs.Memory, until: dt.datetime | None = None) -> list[str]:
    """What the worker `now` does by itself, then every job that is due."""
    ran: list[str] = []
    while True:
        for name in ("sweep_spool", "sweep_takes"):
            jobs.TICKS[name].call()
        done = queue.run(until)
        ran += done
        if not [name for name in done if name != "seal_take"]:
            return ran


def where(laid: np.ndarray, sound: np.ndarray, near: int) -> float:
    """Where `sound` (float) lies in the aligned track, samples, by the peak of correlation."""
    probe = sound[: RATE * 2]
    window = laid[max(0, near - 4800) : near + len(probe) + 4800].astype(np.float64)
    size = 1 << (len(window) + len(probe)).bit_length()
    spectrum = np.fft.rfft(window, size) * np.conj(np.fft.rfft(probe, size))
    lag = np.fft.irfft(spectrum, size)[: len(window) - len(probe) + 1]
    best = int(np.argmax(lag))
    if 0 < best < len(lag) - 1:
        low, mid, high = lag[best - 1 : best + 2]
        best += 0.5 * (low - high) / (low - 2 * mid + high)
    return max(0, near - 4800) + best


def test_two_browsers_become_one_accepted_take(here, clock, queue):
    """Role a's clock is 3 s ahead and its card 60 ppm fast; role b's 55 s behind, 25 ppm slow."""
    take = here.playing()
    seconds, sounds, browsers = 40.0, {}, {}
    plans = {"a": (here.ada, 3.0, 60.0, 0.31), "b": (here.noor, -55.0, -25.0, 0.47)}
    for role, (who, offset, drift, late) in plans.items():
        browser = Browser(take, who, offset_s=offset, drift_ppm=drift)
        browser.ping(take.opened_at, seconds)
        sounds[role] = voices(seconds)[role][: round((seconds - late) * RATE)]
        browser.record(sounds[role], take.opened_at + late)
        browsers[role] = browser
    clock[0] = take.opened_at + 12
    cue = stage.offer_cue(take, "a", "Let them off the hook", Aim("affection", 2), by="director")
    stage.cue_displayed(cue, browsers["a"].client_ms(clock[0]), clock[0])
    stage.cue_response(cue, "took")
    for browser in browsers.values():
        browser.send_mics()
        browser.send_events()
        browser.send_camera()
    assert sweep(queue).count("seal_stream") == 6, "sealed while the scene still runs"
    close(take, clock, seconds)
    ran = sweep(queue)
    for name in ("seal_take", "quick_check", "process_take", "fill_cells", "make_items"):
        assert name in ran, ran
    assert ran.index("quick_check") < ran.index("process_take")

    seal = capture.seal_of(take.pk)
    assert seal.lost_seconds == 0.0
    row = Processing.objects.get(take=take)
    assert row.state == "done", row.why_failed
    assert row.verdict == "accept", row.reasons
    assert commission.accepted(take.pk)

    # the map: true within its own stated uncertainty
    pair = row.clock["pair"]
    truth_ms = (plans["b"][3] - plans["a"][3]) * 1000
    assert pair["valid"]
    assert abs(pair["offset_ms"] - truth_ms) <= pair["uncertainty_ms"] <= 20.0
    assert abs(pair["drift_ppm"] - (-25.0 - 60.0)) <= pair["drift_uncertainty_ppm"]
    laid = {r: decode_flac(objects.default().get(reads.track_key(take, r)), r) for r in "ab"}
    assert len(laid["a"]) == len(laid["b"]) >= seconds * RATE
    for role, (_who, _offset, _drift, late) in plans.items():
        found = where(laid[role], sounds[role], round(late * RATE)) / RATE
        assert abs(found - late) * 1000 <= pair["uncertainty_ms"]
        assert row.clock["starts"][role][0] == pytest.approx(late, abs=0.02)
        # every captured sample is in the aligned track; the silence before it is a declared gap
        gaps = row.clock["gaps"][role]
        held = len(laid[role]) / RATE - sum(end - start for start, end in gaps)
        captured = len(sounds[role]) / RATE
        clock_of = row.clock["roles"][role][0]
        ppm = abs(clock_of["drift_ppm"]) + clock_of["drift_uncertainty_ppm"]
        assert held == pytest.approx(captured, abs=ppm * 1e-6 * seconds + 2 / RATE)
    # the other's voice is not on the own track
    for role, other in (("a", "b"), ("b", "a")):
        late = plans[other][3]
        there = where(laid[role], sounds[other], round(late * RATE))
        own = np.corrcoef(
            laid[role][round(1.0 * RATE) : round(30 * RATE)],
            laid[other][round(1.0 * RATE) : round(30 * RATE)],
        )
        assert abs(own[0, 1]) < 0.05 and there >= 0

    # counted in the cell it was cued for, and asked about
    (fill,) = [c for c in commission.coverage(here.commission).cells if c.recorded]
    assert (fill.feeling, fill.relationship, fill.accepted) == ("affection", "friends", 1)
    assert Item.objects.filter(take=take).exists()

    # what a page draws
    drawn = reads.timeline(take)
    assert [lane["role"] for lane in drawn["lanes"]] == ["a", "b"]
    assert all(lane["turns"] for lane in drawn["lanes"])
    assert [(c["role"], c["text"], c["answer"]) for c in drawn["cues"]] == [
        ("a", "Let them off the hook", "took it")
    ]
    assert drawn["cues"][0]["at"] == pytest.approx(12.0)
    peaks = reads.peaks_of(take, "a")
    assert len(peaks["peaks"]) == pytest.approx(drawn["seconds"] * peaks["per_second"], abs=1)
    assert 0.05 < max(peaks["peaks"]) <= 1.0
    assert here.session.messages.filter(kind="quick_check").count() == 1

    # everything again: nothing changes
    before = objects.default().get(reads.track_key(take, "a"))
    for name in ("seal_take", "quick_check", "process_take", "fill_cells", "make_items"):
        jobs.run(name, {"take": str(take.pk)})
    assert objects.default().get(reads.track_key(take, "a")) == before
    assert Processing.objects.count() == 1
    assert commission.coverage(here.commission).total.recorded == 1
    assert Fact.objects.filter(house="capture", kind="sealed").count() == 1


def test_a_reload_and_a_missing_tail_wait_for_a_person(here, clock, queue):
    take = here.playing()
    a = Browser(take, here.ada, offset_s=1.0)
    a.ping(take.opened_at, 30)
    a.record(voices(30.0)["a"][: round(29.5 * RATE)], take.opened_at + 0.2)
    b = Browser(take, here.noor, offset_s=-2.0)
    b.ping(take.opened_at, 30)
    first, second = np.split(voices(30.0)["b"][: 27 * RATE], [9 * RATE])
    b.record(first, take.opened_at + 0.2, stop=False)
    b.record(second, take.opened_at + 11.0, "reload", stop=False)
    a.send_mics()
    a.send_events()
    b.upload(*b.mics[0][:2])
    stream, data, _ = b.mics[1]
    b.upload(stream, data[: len(data) * 2 // 3], declare=False)
    b.send_events()
    close(take, clock, 30.0)
    sweep(queue)
    assert capture.seal_of(take.pk) is None
    states = {(s.role, s.kind, s.state) for s in capture.states(Take.objects.get(pk=take.pk))}
    assert ("b", "mic", "uploading") in states and ("a", "mic", "complete") in states

    late = timezone.now() + sealing.DEADLINE + dt.timedelta(minutes=1)
    from yesand.capture import actions

    assert actions.seal_take(take.pk, late) is not None
    sweep(queue)
    row = Processing.objects.get(take=take)
    assert (row.state, row.verdict) == ("done", "retake")
    said = " ".join(reason["says"] for reason in row.reasons)
    assert "s are missing" in said
    assert "its end was never declared" in said
    assert not commission.accepted(take.pk)
    mine = [(g.cause, round(g.end - g.start, 1)) for g in capture.gaps(take.pk) if g.role == "b"]
    assert mine == [("late_start", 0.2), ("reload", 1.8), ("lost", 7.0)]
    assert capture.seal_of(take.pk).lost_seconds == pytest.approx(7.0, abs=0.05)
    # both parts lie where they were captured, and nothing is found as a drop-out twice
    laid = decode_flac(objects.default().get(reads.track_key(take, "b")), "b")
    assert where(laid, second, 11 * RATE) / RATE == pytest.approx(11.0, abs=0.02)
    assert "dropouts" not in [f.code for f in reads.findings(take.pk)]
    drawn = reads.timeline(take)
    assert len(drawn["lanes"][1]["gaps"]) == 3


def test_a_pause_is_silence_without_blame(here, clock, queue):
    take = here.playing()
    clock[0] = take.opened_at + 10
    stage.pause(take)
    clock[0] = take.opened_at + 14
    stage.resume(take)
    span = ((take.opened_at + 10, take.opened_at + 14),)
    for role, who in (("a", here.ada), ("b", here.noor)):
        browser = Browser(take, who)
        browser.ping(take.opened_at, 30)
        sound = voices(30.0)[role][: round(29.9 * RATE)]
        browser.record(sound, take.opened_at + 0.05, pauses=span)
        browser.send_mics()
        browser.send_events()
    close(take, clock, 30.0)
    sweep(queue)
    row = Processing.objects.get(take=take)
    assert row.verdict == "accept", row.reasons
    assert {g.cause for g in capture.gaps(take.pk) if g.end - g.start > 1} == {"pause"}


def test_a_take_without_any_sound_waits_for_a_person(here, clock, queue):
    take = here.playing()
    from yesand.capture import actions

    for who in (here.ada, here.noor):
        actions.open_streams(take, who, ["mic", "events"])
    close(take, clock, 5.0)
    assert actions.seal_take(take.pk, timezone.now() + dt.timedelta(hours=7)) is not None
    sweep(queue)
    row = Processing.objects.get(take=take)
    assert (row.state, row.verdict) == ("failed", "review")
    assert {r["role"] for r in row.reasons} == {"a", "b"}
    assert reads.timeline(take)["lanes"][0]["turns"] == []


def test_processing_that_breaks_says_so(here, clock, queue, monkeypatch):
    take = here.playing()
    for who in (here.ada, here.noor):
        browser = Browser(take, who)
        browser.ping(take.opened_at, 3)
        browser.record(speech(2.5, 48_000, 1), take.opened_at + 0.1)
        browser.send_mics()
        browser.send_events()
    close(take, clock, 3.0)

    def broken(*_words: object, **_named: object) -> None:
        raise ArithmeticError("no")

    monkeypatch.setattr(post.analysis, "analyze_pair", broken)
    with pytest.raises(ArithmeticError):
        sweep(queue)
    row = Processing.objects.get(take=take)
    assert row.state == "failed" and "ArithmeticError" in row.why_failed


def test_an_ended_session_pays_the_whole_booking_once(here, clock, queue):
    stage.check_in(here.session, here.ada)
    stage.check_in(here.session, here.noor)
    stage.leave(here.session, here.noor)
    stage.end_session(here.session)
    assert "settle_booking" in queue.run()
    jobs.run("settle_booking", {"session": str(here.session.pk)})
    for who, rule in ((here.ada, "whole_booking"), (here.noor, "left_early")):
        (line,) = pay.statement(who)
        assert (str(line.amount), line.rule) == ("$74.00", rule)
    assert pay.residual(here.program) == 0
    here.booking.refresh_from_db()
    assert here.booking.state == "done"


def test_whoever_waited_alone_is_paid_in_full(here, clock, queue):
    stage.check_in(here.session, here.ada)
    stage.end_session(here.session)
    queue.run()
    (line,) = pay.statement(here.ada)
    assert (str(line.amount), line.rule) == ("$74.00", "partner_lost")
    assert pay.statement(here.noor) == []


def test_reminders_come_at_24_and_47_hours_and_only_for_open_choices(
    here, clock, queue, mailoutbox
):
    take = here.playing()
    browser = Browser(take, here.ada)
    browser.record(speech(0.3, 48_000, 1), take.opened_at)
    close(take, clock, 1.0)
    stage.end_session(here.session)
    from yesand.consent import actions as consent

    consent.choose(here.noor, here.program, take.pk, "keep")
    queue.run()
    assert mailoutbox == []
    queue.run(timezone.now() + dt.timedelta(hours=25))
    assert [m.to for m in mailoutbox] == [[here.ada.email]]
    assert "24 hours" in mailoutbox[0].body and "/exit" in mailoutbox[0].body
    queue.run(timezone.now() + dt.timedelta(hours=48))
    assert len(mailoutbox) == 2 and "1 hours" in mailoutbox[1].body


def test_a_strike_past_48_hours_destroys_the_bytes(here, clock, queue):
    from yesand.consent import actions as consent
    from yesand.consent.models import TakeChoice

    take = here.playing()
    for who in (here.ada, here.noor):
        browser = Browser(take, who)
        browser.ping(take.opened_at, 3)
        browser.record(speech(2.5, 48_000, 1), take.opened_at + 0.1)
        browser.send_mics()
        browser.send_events()
    close(take, clock, 3.0)
    sweep(queue)
    consent.choose(here.ada, here.program, take.pk, "strike")
    jobs.TICKS["erase_struck"].call()
    sweep(queue)
    assert list(objects.default().names(f"takes/{take.pk}/a/")), "it can still be undone"
    TakeChoice.objects.update(until=timezone.now() - dt.timedelta(seconds=1))
    jobs.TICKS["erase_struck"].call()
    queue.run()
    left = list(objects.default().names(f"takes/{take.pk}/"))
    assert left == [f"takes/{take.pk}/manifest.json"], "what was asked and missing stays, no voice"
    assert not Recording.objects.filter(about=take.pk, erased_at=None).exists()
    jobs.TICKS["erase_struck"].call()
    assert "erase_take" not in queue.run()
