"""What no page of ours sends: the answer is words and a 4xx, never a fault of ours."""

from __future__ import annotations

import asyncio
import json

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests.fakes.rooms import Room, make_room
from tests.fakes.sockets import Link, headers, page
from yesand.infra import bus
from yesand.people.actions import join
from yesand.stage.models import Scene, Take

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def room(db):
    cache.clear()
    return make_room()


def an_ended_take(room: Room) -> Take:
    scene = Scene.objects.create(session=room.session, index=1, prompt=room.cards[0])
    at = timezone.now().timestamp() - 4000
    return Take.objects.create(
        scene=scene, number=1, state="closed", opened_at=at, closed_at=at + 60
    )


def signed_in(person) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person, backend=BACKEND)
    return client


@pytest.mark.parametrize("people", ["\u00b2", "9" * 5000, "-1", "x"])
def test_a_wild_number_of_players_is_left_out(room, people):
    join(room.program, room.mo, "producer")
    path = f"/producer/{room.program.slug}/calls/"
    answer = signed_in(room.mo).get(path, {"people": people})
    assert answer.status_code == 200 and room.program.name in answer.content.decode()


@pytest.mark.parametrize("week", ["9999-12-31", "0001-01-01", "1999-01-01"])
def test_a_week_far_away_is_refused_in_words(room, week):
    join(room.program, room.mo, "producer")
    room.commission.state = "open"
    room.commission.save()
    path = f"/producer/{room.program.slug}/schedule"
    sent = {"ask": "week", "commission": str(room.commission.pk), "week": week}
    answer = signed_in(room.mo).post(path, sent)
    assert answer.status_code == 200 and "within ten years" in answer.content.decode()


@pytest.mark.parametrize("to", ["take", "//evil.example", "https://evil.example", "\u00b2"])
def test_after_a_choice_one_stays_on_our_pages(room, to):
    take = an_ended_take(room)
    sent = {"purpose": "publication", "on": "1", "next": to}
    answer = signed_in(room.ada).post(f"/me/takes/{take.pk}/use", sent)
    assert (answer.status_code, answer["Location"][:10]) == (302, "/me/takes/")


def test_a_nul_is_told_before_any_row_is_asked(room):
    client = signed_in(room.ada)
    assert client.get("/order/a%00b").status_code == 400
    assert client.get("/me/takes", {"page": "\0"}).status_code == 400
    answer = client.post("/me/ask", {"program": room.program.slug, "says": "help\0"})
    assert answer.status_code == 400 and "could not be read" in answer.content.decode()


def test_the_lab_api_describes_itself(client, db):
    described = client.get("/api/lab/openapi.json").json()
    assert "/api/lab/releases" in described["paths"] and "/api/lab/feed" in described["paths"]
    assert client.get("/api/lab/releases").status_code == 401


def test_a_private_page_is_kept_by_no_browser(room):
    for path in ("/me", "/me/money", "/me/money.csv", "/me/data.json"):
        assert signed_in(room.ada).get(path)["Cache-Control"] == "private, no-store", path


def test_each_kind_of_stream_is_asked_for_once(room):
    body = json.dumps({"take": str(room.session.pk), "kinds": ["mic", "mic"]})
    answer = signed_in(room.ada).post("/api/streams", body, content_type="application/json")
    assert answer.json()["code"] == "unknown_kind"


@pytest.fixture
def here(committed_database: str, settings, tmp_path) -> Room:
    settings.HOME, settings.MIN_FREE_BYTES = tmp_path, 0
    made = make_room()
    made.booking.session_id = made.session.pk  # type: ignore[attr-defined]
    return made


async def test_a_room_tells_what_it_cannot_keep_and_goes_on(here):
    async with page(here, here.ada) as ada:
        await ada.send("present", "n-1", peer="p\0", page="stage")
        assert (await ada.until(lambda m: m["type"] == "error"))["code"] == "bad_json"
        await ada.send("present", "\ud800", peer="p1", page="stage")
        await ada.send("cue_displayed", "n-2", cue=str(here.booking.session_id), client_ms=10**400)
        await ada.send("present", "n-3", peer="p1", page="stage")
        assert (await ada.kind("present"))["body"]["peer"] == "p1"


async def test_a_socket_to_no_room_is_refused(here):
    assert not await Link("no-room", headers()).connect()  # type: ignore[arg-type]


async def test_a_socket_that_dies_of_a_fault_leaves_no_reader(here, monkeypatch):
    def broken(*_sent):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("yesand.web.sockets.dispatch.send", broken)
    async with page(here, here.ada) as ada:
        await ada.send("present", "n-1", peer="p1", page="stage")
        while (end := await ada.link.receive_output(10))["type"] != "websocket.close":
            pass
        assert end["code"] == 1011, "the page comes back and says it again"
    assert not bus._buses[asyncio.get_running_loop()].readers
