"""The pages anybody may read, their figures from rows, and letters to a human."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.cache import cache
from django.utils import timezone

from tests.fakes.rooms import make_room
from yesand.capture.models import Seal
from yesand.cases.models import Case
from yesand.consent.actions import publish_terms
from yesand.pay.models import Payout
from yesand.people.actions import close_program
from yesand.people.models import Program
from yesand.release.models import Release, ReleasedTake, Revocation
from yesand.stage.models import Scene, Take

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_pace():
    cache.clear()


@pytest.fixture
def room():
    return make_room()


def played(room, seconds=360.0, number=1) -> Take:
    scene = Scene.objects.create(session=room.session, index=number, prompt=room.cards[0])
    at = timezone.now().timestamp() - 4000
    return Take.objects.create(
        scene=scene, number=1, state="closed", opened_at=at, closed_at=at + seconds
    )


def text_of(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return " ".join(answer.content.decode().split())


def test_an_empty_house_says_what_happens_next(client):
    text = text_of(client, "/")
    assert "Two people improvise." in text and "We do not label jokes." in text
    assert "No call is open now." in text and "No program yet." in text
    assert "No human is in this picture." in text and "heard fear" in text
    assert 'src="/static/yesand/landing/scene.ogg"' in text


def test_the_picture_says_the_same_as_its_table(client):
    text = text_of(client, "/")
    for word in ("excitement", "joy", "affection", "relief"):
        assert text.count(word) >= 2


def test_figures_are_counted_from_rows(client, room):
    take = played(room)
    Seal.objects.create(
        take=take,
        manifest_sha256="0" * 64,
        manifest={},
        lost_seconds=0.0,
        sealed_at=timezone.now(),
    )
    now = timezone.now()
    for person, late in ((room.ada, 0), (room.noor, 3)):
        Payout.objects.create(
            program=room.program,
            person=person,
            amount_minor=7400,
            currency="USD",
            pay_on=now.date() - dt.timedelta(days=late),
            sent_at=now,
        )
    text = text_of(client, "/")
    assert "1 of 2" in text and "payouts left on the day" in text
    assert "0.1 of 1 h played" in text and "2 performers" in text
    release = Release.objects.create(
        program=room.program,
        name="light",
        version="1.0",
        purpose="recognition_training",
        use="train",
        state="published",
        published_at=now,
    )
    ReleasedTake.objects.create(release=release, take=take, split="train", shard="x")
    Revocation.objects.create(program=room.program, take=take, tombstone={})
    assert "0 of 1" in text_of(client, "/")  # still inside: not honored yet
    ReleasedTake.objects.all().delete()
    text = text_of(client, "/")
    assert "1 of 1" in text and "takes withdrawn are out of every release." in text
    assert "Release 1.0" in text


def test_a_program_has_a_page_for_everybody_and_names_no_performer(client, room):
    program = room.program
    Program.objects.filter(pk=program.pk).update(
        purposes=["recognition_training"], may_not="Sell a voice.", contact="Mo, 9 to 18"
    )
    publish_terms(program, "recognition_training", "Training", "You allow it.")
    text = text_of(client, f"/programs/{program.slug}")
    assert program.client.name in text and "$74.00" in text and "$18.50" in text
    assert "Recognition training" in text and "text 1" in text and "Sell a voice." in text
    assert "Not asked for: Voice generation" in text and "Mo, 9 to 18" in text
    assert "A voice or face can be recognized." in text
    assert room.ada.alias not in text and room.ada.pseudonym not in text
    close_program(program)
    assert "closed" in text_of(client, f"/programs/{program.slug}")
    assert client.get("/programs/none").status_code == 404


def test_a_complaint_without_account_needs_an_address_and_gets_a_day(client, room):
    page = client.post("/complaints", {"says": "Too loud.", "contact": ""})
    assert page.status_code == 400 and b'id="id_contact_error"' in page.content
    assert not Case.objects.exists()
    said = {"says": "Too loud.", "contact": "x@example.org", "program": room.program.slug}
    answer = client.post("/complaints", said)
    assert answer["Location"] == "/complaints?sent=1"
    case = Case.objects.get()
    assert (case.kind, case.program, case.contact) == ("complaint", room.program, "x@example.org")
    page = client.get("/complaints?sent=1").content.decode()
    assert "You hear from us by" in page and "x@example.org" not in page


def test_a_complaint_of_a_member_shows_its_answer_to_them_alone(client, room):
    from yesand.cases.actions import decide

    client.force_login(room.ada)
    page = client.get("/complaints").content.decode()
    assert 'name="contact"' not in page
    client.post("/complaints", {"says": "The lamp was on too long.", "program": ""})
    case = Case.objects.get()
    assert case.opened_by == room.ada and case.program is None
    decide(case, room.mo, "upheld", "It was. It is fixed.")
    assert "It was. It is fixed." in client.get("/complaints").content.decode()
    client.force_login(room.noor)
    assert "The lamp was on" not in client.get("/complaints").content.decode()


@pytest.mark.parametrize("field", ["place", "day", "contact"])
def test_a_bystander_is_told_which_field_is_missing(client, field):
    said = {"place": "A cafe", "day": "in June", "contact": "x@example.org"}
    page = client.post("/in-a-recording", said | {field: ""})
    assert page.status_code == 400
    assert f'id="id_{field}_error"' in page.content.decode()
    assert not Case.objects.exists()


def test_a_bystander_needs_no_account(client):
    said = {"place": "A cafe", "day": "in June", "voice": "I laughed", "contact": "x@example.org"}
    assert client.post("/in-a-recording", said)["Location"] == "/in-a-recording?sent=1"
    case = Case.objects.get()
    assert case.kind == "in_recording" and "A cafe" in case.says and "I laughed" in case.says
    assert b"You hear from us by" in client.get("/in-a-recording?sent=1").content


def test_letters_are_slowed_down(client):
    said = {"place": "A cafe", "day": "in June", "contact": "x@example.org"}
    answers = [client.post("/in-a-recording", said).status_code for _try in range(7)]
    assert answers == [302] * 5 + [400] * 2
    assert Case.objects.count() == 5


class TestWhatGoesWrong:
    def test_a_missing_page_has_a_reference_and_a_way_on(self, client):
        page = client.get("/nothing/here")
        text = page.content.decode()
        assert page.status_code == 404 and page["X-Request-ID"] in text
        assert "/accounts/login/?next=/nothing/here" in text

    def test_scripts_get_json(self, client):
        answer = client.get("/api/nothing")
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found" and answer.json()["reference"]
        answer = client.get("/nothing", headers={"Accept": "application/json"})
        assert answer.json()["code"] == "not_found"

    def test_an_old_form_is_no_riddle(self, room):
        from django.test import Client

        strict = Client(enforce_csrf_checks=True)
        page = strict.post("/complaints", {"says": "x"})
        assert page.status_code == 403 and b"send that once more" in page.content

    def test_a_bug_shows_a_page_without_a_trace(self, client, monkeypatch):
        from yesand.web.public import figures

        def burst(now):
            raise RuntimeError("secret words of a bug")

        monkeypatch.setattr(figures, "promises", burst)
        client.raise_request_exception = False
        page = client.get("/")
        text = page.content.decode()
        assert page.status_code == 500 and "Something broke on our side" in text
        assert page["X-Request-ID"] in text and "secret words" not in text

    def test_every_answer_carries_the_policy(self, client):
        page = client.get("/")
        policy = page["Content-Security-Policy"]
        assert "'unsafe-inline'" not in policy and "frame-ancestors 'none'" in policy
        nonce = policy.split("'nonce-")[1].split("'")[0]
        assert f'nonce="{nonce}"' in page.content.decode()
        assert nonce not in client.get("/")["Content-Security-Policy"]


@pytest.mark.parametrize(
    "code, status",
    [
        ("bad_span", 400),
        ("slot_taken", 409),
        ("already_decided", 409),
        ("program_closed", 409),
        ("not_found", 404),
        ("not_yours", 404),
        ("unknown_prompt", 400),
        ("not_adult", 403),
        ("too_often", 429),
    ],
)
def test_a_refusal_has_its_status(code, status):
    from yesand.web.errors import status_of

    assert status_of(code) == status


def test_every_link_of_the_navigation_leads_somewhere(client, room):
    """The frame names addresses as people see them; each must be a page."""
    from django.urls import resolve

    from yesand.web.frame import links_of

    for audience in ("performer", "rater", "producer", "lab", "house", "public"):
        for address, words in links_of(audience, room.program.slug):
            assert resolve(address.split("#")[0]), words
