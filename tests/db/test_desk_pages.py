"""The producer's live desk, the director's page, and the page of a take."""

from __future__ import annotations

import datetime as dt
import json
import re
import time

import pytest
from django.test import Client
from django.utils import timezone

from tests.fakes.browsers import Browser, close, pair, speech, upload
from tests.fakes.rooms import Room, make_room, person
from yesand.capture import actions as capture
from yesand.capture import reads as captured
from yesand.capture import sealing
from yesand.commission import reads as commission
from yesand.labels.models import Item, Rating
from yesand.people.models import Membership, Person
from yesand.post import actions as post
from yesand.post.models import Finding, Processing
from yesand.recording.models import Stream
from yesand.stage import actions, room
from yesand.stage.cue_rules import Aim
from yesand.stage.models import Take
from yesand.web.producer.director import suggestions
from yesand.web.producer.take_words import minutes_seconds

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [time.time()]
    monkeypatch.setattr(room, "stage_now", lambda: now[0])
    return now


@pytest.fixture
def here(home, settings, clock) -> Room:
    settings.MIN_FREE_BYTES = 0
    return make_room()


def browser(who: Person) -> Client:
    client = Client()
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def present(here: Room, *roles: str) -> None:
    for role in roles:
        say = {"kind": "present", "role": role, "sender": here.place(role).alias}
        actions.post(here.session, body={"peer": f"peer-{role}", "page": "stage"}, **say)


def live(here: Room) -> str:
    return browser(here.mo).get(f"/producer/{here.program.slug}/live").content.decode()


def test_the_desk_sorts_rooms_by_what_needs_somebody(here, clock):
    assert "No room is open" in live(here)
    assert here.session.state == "waiting"
    present(here, "a", "b")
    assert "1 room, and it is fine" in live(here)
    take = here.playing()
    page = live(here)
    assert "Playing" in page and "1 room, and it is fine" in page
    room.gone(here.session, "b", "Noor", "peer-b")
    page = live(here)
    assert "1 of 1 rooms needs you" in page
    assert "Noor lost connection" in page and "records on by itself" in page
    present(here, "b")
    actions.pause(take)
    page = live(here)
    assert "Both screens are blank" in page and "Ada" in page
    assert not re.search(r"joy|anger|sad|affection", page), "never a feeling"


def test_sound_that_is_late_is_said_in_seconds(here, clock):
    take = here.playing()
    present(here, "a", "b")
    for who in (here.ada, here.noor):
        mic = Browser(take, who)
        stream = mic.record(speech(6.0, 48_000, 1), take.opened_at)
        mic.upload(stream, mic.mics[0][1], declare=False)
    row = Stream.objects.filter(kind="mic").first()
    assert captured.seconds_here(row) == pytest.approx(6.0, abs=0.11)
    clock[0] = take.opened_at + 9
    assert "1 room, and it is fine" in live(here)
    clock[0] = take.opened_at + 30
    page = live(here)
    assert re.findall(r"is (\d+) s behind", page) == ["24"], page
    assert "lies safe on their machine" in page


def test_only_producers_of_the_program_see_the_desk(here):
    other = person("Kim")
    stranger = make_room()
    Membership.objects.create(program=stranger.program, person=other, role="producer")
    room_path = f"/producer/{here.program.slug}/live/{here.session.pk}"
    take = here.playing()
    for who in (here.ada, other, person("Eve")):
        client = browser(who)
        for path in (
            f"/producer/{here.program.slug}/live",
            room_path,
            f"/producer/{here.program.slug}/takes",
            f"/producer/{here.program.slug}/takes/{take.pk}",
        ):
            assert client.get(path).status_code == 404
        assert client.post(f"{room_path}/say", {"text": "hi"}).status_code == 404
    mine = f"/producer/{stranger.program.slug}/live/{here.session.pk}"
    assert browser(other).get(mine).status_code == 404, "another program's room"
    mine = f"/producer/{stranger.program.slug}/takes/{take.pk}"
    assert browser(other).get(mine).status_code == 404
    assert not here.session.messages.filter(kind="say").exists()


