"""The stage: one room, its order, and what happens in it."""

from __future__ import annotations

import contextlib
import datetime as dt
import time

import pytest
from django.utils import timezone

from tests.fakes.rooms import Room, make_room, person
from yesand.infra.models import Fact
from yesand.kit.errors import Refused
from yesand.matching.models import Booking
from yesand.people.actions import set_limits
from yesand.recording.actions import open_recording, open_stream
from yesand.stage import access, actions, reads, room
from yesand.stage.models import Pause, Session, Take

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(settings, tmp_path) -> Room:
    settings.HOME, settings.MIN_FREE_BYTES = tmp_path, 0
    return make_room()


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The stage clock in the test's hands: clock[0] is now."""
    now = [time.time()]
    monkeypatch.setattr(room, "stage_now", lambda: now[0])
    return now


@contextlib.contextmanager
def refused(code: str):
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code


def kinds(session: Session, *wanted: str) -> list[str]:
    return [m.kind for m in session.messages.order_by("pk") if not wanted or m.kind in wanted]


def record(here: Room, take: Take) -> None:
    owner = open_recording(here.program, here.ada, "take", take.pk, "a")
    open_stream(owner, "mic")


def test_a_booking_has_one_room(here):
    assert here.session.pk == here.session.pk
    assert [p.alias for p in here.session.places.order_by("role")] == ["Ada", "Noor"]
    assert Fact.objects.filter(house="stage", kind="session_opened").count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "cancelled"}, "cancelled"),
        ({"state": "offered"}, "not_confirmed"),
        ({"state": "expired"}, "not_confirmed"),
        ({"state": "done"}, "used_up"),
        ({"starts_at": timezone.now() + dt.timedelta(hours=2)}, "too_early"),
        ({"starts_at": timezone.now() - dt.timedelta(hours=5)}, "used_up"),
    ],
)
def test_a_room_opens_only_for_its_time(here, change, code):
    Booking.objects.filter(pk=here.booking.pk).update(**change)
    with refused(code):
        actions.open_session(Booking.objects.get(pk=here.booking.pk))
    assert not Session.objects.exists()


def test_a_closed_program_opens_no_room(here):
    here.program.closed_at = timezone.now()
    here.program.save()
    with refused("closed_program"):
        actions.open_session(here.booking)


def test_who_may_be_in_a_room(here):
    session = here.session
    assert access.role_in(here.ada, session) == "a"
    assert access.role_in(here.noor, session) == "b"
    assert access.role_in(here.mo, session) == "director"
    assert access.role_in(person("Eve"), session) == ""
    with refused("not_yours"):
        actions.check_in(session, person("Eve"))


def test_checking_in_starts_the_booking_once(here):
    first = actions.check_in(here.session, here.ada)
    again = actions.check_in(here.session, here.ada)
    assert first.checked_in_at == again.checked_in_at
    assert Booking.objects.get(pk=here.booking.pk).state == "playing"


def test_the_green_room_of_both_starts_the_warm_up(here):
    good = {"ok": True, "problems": [], "warnings": [], "checks": {"mic": {"rms_db": -30}}}
    bad = {"ok": False, "problems": ["leak"], "warnings": [], "checks": {}}
    actions.report_green_room(here.session, here.ada, good)
    actions.report_green_room(here.session, here.noor, bad)
    assert here.session.state == "waiting"
    assert here.place("b").ready_at is None
    actions.report_green_room(here.session, here.noor, good)
    assert here.session.state == "warm_up"
    assert here.place("b").green_room["checks"] == {"mic": {"rms_db": -30}}
    with refused("bad_report"):
        actions.report_green_room(here.session, here.ada, {"ok": True})


def test_a_repeated_message_is_one_message(here):
    session = here.session
    say = {"kind": "device", "role": "a", "sender": "Ada", "body": {"state": "recording"}}
    first = actions.post(session, nonce="n1", **say)
    assert actions.post(session, nonce="n1", **say).pk == first.pk
    assert actions.post(session, nonce="n2", **say).pk != first.pk
    assert session.messages.filter(kind="device").count() == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "gossip"}, "unknown_kind"),
        ({"role": "c"}, "unknown_role"),
        ({"to": "everyone"}, "unknown_role"),
        ({"nonce": "x" * 60}, "nonce_long"),
        ({"body": {"sdp": "x" * 70_000}}, "too_large"),
        ({"body": {"n": float("nan")}}, "bad_body"),
    ],
)
def test_a_bad_message_is_refused_and_not_stored(here, change, code):
    session = here.session
    say = {"kind": "signal", "role": "a", "sender": "Ada", "body": {}, **change}
    with refused(code):
        actions.post(session, **say)
    assert not session.messages.filter(kind="signal").exists()


