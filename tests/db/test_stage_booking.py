"""A booking as a whole: its plan, breaks, the step-out, heavy scenes, coming back, staying on."""

from __future__ import annotations

import contextlib
import datetime as dt
import time

import pytest

from tests.fakes.rooms import Room, card, make_room
from yesand.commission.models import Prompt
from yesand.flows.attendance import attendance_of, overtime_of
from yesand.kit.errors import Refused
from yesand.matching import actions as matching
from yesand.matching.models import Booking, Seat
from yesand.pay import reads as pay
from yesand.pay.models import Transfer
from yesand.recording.actions import open_recording, open_stream
from yesand.recording.models import Stream
from yesand.stage import actions, pacing, reads, room
from yesand.stage.models import Scene, Session, Take

pytestmark = pytest.mark.django_db
MINUTE = 60.0


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The stage clock in the test's hands: clock[0] is now."""
    now = [time.time()]
    monkeypatch.setattr(room, "stage_now", lambda: now[0])
    return now


@pytest.fixture
def here(settings, tmp_path, clock) -> Room:
    settings.HOME, settings.MIN_FREE_BYTES = tmp_path, 0
    return make_room(cards=8)


@contextlib.contextmanager
def refused(code: str):
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code


def both_ready(here: Room, scene: str = "") -> Session:
    for role in "ab":
        actions.ready(here.session, here.place(role), scene)
    return here.session


def warm(here: Room) -> None:
    for who in (here.ada, here.noor):
        actions.check_in(here.session, who)
    both_ready(here)


def play(here: Room, clock: list[float], minutes: float = 5, **chosen) -> Take:
    """One whole scene with its notes."""
    session = here.session
    if not chosen:
        chosen = {"prompt": actions.deal_cards(session)[0]}
    scene = actions.choose_scene(session, **chosen)
    both_ready(here, str(scene.pk))
    take = Take.objects.get(scene=scene)
    open_stream(open_recording(here.program, here.ada, "take", take.pk, "a"), "mic")
    clock[0] += minutes * MINUTE
    actions.close_take(take, "and_scene")
    for role in "ab":
        actions.notes_done(session, here.place(role), str(take.pk))
    take.refresh_from_db()
    return take


def test_an_hour_of_shorts_goes_by_the_plan(here, clock):
    warm(here)
    seen = []
    for number in range(5):
        at = reads.where(here.session)
        seen.append((at.number, at.of, here.session.state))
        take = play(here, clock)
        assert take.scene.cues_allowed == (number not in (0, 4))
        clock[0] += 2.5 * MINUTE
        if number == 1:
            session = here.session
            assert session.state == "break"
            assert session.pace["back_at"] == pytest.approx(clock[0] - 2.5 * MINUTE + 300)
            both_ready(here)
    assert seen == [(n, 5, "playing") for n in range(1, 6)]
    at = reads.where(here.session)
    assert (at.number, at.extra) == (6, True)
    actions.wind_down(here.session)
    assert here.session.state == "step_out"
    both_ready(here)
    assert here.session.state == "ended"


def test_with_the_lamp_off_no_stream_opens(here, clock):
    """Warm-up, break and step-out: no take may open, so the server grants nothing."""
    warm(here)
    play(here, clock)
    take = play(here, clock)
    streams = Stream.objects.count()
    assert here.session.state == "break"
    for _ in range(2):
        with refused("resting"):
            actions.choose_scene(here.session, own_line="Two keepers, one lamp")
        with refused("lamp_off"):
            actions.open_take(take.scene)
        # saying ready for the last scene again is only coming back
        actions.ready(here.session, here.place("a"), str(take.scene_id))
        assert reads.open_take(here.session.pk) is None
        if here.session.state == "break":
            actions.ready(here.session, here.place("b"))
            assert here.session.state == "playing"
            actions.wind_down(here.session)
            assert here.session.state == "step_out"
    assert Stream.objects.count() == streams


def test_both_come_back_early_and_who_left_is_not_waited_for(here, clock):
    warm(here)
    play(here, clock)
    play(here, clock)
    clock[0] += 30
    actions.ready(here.session, here.place("b"))
    assert here.session.state == "break", "one alone stays in the break"
    actions.leave(here.session, here.noor)
    actions.ready(here.session, here.place("a"))
    assert here.session.state == "playing"
    actions.wind_down(here.session)
    actions.ready(here.session, here.place("a"))
    assert here.session.state == "ended"


