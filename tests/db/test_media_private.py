"""A span a player marked private is silent for everybody else, wherever media leaves."""

from __future__ import annotations

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from tests.fakes.played import Stage, make_stage
from yesand.consent import actions as consent
from yesand.formats.audio import RATE, decode_flac
from yesand.labels import actions as labels
from yesand.people.models import Person
from yesand.recording import actions as recording
from yesand.web.api.media import media_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(home) -> Stage:
    return make_stage()


def heard(person: Person, take, role: str) -> np.ndarray | None:
    client = Client()
    client.force_login(person)
    answer = client.get(media_url(person, "track", take.pk, role, "exit_page"))
    if answer.status_code == 404:
        return None
    assert answer.status_code == 200
    return decode_flac(answer.content, "track")


def test_partner_and_producer_hear_silence_and_the_player_hears_it_all(stage, monkeypatch):
    a, b = pair = stage.pair()
    take = stage.take(pair)
    consent.mark_private(a, stage.program, take.pk, [[1.0, 2.0]])
    owner = recording.open_recording(stage.program, a, "take", take.pk, "a")
    other = recording.open_recording(stage.program, b, "take", take.pk, "b")
    track = type("T", (), {})
    rows = {"a": owner, "b": other}

    def tracks(_take, role, kind="mic"):
        row = track()
        row.kind = kind
        row.stream = type("S", (), {"recording": rows[role], "object_key": "x", "length": 1})()
        return [row]

    monkeypatch.setattr("yesand.web.api.media.capture.tracks", tracks)
    whole = heard(a, take, "a")
    assert np.abs(whole[RATE : 2 * RATE]).max() > 0
    for person, role in ((b, "a"), (stage.producer, "a"), (stage.producer, "b"), (a, "b")):
        cut = heard(person, take, role)
        assert np.abs(cut[RATE : 2 * RATE]).max() == 0, (person, role)
        assert len(cut) == len(whole)
    consent.mark_private(a, stage.program, take.pk, [])
    assert np.array_equal(heard(b, take, "a"), whole)


def test_a_film_with_something_private_stays_with_its_player(stage, monkeypatch):
    a, b = pair = stage.pair()
    take = stage.take(pair)
    consent.mark_private(b, stage.program, take.pk, [[0.5, 1.0]])
    row = recording.open_recording(stage.program, a, "take", take.pk, "a")
    made = type("T", (), {"kind": "cam"})()
    made.stream = type("S", (), {"recording": row, "object_key": "films/a", "length": 4})()
    monkeypatch.setattr("yesand.web.api.media.capture.tracks", lambda *_a, **_k: [made])
    client = Client()
    client.force_login(b)
    assert client.get(media_url(b, "film", take.pk, "a", "exit_page")).status_code == 404


def test_what_was_erased_is_not_played_on_the_bench_from_memory(stage):
    a, _b = pair = stage.pair()
    take = stage.take(pair)
    rater = stage.rater()
    item = labels.next_item(rater, stage.program)
    client = Client()
    client.force_login(rater)
    address = reverse("api:item_media", kwargs={"item": item.pk, "role": "a"})
    assert client.get(address).status_code == 200
    owner = recording.open_recording(stage.program, a, "take", take.pk, "a")
    recording.erase(owner, "asked")
    assert client.get(address).status_code == 404