def test_the_director_page_offers_what_is_left_and_writes_a_line(here):
    take = here.playing()
    present(here, "a", "b")
    mo, path = browser(here.mo), f"/producer/{here.program.slug}/live/{here.session.pk}"
    page = mo.get(path).content.decode()
    boot = json.loads(re.search(r'id="boot"[^>]*>(.*?)</script>', page, re.S)[1])
    assert boot["people"] == {"a": "Ada", "b": "Noor"} and boot["role"] == "director"
    assert page.count("3 of 3 offers left") == 2
    forms = re.findall(r'name="aim_emotion" value="(\w+)"', page)
    assert set(forms) == {"joy", "affection"}, "what the order asks for"
    actions.offer_cue(take, "a", "Offer tea", Aim("joy", 1), by="director")
    fragment = mo.get(f"{path}?offers=a", headers={"HX-Request": "true"}).content.decode()
    assert "<h2" not in fragment and "offers left" not in fragment, "the list alone"
    assert 'value="joy"' in fragment and 'value="Offer tea"' not in fragment, "not twice a scene"
    fragment = mo.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "2 of 3 offers left" in fragment and "waits for a pause" in fragment
    assert "<html" not in fragment
    assert mo.post(f"{path}/say", {"text": "Take a breath.", "to": "b"}).status_code == 302
    said = f"/room/{here.session.pk}/said"
    assert "Take a breath." in browser(here.noor).get(said).content.decode()
    assert "Take a breath." not in browser(here.ada).get(said).content.decode()
    mo.post(f"{path}/say", {"text": "   ", "to": "b"})
    mo.post(f"{path}/say", {"text": "x", "to": "c"})
    assert here.session.messages.filter(kind="say").count() == 1


def test_what_waits_for_an_event_is_one_tap_on_the_desk(settings, tmp_path):
    settings.HOME, settings.MIN_FREE_BYTES = tmp_path, 0
    turn = {"role": "a", "aim": {"emotion": "anger", "intensity": 2}}
    here = make_room(
        turns=[
            turn | {"at": "when the phone rings", "action": "Let it ring at them"},
            turn | {"at": "when it stops", "action": "Ask who it was"},
            turn | {"at": "pull", "action": "Make them take it back"},
        ]
    )
    take = here.playing()
    found = suggestions(here.session, take, "a")
    assert [(row["when"], row["action"]) for row in found[:3]] == [
        ("when the phone rings", "Let it ring at them"),
        ("when it stops", "Ask who it was"),
        ("", "Make them take it back"),
    ]
    assert not any(row["when"] for row in suggestions(here.session, take, "b"))
    path = f"/producer/{here.program.slug}/live/{here.session.pk}"
    page = browser(here.mo).get(path).content.decode()
    assert "when the phone rings:" in page and 'value="Let it ring at them"' in page
    actions.offer_cue(take, "a", "Let it ring at them", Aim("anger", 2), by="director")
    fragment = browser(here.mo).get(f"{path}?offers=a", headers={"HX-Request": "true"})
    assert "when the phone rings" not in fragment.content.decode()


