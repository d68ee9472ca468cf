"""The room socket: who gets in, what is replayed, what floods and breaks, across processes."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid

import psycopg
import pytest
from channels.db import database_sync_to_async

from tests.fakes.rooms import Room, make_room, person
from tests.fakes.sockets import Link, cookie_of, headers, page
from yesand.infra import bus
from yesand.stage import actions, room
from yesand.stage.models import Cue, RoomMessage, Take
from yesand.web.sockets import room as sockets


@pytest.fixture
def here(committed_database: str, settings, tmp_path) -> Room:
    settings.HOME, settings.MIN_FREE_BYTES = tmp_path, 0
    return make_room()


@pytest.fixture
def opened(here: Room) -> Room:
    """A room with its session's id at hand for asynchronous tests."""
    here.booking.session_id = here.session.pk  # type: ignore[attr-defined]
    return here


@pytest.mark.parametrize("who", ["nobody", "stranger", "elsewhere", "no_origin", "unknown_room"])
async def test_nobody_else_gets_in(opened, who):
    session_id = opened.booking.session_id
    cookie = await database_sync_to_async(cookie_of)(opened.ada)
    if who == "nobody":
        given = headers()
    elif who == "stranger":
        eve = await database_sync_to_async(person)("Eve")
        given = headers(await database_sync_to_async(cookie_of)(eve))
    elif who == "elsewhere":
        given = headers(cookie, "https://evil.example")
    elif who == "no_origin":
        given = headers(cookie, "")
    else:
        given, session_id = headers(cookie), uuid.uuid4()
    assert not await Link(session_id, given).connect()


async def test_a_message_reaches_both_in_order_with_its_nonce_for_the_sender(opened):
    async with page(opened, opened.ada) as ada, page(opened, opened.noor) as noor:
        await ada.send("present", "n-1", peer="p1", page="stage")
        mine, theirs = await ada.kind("present"), await noor.kind("present")
        assert mine["id"] == theirs["id"]
        assert (mine["nonce"], theirs["nonce"]) == ("n-1", "")
        assert (theirs["sender"], theirs["role"], theirs["body"]["peer"]) == ("Ada", "a", "p1")
        people = await noor.until(lambda m: m["type"] == "here")
        assert people["people"] == [{"role": "a", "alias": "Ada"}]
        await ada.send("present", "n-1", peer="p1", page="stage")
        await ada.send("device", state="recording")
        await noor.kind("device")
        assert [m["kind"] for m in noor.log()].count("present") == 1, "a repeat is one message"


async def test_a_signal_reaches_only_the_one_it_is_for(opened):
    async with (
        page(opened, opened.ada) as ada,
        page(opened, opened.noor) as noor,
        page(opened, opened.mo) as mo,
    ):
        await ada.send("signal", to="b", peer="p1", description={"type": "offer", "sdp": "x"})
        await noor.kind("signal")
        await ada.send("signal", to="director", peer="p1", candidate=None)
        await mo.kind("signal")
        await ada.send("device", state="recording")
        await noor.kind("device")
        assert [m["to"] for m in noor.log() if m["kind"] == "signal"] == ["b"]
        assert [m["to"] for m in mo.log() if m["kind"] == "signal"] == ["director"]


