"""Offers on the stage, who is here, and what is swept when nobody plays any more."""

from __future__ import annotations

import contextlib
import time

import pytest

from tests.fakes.rooms import Room, make_room
from yesand.commission.models import Cell
from yesand.kit.errors import Refused
from yesand.recording.actions import open_recording, open_stream
from yesand.stage import actions, cue_rules, reads, room, takes
from yesand.stage.cue_rules import Aim
from yesand.stage.models import Cue, Place, RoomMessage, Take

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


def record(here: Room, take: Take) -> None:
    owner = open_recording(here.program, here.ada, "take", take.pk, "a")
    open_stream(owner, "mic")


def test_offers_three_a_scene_a_minute_apart(here, clock):
    take = here.playing()
    first = actions.offer_cue(take, "a", "Let them off the hook", Aim("affection", 2))
    assert (first.by, first.displayed_at, first.empty) == ("engine", None, False)
    with refused("too_soon"):
        actions.offer_cue(take, "a", "Make sure they notice", Aim("pride", 2), by="director")
    with refused("both_at_once"):
        actions.offer_cue(take, "b", "Make sure they notice", Aim("pride", 2), by="director")
    clock[0] += cue_rules.WAITS_S + cue_rules.BOTH_APART_S
    actions.offer_cue(take, "b", "Make sure they notice", Aim("pride", 2), by="director")
    pulled = actions.pull_cue(take, "a", nonce="d1", sender="Ada")
    assert pulled.pulled and pulled.aim_emotion in ("joy", "affection"), "of the order's feelings"
    assert actions.pull_cue(take, "a", nonce="d1").pk == pulled.pk
    clock[0] += 73
    actions.offer_cue(take, "a", "Carry on", empty=True)
    clock[0] += 73
    with refused("scene_full"):
        actions.pull_cue(take, "a")
    for bad, code in (
        (("c", "Go", Aim("joy", 1)), "unknown_role"),
        (("b", "one two three four five six seven eight nine", Aim("joy", 1)), "bad_action"),
        (("b", " ", Aim("joy", 1)), "bad_action"),
    ):
        with refused(code):
            actions.offer_cue(take, *bad)
    with refused("aim_of_empty"):
        actions.offer_cue(take, "b", "Carry on", Aim("joy", 1), empty=True)


def test_no_offer_in_a_pause_or_after_the_scene(here):
    take = here.playing()
    actions.pause(take)
    with refused("paused"):
        actions.pull_cue(take, "a")
    actions.resume(take)
    actions.close_take(take, "director")
    with refused("take_closed"):
        actions.pull_cue(take, "a")


def test_a_cue_is_read_by_its_role_and_the_director_alone(here):
    take = here.playing()
    actions.pull_cue(take, "a", sender="Ada")
    message = RoomMessage.objects.get(kind="cue")
    assert room.Reader("a").may_read(message)
    assert not room.Reader("b").may_read(message)
    assert room.Reader("director").may_read(message)


def test_displayed_and_answered(here, clock):
    take = here.playing()
    record(here, take)
    clock[0] += 10
    cue = actions.offer_cue(take, "a", "Let them off the hook", Aim("affection", 2))
    shown = clock[0] + 1.5
    clock[0] += 2
    actions.cue_displayed(cue, shown * 1000 + 7, shown)
    actions.cue_displayed(cue, 1.0, 2.0)
    cue.refresh_from_db()
    assert (cue.displayed_at, cue.displayed_client_ms) == (shown, shown * 1000 + 7)
    with refused("unknown_response"):
        actions.cue_response(cue, "refused")
    actions.cue_response(cue, "bent", clock[0])
    clock[0] += 5
    clock[0] += 5
    late = actions.offer_cue(take, "b", "Make sure they notice", Aim("pride", 2))
    actions.cue_displayed(late, 1.0, clock[0] + 500)  # a clock nobody can believe
    late.refresh_from_db()
    assert late.displayed_at == clock[0]
    clock[0] += 60
    actions.close_take(take, "and_scene")
    cue.refresh_from_db()
    late.refresh_from_db()
    assert cue.span_end == pytest.approx(shown + 20.0)
    assert late.span_end == pytest.approx(late.displayed_at + 20.0)


