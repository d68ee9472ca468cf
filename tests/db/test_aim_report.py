"""What showing the aim does: from rows to the producers' page and file, and who may see it."""

from __future__ import annotations

import csv
import io
import re
import time

import pytest
from django.test import Client

from tests.fakes.rooms import make_room, person
from yesand.cli.demonstration import aims
from yesand.commission import actions as commission
from yesand.consent import actions as consent
from yesand.evaluation import aim_rows
from yesand.evaluation.aims import MEASURES
from yesand.kit.errors import Refused
from yesand.labels import actions as labels
from yesand.labels import rules
from yesand.labels.models import Item, Rating
from yesand.people import actions as people
from yesand.people.models import Membership, Person, Program
from yesand.stage import actions, planning
from yesand.stage.models import Cue, Take

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def place(settings, tmp_path):
    settings.HOME, settings.MIN_FREE_BYTES = tmp_path, 0


@pytest.fixture
def robots() -> tuple[Program, Person]:
    commission.load_deck()
    mo = person("Mo")
    return aims.seed(mo), mo


def browser(who: Person) -> Client:
    client = Client()
    client.force_login(who)
    return client


def test_robots_rows_are_seeded_once_and_marked(robots):
    program, mo = robots
    assert aims.seed(mo).pk == program.pk, "again changes nothing"
    found = aim_rows.report(program)
    assert (found.kind, found.cues, found.takes) == ("robot", (48, 48), (48, 48))
    assert (found.performers, found.raters) == (12, 5)
    by = {one.measure: one for one in found.measures}
    for one in found.measures:
        print(one.measure, one.shown.value, one.hidden.value, one.difference.to_json())
        assert one.why == "" and one.difference.low <= one.difference.value <= one.difference.high
    assert by["played"].shown.n == by["human"].hidden.n == 48
    assert not Person.objects.filter(memberships__program=program, memberships__role="performer")\
        .exclude(player_kind="robot").exists()  # fmt: skip