async def test_pings_are_answered_and_stored_nowhere(opened):
    async with page(opened, opened.ada) as ada:
        before = time.time()
        await ada.say(type="ping", t0=123.5)
        pong = await ada.until(lambda m: m["type"] == "pong")
        assert pong["t0"] == 123.5
        assert before <= pong["t1"] <= pong["t2"] <= time.time()
    assert await database_sync_to_async(RoomMessage.objects.count)() == 0


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("not json", "bad_json"),
        ("[]", "unknown_type"),
        ('{"type":"shout"}', "unknown_type"),
        ('{"type":"ping"}', "bad_ping"),
        ('{"type":"hello","last":"x"}', "bad_hello"),
        ('{"type":"hello","last":-1}', "bad_hello"),
        ('{"type":"send","kind":"gossip","body":{},"nonce":""}', "unknown_kind"),
        ('{"type":"send","kind":["x"],"body":{},"nonce":""}', "unknown_kind"),
        ('{"type":"send","kind":"present","body":3,"nonce":""}', "bad_body"),
        ('{"type":"send","kind":"present","body":{"peer":7},"nonce":""}', "bad_field"),
        ('{"type":"send","kind":"present","body":{},"nonce":7}', "bad_nonce"),
        ('{"type":"send","kind":"signal","body":{"to":"a"},"nonce":""}', "unknown_role"),
        ('{"type":"send","kind":"signal","body":{"to":"b"},"nonce":""}', "bad_signal"),
        ('{"type":"send","kind":"cue_response","body":{"cue":"x"},"nonce":""}', "bad_field"),
        ('{"type":"send","kind":"pause","body":{},"nonce":""}', "no_take"),
        ("[" * 5000, "bad_json"),
    ],
)
async def test_what_makes_no_sense_is_answered_and_changes_nothing(opened, message, code):
    async with page(opened, opened.ada) as ada:
        await ada.link.send_to(message)
        error = await ada.until(lambda m: m["type"] == "error")
        assert error["code"] == code and error["says"]
        await ada.say(type="ping", t0=1)
        await ada.until(lambda m: m["type"] == "pong")
    assert await database_sync_to_async(RoomMessage.objects.count)() == 0


async def test_a_huge_frame_and_bytes_end_the_socket(opened):
    for payload in ({"text": "x" * (sockets.MAX_FRAME + 1)}, {"data": b"\x00"}):
        cookie = await database_sync_to_async(cookie_of)(opened.ada)
        link = Link(opened.booking.session_id, headers(cookie))
        await link.connect()
        await link.send_to(**payload)
        assert json.loads(await link.receive_from())["code"] == "too_large"
        end = await link.receive_output(10)
        assert (end["type"], end["code"]) == ("websocket.close", sockets.TOO_BIG)


async def test_a_flood_is_slowed_and_then_ended(opened):
    cookie = await database_sync_to_async(cookie_of)(opened.ada)
    link = Link(opened.booking.session_id, headers(cookie))
    await link.connect()
    for _ in range(2 * (int(sockets.BURST) + sockets.PATIENCE)):
        await link.send_to('{"type":"ping","t0":1}')
    pongs, errors = 0, []
    while True:
        output = await link.receive_output(10)
        if output["type"] == "websocket.close":
            break
        message = json.loads(output["text"])
        pongs += message["type"] == "pong"
        errors += [message["code"]] if message["type"] == "error" else []
    assert output["code"] == sockets.TOO_MANY
    assert sockets.BURST <= pongs < sockets.BURST + sockets.PATIENCE
    assert "too_many" in errors


async def test_a_ping_is_answered_while_the_database_works(opened, monkeypatch):
    working, done = threading.Event(), threading.Event()
    real = sockets.dispatch.send

    def slow(*words):
        working.set()
        assert done.wait(20)
        real(*words)

    monkeypatch.setattr("yesand.web.sockets.dispatch.send", slow)
    async with page(opened, opened.ada) as ada:
        await ada.send("present", "n-1", peer="p1", page="stage")
        assert await asyncio.to_thread(working.wait, 20)
        await ada.send("present", "n-2", peer="p1", page="stage")
        await ada.say(type="ping", t0=1.0)
        try:
            await ada.until(lambda m: m["type"] == "pong")
            assert not ada.log(), "nothing is stored yet"
        finally:
            done.set()
        first = await ada.until(lambda m: m.get("nonce") == "n-1")
        second = await ada.until(lambda m: m.get("nonce") == "n-2")
        assert first["id"] < second["id"]


