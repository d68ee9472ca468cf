"""The room's pages and the scripts' answers: who may, what is said where nobody may."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from tests.fakes.browsers import Browser, close, pair, upload
from tests.fakes.rooms import Room, make_room, person
from yesand.capture import actions as capture
from yesand.consent import actions as consent
from yesand.matching.models import Booking
from yesand.people.models import Person
from yesand.post import actions as post
from yesand.post.models import Processing
from yesand.recording.models import Access, Recording, Stream
from yesand.stage import actions, room
from yesand.stage.models import Take
from yesand.web.performer import room_boot

pytestmark = pytest.mark.django_db
GOOD = {"ok": True, "problems": [], "warnings": [], "checks": {}, "devices": {}}


@pytest.fixture
def here(home, settings) -> Room:
    settings.MIN_FREE_BYTES = 0
    return make_room()


def browser(who: Person) -> Client:
    client = Client()
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def boot_of(page: str) -> dict[str, object]:
    found = re.search(r'<script[^>]*id="boot"[^>]*>(.*?)</script>', page, re.S)
    assert found, page[:500]
    return json.loads(found[1])


def passed(here: Room) -> None:
    for who in (here.ada, here.noor):
        actions.check_in(here.session, who)
        actions.report_green_room(here.session, who, GOOD)


# --- pages ----------------------------------------------------------------------------------


def test_the_green_room_checks_in_and_leads_to_the_warm_up(here):
    ada, path = browser(here.ada), f"/room/{here.session.pk}"
    page = ada.get(f"{path}/check")
    assert page.status_code == 200
    assert here.place("a").checked_in_at is not None
    boot = boot_of(page.content.decode())
    assert boot["subject"] == str(here.session.pk)
    assert boot["door_url"].endswith("/uploads")
    assert b"$74.00" in page.content
    answer = ada.post(boot["report_url"], json.dumps(GOOD), content_type="application/json")
    assert answer.json() == {"next": f"{path}/warm-up"}
    warm = ada.get(f"{path}/warm-up")
    assert "The lamp is off" in warm.content.decode()
    assert boot_of(warm.content.decode())["take"] is None
    assert ada.get(path).url == f"{path}/warm-up"


def test_a_phone_is_told_kindly_to_use_a_computer(here):
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) AppleWebKit/605.1.15 Mobile/15E148"
    page = browser(here.ada).get(f"/room/{here.session.pk}/check", headers={"user-agent": phone})
    assert page.status_code == 200 and "on a computer" in page.text and "$74.00" in page.text
    assert "boot" not in page.text, "nothing asks for a camera"
    assert here.place("a").checked_in_at is not None, "who came is paid"


def test_a_failed_check_stays_in_the_green_room(here):
    ada, path = browser(here.ada), f"/room/{here.session.pk}"
    report = {**GOOD, "ok": False, "problems": ["leak"]}
    answer = ada.post(
        f"/api/room/{here.session.pk}/green-room",
        json.dumps(report),
        content_type="application/json",
    )
    assert answer.json() == {}
    for page in (f"{path}/warm-up", path):
        assert ada.get(page).url == f"{path}/check"


def test_choosing_together_on_the_stage(here):
    passed(here)
    ada, noor, path = browser(here.ada), browser(here.noor), f"/room/{here.session.pk}"
    for role in "ab":
        actions.ready(here.session, here.place(role))
    assert ada.get(f"{path}/warm-up").url == path
    gone = ada.get(f"{path}/table?page=warm-up", headers={"HX-Request": "true"})
    assert gone["HX-Redirect"] == path
    page = ada.get(path).content.decode()
    assert page.count('data-act="choose"') == 3
    cards = actions.deal_cards(here.session)
    swapped = ada.post(
        f"{path}/swap",
        {"prompt": cards[0].pk, "why": "not_today"},
        headers={"HX-Request": "true"},
    )
    assert swapped.status_code == 200 and cards[0].title not in swapped.content.decode()
    cards = actions.deal_cards(here.session)
    assert noor.post(f"{path}/choose", {"prompt": cards[1].pk}).url == path
    table = noor.get(f"{path}/table").content.decode()
    assert cards[1].title in table and "Wil" in table
    assert "it leaks" in table and "it is borrowed" not in table, "only the own half"
    other = ada.get(f"{path}/table").content.decode()
    assert "it is borrowed" in other and "it leaks" not in other
    own = ada.post(f"{path}/choose", {"own_line": "Two keepers, one lamp"})
    assert own.status_code == 302
    assert "Two keepers, one lamp" in ada.get(f"{path}/table").content.decode()
    bad = ada.post(f"{path}/choose", {"own_line": "x" * 201}, headers={"HX-Request": "true"})
    assert "200 characters" in bad.content.decode()
    actions.ready(here.session, here.place("a"))
    assert "Ada is ready" in noor.get(f"{path}/table").content.decode()
    actions.ready(here.session, here.place("b"))
    take = Take.objects.get()
    boot = boot_of(ada.get(path).content.decode())
    assert boot["take"]["id"] == str(take.pk) and boot["take"]["paused"] is False
    assert boot["notes_url"] == f"{path}/notes/{{take}}"


def test_notes_come_before_the_next_scene(here):
    passed(here)
    take = here.playing()
    capture.open_streams(take, here.ada, ["mic"])
    actions.close_take(take, "and_scene")
    path = f"/room/{here.session.pk}"
    assert browser(here.ada).get(path).url == f"{path}/notes/{take.pk}"


def test_the_last_scene_ends_the_session(here):
    passed(here)
    take, path = here.playing(), f"/room/{here.session.pk}"
    ada = browser(here.ada)
    assert ada.post(f"{path}/last").url == path, "finish the scene first"
    actions.close_take(take, "and_scene")
    assert ada.post(f"{path}/last").url == f"{path}/exit"
    assert here.session.state == "ended"
    noor = browser(here.noor)
    assert noor.get(f"{path}/table")["HX-Redirect"] == f"{path}/exit"
    over = noor.get(path)
    assert over.status_code == 410 and "$74.00" in over.content.decode()


def test_leaving_says_what_it_pays_and_asks_once(here):
    passed(here)
    here.playing()
    ada, path = browser(here.ada), f"/room/{here.session.pk}"
    asking = ada.get(f"{path}/left").content.decode()
    assert "whole booking: $74.00" in asking
    assert ada.post(f"{path}/leave").url == f"{path}/left"
    assert Take.objects.get().state != "open"
    out = ada.get(f"{path}/left").content.decode()
    assert "Would you tell us why" in out
    assert ada.post(f"{path}/left", {"reason": "my neighbor rang"}).url == f"{path}/exit"
    assert here.place("a").leave_reason == "my neighbor rang"
    assert "Would you tell us why" not in ada.get(f"{path}/left").content.decode()
    assert "You are out" in ada.get(path).content.decode()


@pytest.mark.parametrize("page", ["/check", "/warm-up", "", "/table", "/left", "/stuck/camera"])
def test_somebody_elses_room_and_no_room_look_the_same(here, page):
    eve = browser(person("Eve"))
    for room_id in (here.session.pk, uuid.uuid4()):
        answer = eve.get(f"/room/{room_id}{page}")
        assert answer.status_code == 404
        says = answer.content.decode()
        assert "belongs to two other people" in says
        assert "Nothing is owed or taken" in says
        assert "Ada" not in says and "Noor" not in says


def test_a_stranger_signs_in_first(here):
    answer = Client().get(f"/room/{here.session.pk}/check")
    assert answer.status_code == 302 and "/accounts/login/" in answer.url


def test_a_producer_is_led_to_the_desk(here):
    answer = browser(here.mo).get(f"/room/{here.session.pk}")
    assert answer.url == f"/producer/{here.program.slug}/live/{here.session.pk}"


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"starts_at": timezone.now() + dt.timedelta(hours=3)}, 409, "not open yet"),
        ({"starts_at": timezone.now() - dt.timedelta(hours=5)}, 410, "session is over"),
        ({"state": "cancelled", "cancelled_by": "producer"}, 410, "was canceled"),
        ({"state": "offered"}, 409, "not confirmed"),
        ({"state": "done"}, 410, "session is over"),
    ],
)
def test_a_room_out_of_its_time_says_why_what_next_and_what_it_pays(here, change, status, says):
    path = f"/room/{here.session.pk}/check"
    Booking.objects.filter(pk=here.booking.pk).update(**change)
    answer = browser(here.ada).get(path)
    text = answer.content.decode()
    assert (answer.status_code, says in text) == (status, True)
    assert "$74.00" in text


def test_a_closed_program_says_so(here):
    path = f"/room/{here.session.pk}/check"
    here.program.closed_at = timezone.now()
    here.program.save()
    answer = browser(here.ada).get(path)
    assert answer.status_code == 410
    assert "This program is closed" in answer.content.decode()


@pytest.mark.parametrize("why", ["second-tab", "microphone", "camera", "storage", "headphones"])
def test_what_cannot_play_is_said_in_words_and_paid(here, why):
    text = browser(here.ada).get(f"/room/{here.session.pk}/stuck/{why}").content.decode()
    assert "paid in full: $74.00" in text and "Test again" in text
    assert browser(here.ada).get(f"/room/{here.session.pk}/stuck/ghosts").status_code == 404


def test_what_is_left_to_send_is_counted(here):
    passed(here)
    capture.open_streams(here.playing(), here.ada, ["mic", "events"])
    assert "2 recordings of yours" in browser(here.ada).get("/resume").content.decode()
    assert "Everything of yours" in browser(here.noor).get("/resume").content.decode()


def test_a_relay_gets_a_password_for_four_hours(settings):
    settings.ICE_URLS, settings.TURN_SECRET = ("stun:s.example:1", "turn:t.example:1"), "word"
    stun, turn = room_boot.ice_servers("a", now=1_000_000.0)
    assert stun == {"urls": "stun:s.example:1"}
    assert turn["username"] == f"{1_000_000 + 4 * 3600}:a"
    assert turn["credential"] == "DKICGOGVa4bHCK6rPs1XWp9SVpE=", "HMAC-SHA1 of the name, base64"
    assert room_boot.ice_policy() == "relay"
    settings.ICE_URLS = ()
    assert (room_boot.ice_servers("a"), room_boot.ice_policy()) == ([], "all")


# --- what scripts ask -----------------------------------------------------------------------


def ask(client: Client, path: str, **body: object):
    return client.post(path, json.dumps(body), content_type="application/json")


def test_streams_of_a_take_a_check_and_nothing_else(here):
    passed(here)
    take, ada = here.playing(), browser(here.ada)
    grant = ask(ada, "/api/streams", take=str(take.pk), kind="mic", reason="start").json()
    assert set(grant) >= {"stream", "recording", "token", "door_url", "max_bytes"}
    both = ask(ada, f"/api/takes/{take.pk}/streams", kinds=["cam", "events"]).json()
    assert [s["kind"] for s in both["streams"]] == ["cam", "events"]
    renewed = ask(ada, "/api/streams", reason="renew", stream=grant["stream"]).json()
    assert renewed["stream"] == grant["stream"]
    again = ask(ada, "/api/streams", reason="suspect", stream=grant["stream"]).json()
    assert again["stream"] != grant["stream"]
    check = ask(ada, "/api/streams", take=str(here.session.pk), kind="mic").json()
    assert Recording.objects.get(pk=check["recording"]).storage_class == "check"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "bad_json"),
        ("[1]", 400, "bad_json"),
        ({"take": "x", "kind": "mic"}, 400, "bad_id"),
        ({"take": str(uuid.uuid4()), "kind": "mic"}, 404, "not_found"),
        ({"take": "TAKE", "kind": "screen"}, 400, "unknown_kind"),
        ({"take": "TAKE", "kind": 7}, 400, "unknown_kind"),
        ({"take": "TAKE", "kind": "mic", "reason": "because"}, 400, "unknown_reason"),
        ({"reason": "renew", "stream": str(uuid.uuid4())}, 404, "not_found"),
    ],
)
def test_bad_requests_for_streams_are_answered_in_words(here, body, status, code):
    passed(here)
    take = here.playing()
    text = body if isinstance(body, str) else json.dumps(body).replace("TAKE", str(take.pk))
    answer = browser(here.ada).post("/api/streams", text, content_type="application/json")
    assert answer.json()["code"] == code and answer.json()["says"]
    assert answer.status_code in (status, 400)
    assert not Stream.objects.exists()


def test_nobody_records_into_anothers_take(here):
    passed(here)
    take = here.playing()
    for who in (here.mo, person("Eve")):
        answer = ask(browser(who), "/api/streams", take=str(take.pk), kind="mic")
        assert answer.status_code in (403, 404)
    assert ask(Client(), "/api/streams", take=str(take.pk), kind="mic").status_code == 401
    assert not Stream.objects.exists()


def test_a_bad_report_is_refused(here):
    path = f"/api/room/{here.session.pk}/green-room"
    assert ask(browser(here.ada), path, ok=True).json()["code"] == "bad_report"
    assert ask(browser(person("Eve")), path, **GOOD).status_code == 404
    assert here.place("a").ready_at is None


@pytest.fixture
def played(here, monkeypatch) -> tuple[Room, Take]:
    """A take that was sealed and processed."""
    passed(here)
    take = here.playing()
    now = [take.opened_at]
    monkeypatch.setattr(room, "stage_now", lambda: now[0])
    upload(pair(here, take, 4.0))
    Browser(take, here.ada).send_camera()
    close(take, now, 4.3)
    capture.seal_take(take.pk)
    post.process(take.pk)
    return here, Take.objects.get(pk=take.pk)


def test_a_timeline_with_sound_for_the_players_and_the_producer(played):
    here, take = played
    for who in (here.ada, here.noor, here.mo):
        whole = browser(who).get(f"/api/take/{take.pk}/timeline").json()
        assert [lane["name"] for lane in whole["lanes"]] == ["Ada", "Noor"]
        for lane in whole["lanes"]:
            sound = browser(who).get(lane["media"])
            assert sound.status_code == 200 and sound.content[:4] == b"fLaC"
            peaks = browser(who).get(lane["peaks"]).json()
            assert peaks["per_second"] == 20 and len(peaks["peaks"]) >= 80
    assert Access.objects.filter(reader=here.mo, reason="review").count() == 2
    assert Access.objects.filter(reader=here.noor, reason="own_copy").count() == 2
    eve = browser(person("Eve"))
    assert eve.get(f"/api/take/{take.pk}/timeline").status_code == 404
    assert eve.get(whole["lanes"][0]["peaks"]).status_code == 404
    assert eve.get(whole["lanes"][0]["media"]).status_code == 404, "an address is one person's"
    assert Client().get(whole["lanes"][0]["media"]).status_code == 404


def test_parts_of_a_sound_are_served_as_asked(played):
    here, take = played
    ada = browser(here.ada)
    url = ada.get(f"/api/take/{take.pk}/timeline").json()["lanes"][0]["media"]
    whole = ada.get(url).content
    part = ada.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part["Content-Range"] == f"bytes 10-19/{len(whole)}"
    rest = ada.get(url, headers={"Range": "bytes=100-"})
    assert rest.content == whole[100:]
    beyond = ada.get(url, headers={"Range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(whole)}")
    backward = ada.get(url, headers={"Range": "bytes=9-3"})
    assert backward.status_code == 200, "no range at all, so it is not listened to (RFC 9110)"
    assert ada.get(url[:-3] + "xyz").status_code == 404


def test_a_struck_take_is_no_longer_played_to_the_other(played):
    here, take = played
    noor = browser(here.noor)
    lanes = noor.get(f"/api/take/{take.pk}/timeline").json()["lanes"]
    consent.choose(here.ada, here.program, take.pk, "strike")
    assert noor.get(lanes[0]["media"]).status_code == 404
    assert noor.get(lanes[0]["peaks"]).status_code == 404
    assert noor.get(lanes[1]["media"]).status_code == 200, "the own lane stays"
    now = noor.get(f"/api/take/{take.pk}/timeline").json()["lanes"]
    assert (now[0]["media"], bool(now[1]["media"])) == ("", True)


def test_a_fault_that_can_be_mended_offers_another_take(played):
    here, take = played
    post.quick_check(take.pk)
    row = Processing.objects.get(take=take)
    row.quick["verdict"] = {"decision": "retake", "reasons": [{"says": "Noor's track is silent."}]}
    row.save()
    path = f"/room/{here.session.pk}/table"
    for role in "ab":
        actions.notes_done(here.session, here.place(role), str(take.pk))
    table = browser(here.ada).get(path).content.decode()
    assert "Once more" in table and "track is silent" in table and "paid like the first" in table
    actions.ready(here.session, here.place("a"), str(take.scene_id))
    assert "You are ready" in browser(here.ada).get(path).content.decode()
    actions.ready(here.session, here.place("b"), str(take.scene_id))
    again = Take.objects.get(state="open")
    assert (again.scene_id, again.number) == (take.scene_id, 2)