def processed(here: Room, clock: list[float], missing: bool = False) -> Take:
    take = here.playing()
    browsers = pair(here, take, 4.0)
    clock[0] = take.opened_at + 1.5
    cue = actions.offer_cue(take, "a", "Offer tea", Aim("joy", 1), by="director")
    actions.cue_displayed(cue, browsers["a"].client_ms(clock[0]), clock[0])
    actions.cue_response(cue, "bent")
    if missing:
        stream, data, _written = browsers["b"].mics[0]
        browsers["b"].upload(stream, data[: len(data) // 4], declare=False)
        browsers["b"].mics = []
    upload(browsers)
    close(take, clock, 4.3)
    late = timezone.now() + sealing.DEADLINE + dt.timedelta(minutes=1) if missing else None
    capture.seal_take(take.pk, late)
    post.process(take.pk)
    return Take.objects.get(pk=take.pk)


def test_a_take_page_shows_lanes_findings_offers_and_clock(here, clock):
    take = processed(here, clock, missing=True)
    mo = browser(here.mo)
    listed = mo.get(f"/producer/{here.program.slug}/takes").content.decode()
    assert take.scene.prompt.title in listed and "1 take waits for your ear" in listed
    page = mo.get(f"/producer/{here.program.slug}/takes/{take.pk}").content.decode()
    data = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.S)[1])
    assert [lane["name"] for lane in data["lanes"]] == ["Ada", "Noor"]
    assert all(lane["media"].startswith("/api/media/") for lane in data["lanes"])
    assert data["cues"][0]["text"] == "Offer tea"
    assert "s are missing" in page and "its end was never declared" in page
    assert "bent it" in page and "joy" not in page, "the action is shown, the aim is not"
    assert "The two lanes agree within" in page
    assert "No feelings on this page" in page
    assert "style=" not in page


def test_a_decision_needs_a_reason_to_refuse(here, clock):
    take = processed(here, clock, missing=True)
    mo, path = browser(here.mo), f"/producer/{here.program.slug}/takes/{take.pk}"
    mo.post(path, {"decision": "reject", "reason": "  "})
    assert commission.decision(take.pk) is None
    mo.post(path, {"decision": "maybe"})
    assert commission.decision(take.pk) is None
    mo.post(path, {"decision": "reject", "reason": "Half of Noor's track is missing."})
    assert commission.decision(take.pk).decision == "reject"
    page = mo.get(path).content.decode()
    assert "Half of Noor" in page and "Kept out" in page
    mo.post(path, {"decision": "accept", "reason": ""})
    assert commission.accepted(take.pk)
    assert "Nothing waits for you" in (
        mo.get(f"/producer/{here.program.slug}/takes?show=review").content.decode()
    )


def test_a_rating_changes_not_one_byte_of_the_take_page(here, clock):
    """The wall: what raters said reaches no page on which a take is judged."""
    take = processed(here, clock)
    path = f"/producer/{here.program.slug}/takes"

    def pages() -> list[str]:
        found = []
        for address in (path, f"{path}/{take.pk}", f"{path}?show=review"):
            text = browser(here.mo).get(address).content.decode()
            text = re.sub(r'(nonce|csrf\w*|token)[^>]*?"[^"]{16,}"', "", text)
            found.append(re.sub(r"/api/media/[\w:.\-]+", "", text))
        return found

    before = pages()
    item = Item.objects.create(
        program=here.program, take=take, target_role="a", start=1.0, end=2.0, rule="mark"
    )
    Rating.objects.create(
        item=item, view="observer", rater=person("Ines"), question="quick", primary="anger"
    )
    assert pages() == before


def test_a_finding_is_worded_with_its_numbers(here, clock):
    take = processed(here, clock)
    row = Processing.objects.get(take=take)
    Finding.objects.create(
        processing=row,
        code="leak",
        role="b",
        severity="physical",
        start=62.04,
        end=63.5,
        value=-20.4,
        limit=-35.0,
        unit="dB",
        says="x",
    )
    page = browser(here.mo).get(f"/producer/{here.program.slug}/takes/{take.pk}").content.decode()
    assert "The partner is heard on this track at -20 dB; at most -35 dB may be." in page
    assert "1:02.0 to 1:03.5" in page


@pytest.mark.parametrize(
    ("seconds", "digits", "says"),
    [
        (0, 0, "0:00"),
        (197.04, 1, "3:17.0"),
        (59.99, 0, "0:59"),
        (-1, 1, "0:00.0"),
        (3725, 0, "62:05"),
    ],
)
def test_times_as_people_read_them(seconds, digits, says):
    assert minutes_seconds(seconds, digits) == says