def test_the_engine_plans_the_same_offers_in_every_process(settings, tmp_path, clock):
    settings.HOME, settings.MIN_FREE_BYTES = tmp_path, 0
    turn = {"at": 1, "role": "a", "action": "Offer tea", "aim": {"emotion": "joy", "intensity": 1}}
    here = make_room(turns=[turn, {**turn, "role": "b", "at": 2, "action": "Pour it for them"}])
    Cell.objects.exclude(feeling="joy").delete()  # so that the deck has nothing to add
    here.session.scenes.create(index=0)  # the first scene of a session is bare
    Take.objects.create(
        scene=here.session.scenes.get(), number=1, opened_at=0, closed_at=1, state="closed"
    )
    take = here.playing()
    assert take.scene.cues_allowed
    assert reads.due_offer(take, "a", clock[0]) == (None, pytest.approx(60.0))
    clock[0] += 30
    actions.pause(take)
    clock[0] += 100
    actions.resume(take)
    offer, wait = reads.due_offer(take, "a", clock[0])
    assert offer is None and wait == pytest.approx(30.0), "a pause brings no offer nearer"
    clock[0] += 31
    offer, wait = reads.due_offer(take, "a", clock[0])
    assert offer is not None and wait == 0.0
    one, two = actions.offer_planned(take, offer), actions.offer_planned(take, offer)
    assert one.pk == two.pk
    assert Cue.objects.filter(take=take).count() == 1
    assert reads.due_offer(take, "a", clock[0]) == (None, None)


def test_a_bare_scene_has_no_planned_offers(here):
    take = here.playing()
    assert not take.scene.cues_allowed
    assert reads.due_offer(take, "a", take.opened_at + 600) == (None, None)


def test_who_is_here_follows_from_the_log(here):
    session = here.session
    say = {"kind": "present", "to": ""}
    actions.post(session, role="a", sender="Ada", body={"peer": "p1"}, **say)
    actions.post(session, role="director", sender="Mo", body={"peer": "d1"}, **say)
    actions.post(session, role="a", sender="Ada", body={"peer": "p2"}, **say)
    room.gone(session, "a", "Ada", "p1")
    names = [(p["role"], p["alias"]) for p in room.people_here(session.pk)]
    assert names == [("a", "Ada"), ("director", "Mo")], "the old page went, the new one is here"
    room.gone(session, "a", "Ada", "p2")
    assert [p["role"] for p in room.people_here(session.pk)] == ["director"]
    hidden = session.messages.filter(to="server").first()
    assert not any(room.Reader(role).may_read(hidden) for role in ("a", "b", "director"))


def test_an_abandoned_take_is_closed(here, clock):
    take = here.playing()
    record(here, take)
    say = {"kind": "present", "to": "", "body": {"peer": "p1"}}
    actions.post(here.session, role="a", sender="Ada", **say)
    clock[0] += 300
    assert actions.close_abandoned(take.pk) is False, "one of them is still here"
    room.gone(here.session, "a", "Ada", "p1")
    clock[0] += takes.ALONE_S - 1
    assert actions.close_abandoned(take.pk) is False
    clock[0] += 2
    assert actions.close_abandoned(take.pk) is True
    assert actions.close_abandoned(take.pk) is False
    take.refresh_from_db()
    assert take.ended_by == "lost"


def test_an_ending_nobody_confirmed_is_swept(here, clock):
    take = here.playing()
    record(here, take)
    actions.and_scene(take, here.place("b"))
    clock[0] += 60
    assert actions.close_abandoned(take.pk) is True
    take.refresh_from_db()
    assert take.ended_by == "and_scene"


def test_places_are_two(here):
    with pytest.raises(Exception, match="place_role_once"):
        Place.objects.create(session=here.session, person=here.mo, role="a", alias="Mo")
