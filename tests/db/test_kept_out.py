"""What is kept out of a take leaves by no door: sound, picture, items, releases; and a pause says
nothing about who asked for it.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse

import yesand
from tests.fakes.played import Stage, make_stage
from yesand.consent import actions as consent
from yesand.formats.audio import RATE, decode_flac
from yesand.formats.parquet import read_table
from yesand.formats.release_tables import BY_NAME
from yesand.infra import jobs
from yesand.kit.errors import Refused
from yesand.labels import actions as labels
from yesand.labels.models import Item
from yesand.people.models import Person
from yesand.post.models import Processing
from yesand.recording import actions as recording
from yesand.release import actions as release
from yesand.release import tracks
from yesand.release.models import Release, Revocation
from yesand.stage import outs
from yesand.stage.models import Pause, Take
from yesand.web.api.media import WHATS, media_url
from yesand.web.api.timeline import with_media

pytestmark = pytest.mark.django_db
#: a's private word; someone comes into b's room; a plain pause asked for by a.
PRIVATE, CAME, PAUSED = (2.0, 3.0), (14.0, 16.0), (22.0, 23.5)
SECONDS = 30.0
#: What goes: ten seconds before somebody came in, a second around each pause.
OUT = [(2.0, 3.0), (4.0, 17.0), (21.0, 24.5)]


@pytest.fixture
def stage(home) -> Stage:
    return make_stage()


@pytest.fixture
def queue():
    with jobs.in_memory() as memory:
        yield memory


@pytest.fixture
def take(stage) -> Take:
    pair = stage.pair()
    made = stage.take(pair, seconds=SECONDS, cues=(("a", 2.5), ("b", 15.0), ("a", 25.5)))
    for (start, end), kind in ((CAME, "someone_in"), (PAUSED, "pause")):
        Pause.objects.create(
            take=made,
            started_at=made.opened_at + start,
            ended_at=made.opened_at + end,
            kind=kind,
        )
    # The microphones stop as they do: the asking side at once, the other when it is told.
    row = Processing.objects.get(take=made)
    row.clock["gaps"] = {"a": [[14.1, 16.1], [21.9, 23.6]], "b": [[13.9, 16.2], [22.05, 23.55]]}
    row.segments["turns"] = [
        {**row.segments["turns"][0], "role": role, "view": view, "start": start, "end": end}
        for view in ("silence", "hold")
        for role, start, end in (("a", 2.2, 2.8), ("b", 12.0, 13.8), ("a", 25.2, 28.0))
    ]
    row.save()
    consent.mark_private(pair[0], stage.program, made.pk, [PRIVATE])
    return made


def player(take: Take, role: str) -> Person:
    return take.scene.session.places.get(role=role).person


def fetch(person: Person, address: str) -> bytes | None:
    client = Client()
    client.force_login(person)
    answer = client.get(address)
    if answer.status_code == 404:
        return None
    assert answer.status_code == 200, (address, answer.status_code)
    if answer.streaming:
        return async_to_sync(drained)(answer)
    return answer.content


async def drained(answer) -> bytes:
    return b"".join([part async for part in answer.streaming_content])


def quiet(samples: np.ndarray, spans, offset: float = 0.0) -> bool:
    return not any(
        samples[max(0, round((s - offset) * RATE)) : max(0, round((e - offset) * RATE))].any()
        for s, e in spans
    )


def test_the_spans_that_are_out_are_one_law(take):
    assert [(s.start, s.end) for s in outs.silent(take.pk)] == OUT
    assert [(s.start, s.end) for s in outs.kept_out(take.pk)] == [(2.0, 3.0), (4.0, 16.0)]


def test_no_sound_of_it_leaves_by_any_door(stage, take):
    a, b = player(take, "a"), player(take, "b")
    rater = stage.rater()
    producer = stage.producer
    heard = {}
    for who, role in ((b, "a"), (a, "b"), (producer, "a"), (producer, "b")):
        sound = fetch(who, media_url(who, "track", take.pk, role, "review"))
        assert sound is not None
        heard[who.pk, role] = decode_flac(sound, "track")
        assert quiet(heard[who.pk, role], [PRIVATE, CAME, (CAME[0] - 10, CAME[0])]), role
        assert fetch(who, media_url(who, "film", take.pk, role, "review")) is None
        assert fetch(who, media_url(who, "own", take.pk, role, "own_copy")) is None
    whole = decode_flac(fetch(a, media_url(a, "own", take.pk, "a", "own_copy")) or b"", "own")
    assert whole[2 * RATE : 3 * RATE].any(), "one's own copy is whole"

    # rater: no item that touches it, and nothing in the ten seconds before one that does not
    item = labels.next_item(rater, stage.program)
    assert item is not None and item.start == 25.5
    assert {i.start for i in Item.objects.filter(take=take)} == {2.5, 15.0, 25.5}
    for role in "ab":
        cut = fetch(rater, reverse("api:item_media", kwargs={"item": item.pk, "role": role}))
        context = 10.0 if item.context == "with_before" else 0.0
        assert quiet(decode_flac(cut or b"", "item"), OUT, item.start - context)

    media = tracks.media_of(take, ("a", "b"))
    assert quiet(media.a, OUT) and quiet(media.b, OUT)
    assert media.video_a is None and media.video_b is None
    assert media.a[round(25.2 * RATE) : round(28.0 * RATE)].any(), "the rest is there"


def test_the_partner_as_heard_leaves_by_no_door_at_all(stage, take):
    a, b = player(take, "a"), player(take, "b")
    # b's browser recorded a as heard: a recording of a's voice, made by b
    row = recording.open_recording(stage.program, b, "take", take.pk, "b", subjects=[a])
    stream, _token, _door = recording.open_stream(row, "heard")
    recording.sealed(stream, 4096, "h", "s", f"takes/{take.pk}/b/heard.pcm")
    assert "heard" not in WHATS
    with pytest.raises(ValueError, match="no such medium"):
        media_url(b, "heard", take.pk, "a", "review")
    for who in (a, b, stage.producer):
        assert fetch(who, media_url(who, "stream", stream.pk, "b", "review")) is None


def test_no_picture_and_no_turn_of_it_is_shown_to_others(stage, take):
    a, b = player(take, "a"), player(take, "b")
    for who, blind in ((a, False), (b, True), (stage.producer, True)):
        found = fetch(who, reverse("api:peaks", kwargs={"take": take.pk, "role": "a"}))
        peaks = json.loads(found or b"")["peaks"]
        assert (max(peaks[40:60]) == 0) is blind, who
        assert peaks[520] > 0
    lanes = {lane["role"]: lane for lane in with_media(b, take, "exit_page")["lanes"]}
    assert lanes["a"]["turns"] == [[25.2, 28.0]]
    assert with_media(a, take, "exit_page")["lanes"][0]["turns"] == [[2.2, 2.8], [25.2, 28.0]]


def test_a_pause_begins_and_ends_alike_on_both_sides(stage, take):
    media = tracks.media_of(take)
    edges = [
        [(g.start, g.end) for g in gaps if g.start > 10 or g.end > 10]
        for gaps in (media.gaps_a, media.gaps_b)
    ]
    assert edges[0] == edges[1] == [(4.0, 17.0), (21.0, 24.5)]
    for who in (player(take, "a"), player(take, "b"), stage.producer):
        a, b = with_media(who, take, "review")["lanes"]
        assert a["gaps"] == b["gaps"] == [[13.0, 17.0], [21.0, 24.5]]


def test_a_release_holds_nothing_of_it(stage, take):
    made = release.build(stage.program, "recognition_training", name="light")
    folder = release.folder_of(made)
    (dyad,) = list(yesand.open(folder))
    for track in (dyad.a, dyad.b):
        assert quiet(track.samples, OUT)
    for name in ("items", "segments", "turns"):
        rows = read_table(folder / f"{name}.parquet", BY_NAME[name].schema).to_pylist()
        touching = [r for r in rows if any(s < r["end"] and r["start"] < e for s, e in OUT)]
        gaps = [r for r in touching if r.get("kind") == "gap"]
        assert touching == gaps, name
        # declared, with the same edges for both: neither is the one who asked
        edges = {role: {(r["start"], r["end"]) for r in gaps if r["role"] == role} for role in "ab"}
        assert edges["a"] == edges["b"], name
        assert not gaps or edges["a"] == set(OUT)


def test_marked_later_the_take_leaves_what_was_published(stage, queue):
    pair = stage.pair()
    take, _other = stage.take(pair), stage.take()
    old = release.publish(release.build(stage.program, "recognition_training", name="light"))
    consent.mark_private(pair[1], stage.program, take.pk, [[1.0, 2.0]])
    assert "take_back" in queue.run()
    assert Revocation.objects.filter(take=take).exists()
    old.refresh_from_db()
    assert old.state == "superseded"
    assert Release.objects.get(state="published").figures["takes"] == 1


def test_putting_it_back_or_choosing_again_takes_nothing_back(stage, queue):
    pair = stage.pair()
    take = stage.take(pair)
    consent.mark_private(pair[0], stage.program, take.pk, [[1.0, 2.0]])
    release.publish(release.build(stage.program, "recognition_training", name="light"))
    queue.run()
    consent.mark_private(pair[0], stage.program, take.pk, [[1.2, 1.5]])
    consent.choose(pair[0], stage.program, take.pk, "keep")
    queue.run()
    assert release.take_back(take.pk) is None
    assert not Revocation.objects.exists()


def test_marked_between_building_and_publishing_it_is_not_published(stage):
    pair = stage.pair()
    take = stage.take(pair)
    built = release.build(stage.program, "recognition_training", name="light")
    consent.mark_private(pair[0], stage.program, take.pk, [[1.0, 2.0]])
    with pytest.raises(Refused) as refusal:
        release.publish(built)
    assert refusal.value.code == "consent_changed"
