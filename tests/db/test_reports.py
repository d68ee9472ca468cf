"""Something was not right: a marked minute, a person who answers, a partner who learns nothing."""

from __future__ import annotations

import datetime as dt
import io
import uuid

import numpy as np
import pytest
import soundfile
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests.fakes.played import Stage, make_stage
from tests.fakes.rooms import make_room
from yesand.cases import actions as cases
from yesand.cases.models import Case
from yesand.consent import actions as consent
from yesand.infra import jobs
from yesand.kit.errors import Refused
from yesand.matching import blocking
from yesand.people.actions import add_person, join
from yesand.people.models import Person
from yesand.recording.models import Access
from yesand.stage import actions as room
from yesand.stage.models import RoomMessage, Take

pytestmark = pytest.mark.django_db
RATE = 48_000
SECONDS = 90.0


@pytest.fixture
def stage(home) -> Stage:
    return make_stage()


@pytest.fixture
def queue():
    with jobs.in_memory() as memory:
        yield memory


@pytest.fixture
def take(stage) -> Take:
    return stage.take((stage.performer("Ada"), stage.performer("Noor")), seconds=SECONDS, cues=())


def player(take: Take, role: str) -> Person:
    return take.scene.session.places.get(role=role).person


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def send(person: Person, take: Take, **said: str):
    return client_of(person).post(f"/room/{take.scene.session_id}/report", said)


def test_a_report_marks_the_last_minute_of_the_take_and_is_due_in_a_day(stage, take):
    ada = player(take, "a")
    exit_page, browser = f"/room/{take.scene.session_id}/exit", client_of(ada)
    answer = browser.post(f"/room/{take.scene.session_id}/report", {"next": exit_page})
    assert answer.url == exit_page
    case = Case.objects.get()
    assert (case.kind, case.subject, case.about) == ("safety", take.pk, player(take, "b"))
    assert case.program == stage.program and case.says == "Something was not right."
    assert case.marked_to - take.opened_at == pytest.approx(SECONDS, abs=0.01)
    assert case.marked_to - case.marked_from == pytest.approx(60, abs=0.01)
    assert case.due_at - timezone.now() < dt.timedelta(hours=24)
    page = browser.get(exit_page).text
    assert "A person has it and answers by" in page


def test_it_counts_from_when_the_form_was_opened(stage, take):
    now = room.stage_now()
    Take.objects.filter(pk=take.pk).update(opened_at=now - 80, closed_at=None, state="open")
    send(player(take, "a"), take, ago="12.5", says="They said my address.")
    case = Case.objects.get()
    assert case.marked_to == pytest.approx(now - 12.5, abs=2)
    assert case.marked_from == pytest.approx(now - 72.5, abs=2)
    for bad in ("-3", "x", "1e9", "nan", "inf"):
        send(player(take, "a"), take, ago=bad)
    late = Case.objects.exclude(pk=case.pk)
    assert len(late) == 5 and all(abs(one.marked_to - now) < 10 for one in late)


def test_before_anything_is_played_it_is_about_the_room(home, settings):
    settings.MIN_FREE_BYTES = 0
    here = make_room()
    client_of(here.noor).post(f"/room/{here.session.pk}/report", {"about": "partner"})
    case = Case.objects.get()
    assert (case.subject_kind, case.subject, case.about) == (
        "session", here.session.pk, here.ada,
    )  # fmt: skip
    page = client_of(here.mo).get(f"/producer/{here.program.slug}/cases").text
    assert "safety report" in page and "<audio" not in page


def test_the_partner_learns_nothing_by_page_socket_mail_or_data(stage, take, queue):
    ada, noor = player(take, "a"), player(take, "b")
    said = RoomMessage.objects.count()
    pages = ("/me", "/me/takes", f"/me/takes/{take.pk}", f"/room/{take.scene.session_id}/exit")
    hidden = ("/me/data.json", "/complaints")
    before = {path: client_of(noor).get(path).text for path in pages}
    send(ada, take, says="Noor would not stop.")
    queue.run()
    client_of(stage.producer).get(f"/house/cases/{Case.objects.get().pk}/sound")
    assert RoomMessage.objects.count() == said, "not one word in the room"
    assert all(noor.email not in message.to for message in mail.outbox)
    for path in pages + hidden:
        page = client_of(noor).get(path).text
        assert "would not stop" not in page and "safety report" not in page, path
        if path in before and path != "/me/data.json":
            assert len(page) == pytest.approx(len(before[path]), abs=900), path


def test_ending_it_goes_by_the_same_word_as_every_leaving(home, settings):
    settings.MIN_FREE_BYTES = 0
    here = make_room()
    take = here.playing()
    answer = client_of(here.ada).post(f"/room/{here.session.pk}/report", {"leave": "1"})
    assert answer.url == f"/room/{here.session.pk}/left"
    take.refresh_from_db()
    assert take.ended_by == "leave" and Case.objects.get().subject == take.pk
    last = RoomMessage.objects.filter(kind="leave").get()
    assert (last.role, last.body) == ("a", {"take": str(take.pk)})