def test_the_page_and_the_file_say_n_everywhere(robots):
    program, mo = robots
    page = browser(mo).get(f"/producer/{program.slug}/aims").content.decode()
    assert "No person has played with it yet" in page and "robots" in page
    assert page.count("<svg") == len(MEASURES)
    assert page.count('class="dot') == 2 * len(MEASURES)
    assert page.count("n 48") >= 2 * len(MEASURES)
    answer = browser(mo).get(f"/producer/{program.slug}/aims.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == 3 * len(MEASURES)
    assert {row["players"] for row in rows} == {"robot"}
    assert {row["n"] for row in rows} == {"48", "96"}
    assert all(float(row["low"]) <= float(row["value"]) <= float(row["high"]) for row in rows)
    assert [row["arm"] for row in rows[:3]] == ["shown", "hidden", "difference"]


def test_nobody_but_the_programs_producers_sees_it():
    program, other = make_room().program, person("Other")
    Membership.objects.create(program=program, person=other, role="performer")
    for path in ("aims", "aims.csv"):
        assert browser(other).get(f"/producer/{program.slug}/{path}").status_code == 404
        assert Client().get(f"/producer/{program.slug}/{path}").status_code == 302
    assert browser(other).post(f"/producer/{program.slug}/aims", {"on": "1"}).status_code == 404


def drawn_take(here, shown: bool) -> tuple[Take, Cue]:
    """A take in which ada's arm was drawn, her cue displayed and answered about."""
    scene = here.session.scenes.create(index=here.session.scenes.count(), prompt=here.cards[0])
    now = time.time()
    take = Take(scene=scene, number=1, state="closed", opened_at=now - 300, closed_at=now)
    take.plan = planning.lay(scene, take.pk)
    take.plan["aim"]["a"] = {"show": shown, "by": "draw"}
    take.save()
    cue = Cue.objects.create(
        take=take, role="a", action="Offer tea", aim_emotion="joy", aim_intensity=2, aim_by="draw",
        aim_shown=shown, asked_at=now - 200, displayed_at=now - 198, span_end=now - 180,
    )  # fmt: skip
    labels.make_items(take.pk)
    item = Item.objects.get(take=take, target_role="a", rule="cue")
    said = labels.MomentAnswer(item.start, own=rules.read_answer("joy" if shown else "fear", 2))
    labels.note_moment(take, here.ada, said)
    labels.note_scene(take, here.ada, {"human": 4, "grounded": 3, "natural": None})
    return take, cue


def test_few_answers_are_counted_and_not_weighed():
    here = make_room()
    for at in range(4):
        drawn_take(here, shown=at % 2 == 0)
    found = aim_rows.report(here.program)
    assert (found.kind, found.cues, found.performers) == ("human", (2, 2), 1)
    played, _heard, human, _grounded, natural = found.measures
    assert (played.shown.n, played.hidden.n, played.why) == (2, 2, "too few to say")
    assert played.shown.value is None, "one person's answers are shown to nobody"
    assert (human.shown.n, natural.shown.n) == (2, 0)
    page = browser(here.mo).get(f"/producer/{here.program.slug}/aims").content.decode()
    assert page.count("too few to say") >= len(MEASURES)
    assert 'class="dot' not in page


def test_only_what_was_drawn_seen_and_not_taken_back_counts():
    here = make_room()
    takes = [drawn_take(here, shown=True) for _ in range(6)]
    Cue.objects.filter(pk=takes[0][1].pk).update(aim_by="own")
    Cue.objects.filter(pk=takes[1][1].pk).update(displayed_at=None)
    Cue.objects.filter(pk=takes[2][1].pk).update(empty=True, aim_emotion="", aim_intensity=None)
    consent.choose(here.noor, here.program, takes[3][0].pk, "strike")
    Take.objects.filter(pk=takes[4][0].pk).update(state="void")
    assert aim_rows.report(here.program).cues == (1, 0)
    # What cannot be told is neither a hit nor a miss, and what was taken back is nothing.
    item = Item.objects.get(take=takes[5][0], target_role="a", rule="cue")
    labels.note_moment(
        takes[5][0],
        here.ada,
        labels.MomentAnswer(item.start, own=rules.read_answer("cant_tell", None)),
    )
    assert aim_rows.report(here.program).measures[0].shown.n == 0
    robot = people.add_person("ear@robots.example", alias="Ear", player_kind="robot")
    Rating.objects.create(
        item=item, view="observer", rater=robot, question="quick", primary="joy", intensity=2
    )
    assert aim_rows.report(here.program).raters == 0, "robots say nothing about people"


def test_a_producer_turns_the_experiment_on_and_off():
    here = make_room()
    path = f"/producer/{here.program.slug}/aims"
    mo = browser(here.mo)
    page = mo.get(path).content.decode()
    assert "Nothing is drawn" in page and "<svg" not in page
    assert mo.post(path, {"on": "1"}).status_code == 302
    here.program.refresh_from_db()
    assert here.program.aim_experiment
    assert re.search(r'name="on" value="0"', mo.get(path).content.decode())
    mo.post(path, {"on": "0"})
    here.program.refresh_from_db()
    assert not here.program.aim_experiment
    people.close_program(here.program)
    mo.post(path, {"on": "1"})
    here.program.refresh_from_db()
    assert not here.program.aim_experiment, "a closed program begins nothing"


def test_a_performer_says_once_whether_to_see_aims():
    here = make_room()
    ada = browser(here.ada)
    page = ada.get("/me/account").content.decode()
    assert 'name="aim_wish"' in page
    whole = {"alias": "Ada", "zone": "UTC", "languages": "en", "arm": "actor"}
    assert ada.post("/me/account", whole | {"aim_wish": "show"}).status_code == 302
    here.ada.refresh_from_db()
    assert here.ada.aim_wish == "show"
    assert ada.post("/me/account", whole | {"aim_wish": "sometimes"}).status_code == 400
    with pytest.raises(Refused):
        people.set_profile(here.ada, aim_wish="sometimes")
    assert here.ada.aim_wish == "show"
    assert "aim_wish" in ada.get("/me/data.json").content.decode()
    take = here.playing()
    cue = actions.offer_cue(take, "a", "Offer tea", ("joy", 2))
    assert cue.aim_by == "own"