def test_both_ready_end_the_warm_up_and_open_the_take(here):
    session = here.session
    actions.ready(session, here.place("a"))
    assert here.session.state == "waiting"
    actions.ready(session, here.place("b"))
    assert here.session.state == "playing"
    with refused("no_scene"):
        actions.ready(session, here.place("a"))
    scene = actions.choose_scene(session, prompt=actions.deal_cards(session)[0])
    actions.ready(session, here.place("a"))
    assert reads.open_take(session.pk) is None
    actions.ready(session, here.place("b"), str(scene.pk))
    take = reads.open_take(session.pk)
    assert take is not None and take.scene_id == scene.pk
    with refused("scene_running"):
        actions.ready(session, here.place("b"))


def test_cards_stay_until_one_is_swapped_and_nobody_is_named(here):
    session = here.session
    cards = actions.deal_cards(session)
    assert len(cards) == 3
    assert [c.pk for c in actions.deal_cards(session)] == [c.pk for c in cards]
    fresh = actions.swap_card(session, cards[1], "rained on enough")
    assert fresh[0].pk == cards[0].pk and fresh[2].pk == cards[2].pk
    assert fresh[1].pk not in {c.pk for c in cards}
    last = session.messages.filter(kind="cards").order_by("-pk").first()
    assert last.role == last.sender == "server"
    with refused("no_such_card"):
        actions.swap_card(session, cards[1])
    with refused("deck_empty"):
        actions.swap_card(session, fresh[0])
    scene = actions.choose_scene(session, prompt=fresh[1])
    assert scene.swaps == [{"prompt": str(cards[1].pk), "why": "rained on enough"}]


def test_a_line_of_either_keeps_a_card_away(here):
    for number, card in enumerate(here.cards):
        card.tags = ["illness"] if number else []
        card.save()
    set_limits(here.noor, {"illness": "line"})
    assert [c.pk for c in actions.deal_cards(here.session)] == [here.cards[0].pk]


def test_an_own_line_is_a_scene(here):
    session = here.session
    actions.deal_cards(session)
    with refused("own_line_empty"):
        actions.choose_scene(session, own_line="   ")
    with refused("own_line_long"):
        actions.choose_scene(session, own_line="x" * 201)
    scene = actions.choose_scene(session, own_line="  Two  lighthouse keepers, one lamp ")
    assert (scene.prompt, scene.own_line) == (None, "Two lighthouse keepers, one lamp")
    again = actions.choose_scene(session, prompt=actions.deal_cards(session)[0])
    assert again.pk == scene.pk and again.own_line == "", "choosing again replaces"


def test_a_card_not_on_the_table_cannot_be_chosen(here):
    cards = actions.deal_cards(here.session)
    other = next(c for c in here.cards if c.pk not in {x.pk for x in cards})
    with refused("no_such_card"):
        actions.choose_scene(here.session, prompt=other)


def test_too_little_room_refuses_a_new_take(here, settings):
    settings.MIN_FREE_BYTES = 2**62
    with refused("disk_full"):
        here.playing()
    assert not Take.objects.exists()


def test_and_scene_stands_after_three_seconds(here, clock):
    take = here.playing()
    record(here, take)
    clock[0] += 60
    actions.and_scene(take, here.place("a"))
    clock[0] += 2.9
    assert actions.settle_end(take) is False
    clock[0] += 0.1
    assert actions.settle_end(take) is True
    take.refresh_from_db()
    assert (take.state, take.ended_by) == ("closed", "and_scene")
    assert take.closed_at - take.opened_at == pytest.approx(63.0)
    assert here.session.state == "notes"
    assert actions.settle_end(take) is True, "closing twice is closing once"
    assert Fact.objects.filter(house="stage", kind="take_closed").count() == 1


