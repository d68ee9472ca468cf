"""A browser that means harm, all the way: the take is sealed and judged, and nothing else is hurt."""

from __future__ import annotations

import datetime as dt
import json
import time

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from tests.fakes import films
from tests.fakes.browsers import Browser, close, pair, upload
from tests.fakes.rooms import Room, make_room
from tests.fakes.sounds import SOUNDS, block
from yesand.capture import actions, reads
from yesand.formats.blocks import Encoding
from yesand.infra import objects
from yesand.post import actions as post
from yesand.recording.models import Stream
from yesand.stage import room
from yesand.stage.models import Take
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


@pytest.fixture
def take(here, clock) -> Take:
    return here.playing()


NAN = b"".join(block(n, np.full(4800, np.nan, "<f4"), encoding=Encoding.F32) for n in range(10))
EVIL_EVENTS = b"".join(
    json.dumps(line).encode() + b"\n"
    for line in (
        {"t": 10**400, "type": "ping"},
        {"t": 1, "type": "settings", "kind": "mic", "settings": {"a": "\0", "\ud800": 1, "b": 2}},
        {"t": 1, "type": "settings", "kind": "mic", "settings": {"x": float("nan"), "y": [[[]]]}},
        {"t": 1, "type": "stream_stop", "stream": "", "samples": 10**300},
        {"t": 1, "type": "ping", "t0_ms": 1e308, "t1_s": -1e308, "t2_s": 1e308, "t3_ms": -1e308},
    )
)


@pytest.mark.parametrize(
    ("mic", "film", "events", "codes"),
    [
        (SOUNDS["one block again and again"][0], films.POLYGLOT, EVIL_EVENTS,
         {"too_damaged", "not_webm"}),
        (NAN, films.HOSTILE["16383 x 16383 in a key frame"][0](), b"[" * 50_000,
         {"absurd_picture"}),
        (b"".join((block(0, [1]), block(1, [1], first_sample=2**61, client_us=2**62))),
         films.HOSTILE["endless duration"][0](), b"", {"too_long"}),
    ],
    ids=["damaged, a page, events", "NaN, pixels, depth", "10^18 samples, endless, nothing"],
)  # fmt: skip
def test_a_take_with_a_browser_that_means_harm_is_sealed_and_waits_for_a_person(
    here, take, clock, mic, film, events, codes
):
    evil, honest = Browser(take, here.ada), pair(here, take, 2.0)["b"]
    for kind, data in (("mic", mic), ("events", events), ("cam", film)):
        stream = evil.grant(kind)
        evil.upload(stream, data)
    upload({"b": honest})
    honest.send_camera()
    take = close(take, clock, 2.4)
    began = time.monotonic()
    seal = actions.seal_take(take.pk)
    assert time.monotonic() - began < 10
    assert seal is not None and 0 <= seal.lost_seconds < 600
    found = {s.kind: s.finding for s in Stream.objects.filter(recording__role="a")}
    assert {code.split(":")[0] for code in found.values() if code} == codes
    for kind, code in found.items():
        stream = Stream.objects.get(recording__role="a", kind=kind)
        assert stream.state == "complete", "nothing that came is lost"
        assert stream.length == 0 or objects.default().size(stream.object_key) == stream.length
        (told,) = reads.manifest_of(take.pk).parts("a", kind)
        assert (told.path is None) == (bool(code) or not stream.length)
        assert not code or told.reason == code
    assert {s.finding for s in Stream.objects.filter(recording__role="b")} == {""}

    row = post.process(take.pk)
    assert row.verdict in ("review", "retake"), "a person looks or both play again; pay stands"
    client = Client()
    client.force_login(here.ada)
    film_of = {r: client.get(media_url(here.ada, "film", take.pk, r, "review")) for r in "ab"}
    assert (film_of["a"].status_code, film_of["b"].status_code) == (404, 200)


def test_the_honest_sound_beside_a_hostile_one_is_whole(here, take, clock):
    evil, honest = Browser(take, here.ada), pair(here, take, 2.0)["b"]
    evil.upload(evil.grant("mic"), SOUNDS["a rate of 384 kHz"][0])
    upload({"b": honest})
    take = close(take, clock, 2.4)
    late = timezone.now() + dt.timedelta(hours=7)
    assert actions.seal_take(take.pk, late) is not None
    (mic,) = reads.manifest_of(take.pk).parts("b", "mic")
    assert (mic.samples, mic.state) == (96_000, "complete")
    (bad,) = reads.manifest_of(take.pk).parts("a", "mic")
    assert bad.path is None and bad.reason.startswith("absurd_rate")
