"""A demo that was killed in mid-scene starts again: nothing waits for robots that are gone."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from tests.fakes.browsers import close, pair
from tests.fakes.rooms import Room, make_room
from yesand.capture import reads as capture
from yesand.cli.demonstration import again, cast, night
from yesand.consent import reads as consent
from yesand.matching.models import Booking
from yesand.recording.models import Stream
from yesand.stage import actions as stage
from yesand.stage import room
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


def test_a_scene_that_was_cut_off_is_sealed_as_it_is_and_struck(here, clock):
    take = here.playing()
    browsers = pair(here, take)
    browsers["a"].send_mics()  # the other was killed before it sent anything
    robots = (here.ada, here.noor)
    clock[0] += 9
    again.clear_up(robots)
    take.refresh_from_db()
    assert (take.state, take.ended_by) == ("closed", "lost")
    assert capture.seal_of(take.pk) is not None
    states = Stream.objects.filter(recording__about=take.pk).values_list("state", flat=True)
    assert sorted(states) == ["complete", "lost"]
    assert again.whole_take(robots) is None
    again.clear_up(robots)  # a third start finds nothing to do
    assert Take.objects.count() == 1

    again.choose(robots, here.program, whole=here.session.pk)
    choices = [consent.choice_of(who, take.pk) for who in robots]
    assert [choice.choice for choice in choices if choice] == ["strike", "strike"]


def test_a_scene_that_was_played_whole_is_kept_and_not_played_again(here, clock):
    take = here.playing()
    browsers = pair(here, take)
    for browser in browsers.values():
        browser.send_events()
    for browser in browsers.values():
        browser.send_mics()
    close(take, clock, 6.0)
    robots = (here.ada, here.noor)
    again.clear_up(robots)
    assert again.whole_take(robots) == take.pk
    again.choose(robots, here.program, take.pk)
    again.choose(robots, here.program, take.pk)
    choices = [consent.choice_of(who, take.pk) for who in robots]
    assert [choice.choice for choice in choices if choice] == ["keep", "keep"]


def test_a_room_waits_at_every_start_also_within_the_same_hour(home, settings):
    settings.MIN_FREE_BYTES = 0
    people, _says = cast.seed()
    first = night.waiting_room(people)
    assert night.waiting_room(people) == first
    stage.end_session(first)
    second = night.waiting_room(people)
    assert second != first and second.state == "waiting"
    late = second.booking.starts_at - dt.timedelta(minutes=55)
    Booking.objects.filter(pk=second.booking.pk).update(starts_at=late)
    third = night.waiting_room(people)
    assert third != second and third.state == "waiting"