def test_the_other_player_may_object(here, clock):
    take = here.playing()
    actions.and_scene(take, here.place("a"))
    actions.object_to_end(take, here.place("b"))
    clock[0] += 10
    assert actions.settle_end(take) is False
    said = [m.body.get("object", False) for m in here.session.messages.filter(kind="and_scene")]
    assert sorted(said) == [False, True]


def test_a_pause_takes_an_ending_back(here, clock):
    take = here.playing()
    actions.and_scene(take, here.place("a"))
    actions.pause(take)
    clock[0] += 60
    assert actions.settle_end(take) is False
    actions.and_scene(take, here.place("a"))
    actions.resume(take)
    clock[0] += 60
    assert actions.settle_end(take) is False, "nobody could have objected"


def test_a_take_nobody_recorded_is_void(here):
    take = actions.close_take(here.playing(), "and_scene")
    assert take.state == "void"
    assert reads.takes_of(here.session) == []
    assert here.session.state == "playing", "no notes about nothing"


def test_a_pause_is_declared_names_nobody_and_needs_both_to_end(here, clock):
    take = here.playing()
    clock[0] += 5
    first = actions.pause(take, "someone_in", "b", "n9")
    assert actions.pause(take, "pause", "a", "n1").pk == first.pk
    message = here.session.messages.get(kind="pause")
    assert (message.role, message.sender, message.body["why"]) == (
        "server",
        "server",
        "someone_in",
    )
    assert room.Reader("b").shown_nonce(message) == "n9"
    assert room.Reader("a").shown_nonce(message) == "", "a nonce would say who asked"
    clock[0] += 7
    assert actions.resume(take, "a") is not None
    assert actions.resume(take, "a") is not None
    clock[0] += 1
    assert actions.resume(take, "b") is None
    row = Pause.objects.get(take=take)
    assert row.ended_at - row.started_at == pytest.approx(8.0)
    assert reads.paused_seconds(take, clock[0]) == pytest.approx(8.0)
    clock[0] += 1
    second = actions.pause(take)
    assert second is not None and second.pk != row.pk
    assert actions.resume(take, "b") is not None, "a yes to the last pause is none to this one"


def test_leaving_closes_the_take_and_is_never_punished(here, clock):
    take = here.playing()
    record(here, take)
    clock[0] += 4
    actions.pause(take)
    clock[0] += 4
    place = actions.leave(here.session, here.noor)
    actions.leave(here.session, here.noor, "my neighbor rang")
    take.refresh_from_db()
    place.refresh_from_db()
    assert (take.state, take.ended_by) == ("closed", "leave")
    assert Pause.objects.get(take=take).ended_at == take.closed_at
    assert place.leave_reason == "my neighbor rang"
    assert kinds(here.session, "leave") == ["leave"]
    assert here.session.state == "notes", "the partner goes on to the notes"
    assert reads.why_not(here.session, place) == "left"
    assert Fact.objects.filter(house="stage", kind="left").count() == 1
    actions.leave(here.session, here.ada)
    assert here.session.state == "ended"


def test_the_end_of_a_session_is_told_once(here):
    take = here.playing()
    actions.end_session(here.session)
    actions.end_session(here.session)
    take.refresh_from_db()
    assert take.state != "open"
    assert Fact.objects.filter(house="stage", kind="session_ended").count() == 1
    with refused("session_ended"):
        actions.ready(here.session, here.place("a"))


def test_notes_of_both_bring_back_the_cards(here):
    take = here.playing()
    record(here, take)
    actions.close_take(take, "and_scene")
    actions.notes_done(here.session, here.place("a"), str(take.pk))
    assert here.session.state == "notes"
    actions.notes_done(here.session, here.place("b"), str(take.pk))
    assert here.session.state == "playing"
    assert len(actions.deal_cards(here.session)) == 3
    assert here.session.dealt["index"] == 1


def test_a_second_take_of_the_same_scene(here):
    take = here.playing()
    record(here, take)
    actions.close_take(take, "and_scene")
    for role in "ab":
        actions.ready(here.session, here.place(role), str(take.scene_id))
    again = reads.open_take(here.session.pk)
    assert again is not None and (again.scene_id, again.number) == (take.scene_id, 2)
