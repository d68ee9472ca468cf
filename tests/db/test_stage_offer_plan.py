"""The plan of a take's offers from rows: what is lacking, what is empty, who sees the aim."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from itertools import pairwise

import pytest
from django.db import transaction

from tests.fakes.rooms import Room, make_room
from yesand.commission import actions as commission
from yesand.commission.models import Cell
from yesand.kit.errors import Refused
from yesand.people.models import Person, Program
from yesand.stage import actions, cue_rules, planning, reads, room
from yesand.stage.models import Cue, OfferCount, RoomMessage, Take

pytestmark = pytest.mark.django_db

OWN = {"at": 1, "role": "a", "action": "Offer tea", "aim": {"emotion": "joy", "intensity": 1}}


@pytest.fixture(autouse=True)
def place(settings, tmp_path):
    settings.HOME, settings.MIN_FREE_BYTES = tmp_path, 0


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [time.time()]
    monkeypatch.setattr(room, "stage_now", lambda: now[0])
    return now


def cued(here: Room, index: int = 1) -> Take:
    """A take that may have offers, its lamp just on; a void one stands for each before it."""
    scenes = here.session.scenes
    for at in range(scenes.count(), index):
        scene = scenes.create(index=at, cues_allowed=False)
        Take.objects.create(scene=scene, number=1, opened_at=0, closed_at=1, state="void")
    take = here.playing()
    assert take.scene.cues_allowed
    return take


def shut(take: Take) -> None:
    actions.close_take(take, "director")


def test_what_is_planned_follows_from_the_cells_as_they_stood(clock):
    here = make_room(turns=[OWN])
    Cell.objects.create(
        commission=here.commission, feeling="fear", relationship="rivals", language="en", quota=9
    )
    take = cued(here)
    assert take.plan["lacking"] == {"joy": 4, "affection": 4}, "of friends, not of rivals"
    planned = planning.offers_of(take)
    assert [o.action for o in planned if o.at_s == 60.0] == ["Offer tea"]
    assert {o.aim.emotion for o in planned} == {"joy", "affection"}
    # Other rooms fill the cells meanwhile: this take's plan stays, the next one's does not.
    for feeling in ("joy", "affection"):
        for _ in range(4):
            key = (feeling, "friends", "en")
            commission.record_fill(uuid.uuid4(), here.commission, [key], "recorded")
    fresh = Take.objects.get(pk=take.pk)
    assert planning.offers_of(fresh) == planned
    assert [r.plan["lacking"] for r in (fresh,)] == [{"joy": 4, "affection": 4}]
    later = cued(make_room(turns=[]))
    assert planning.offers_of(later), "the order of another program lacks all"
    shut(take)
    scene = actions.choose_scene(here.session, prompt=actions.deal_cards(here.session)[0])
    full = planning.lay(scene, uuid.uuid4())
    assert full["lacking"] == {}
    assert {row[2] for row in full["offers"]} <= {"Offer tea"}, "the deck offers nothing more"


def test_no_page_of_the_stage_is_told_the_plan(clock):
    here = make_room(turns=[OWN])
    take = cued(here)
    said = repr(list(RoomMessage.objects.filter(session=here.session).values_list("body")))
    for offer in planning.offers_of(take):
        assert offer.action not in said


def test_a_bare_scene_and_an_own_line_are_left_alone(clock):
    here = make_room(turns=[OWN])
    bare = here.playing()
    assert not bare.scene.cues_allowed
    assert bare.plan["offers"] == []
    shut(bare)
    scene = actions.choose_scene(here.session, own_line="Two people and one umbrella")
    scene.cues_allowed = True
    assert planning.lay(scene, uuid.uuid4())["offers"] == []


def test_one_offer_in_ten_is_empty_over_the_whole_program(clock):
    here = make_room(turns=[OWN])
    program = here.program.pk
    with transaction.atomic():
        drawn = [planning.next_is_empty(program) for _ in range(40)]
    assert [sum(drawn[at : at + 10]) for at in (0, 10, 20, 30)] == [1] * 4
    # Put the count just before the next empty one, whose place only the draw knows.
    ahead = next(at for at in range(40, 51) if cue_rules.empty(str(program), at))
    OfferCount.objects.update(made=ahead)
    take = cued(here)
    offer = planning.offers_of(take)[0]
    clock[0] += offer.at_s
    actions.pause(take)
    with pytest.raises(Refused):
        actions.offer_planned(take, offer)
    assert OfferCount.objects.get().made == ahead, "what was refused is not counted"
    for role in "ab":
        actions.resume(take, role)
    cue = actions.offer_planned(take, offer)
    assert (cue.empty, cue.action, cue.aim_emotion) == (True, "Carry on", "")
    assert actions.offer_planned(take, offer).pk == cue.pk
    assert OfferCount.objects.get().made == ahead + 1


def test_what_was_pulled_is_not_offered_again(clock):
    here = make_room(turns=[OWN])
    take = cued(here)
    clock[0] += 5
    planned = next(o for o in planning.offers_of(take) if o.role == "a")
    actions.offer_cue(take, "a", planned.action, planned.aim, pulled=True, by="pull")
    offer, _wait = reads.due_offer(take, "a", clock[0] + planned.at_s)
    assert offer is None or offer.index != planned.index


def test_both_roles_are_never_offered_something_at_one_moment(clock):
    here = make_room(turns=[OWN, OWN | {"role": "b", "action": "Ask for sugar"}])
    take = cued(here)
    opened = clock[0]
    seen = []
    for second in range(270):
        clock[0] = opened + second
        for role in "ab":
            offer, wait = reads.due_offer(take, role, clock[0])
            if offer is None:
                assert wait is None or wait > 0
                continue
            actions.offer_planned(take, offer)
            seen.append((second, role))
    assert len(seen) == len(planning.offers_of(take)) == 3
    times = [second for second, _role in seen]
    assert min(y - x for x, y in pairwise(times)) >= 22


def test_the_own_wish_rules_and_nobody_else_is_shown_an_aim(clock):
    here = make_room(turns=[OWN])
    Person.objects.filter(pk=here.ada.pk).update(aim_wish="show")
    take = cued(here)
    assert take.plan["aim"] == {"a": {"show": True, "by": "own"}, "b": {"show": False, "by": ""}}
    mine = actions.offer_cue(take, "a", "Offer tea", ("joy", 1))
    clock[0] += 30
    theirs = actions.offer_cue(take, "b", "Ask for sugar", ("affection", 2))
    sent = {m.to: m.body["aim"] for m in RoomMessage.objects.filter(kind="cue")}
    assert sent == {"a": "joy 1", "b": ""}, "who is not to see it is not sent it"
    for cue in (mine, theirs):
        actions.cue_displayed(cue, clock[0] * 1000, clock[0], aim_shown=True)
    told = {c.role: (c.aim_shown, c.aim_by) for c in Cue.objects.filter(take=take)}
    assert told == {"a": (True, "own"), "b": (False, "")}, "whatever a page says"


def test_the_experiment_draws_take_by_take_two_of_every_four(clock):
    here = make_room(turns=[OWN])
    Program.objects.filter(pk=here.program.pk).update(aim_experiment=True)
    Person.objects.filter(pk=here.noor.pk).update(aim_wish="hide")
    scene = here.session.scenes.create(index=1, prompt=here.cards[0], cues_allowed=True)
    shown = []
    for number in range(1, 13):
        take = Take(scene=scene, number=number, opened_at=clock[0], state="closed")
        take.plan = planning.lay(scene, take.pk)
        take.save()
        assert take.plan["aim"]["b"] == {"show": False, "by": "own"}, "a wish is never overruled"
        assert take.plan["aim"]["a"]["by"] == "draw"
        shown.append(take.plan["aim"]["a"]["show"])
    assert [sum(shown[at : at + 4]) for at in (0, 4, 8)] == [2, 2, 2]
    bare = here.session.scenes.create(index=2, prompt=here.cards[0], cues_allowed=False)
    assert planning.lay(bare, uuid.uuid4())["aim"]["a"] == {"show": False, "by": ""}


def test_one_long_scene_in_three_is_bare_over_the_whole_program(clock):
    drawn: Counter[bool] = Counter()
    here = make_room()
    session = here.session
    session.booking.shape = "long_form"
    session.booking.save(update_fields=["shape"])
    for index in range(9):
        cues = planning.long_form_cues(session)
        session.scenes.create(index=index, cues_allowed=cues)
        drawn[cues] += 1
    assert drawn == {True: 6, False: 3}
