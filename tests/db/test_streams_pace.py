"""How often one person may ask for streams; nobody else is slowed down by it."""

from __future__ import annotations

import pytest

from tests.fakes.desk import signed_in
from tests.fakes.rooms import make_room
from yesand.recording.models import Stream
from yesand.web import pace
from yesand.web.api import streams

pytestmark = pytest.mark.django_db


def test_too_many_streams_a_minute_are_refused_before_anything_is_made(home, monkeypatch):
    room = make_room()
    take = room.playing()
    monkeypatch.setattr(streams, "MOST_A_MINUTE", 3)
    monkeypatch.setattr(pace.time, "time", lambda: 1_000_000.0)
    ada, noor = signed_in(room.ada), signed_in(room.noor)
    address = f"/api/takes/{take.pk}/streams"

    def ask(client, kind="mic"):
        body = {"kind": kind, "reason": "start"}
        return client.post(address, body, content_type="application/json")

    assert [ask(ada).status_code for _time in range(3)] == [200] * 3
    made = Stream.objects.count()
    for where in (address, "/api/streams", f"/api/room/{room.session.pk}/check-streams"):
        answer = ada.post(where, b"{", content_type="application/json")
        assert answer.status_code == 429, where
        assert answer.json()["code"] == "too_often" and "Wait a little" in answer.json()["says"]
    assert Stream.objects.count() == made
    assert ask(noor).status_code == 200, "each person counts alone"
    monkeypatch.setattr(pace.time, "time", lambda: 1_000_061.0)
    assert ask(ada, "events").status_code == 200, "a minute later it goes on"


def test_the_limit_leaves_room_for_a_booking_with_crashes():
    # Five takes of three streams, each device changed twice, 30 streams left over from a crash.
    assert streams.MOST_A_MINUTE >= 5 * 3 * 3 + 30
