"""The bench, the rater's home and the notes as pages: bad input, other people's items, signing."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from tests.fakes.played import Stage, make_stage
from yesand.labels import actions, reads
from yesand.labels.models import Assignment, Rating, SceneNote
from yesand.pay import actions as pay
from yesand.stage.models import Session
from yesand.web.performer.notes import order_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(home) -> Stage:
    return make_stage("Bench")


def bench(client, stage: Stage, rater) -> str:
    client.force_login(rater)
    return f"/rater/bench/{stage.program.slug}"


def test_the_bench_asks_stores_skips_and_undoes(stage, client):
    stage.take()
    rater = stage.rater()
    place = bench(client, stage, rater)
    page = client.get(place).text
    item = Assignment.objects.get(rater=rater).item
    assert f'value="{item.pk}"' in page and "P1" not in page, "blind: no alias"
    assert "affection" in page and 'data-key="q"' in page

    def send(**fields) -> str:
        return client.post(place, {"item": str(item.pk), **fields}, follow=True).text

    for fields, says in (
        ({}, "Choose a feeling."),
        ({"primary": "bliss", "intensity": "2"}, "Choose a feeling."),
        ({"primary": "joy"}, "Choose slight, clear or strong."),
        ({"primary": "joy", "intensity": "9"}, "Choose slight, clear or strong."),
        ({"primary": "other", "intensity": "2", "other_word": "  "}, "Write your word"),
    ):
        assert says in send(**fields)
        assert not Rating.objects.exists()
    send(primary="joy", intensity="3", plays="many", secondary="fear")
    row = Rating.objects.get()
    assert (row.primary, row.intensity, row.plays, row.secondary) == ("joy", 3, 1, ["fear"])
    page = client.get(place).text
    assert "joy, strong" in page
    send(undo="1")
    assert Rating.objects.get().undone_at is not None
    send(primary="cant_tell", intensity="")
    assert Rating.objects.get(undone_at=None).cant_tell
    item = Assignment.objects.get(rater=rater, done_at=None).item
    send(known="1")
    assert Assignment.objects.get(item=item).skipped == "known"
    assert Rating.objects.count() == 2


def test_the_bench_refuses_what_is_not_given_to_you(stage, client):
    stage.take()
    rater, other = stage.rater(), stage.rater()
    theirs = actions.next_item(other, stage.program)
    place = bench(client, stage, rater)
    fields = {"primary": "joy", "intensity": "2"}
    answer = client.post(place, {"item": str(theirs.pk), **fields}, follow=True)
    assert "not open for you" in answer.text and not Rating.objects.exists()
    for item in ("", "1", "' or 1=1", str(uuid.uuid4())):
        assert client.post(place, {"item": item, **fields}).status_code == 404
    client.force_login(stage.performer())
    assert client.get(place).status_code == 404
    client.logout()
    assert client.get(place).status_code == 302


def test_a_rater_signs_before_hearing_anybody(stage, client):
    stage.take()
    new = stage.rater(signed=False)
    place = bench(client, stage, new)
    answer = client.get(place)
    assert (answer.status_code, answer.url) == (302, f"/me/consent/{stage.program.slug}")
    assert not Assignment.objects.exists()
    page = client.get(answer.url)
    assert page.status_code == 200 and "Terms for raters" in page.text


def test_the_raters_home_and_statement(stage, client):
    stage.take()
    rater = stage.rater()
    client.force_login(rater)
    assert client.get("/rater").status_code == 200
    stage.rate_all(rater)
    pay.settle("rating", actions.rating_day(rater, stage.program, timezone.now().date()))
    page = client.get("/rater/money").text
    assert "Rating is paid for the time it took." in page
    text = client.get("/rater/money.csv").text
    assert "honest_time" in text
    empty = client.get(bench(client, stage, rater))
    assert empty.status_code == 200 and "Nothing to rate right now" in empty.text
    assert reads.agreement(rater, stage.program) == (0, 0, None)


def test_the_notes_page_walks_both_halves_and_the_whole(stage, client):
    ada, noor = stage.pair()
    take = stage.take((ada, noor), cues=(("a", 0.5),))
    client.force_login(ada)
    place = f"/room/{take.scene.session_id}/notes/{take.pk}"
    assert client.get(place).status_code == 200
    own_first = order_of(take, "a", 0) == 0
    says = {"primary": "joy", "intensity": "2", "offer": "bent", "sure": "guess"}
    answer = client.post(f"{place}?at=0", {"primary": "joy"}, follow=True)
    assert "Choose slight, clear or strong." in answer.text and not Rating.objects.exists()
    for at in (0, 1):
        answer = client.post(f"{place}?at={at}", says)
        assert answer.url == f"{place}?at={at + 1}"
    views = dict(Rating.objects.values_list("view", "order"))
    assert views == {"character": int(not own_first), "partner": int(not own_first)}
    answer = client.post(f"{place}?at=2", {"natural": "9"})
    assert answer.status_code == 200 and not SceneNote.objects.exists()
    Session.objects.update(state="notes")
    answer = client.post(f"{place}?at=2", {"natural": "4", "keep_out": "my street"})
    assert (answer.status_code, SceneNote.objects.get().natural) == (302, 4)
    assert answer.url == f"/room/{take.scene.session_id}"
    # Whoever ended the session did not take the other's notes away: they lead to the exit page.
    Session.objects.update(state="ended")
    answer = client.post(f"{place}?at=2", {"natural": "4"})
    assert answer.url == f"/room/{take.scene.session_id}/exit"
    assert f'data-notes-done="{take.pk}"' in client.get(answer.url).text
    client.force_login(noor)
    assert 'data-notes-done=""' in client.get(answer.url).text
    client.force_login(stage.performer())
    assert client.get(place).status_code == 404
    client.force_login(stage.producer)
    assert client.get(place).status_code == 404