def test_no_break_where_time_is_short(here, clock):
    warm(here)
    play(here, clock)
    clock[0] += 35 * MINUTE
    play(here, clock)
    assert here.session.state == "playing"


def test_nothing_played_ends_without_a_step_out(here):
    warm(here)
    actions.wind_down(here.session)
    assert here.session.state == "ended"


@pytest.mark.parametrize("shape", ["shorts", "scripts"])
def test_a_booking_is_dealt_cards_of_its_shape(here, clock, shape):
    script, game = card(9001, shape="script"), card(9002, shape="game")
    for prompt in (script, game):
        Prompt.objects.filter(pk=prompt.pk).update(shape=prompt.body["shape"])
    Booking.objects.filter(pk=here.booking.pk).update(shape=shape)
    here.booking.refresh_from_db()
    warm(here)
    dealt = {prompt.shape for prompt in actions.deal_cards(here.session)}
    assert dealt == {"script"} if shape == "scripts" else dealt <= {"improvised", "game"}


def test_the_third_scene_is_another_relationship(here, clock):
    other = card(9003)
    Prompt.objects.filter(pk=other.pk).update(relationship="rivals")
    warm(here)
    play(here, clock, own_line="One")
    friends = [one for one in actions.deal_cards(here.session) if one != other]
    play(here, clock, prompt=friends[0])
    both_ready(here)
    assert other in actions.deal_cards(here.session)[:1]


# --- heavy scenes --------------------------------------------------------------------------------


def heavy(here: Room, *roles: str, call: bool = True) -> Prompt:
    """A deck of one heavy card and light ones; the named roles said yes to heavy."""
    prompt = card(9100, tags=["death"], tone="heavy")
    Prompt.objects.filter(pk=prompt.pk).update(tone="heavy")
    Prompt.objects.exclude(pk__in=[prompt.pk, *(c.pk for c in here.cards[:2])]).update(
        status="retired"
    )
    Booking.objects.filter(pk=here.booking.pk).update(heavy=call)
    Seat.objects.filter(booking=here.booking, role__in=roles).update(heavy_ok=True)
    here.booking.refresh_from_db()
    prompt.refresh_from_db()
    return prompt


def test_a_heavy_scene_needs_both_and_is_one_in_the_middle_and_stepped_out_of(here, clock):
    prompt = heavy(here, "a", "b")
    warm(here)
    assert prompt not in actions.deal_cards(here.session), "never the first"
    play(here, clock, own_line="One")
    assert prompt in actions.deal_cards(here.session)
    play(here, clock, prompt=prompt)
    assert here.session.state == "step_out", "at once, before anything else"
    assert reads.owes_step_out(here.session)
    with refused("resting"):
        actions.choose_scene(here.session, own_line="Two")
    actions.wind_down(here.session)
    assert here.session.state == "step_out"
    both_ready(here)
    assert here.session.state == "break", "what the plan says after this scene"
    assert not reads.owes_step_out(here.session)
    both_ready(here)
    second = card(9101, tags=["death"], tone="heavy")
    Prompt.objects.filter(pk=second.pk).update(tone="heavy")
    assert second not in actions.deal_cards(here.session), "one a session"
    with refused("no_such_card"):
        actions.choose_scene(here.session, prompt=second)
    assert prompt.pk not in {s.prompt_id for s in reads.call_backs(here.session)}
    actions.wind_down(here.session)
    both_ready(here)
    assert here.session.state == "ended"


@pytest.mark.parametrize(("roles", "call"), [("a", True), ("b", True), ("", True), ("ab", False)])
def test_one_yes_is_no_yes_and_without_the_call_nobody_is_asked(here, clock, roles, call):
    prompt = heavy(here, *roles, call=call)
    warm(here)
    play(here, clock, own_line="One")
    assert prompt not in actions.deal_cards(here.session)
    # also where it lies on the table by a slip of ours
    session = here.session
    session.dealt["cards"][0] = str(prompt.pk)
    session.save()
    with refused("too_heavy"):
        actions.choose_scene(session, prompt=prompt)


