"""Bank files: prepared, written, sent, returned, taken back; and the ledger after each."""

from __future__ import annotations

import datetime as dt
import importlib
import threading
import uuid

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from tests.fakes.desk import signed_in
from yesand.infra.models import Fact
from yesand.kit.errors import Refused
from yesand.kit.money import Money
from yesand.pay import actions, payout, reads
from yesand.pay.models import BankFile, Payout, Transfer
from yesand.people import actions as people
from yesand.people.models import Person, Program

IBAN = "DE89 3704 0044 0532 0130 00"
DAY = dt.date(2026, 12, 4)


def work(program: Program, person: Person, seconds: int = 3600) -> None:
    """One paid booking of a person."""
    booking = uuid.uuid4()
    rate = actions.lock_rate(person, program, "booking", booking)
    actions.accrue(rate, "booking", seconds, "booking", booking, "whole_booking")
    actions.settle("booking", booking)


def somebody(program: Program, alias: str, account: str = IBAN) -> Person:
    person = people.add_person(f"{alias.lower()}@example.org", alias=alias)
    people.join(program, person, "performer")
    payout.prove_adult(person, f"{alias} Example", dt.date(1990, 1, 2))
    if account:
        payout.set_payout(person, account)
    return person


def make() -> tuple[Program, Person, Person]:
    program = people.open_program("A lab", "Light")
    actions.promise_budget(program, None, Money(1000_00), once="p")
    ada, bo = somebody(program, "Ada"), somebody(program, "Bo")
    work(program, ada)
    work(program, bo, 1800)
    return program, ada, bo


@pytest.fixture
def desk(db, home) -> tuple[Program, Person, Person]:
    return make()


def written(program: Program) -> BankFile:
    file = payout.prepare(program, DAY)[0].file
    assert payout.write(file) == []
    file.refresh_from_db()
    return file


def today() -> dt.date:
    return timezone.localdate()


def line_of(file: BankFile, person: Person) -> Payout:
    return file.payouts.get(person=person)


def test_sending_books_each_line_once(desk):
    program, ada, bo = desk
    file = written(program)
    payout.send(file, today(), " B 7 ")
    payout.send(file, today(), "B 7")
    assert Transfer.objects.filter(event_kind="payout").count() == 2, "a double click is one"
    with pytest.raises(Refused, match="already"):
        payout.send(file, today(), "B 8")
    assert [reads.owed(p, program).minor for p in (ada, bo)] == [0, 0]
    assert reads.balances(program).sent == Money(111_00)
    assert reads.earned(ada) == [Money(74_00)]
    assert reads.residual(program) == 0
    assert payout.prepare(program, DAY) == []
    assert Fact.objects.filter(house="pay", kind="sent").count() == 2
    assert Fact.objects.filter(house="pay", kind="file_sent", subject=file.pk).count() == 1


def test_a_returned_line_is_owed_and_paid_again(desk):
    program, ada, _bo = desk
    file = written(program)
    line = line_of(file, ada)
    with pytest.raises(Refused, match="not marked as sent"):
        payout.returned(line, "Account closed")
    payout.send(file, today())
    with pytest.raises(Refused, match="Say what the bank wrote"):
        payout.returned(line, "  ")
    payout.returned(line, "Account  closed")
    payout.returned(line, "Account closed")
    with pytest.raises(Refused, match="already"):
        payout.returned(line, "Something else")
    assert reads.owed(ada, program) == Money(74_00)
    assert reads.balances(program).sent == Money(37_00)
    assert reads.earned(ada) == [Money(74_00)], "coming back earns nothing"
    assert reads.effective_hour(ada, program) == Money(74_00)
    assert [x.rule for x in reads.statement(ada)] == ["returned", "payout", "whole_booking"]
    assert sum(x.amount.minor for x in reads.statement(ada)) == 74_00
    assert reads.residual(program) == 0
    second = written(program)
    assert (second.number, [p.amount for p in second.payouts.all()]) == (2, [Money(74_00)])
    with pytest.raises(Refused, match="later file"):
        payout.undo_return(line)
    payout.send(second, today())
    assert reads.owed(ada, program) == Money(0)
    assert reads.residual(program) == 0
    assert Fact.objects.filter(house="pay", kind="returned", subject=line.pk).count() == 1
    assert "closed" not in str(Fact.objects.values_list("body", flat=True)), "words stay in pay"