def _post_many(here: Room, first: int, count: int) -> None:
    session = here.session
    for n in range(first, first + count):
        role = "ab"[n % 2]
        actions.post(session, kind="device", role=role, sender=role, body={"state": str(n)})


async def test_400_of_400_in_order_although_the_listener_is_cut(opened, committed_database):
    """The connection that listens is ended in the middle; nothing is missed or comes twice."""
    async with page(opened, opened.ada) as ada, page(opened, opened.noor) as noor:
        await database_sync_to_async(_post_many)(opened, 0, 100)
        await ada.until(lambda m: m["type"] == "log" and m["body"].get("state") == "50")
        posting = asyncio.create_task(database_sync_to_async(_post_many)(opened, 100, 300))

        def cut() -> int:
            with psycopg.connect(committed_database, autocommit=True) as admin:
                return len(
                    admin.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE application_name = 'yesand bus' AND datname = current_database()"
                    ).fetchall()
                )

        assert await asyncio.to_thread(cut) >= 1
        await posting
        for one in (ada, noor):
            await one.until(lambda m: m["type"] == "log" and m["body"].get("state") == "399")
            said = [m["body"]["state"] for m in one.log() if m["kind"] == "device"]
            assert said == [str(n) for n in range(400)]


async def test_who_comes_back_hears_what_was_missed_and_nothing_twice(opened):
    async with page(opened, opened.ada) as ada:
        await database_sync_to_async(_post_many)(opened, 0, 5)
        seen = await ada.until(lambda m: m["type"] == "log" and m["body"]["state"] == "4")
    await database_sync_to_async(_post_many)(opened, 5, 5)
    async with page(opened, opened.ada, last=seen["id"]) as ada:
        await ada.until(lambda m: m["type"] == "log" and m["body"].get("state") == "9")
        assert [m["body"]["state"] for m in ada.log()] == ["5", "6", "7", "8", "9"]


async def test_a_writer_in_another_process_is_heard(opened, committed_database):
    """The message comes in over a plain connection, as another web process would write it."""
    async with page(opened, opened.ada) as ada:
        await ada.say(type="ping", t0=1)
        await ada.until(lambda m: m["type"] == "pong")

        def elsewhere() -> None:
            with psycopg.connect(committed_database) as other:
                other.execute(
                    "INSERT INTO stage_roommessage "
                    '(session_id, kind, sender, role, "to", body, nonce, at) '
                    "VALUES (%s, 'device', 'Noor', 'b', '', '{\"state\": \"far\"}', '', 1)",
                    [opened.booking.session_id],
                )
                other.execute(
                    "SELECT pg_notify(%s, %s)", [bus.NAME, f"room:{opened.booking.session_id}"]
                )

        await asyncio.to_thread(elsewhere)
        assert (await ada.kind("device"))["body"] == {"state": "far"}


def _scene(here: Room) -> Take:
    return here.playing()