class TestDesk:
    def test_safety_comes_first_with_its_minute_alone(self, stage, take):
        ada, desk = player(take, "a"), stage.producer
        early = cases.open_case(stage.program, "appeal", "take", take.pk, ada, "Please look again.")
        Case.objects.filter(pk=early.pk).update(due_at=timezone.now() - dt.timedelta(days=1))
        consent.mark_private(player(take, "b"), stage.program, take.pk, [[40.0, 42.0]])
        send(ada, take, says="They would not stop.")
        case = Case.objects.get(kind="safety")
        page = client_of(desk).get(f"/producer/{stage.program.slug}/cases").text
        assert page.index(f'id="c{case.pk}"') < page.index(f'id="c{early.pk}"')
        assert "0:30 to 1:30 of the scene" in page and "About Noor, who is not told." in page
        assert "will not be paired" not in page
        answer = client_of(desk).get(f"/house/cases/{case.pk}/sound")
        assert answer.status_code == 200
        sound, rate = soundfile.read(io.BytesIO(answer.content), dtype="int32")
        assert (rate, sound.shape) == (RATE, (60 * RATE, 2))
        assert not np.any(sound[10 * RATE : 12 * RATE]), "private is silent at the desk too"
        assert np.any(sound[: 10 * RATE]) and np.any(sound[12 * RATE :])
        looks = Access.objects.filter(reader=desk, reason="review")
        assert len({look.recording_id for look in looks}) == 2 and looks.count() == 2
        # a second part of the same listening is the same look
        client_of(desk).get(f"/house/cases/{case.pk}/sound")
        assert Access.objects.filter(reader=desk, reason="review").count() == 2
        blocking.block(ada, player(take, "b"))
        assert "will not be paired" in client_of(desk).get(
            f"/producer/{stage.program.slug}/cases"
        ).text  # fmt: skip

    def test_nobody_else_hears_it(self, stage, take):
        send(player(take, "a"), take)
        case = Case.objects.get()
        path = f"/house/cases/{case.pk}/sound"
        other = make_stage("Other").producer
        for who in (player(take, "a"), player(take, "b"), stage.performer(), other):
            assert client_of(who).get(path).status_code == 404
        wrong = path.replace(str(case.pk), str(uuid.uuid4()))
        assert client_of(stage.producer).get(wrong).status_code == 404
        assert not Access.objects.filter(reason="review").exists()

    def test_a_person_answers_with_a_reason(self, stage, take):
        send(player(take, "a"), take)
        case = Case.objects.get()
        client_of(stage.producer).post(
            f"/producer/{stage.program.slug}/cases",
            {"case": str(case.pk), "decision": "upheld", "reason": "We spoke with them."},
        )
        case.refresh_from_db()
        assert case.decision == "upheld"
        assert "We spoke with them." in client_of(player(take, "a")).get("/complaints").text

    def test_who_runs_the_program_does_not_answer_about_themselves(self, stage, take, queue):
        keeper = add_person("keeper@house.example", "Kim")
        Person.objects.filter(pk=keeper.pk).update(is_staff=True)
        ada, noor, desk = player(take, "a"), player(take, "b"), stage.producer
        send(ada, take, about="desk", says="The director would not leave.")
        # a partner who also produces the program: the house's as well
        join(stage.program, noor, "producer")
        send(ada, take, about="partner", says="They push.")
        assert list(Case.objects.values_list("program", flat=True)) == [None, None]
        queue.run()
        assert {to for message in mail.outbox for to in message.to} == {"keeper@house.example"}
        for who in (desk, noor):
            assert "would not leave" not in client_of(who).get(
                f"/producer/{stage.program.slug}/cases"
            ).text  # fmt: skip
            assert client_of(who).get("/house/letters").status_code == 404
        page = client_of(Person.objects.get(pk=keeper.pk)).get("/house/letters").text
        assert "would not leave" in page and "They push." in page

    def test_where_all_producers_are_the_house_the_one_it_is_about_sees_nothing(
        self, stage, take, queue
    ):
        ada, noor = player(take, "a"), player(take, "b")
        join(stage.program, noor, "producer")
        send(ada, take, says="They push.")
        case = Case.objects.get()
        queue.run()
        assert {to for message in mail.outbox for to in message.to} == {stage.producer.email}
        letters = "/house/letters"
        assert "They push." in client_of(stage.producer).get(letters).text
        page = client_of(noor).get(letters)
        assert "They push." not in page.text
        said = {"case": str(case.pk), "decision": "refused", "reason": "No."}
        assert client_of(noor).post(letters, said).status_code == 404
        with pytest.raises(Refused) as refusal:
            cases.decide(case, noor, "refused", "No.")
        assert refusal.value.code == "about_you_not_allowed"


@pytest.mark.parametrize("who", ["stranger", "producer"])
def test_only_the_two_of_a_room_report_in_it(stage, take, who):
    person = stage.performer() if who == "stranger" else stage.producer
    # a producer is led to the desk, a stranger finds no such room
    assert send(person, take).status_code == (404 if who == "stranger" else 302)
    assert not Case.objects.exists()


def test_it_is_there_after_a_scene_and_after_leaving_with_a_human(stage, take):
    stage.program.contact = "Marta, 9:00 to 18:00"
    stage.program.save()
    ada, session = player(take, "a"), take.scene.session
    for path in (
        f"/room/{session.pk}/notes/{take.pk}", f"/room/{session.pk}/exit", f"/room/{session.pk}/left"
    ):  # fmt: skip
        page = client_of(ada).get(path).text
        assert "Something was not right" in page and "Marta, 9:00 to 18:00" in page, path


def test_a_take_is_struck_beside_its_notes_and_the_strike_undone(stage, take):
    ada, session = player(take, "a"), take.scene.session
    notes = f"/room/{session.pk}/notes/{take.pk}?at=0"
    assert "Strike this take" in client_of(ada).get(notes).text
    to = {"choice": "strike", "next": notes}
    answer = client_of(ada).post(f"/me/takes/{take.pk}/choose", to)
    assert answer.url == f"{notes}#take-{take.pk}"
    page = client_of(ada).get(notes).text
    assert "Struck." in page and "Undo the strike" in page and "Strike this take" not in page
    client_of(ada).post(f"/me/takes/{take.pk}/choose", {"choice": "hold", "next": notes})
    assert "Strike this take" in client_of(ada).get(notes).text
