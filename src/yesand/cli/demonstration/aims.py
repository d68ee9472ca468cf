"""Robots' rows for the report on showing aims, until people have played.

A program of their own, so that nothing of it stands among anybody's takes, money or coverage. Its
arms are drawn by the stage as they are for people; what was said about them is thrown with dice,
and every person in it is a robot. Running it again changes nothing.
"""

from __future__ import annotations

import datetime as dt
from random import Random

from django.db import transaction
from django.utils import timezone

from yesand.cli import seeding
from yesand.commission import actions as commission
from yesand.commission import schema
from yesand.commission.models import Commission, Prompt
from yesand.formats.emotions import YESAND_15
from yesand.labels import actions as labels
from yesand.labels.models import Item, Rating, SceneNote
from yesand.matching.models import Booking
from yesand.people import actions as people
from yesand.people.models import Person, Program
from yesand.stage import offers, planning
from yesand.stage.models import Cue, Place, Scene, Session, Take

NAME = "Robots try: the aim shown or not"
PAIRS, TAKES, RATERS = 6, 8, 5
#: How the dice fall, aim shown and hidden: played as aimed, heard as aimed, and the three notes.
ODDS = {True: (0.70, 0.55, (4.2, 3.8, 3.4)), False: (0.45, 0.42, (4.2, 3.9, 4.1))}
TAKE_S = 300.0


@transaction.atomic
def seed(producer: Person, client: str = "Example Speech Lab") -> Program:
    """The robots' program with its takes, offers, notes and ratings."""
    known = Program.objects.filter(name=NAME).first()
    if known is not None:
        return known
    program = people.open_program(
        client, NAME, about="Made-up rows of robots.", aim_experiment=True
    )
    people.join(program, producer, "producer")
    order = commission.draft(program, schema.read_order(seeding.ORDER.format(hours=4), "robots"))
    raters = [_robot(program, f"aim-ear{n}", "rater") for n in range(RATERS)]
    luck = Random(NAME)
    for number in range(PAIRS):
        pair = [_robot(program, f"aim-{number}{role}", "performer") for role in "ab"]
        session = _session(program, order, pair)
        for index in range(TAKES):
            _take(session, index, raters, luck)
    return program


def _robot(program: Program, name: str, role: str) -> Person:
    robot = people.add_person(
        f"{name}@robots.example", alias=f"Robot {name}", languages=["en"], player_kind="robot"
    )
    people.join(program, robot, role)
    return robot


def _session(program: Program, order: Commission, pair: list[Person]) -> Session:
    began = timezone.now() - dt.timedelta(days=1)
    booking = Booking.objects.create(
        program=program, commission=order, starts_at=began, minutes=90, state="done",
        answer_by=began,
    )  # fmt: skip
    session = Session.objects.create(
        program=program, commission=order, booking=booking, state="ended", ended_at=began
    )
    for role, person in zip("ab", pair, strict=True):
        Place.objects.create(session=session, person=person, role=role, alias=person.alias)
    return session


def _take(session: Session, index: int, raters: list[Person], luck: Random) -> None:
    light = {"language": "en", "shape": "improvised", "tone": "light", "use": "train"}
    prompts = Prompt.objects.filter(**light).order_by("slug")
    scene = Scene.objects.create(session=session, index=index, prompt=prompts[index])
    opened = session.booking.starts_at.timestamp() + 400.0 * index
    take = Take(scene=scene, number=1, state="closed", opened_at=opened, closed_at=opened + TAKE_S)
    take.plan = planning.lay(scene, take.pk)
    take.save(force_insert=True)
    for at, role in ((60.0, "a"), (150.0, "b")):
        action, aim = luck.choice(offers.deck())
        shown = take.plan["aim"][role]["show"]
        Cue.objects.create(
            take=take, role=role, action=action, aim_emotion=aim.emotion,
            aim_intensity=aim.intensity, aim_by="draw", aim_shown=shown, asked_at=opened + at,
            displayed_at=opened + at + 2.0, response="took", span_end=opened + at + 22.0,
        )  # fmt: skip
    labels.make_items(take.pk)
    people_of = {place.role: place.person for place in session.places.select_related("person")}
    for role, person in people_of.items():
        shown = take.plan["aim"][role]["show"]
        notes = [_note(mean, luck) for mean in ODDS[shown][2]]
        SceneNote.objects.create(
            take=take, person=person, role=role, human=notes[0], grounded=notes[1],
            natural=notes[2],
        )  # fmt: skip
        cue = take.cues.get(role=role)
        item = Item.objects.get(take=take, target_role=role, rule="cue")
        played = _said(cue.aim_emotion, ODDS[shown][0], luck)
        rows = [Rating(item=item, view="character", rater=person, question="quick", primary=played)]
        for rater in raters:
            heard = _said(cue.aim_emotion, ODDS[shown][1], luck)
            rows.append(
                Rating(item=item, view="observer", rater=rater, question="quick", primary=heard)
            )
        Rating.objects.bulk_create(rows)


def _said(aim: str, odds: float, luck: Random) -> str:
    return aim if luck.random() < odds else luck.choice([f for f in YESAND_15 if f != aim])


def _note(mean: float, luck: Random) -> int:
    return min(5, max(1, round(luck.gauss(mean, 0.8))))