def test_clicks_can_be_taken_back_for_a_day(desk):
    program, ada, bo = desk
    file = written(program)
    assert payout.undo_send(file).state == "written", "nothing to take back is fine"
    payout.send(file, today())
    payout.returned(line_of(file, bo), "Name differs")
    with pytest.raises(Refused, match="came back"):
        payout.undo_send(file)
    payout.undo_return(line_of(file, bo))
    payout.undo_return(line_of(file, bo))
    assert reads.owed(bo, program) == Money(0)
    assert reads.residual(program) == 0
    payout.undo_send(file)
    payout.undo_send(file)
    assert [reads.owed(p, program).minor for p in (ada, bo)] == [74_00, 37_00]
    assert reads.balances(program).sent == Money(0)
    assert reads.residual(program) == 0
    payout.send(file, today(), "second try")
    assert reads.owed(ada, program) == Money(0)
    long_ago = timezone.now() - dt.timedelta(hours=25)
    BankFile.objects.update(sent_at=long_ago)
    with pytest.raises(Refused, match="more than a day"):
        payout.undo_send(file)
    payout.returned(line_of(file, ada), "Account closed")
    Payout.objects.filter(person=ada).update(returned_at=long_ago)
    with pytest.raises(Refused, match="more than a day"):
        payout.undo_return(line_of(file, ada))
    assert reads.residual(program) == 0


def test_a_written_file_stands_and_later_work_goes_into_the_next(desk):
    program, ada, _bo = desk
    file = written(program)
    text = payout.bank_file(file)
    work(program, ada)
    assert payout.bank_file(file) == text, "what the bank has is what is downloaded again"
    (line,) = payout.prepare(program, DAY)
    assert (line.person, line.amount, line.file.number) == (ada, Money(74_00), 2)
    work(program, ada)
    payout.write(line.file)
    line.refresh_from_db()
    assert line.amount == Money(148_00), "what is owed is read once more when it is written"
    payout.drop(file)
    payout.drop(file)
    for wrong in (lambda: payout.send(file, today()), lambda: payout.bank_file(file)):
        with pytest.raises(Refused):
            wrong()
    third = payout.prepare(program, DAY)
    assert [(p.person.alias, p.amount.minor) for p in third] in (
        [("Ada", 74_00), ("Bo", 37_00)],
        [("Bo", 37_00), ("Ada", 74_00)],
    ), "a dropped file owes everything as before"
    payout.send(line.file, today())
    with pytest.raises(Refused, match="was sent"):
        payout.drop(line.file)
    assert reads.residual(program) == 0


def test_who_has_no_account_waits_and_nobody_else(desk):
    program, ada, bo = desk
    cy = somebody(program, "Cy", account="")
    work(program, cy)
    file = payout.prepare(program, DAY)[0].file
    assert payout.write(file) == [cy]
    assert payout.write(file) == []
    file.refresh_from_db()
    assert {line.person for line in file.payouts.all()} == {ada, bo}
    payout.send(file, today())
    assert reads.owed(cy, program) == Money(74_00)
    (line,) = payout.prepare(program, DAY)
    with pytest.raises(Refused, match="Nobody in it has an account"):
        payout.write(line.file)
    assert BankFile.objects.get(pk=line.file_id).state == "prepared"


@pytest.mark.parametrize("days", [1, -40])
def test_a_day_that_cannot_be_is_refused(desk, days):
    file = written(desk[0])
    with pytest.raises(Refused, match="Give the day"):
        payout.send(file, today() + dt.timedelta(days=days))
    assert BankFile.objects.get().state == "written"


def test_the_ledger_notices_a_payout_that_says_something_else(desk):
    program = desk[0]
    file = written(program)
    payout.send(file, today())
    Payout.objects.filter(person=desk[1]).update(sent_at=None)
    assert reads.residual(program) == 74_00


def test_two_producers_at_once_send_once(committed_database, home):
    program, ada, _bo = make()
    file = written(program)
    ready, refused = threading.Barrier(3), []

    def click(verb, *words):
        ready.wait()
        try:
            verb(*words)
        except Refused as error:
            refused.append(error.code)
        finally:
            connection.close()

    def at_once(*calls):
        threads = [threading.Thread(target=click, args=call) for call in calls]
        for thread in threads:
            thread.start()
        ready.wait()
        for thread in threads:
            thread.join(20)

    at_once((payout.send, file, today(), "A"), (payout.send, file, today(), "B"))
    assert refused == ["already_sent"]
    assert Transfer.objects.filter(event_kind="payout").count() == 2
    line = line_of(file, ada)
    at_once((payout.returned, line, "Closed"), (payout.returned, line, "Closed"))
    assert Transfer.objects.filter(rule="returned").count() == 1
    at_once((payout.prepare, program, DAY), (payout.prepare, program, DAY))
    assert BankFile.objects.filter(written_at=None).count() == 1
    assert refused == ["already_sent"]
    assert reads.residual(program) == 0


