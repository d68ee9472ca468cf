"""A camera that was lost and came back: two films of one role, in order, and the dark between."""

from __future__ import annotations

import time

import pytest
from django.test import Client
from django.urls import reverse

from tests.fakes.browsers import close, pair, upload
from tests.fakes.films import film
from tests.fakes.rooms import Room, make_room
from yesand.capture import actions, reads
from yesand.post import actions as post
from yesand.post import derived
from yesand.post.films import films
from yesand.stage import room
from yesand.web.api.media import media_url

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


def test_two_films_of_one_role_are_kept_read_and_shown_in_order(here, clock):
    take = here.playing()
    both = pair(here, take)
    first, second = film(), film(frames=40)
    assert first != second
    ada, at = both["a"], take.opened_at
    for data, reason, start, end in ((first, "start", 0.3, 2.0), (second, "device", 3.5, 6.0)):
        stream = ada.send_camera(data, reason)
        ada.event("stream_start", at + start, stream=str(stream), kind="cam", rate=0)
        ada.event("stream_stop", at + end, stream=str(stream), kind="cam")
    both["b"].send_camera()  # by a browser that never told when
    upload(both)
    take = close(take, clock, 6.1)
    seal = actions.seal_take(take.pk)
    assert seal is not None and seal.lost_seconds == 0
    dark = [gap for gap in reads.gaps(take.pk) if gap.kind == "cam"]
    assert [(g.role, g.cause) for g in dark] == [("a", "device")], "0.3 s at the edge are no gap"
    assert dark[0].start == pytest.approx(2.0, abs=0.05)
    assert dark[0].end == pytest.approx(3.5, abs=0.05)
    assert [gap.role for gap in reads.manifest_of(take.pk).gaps if gap.kind == "cam"] == ["a"]

    assert [part.start_s for part in films(take.pk, "a")] == [None, None], "before the processing"
    row = post.process(take.pk)
    assert row.state == "done"
    parts = films(take.pk, "a")
    assert [part.start_s for part in parts] == [pytest.approx(t, abs=0.05) for t in (0.3, 3.5)]
    assert [part.end_s for part in parts] == [pytest.approx(t, abs=0.05) for t in (2.0, 6.0)]
    told = derived.get_json(f"{row.aligned_key}/clock.json")
    assert [one["stream"] for one in told["films"]["a"]] == [str(p.stream.pk) for p in parts]

    client = Client()
    client.force_login(here.mo)
    got = [
        client.get(media_url(here.mo, "film", take.pk, "a", "review", part.stream.pk))
        for part in parts
    ]
    assert [answer.content for answer in got] == [first, second]
    whole = client.get(media_url(here.mo, "film", take.pk, "a", "review"))
    assert whole.content == first
    other = films(take.pk, "b")[0].stream.pk
    wrong = client.get(media_url(here.mo, "film", take.pk, "a", "review", other))
    assert wrong.status_code == 404, "a part of the other role is no film of this one"
    page = client.get(reverse("producer:take", args=(here.program.slug, take.pk))).content.decode()
    shown = page[page.index('data-film="a"') : page.index('data-film="b"')]
    assert shown.count("<video") == 2 and "data-dark" in shown
    assert "from second 0.3" in shown.replace("\n", " ")