async def test_a_scene_over_the_socket(opened, monkeypatch):
    """Ready, choose, ready, deal me one, displayed, took, pause, resume, and scene."""
    async with (
        page(opened, opened.ada) as ada,
        page(opened, opened.noor) as noor,
        page(opened, opened.mo) as mo,
    ):
        for one in (ada, noor):
            await one.send("ready")
        state = await ada.kind("state")
        assert state["body"] == {"state": "playing"}
        cards = await database_sync_to_async(actions.deal_cards)(
            await database_sync_to_async(lambda: opened.session)()
        )
        await ada.send("scene_chosen", prompt=str(cards[0].pk))
        chosen = await noor.kind("scene_chosen")
        assert chosen["body"]["title"] == cards[0].title
        assert chosen["role"] == "server"
        for one in (ada, noor):
            await one.send("ready", scene=chosen["body"]["scene"])
        take = (await noor.kind("take_opened"))["body"]
        await ada.send("cue", "c-1", pull=True)
        cue = await ada.kind("cue")
        assert cue["body"]["to"] == "a" and cue["body"]["pulled"] and cue["nonce"] == "c-1"
        now = time.time()
        await ada.send(
            "cue_displayed",
            cue=cue["body"]["cue"],
            client_ms=now * 1000,
            displayed_at=now,
            hidden=False,
        )
        await ada.send(
            "cue_response", cue=cue["body"]["cue"], response="took", responded_at=now + 0.1
        )
        assert (await mo.kind("cue_response"))["body"]["response"] == "took"
        stored = await database_sync_to_async(Cue.objects.get)(pk=cue["body"]["cue"])
        assert (stored.displayed_at, stored.response) == (now, "took")
        await noor.send("cue", to="a", action="Go", aim_emotion="joy", aim_intensity=1)
        assert (await noor.until(lambda m: m["type"] == "error"))["code"] == "players_pull"
        real = room.stage_now
        # Ten seconds after the other's: the two are never offered something at one moment.
        monkeypatch.setattr(room, "stage_now", lambda: real() + 10)
        await mo.send("cue", to="b", action="Offer tea", aim_emotion="joy", aim_intensity="2")
        offered = await noor.kind("cue")
        assert (offered["body"]["aim"], offered["role"]) == ("", "director"), "never wished for"
        await noor.send("cue_response", cue=cue["body"]["cue"], response="bent")
        errors = [m for m in noor.heard if m["type"] == "error"]
        await noor.until(lambda m: m["type"] == "error" and m not in errors)
        assert noor.heard[-1]["code"] == "no_cue", "another's offer is not theirs to answer"
        await noor.send("pause", take=take["take"], why="someone_in")
        assert (await ada.kind("pause"))["role"] == "server"
        for one in (ada, noor):
            await one.send("resume", take=take["take"])
        await ada.until(lambda m: m["type"] == "log" and m["kind"] == "resume" and m["role"] == "b")
        at = room.stage_now
        await ada.send("and_scene", take=take["take"])
        await noor.kind("and_scene")
        monkeypatch.setattr(room, "stage_now", lambda: at() + 3.5)
        await noor.send("take_closed", take=take["take"], ended_by="and_scene")
        closed = await ada.kind("take_closed")
        assert closed["body"]["ended_by"] == "and_scene"
        assert not [m for m in noor.log() if m["kind"] == "cue" and m["body"]["to"] == "a"]
        ids = [m["id"] for m in ada.log()]
        assert ids == sorted(set(ids))


async def test_and_scene_closes_by_itself_when_its_sender_is_gone(opened, monkeypatch):
    await database_sync_to_async(_scene)(opened)
    at = room.stage_now
    async with page(opened, opened.noor) as noor:
        async with page(opened, opened.ada) as ada:
            await ada.send("and_scene")
            await noor.kind("and_scene")
        monkeypatch.setattr(room, "stage_now", lambda: at() + 4)
        await noor.send("device", state="recording")
        await noor.send("and_scene", object=False)
        await noor.kind("take_closed")


async def test_leaving_tells_the_partner_and_who_is_here(opened):
    async with page(opened, opened.ada) as ada, page(opened, opened.noor) as noor:
        for one, peer in ((ada, "p1"), (noor, "p2")):
            await one.send("present", peer=peer, page="stage")
        await ada.until(lambda m: m["type"] == "here" and len(m["people"]) == 2)
        await noor.send("leave")
        assert (await ada.kind("leave"))["sender"] == "Noor"
        await ada.until(
            lambda m: m["type"] == "here" and m["people"] == [{"role": "a", "alias": "Ada"}]
        )


async def test_a_page_that_goes_is_no_longer_here(opened):
    async with page(opened, opened.ada) as ada:
        async with page(opened, opened.noor) as noor:
            await noor.send("present", peer="p2", page="stage")
            await ada.until(lambda m: m["type"] == "here" and len(m["people"]) == 1)
        await ada.until(lambda m: m["type"] == "here" and m["people"] == [])
