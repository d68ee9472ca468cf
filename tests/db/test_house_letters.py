"""Letters that name no program: who sees them, who answers, and what goes out by mail."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from tests.fakes import desk
from tests.fakes.desk import page, signed_in
from yesand.cases import actions as cases
from yesand.cases.models import Case
from yesand.flows import letters, on_facts
from yesand.infra.models import Fact
from yesand.people import actions as people
from yesand.people.models import Person

pytestmark = pytest.mark.django_db

program, mo, producer, ada = desk.program, desk.mo, desk.producer, desk.ada
PLACE = "/house/letters"


@pytest.fixture
def keeper() -> Person:
    return Person.objects.create_user("keeper@example.org", alias="Kay", is_staff=True)


@pytest.fixture
def letter(db) -> Case:
    said = {"place": "A cafe", "day": "in June", "voice": "", "contact": "x@example.org"}
    assert Client().post("/in-a-recording", said).status_code == 302
    return Case.objects.get()


def test_staff_reads_and_answers_and_nobody_else_sees_it(keeper, producer, program, ada, letter):
    client = signed_in(keeper)
    assert client.get("/desk")["Location"] == PLACE, "it is where they land"
    html = page(client, PLACE)
    assert "A cafe" in html and "may be in a recording" in html and "x@example.org" in html
    assert "letter to the house" not in page(producer, f"/producer/{program.slug}")
    for other in (producer, signed_in(ada)):
        assert other.get(PLACE).status_code == 404
        sent = {"case": letter.pk, "decision": "upheld", "reason": "No."}
        assert other.post(PLACE, sent).status_code == 404
    assert Client().get(PLACE)["Location"].startswith("/accounts/login/")
    empty = client.post(PLACE, {"case": letter.pk, "decision": "taken_out", "reason": " "})
    assert empty.status_code == 409 and "Write the reason" in empty.text
    answered = {"case": letter.pk, "decision": "taken_out", "reason": "We took it out."}
    assert "goes to them by mail" in client.post(PLACE, answered, follow=True).text
    letter.refresh_from_db()
    assert (letter.decision, letter.decided_by) == ("taken_out", keeper)
    assert "Nobody waits for an answer" in page(client, PLACE)


def test_without_staff_the_producers_answer_for_the_house(producer, program, mo, letter):
    home = page(producer, f"/producer/{program.slug}")
    assert "1 letter to the house" in home and PLACE in home and "8 minutes need you" in home
    assert "A cafe" in page(producer, PLACE)
    assert signed_in(people.add_person("r@example.org")).get(PLACE).status_code == 404
    people.leave(program, mo, "producer")
    assert producer.get(PLACE).status_code == 404, "who has left answers for nothing"


def test_the_houses_desk_and_a_programs_are_apart(keeper, producer, program, mo, ada, letter):
    about = cases.open_case(program, "dispute", "booking", None, ada, "You canceled late.")
    client = signed_in(keeper)
    assert "You canceled late" not in page(client, PLACE)
    for wrong in (about.pk, uuid.uuid4(), "x"):
        assert client.post(PLACE, {"case": wrong}).status_code == 404
    assert "A cafe" not in page(producer, f"/producer/{program.slug}/cases")
    assert producer.post(f"/producer/{program.slug}/cases", {"case": letter.pk}).status_code == 404


def test_who_is_responsible_is_told_and_who_wrote_is_answered(
    keeper, mo, letter, mailoutbox, monkeypatch
):
    asked = []
    monkeypatch.setattr(on_facts.jobs, "defer", lambda name, **ids: asked.append((name, ids)))
    on_facts.sweep_facts()
    assert ("tell_house", {"case": letter.pk}) in asked
    letters.tell_house(str(letter.pk))
    (told,) = mailoutbox
    assert told.to == ["keeper@example.org"] and PLACE in told.body
    assert "cafe" not in told.body and "x@example.org" not in told.body
    keeper.is_active = False
    keeper.save()
    letters.tell_house(str(letter.pk))
    assert mailoutbox[-1].to == ["mo@example.org"], "no staff left: the producers"
    letters.mail_answer(str(letter.pk))
    assert len(mailoutbox) == 2, "nothing is answered yet"
    cases.decide(letter, mo, "taken_out", "We took it out.")
    on_facts.sweep_facts()
    assert ("mail_answer", {"case": letter.pk}) in asked
    letters.mail_answer(str(letter.pk))
    assert mailoutbox[-1].to == ["x@example.org"] and "We took it out." in mailoutbox[-1].body
    letters.tell_house(str(letter.pk))
    assert len(mailoutbox) == 3, "what is answered waits for nobody"
    assert "x@example.org" not in str(list(Fact.objects.values_list("body", flat=True)))


def test_a_letter_about_a_program_is_the_producers_and_a_member_gets_no_mail(
    program, mo, ada, mailoutbox
):
    row = cases.open_case(program, "complaint", "program", program.pk, ada, "Too loud.")
    letters.tell_house(str(row.pk))
    cases.decide(row, mo, "upheld", "It is softer now.")
    letters.mail_answer(str(row.pk))
    for nobody in (letters.tell_house, letters.mail_answer):
        nobody(str(uuid.uuid4()))
    assert mailoutbox == []