def test_a_heavy_scene_is_not_dealt_where_it_would_be_the_last(here, clock):
    prompt = heavy(here, "a", "b")
    warm(here)
    clock[0] += 38 * MINUTE
    play(here, clock, own_line="One")
    assert pacing.slot(here.session) == "closer"
    assert prompt not in actions.deal_cards(here.session)


def test_heavy_is_never_paid_better(here, clock, settings, tmp_path):
    light = make_room(cards=8)
    earned = []
    for booked, role in ((here, "ab"), (light, "")):
        prompt = heavy(booked, *role) if role else None
        warm(booked)
        play(booked, clock, own_line="One")
        play(booked, clock, **({"prompt": prompt} if prompt else {}))
        if prompt:
            both_ready(booked)
        both_ready(booked)
        actions.wind_down(booked.session)
        both_ready(booked)
        assert booked.session.state == "ended"
        session = booked.session
        matching.wrap_up(booked.booking, attendance_of(session), overtime_of(session))
        earned.append([str(m) for who in (booked.ada, booked.noor) for m in pay.earned(who)])
    assert earned[0] == earned[1] == ["$74.00", "$74.00"]


# --- coming back ---------------------------------------------------------------------------------


def test_a_character_comes_back_where_its_card_says_so(here, clock):
    roles = {
        "a": {"alias": "Ida", "want": "win", "way_of_speaking": "slowly", "keep": True},
        "b": {"alias": "Bo", "want": "lose", "keep": False},
    }
    kept = card(9200, roles=roles)
    warm(here)
    session = here.session
    actions.deal_cards(session)
    session.refresh_from_db()
    session.dealt["cards"][0] = str(kept.pk)
    session.save()
    first = play(here, clock, prompt=kept).scene
    own = play(here, clock, own_line="Two keepers, one lamp").scene
    both_ready(here)
    assert [s.pk for s in reads.keepable(here.session, "a")] == [first.pk, own.pk]
    assert [s.pk for s in reads.keepable(here.session, "b")] == [own.pk]
    with refused("no_scene"):
        actions.keep_character(here.session, here.place("a"), str(first.pk))
    chosen = actions.choose_scene(here.session, prompt=actions.deal_cards(here.session)[0])
    with refused("not_kept"):
        actions.keep_character(here.session, here.place("b"), str(first.pk))
    with refused("not_kept"):
        actions.keep_character(here.session, here.place("a"), "elsewhere")
    chosen = actions.keep_character(here.session, here.place("a"), str(first.pk))
    assert chosen.kept == {"a": str(first.pk)}
    mine = reads.character_of(chosen, "a")
    assert mine == {"alias": "Ida", "way_of_speaking": "slowly", "from": kept.title}
    assert reads.character_of(chosen, "b")["alias"] == "Wil", "the partner's stays"
    assert actions.keep_character(here.session, here.place("a")).kept == {}
    actions.keep_character(here.session, here.place("a"), str(first.pk))
    again = actions.choose_scene(here.session, own_line="Elsewhere")
    assert again.kept == {}, "a new card begins anew"


def test_no_character_comes_back_into_a_script(here, clock):
    warm(here)
    own = play(here, clock, own_line="One").scene
    chosen = actions.choose_scene(here.session, prompt=actions.deal_cards(here.session)[0])
    Prompt.objects.filter(pk=chosen.prompt_id).update(shape="script")
    with refused("script"):
        actions.keep_character(here.session, here.place("a"), str(own.pk))


def test_an_earlier_scene_is_called_back(here, clock):
    warm(here)
    with refused("no_such_scene"):
        actions.choose_scene(here.session, call_back="anything")
    first = play(here, clock)
    Prompt.objects.filter(pk=first.scene.prompt_id).update(tone="tender")
    assert [s.pk for s in reads.call_backs(here.session)] == [first.scene_id]
    scene = actions.choose_scene(here.session, call_back=str(first.scene_id))
    assert scene.own_line == f"Call-back: {first.scene.prompt.title}"
    assert scene.called_back_id == first.scene_id
    assert scene.prompt is None
    # choosing a card instead takes the link away
    scene = actions.choose_scene(here.session, own_line="Elsewhere")
    assert scene.called_back is None
    Scene.objects.filter(pk=scene.pk).delete()
    clock[0] += 40 * MINUTE
    assert reads.call_backs(here.session) == [], "tender, and there is time for one more only"