def test_the_money_page_walks_a_file_to_sent_and_back(desk):
    program, ada, _bo = desk
    mo = people.add_person("mo@example.org", alias="Mo")
    people.join(program, mo, "producer")
    client = signed_in(mo)
    place, step = f"/producer/{program.slug}/money", f"/producer/{program.slug}/money/step"
    assert "Everything owed is listed here" in client.get(place).text
    assert "2 payouts prepared." in client.post(place, follow=True).text
    file = BankFile.objects.get()
    csv = f"{place}/files/{file.pk}.csv"
    assert "Write the bank file first" in client.get(csv, follow=True).text
    page = client.post(step, {"act": "write", "file": file.pk}, follow=True).text
    assert "its lines are fixed now" in page and csv in page and "$111.00" in page
    for _again in range(2):
        answer = client.get(csv)
        assert answer["Content-Type"].startswith("text/csv") and "Ada Example" in answer.text
        assert answer["Cache-Control"] == "private, no-store"
    assert Fact.objects.filter(kind="file_read", body__reader=str(mo.pk)).count() == 2
    sent = {"act": "send", "file": file.pk, "sent_on": "soon", "reference": "B 7"}
    assert "Give the day the bank sent it." in client.post(step, sent, follow=True).text
    sent["sent_on"] = today().isoformat()
    for _twice in range(2):
        page = client.post(step, sent, follow=True).text
    assert "marked by Mo" in page and "B 7" in page and "adds up to the cent" in page
    line = line_of(file, ada)
    back = {"act": "returned", "line": line.pk, "reason": "Account closed"}
    page = client.post(step, back, follow=True).text
    assert "Account closed" in page and "Undo" in page
    own = signed_in(ada).get("/me/money").text
    assert "returned" in own and "Account closed. It is owed to you" in own
    client.post(step, {"act": "undo_return", "line": line.pk})
    client.post(step, {"act": "undo_send", "file": file.pk})
    client.post(step, {"act": "drop", "file": file.pk})
    assert BankFile.objects.get().state == "dropped"
    people.join(program, ada, "rater")
    for address in ("/me/money", "/rater/money"):
        assert "to be sent" not in signed_in(ada).get(address).text
    for wrong in ({"act": "steal"}, {"act": "send", "file": "x"}, {"act": "send"}):
        assert client.post(step, wrong).status_code == 404
    assert signed_in(ada).post(step, sent).status_code == 404
    assert signed_in(ada).get(csv).status_code == 404
    other = people.open_program("Another lab", "Other")
    people.join(other, mo, "producer")
    elsewhere = f"/producer/{other.slug}/money"
    assert client.get(f"{elsewhere}/files/{file.pk}.csv").status_code == 404
    assert client.post(f"{elsewhere}/step", back).status_code == 404


def test_sent_is_said_to_raters_too(desk):
    program, ada, _bo = desk
    people.join(program, ada, "rater")
    payout.send(written(program), today(), "B 7")
    for address in ("/me/money", "/rater/money"):
        text = signed_in(ada).get(address).text
        assert "sent on" in text and "B 7" in text and "$74.00" in text


def test_payouts_from_before_there_were_files_get_them(desk):
    """Also where two clicks at once had prepared one person twice: one file of a program is open."""
    program, ada, bo = desk
    before = {"program": program, "currency": program.currency, "pay_on": DAY}
    for person, sent in ((ada, True), (ada, True), (bo, True), (ada, False), (ada, False)):
        at = timezone.now() if sent else None
        Payout.objects.create(person=person, amount_minor=500, sent_at=at, **before)
    importlib.import_module("yesand.pay.migrations.0003_group_payouts").group(apps, None)
    files = BankFile.objects.filter(program=program).order_by("number")
    assert [(file.state, file.payouts.count()) for file in files] == [
        ("sent", 2), ("sent", 1), ("prepared", 1),
    ]  # fmt: skip
    assert not Payout.objects.filter(file=None).exists()
    payout.prepare(program, DAY)
    assert BankFile.objects.filter(program=program).count() == 3
