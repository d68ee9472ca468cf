"""A robot or a model is named as one before consent, in the room and after; its lines are its own."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.utils import timezone

from tests.fakes.rooms import Room, make_room
from yesand.consent import actions as consent
from yesand.kit.errors import Refused
from yesand.people.models import Person
from yesand.stage.models import Place
from yesand.web.sockets import dispatch

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(home, settings) -> Room:
    settings.MIN_FREE_BYTES = 0
    return make_room()


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def kind_of(room: Room, kind: str) -> None:
    Person.objects.filter(pk=room.noor.pk).update(player_kind=kind)


@pytest.mark.parametrize("kind", ["robot", "model"])
def test_every_page_says_what_the_partner_is(here: Room, kind: str) -> None:
    kind_of(here, kind)
    consent.publish_terms(here.program, "terms", "Terms", "Text")
    ada, session = signed_in(here.ada), here.session
    said = f"You play with a {kind}."
    before = (f"/me/consent/{here.program.slug}", f"/me/bookings/{here.booking.pk}")
    for page in (*before, f"/room/{session.pk}/check"):
        text = ada.get(page).content.decode()
        assert said in text and "never enter a release of people" in text, page
    Place.objects.filter(session=session).update(ready_at=timezone.now())
    assert f"A {kind}" in ada.get(f"/room/{session.pk}/warm-up").content.decode()
    here.playing()
    stage = ada.get(f"/room/{session.pk}").content.decode()
    assert f'data-player-kind="{kind}"' in stage and f"/room/{session.pk}/line" in stage
    desk = signed_in(here.mo).get(f"/producer/{here.program.slug}/live").content.decode()
    assert f"Noor: A {kind}" in desk


def test_nobody_is_called_a_robot_between_people(here: Room) -> None:
    ada, session = signed_in(here.ada), here.session
    Place.objects.filter(session=session).update(ready_at=timezone.now())
    here.playing()
    for page in (f"/me/bookings/{here.booking.pk}", f"/room/{session.pk}"):
        text = ada.get(page).content.decode()
        assert "You play with a" not in text and "data-player-kind" not in text


def test_only_what_is_no_person_writes_what_it_says(here: Room) -> None:
    session = here.session
    person = dispatch.enter(session.pk, here.ada)
    assert person is not None
    with pytest.raises(Refused) as refusal:
        dispatch.send(person, "line", {"text": "I am real."}, uuid.uuid4().hex)
    assert refusal.value.code == "robots_only"
    kind_of(here, "model")
    model = dispatch.enter(session.pk, here.noor)
    assert model is not None
    with pytest.raises(Refused):
        dispatch.send(model, "line", {"text": "x" * 401}, uuid.uuid4().hex)
    dispatch.send(model, "line", {"text": "<b>You kept it.</b>"}, uuid.uuid4().hex)
    shown = signed_in(here.ada).get(f"/room/{session.pk}/line").content.decode()
    assert "&lt;b&gt;You kept it.&lt;/b&gt;" in shown
    # It reads nothing of itself there.
    assert "kept it" not in signed_in(here.noor).get(f"/room/{session.pk}/line").content.decode()


def test_the_card_of_a_player_without_a_page_holds_the_own_half_alone(here: Room) -> None:
    session = here.session
    nothing = signed_in(here.noor).get(f"/api/room/{session.pk}/card").json()
    assert nothing["scene"] is None and nothing["card"] is None
    take = here.playing()
    for role, own, other in (
        ("a", "it is borrowed", "it leaks"),
        ("b", "it leaks", "it is borrowed"),
    ):
        answer = signed_in(here.person(role)).get(f"/api/room/{session.pk}/card")
        found = answer.json()
        assert found["scene"] == str(take.scene_id) and found["language"] == "en"
        assert found["card"]["mine"]["secret"] == own
        assert other not in answer.content.decode()
    assert Client().get(f"/api/room/{session.pk}/card").status_code == 401
    for stranger in (here.mo, make_room().ada):
        assert signed_in(stranger).get(f"/api/room/{session.pk}/card").status_code == 404