# --- going over ----------------------------------------------------------------------------------


def at_the_end(here: Room, clock: list[float]) -> None:
    """One scene played, and the booking's time is up."""
    warm(here)
    play(here, clock)
    clock[0] = pacing.ends_at(here.session)


def settled(here: Room) -> list[int]:
    session = here.session
    matching.wrap_up(here.booking, attendance_of(session), overtime_of(session))
    assert pay.residual(here.program) == 0
    return [sum(m.minor for m in pay.earned(who)) for who in (here.ada, here.noor)]


def test_past_the_end_a_scene_begins_only_where_both_stay(here, clock):
    at_the_end(here, clock)
    scene = actions.choose_scene(here.session, prompt=actions.deal_cards(here.session)[0])
    with refused("time_up"):
        actions.ready(here.session, here.place("a"), str(scene.pk))
    actions.stay(here.session, here.place("a"), True)
    assert not here.session.messages.filter(kind="stay").exists(), "one yes is told to nobody"
    with refused("time_up"):
        actions.ready(here.session, here.place("b"), str(scene.pk))
    actions.stay(here.session, here.place("b"), True)
    assert here.session.messages.get(kind="stay").body == {"stays": True}
    clock[0] += 10
    take = play(here, clock, minutes=1)
    assert take.scene.pk == scene.pk or take.state == "closed"
    clock[0] += 20
    actions.wind_down(here.session)
    both_ready(here)
    ended = here.session
    Session.objects.filter(pk=ended.pk).update(
        ended_at=reads.slot(ended).ends_at + dt.timedelta(seconds=90.4)
    )
    assert overtime_of(here.session) == 90
    # 3690 s at $74.00 an hour, rounded once: 75.85
    assert settled(here) == [7585, 7585]
    over = Transfer.objects.filter(rule="overtime", state="posted")
    assert [row.amount_minor for row in over] == [185, 185]


def test_a_no_is_final_and_nobody_learns_whose(here, clock):
    at_the_end(here, clock)
    before = here.session.messages.order_by("-pk").first()
    actions.stay(here.session, here.place("a"), True)
    actions.stay(here.session, here.place("b"), False)
    said = here.session.messages.filter(pk__gt=before.pk)
    assert {m.role for m in said} == {"server"}
    assert here.session.state == "step_out"
    actions.stay(here.session, here.place("a"), True)
    actions.stay(here.session, here.place("b"), True)
    assert not reads.stays(here.session)
    both_ready(here)
    assert settled(here) == [7400, 7400]


def test_what_was_played_past_the_end_is_paid_also_where_nobody_stayed(here, clock):
    warm(here)
    clock[0] = pacing.ends_at(here.session) - 30
    play(here, clock, minutes=1.5)
    actions.wind_down(here.session)
    clock[0] += 1000
    both_ready(here)
    assert overtime_of(here.session) == 60
    # 3660 s: 75.2333
    assert settled(here) == [7523, 7523]


def test_staying_is_asked_only_when_the_time_is_up(here, clock):
    warm(here)
    with refused("not_yet"):
        actions.stay(here.session, here.place("a"), True)
    scene = actions.choose_scene(here.session, own_line="One")
    both_ready(here, str(scene.pk))
    take = Take.objects.get(scene=scene)
    clock[0] = pacing.ends_at(here.session) + 5
    with refused("scene_running"):
        actions.stay(here.session, here.place("a"), True)
    actions.close_take(take, "and_scene")
    actions.end_session(here.session)
    with refused("session_ended"):
        actions.stay(here.session, here.place("a"), True)


def test_an_empty_room_earns_nothing_after_both_stayed(here, clock):
    at_the_end(here, clock)
    for role in "ab":
        body = {"peer": f"p{role}", "page": "stage"}
        say = {"role": role, "sender": here.place(role).alias}
        actions.post(here.session, kind="present", body=body, **say)
        actions.stay(here.session, here.place(role), True)
    ends = pacing.ends_at(here.session)
    clock[0] = ends + 40
    for role in "ab":
        room.gone(here.session, role, here.place(role).alias, f"p{role}")
    actions.end_session(here.session)
    Session.objects.filter(pk=here.session.pk).update(
        ended_at=reads.slot(here.session).ends_at + dt.timedelta(minutes=30)
    )
    assert overtime_of(here.session) == 40
