"""The table between scenes as each player sees it: where one is, rests, what comes back, the end."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
import uuid

import pytest
from django.test import Client

from tests.fakes.rooms import Room, card, make_room
from yesand.capture import actions as capture
from yesand.commission.models import Prompt
from yesand.labels import actions as labels
from yesand.labels import rules
from yesand.labels.models import Item
from yesand.matching.models import Booking, Seat
from yesand.people.models import Person
from yesand.recording.models import Stream
from yesand.stage import actions, pacing, reads, room
from yesand.stage.cue_rules import Aim
from yesand.stage.models import Take

pytestmark = pytest.mark.django_db
GOOD = {"ok": True, "problems": [], "warnings": [], "checks": {}, "devices": {}}


@pytest.fixture
def here(home, settings) -> Room:
    settings.MIN_FREE_BYTES = 0
    made = make_room(cards=8)
    made.program.contact = "Marta, 9:00 to 18:00"
    made.program.save()
    for who in (made.ada, made.noor):
        actions.check_in(made.session, who)
        actions.report_green_room(made.session, who, GOOD)
    both(made)
    return made


def both(here: Room, scene: str = "") -> None:
    for role in "ab":
        actions.ready(here.session, here.place(role), scene)


def browser(who: Person) -> Client:
    client = Client()
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words(page: bytes | str) -> str:
    """What a reader reads, without markup."""
    text = page.decode() if isinstance(page, bytes) else page
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def table(here: Room, role: str = "a") -> str:
    return words(browser(here.person(role)).get(f"/room/{here.session.pk}/table").content)


def play(here: Room, noted: bool = True, **chosen) -> Take:
    chosen = chosen or {"prompt": actions.deal_cards(here.session)[0]}
    scene = actions.choose_scene(here.session, **chosen)
    both(here, str(scene.pk))
    take = Take.objects.get(scene=scene)
    capture.open_streams(take, here.ada, ["mic"])
    actions.close_take(take, "and_scene")
    for role in "ab" if noted else "":
        labels.note_scene(take, here.person(role), {})
        actions.notes_done(here.session, here.place(role), str(take.pk))
    return take


def post(here: Room, role: str, what: str, **fields: str) -> str:
    answer = browser(here.person(role)).post(
        f"/room/{here.session.pk}/{what}", fields, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    return words(answer.content)


def test_where_one_is_is_said_and_never_what_is_left(here):
    assert "Scene 1 of 5" in table(here)
    play(here)
    page = table(here)
    assert "Scene 2 of 5" in page
    assert not re.search(r"\d+ (min|minutes|seconds) left|remaining", page)


def test_a_break_is_a_page_without_cards_that_asks_for_no_device(here):
    play(here)
    play(here)
    ada = browser(here.ada)
    page = ada.get(f"/room/{here.session.pk}").content.decode()
    boot = json.loads(re.search(r'id="boot"[^>]*>(.*?)</script>', page, re.S)[1])
    assert boot["state"] == "break"
    assert boot["heard"] == reads.newest_message(here.session)
    back = dt.datetime.fromtimestamp(here.session.pace["back_at"], dt.UTC)
    said = table(here)
    assert f"Break Cameras off. Back at {back:%H:%M} ." in said
    assert "This one" not in said
    actions.ready(here.session, here.place("b"))
    assert "Noor is back" in table(here)
    actions.ready(here.session, here.place("a"))
    assert "Scene 3 of 5" in table(here)


@pytest.mark.parametrize("rest", ["warm_up", "break", "step_out"])
def test_no_stream_is_granted_while_the_lamp_is_off(here, settings, rest):
    if rest == "warm_up":
        room_ = make_room(cards=3)
        for who in (room_.ada, room_.noor):
            actions.check_in(room_.session, who)
            actions.report_green_room(room_.session, who, GOOD)
        take = None
    else:
        room_ = here
        play(here)
        take = play(here)
        if rest == "step_out":
            actions.wind_down(here.session)
    session = room_.session
    assert session.state == rest
    before = Stream.objects.count()
    for about in [take.pk if take else uuid.uuid4()]:
        body = {"take": str(about), "kinds": ["mic", "cam", "events", "heard"], "reason": "start"}
        answer = browser(room_.ada).post("/api/streams", body, content_type="application/json")
        assert answer.status_code >= 400, answer.content
    assert Stream.objects.count() == before


def test_the_step_out_says_what_to_do_and_whom_to_call(here):
    play(here)
    ada, path = browser(here.ada), f"/room/{here.session.pk}"
    assert ada.post(f"{path}/last").url == path
    page = table(here)
    for line in ("Shake out", "Say your own name", "one thing you liked", "Marta, 9:00"):
        assert line in page
    actions.ready(here.session, here.place("a"))
    assert "On to my takes" in table(here)
    actions.ready(here.session, here.place("b"))
    assert here.session.state == "ended"


def test_a_heavy_card_has_a_number_beside_it_and_a_step_out_nobody_skips(here):
    heavy = card(7001, tags=["death"], tone="heavy")
    Prompt.objects.exclude(pk__in=[heavy.pk, *(c.pk for c in here.cards[:2])]).update(
        status="retired"
    )
    Prompt.objects.filter(pk=heavy.pk).update(tone="heavy")
    Booking.objects.filter(pk=here.booking.pk).update(heavy=True)
    Seat.objects.filter(booking=here.booking).update(heavy_ok=True)
    here.booking.refresh_from_db()
    play(here, own_line="One")
    assert heavy.title in table(here)
    scene = actions.choose_scene(here.session, prompt=Prompt.objects.get(pk=heavy.pk))
    for role in "ab":
        assert "Marta, 9:00" in table(here, role)
    both(here, str(scene.pk))
    playing = words(browser(here.ada).get(f"/room/{here.session.pk}/prompt").content)
    assert "Marta, 9:00" in playing and "Scene 2 of 5" in playing
    take = Take.objects.get(scene=scene)
    capture.open_streams(take, here.ada, ["mic"])
    actions.close_take(take, "and_scene")
    for role in "ab":
        labels.note_scene(take, here.person(role), {})
        actions.notes_done(here.session, here.place(role), str(take.pk))
    actions.ready(here.session, here.place("a"))
    page = table(here)
    assert "After a heavy scene this belongs to the work" in page
    assert "On to my takes" not in page


def test_an_earlier_scene_and_a_character_come_back(here):
    first = play(here, own_line="Two keepers, one lamp")
    assert "Call back an earlier scene: Two keepers, one lamp" in table(here)
    page = post(here, "b", "choose", call_back=str(first.scene_id))
    assert "Call-back: Two keepers, one lamp" in page
    assert "Go on from where Two keepers, one lamp ended" in page
    page = post(here, "a", "keep", scene=str(first.scene_id))
    assert "You are whoever you were in Two keepers, one lamp" in page
    assert "whoever you were" not in table(here, "b"), "only the own card says it"
    assert "Somebody new" in page
    assert "whoever you were" not in post(here, "a", "keep", scene="")
    assert "cannot come back" in post(here, "a", "keep", scene="nobody")
    assert "cannot be called back" in post(here, "a", "choose", call_back="nothing")


def test_the_time_is_up_and_both_are_asked_once(here, monkeypatch):
    play(here)
    ends = pacing.ends_at(here.session)
    monkeypatch.setattr(room, "stage_now", lambda: ends + 1)
    page = table(here)
    assert "That is your time" in page and "Stay a little" in page
    assert "This one" not in page, "no further card"
    assert "One moment" in post(here, "a", "stay", answer="yes")
    assert "Stay a little" in table(here, "b")
    assert "Scene 2 of 5" in post(here, "b", "stay", answer="yes")
    assert "This one" in table(here)


def test_a_no_looks_the_same_to_both(here, monkeypatch):
    play(here)
    ends = pacing.ends_at(here.session)
    monkeypatch.setattr(room, "stage_now", lambda: ends + 1)
    post(here, "b", "stay", answer="no")
    pages = [re.sub("Ada|Noor", "X", table(here, role)) for role in "ab"]
    assert pages[0] == pages[1]
    assert "Step out" in pages[0]


def test_before_the_end_nobody_is_asked(here):
    assert "Your booking still runs" in post(here, "a", "stay", answer="yes")


def answered(here: Room, take: Take, role: str, start: float, own: str, partner: str) -> None:
    def said(word: str) -> rules.Answer:
        return (
            rules.Answer(primary=word, intensity=2) if word != "cant_tell" else rules.Answer(word)
        )

    answer = labels.MomentAnswer(start, own=said(own), partner=said(partner), sure=True)
    labels.note_moment(take, here.person(role), answer)


def test_how_they_read_each_other_is_shown_when_both_ask(here, monkeypatch):
    now = [time.time()]
    monkeypatch.setattr(room, "stage_now", lambda: now[0])
    scene = actions.choose_scene(here.session, own_line="One")
    both(here, str(scene.pk))
    take = Take.objects.get(scene=scene)
    capture.open_streams(take, here.ada, ["mic"])
    opened = now[0]
    for at, role in ((10, "a"), (30, "b"), (75, "a")):
        now[0] = opened + at
        cue = actions.offer_cue(take, role, "Offer tea", Aim("joy", 2), by="director")
        actions.cue_displayed(cue, now[0] * 1000, now[0])
    now[0] = opened + 120
    actions.close_take(take, "and_scene")
    labels.make_items(take.pk)
    starts = sorted(set(Item.objects.filter(take=take).values_list("start", flat=True)))
    assert len(starts) >= 3
    answered(here, take, "a", starts[0], "joy", "anger")
    answered(here, take, "b", starts[0], "anger", "joy")
    answered(here, take, "a", starts[1], "joy", "fear")
    answered(here, take, "b", starts[1], "anger", "joy")
    answered(here, take, "a", starts[2], "joy", "anger")
    assert reads.reveal_asked_by(here.session, take) == set()
    assert "read each other" not in table(here), "the notes come first"
    assert "both done your notes" in post(here, "a", "reveal")
    for role in "ab":
        labels.note_scene(take, here.person(role), {})
        actions.notes_done(here.session, here.place(role), str(take.pk))
    assert "See how you read each other" in table(here)
    assert "Shown when you both ask" in post(here, "a", "reveal")
    # nobody learns that the other asked
    assert "See how you read each other" in table(here, "b")
    assert not here.session.messages.filter(kind="reveal", to="").exists()
    assert "You read each other on 1 of 2 ." in post(here, "b", "reveal")
    assert "You read each other on 1 of 2 ." in table(here)
    stored = json.dumps(list(here.session.messages.filter(kind="reveal").values_list("body")))
    assert "1" not in set(re.findall(r'"(?:read|of|n)": (\d+)', stored))
