"""What each heard of the other reaches the turns, clock.json and the release's columns."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tests.fakes.browsers import Browser, close, upload
from tests.fakes.rooms import Room, make_room
from yesand.capture import actions as capture
from yesand.cli.robots.voices import duet
from yesand.dsp.frames import to_rate
from yesand.formats.audio import RATE
from yesand.infra import objects
from yesand.post import actions as post
from yesand.post.derived import get_json
from yesand.release.rows import TakeRows
from yesand.stage import room

pytestmark = pytest.mark.django_db
LOW = 16_000
SECONDS = 26.0
TRUE_MS = {"ab": 112.0, "ba": 173.0}


@pytest.fixture
def here(home, settings) -> Room:
    settings.MIN_FREE_BYTES = 0
    return make_room()


@pytest.mark.parametrize("both", [True, False])
def test_delays_by_direction_reach_the_release(here, monkeypatch, both):
    now = [time.time()]
    monkeypatch.setattr(room, "stage_now", lambda: now[0])
    take = here.playing()
    sounds = {role: track.samples / 2**23 for role, track in duet(SECONDS).items()}
    browsers = {}
    for role, partner, offset in (("a", "b", 2.5), ("b", "a", -40.0)):
        browser = Browser(take, here.person(role), offset_s=offset)
        browser.ping(take.opened_at, SECONDS)
        browser.record(sounds[role], take.opened_at + 0.1)
        browsers[role] = browser
        if both or role == "b":
            late = TRUE_MS[partner + role] / 1000
            heard = np.concatenate(
                [np.zeros(round(late * LOW)), to_rate(sounds[partner], RATE, LOW)]
            )
            browser.record(heard, take.opened_at + 0.1, kind="heard", rate=LOW)
    upload(browsers)
    close(take, now, SECONDS + 0.5)
    assert capture.seal_take(take.pk) is not None
    processing = post.process(take.pk)
    processing.refresh_from_db()
    clock = get_json(f"{post.folder(take.pk)}/clock.json")
    assert clock == processing.clock
    row = TakeRows(take).row()
    turns = processing.segments["turns"]
    views = {turn["view"] for turn in turns}
    for way in ("ab", "ba") if both else ("ab",):
        assert clock["mouth_to_ear"][way]["n"] >= 3
        assert row[f"mouth_to_ear_{way}_ms"] == pytest.approx(TRUE_MS[way], abs=8)
    if both:
        # What the clocks are wrong against each other goes from one delay to the other.
        assert clock["ears"]["sum_ms"] == pytest.approx(sum(TRUE_MS.values()), abs=2)
        assert {"ear_a", "ear_b"} <= views
        told = [t for t in turns if t["fto_as_heard_a"] is not None]
        for turn in told:
            apart = turn["fto_as_heard_a"] - turn["fto_as_heard_b"]
            assert abs(apart) == pytest.approx(sum(TRUE_MS.values()) / 1000, abs=0.003)
        assert told
    else:
        assert row["mouth_to_ear_ba_ms"] is None
        assert views == {"silence", "hold"}
    assert objects.default().size(f"{post.folder(take.pk)}/a.flac")
