"""The client's link, the coverage picture, the home and the deck."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from tests.fakes import desk
from tests.fakes.desk import YAML, hand_in, page
from yesand.casting import actions as casting
from yesand.commission import actions, reads
from yesand.commission.models import Prompt
from yesand.commission.schema import read_order
from yesand.kit.money import Money
from yesand.pay import actions as pay
from yesand.pay import reads as pay_reads
from yesand.people import actions as people

pytestmark = pytest.mark.django_db


program, mo, producer, ada = desk.program, desk.mo, desk.producer, desk.ada
commission, opened, call = desk.commission, desk.opened, desk.call


# --- the client's link ----------------------------------------------------------------------


def test_a_client_without_account_reads_and_approves(program, commission):
    lab = Client()
    address = f"/order/{commission.share_token}"
    html = page(lab, address)
    total = reads.forecast_of(commission, {})["total_minor"]
    assert str(Money(total)) in html and "noindex" in html
    answer = lab.post(address, {"by": "Dr. Ames, Quiet Harbor", "total": total})
    assert answer.status_code == 302
    commission.refresh_from_db()
    assert (commission.state, commission.approved_by) == ("approved", "Dr. Ames, Quiet Harbor")
    after = page(lab, address)
    assert "Approved by Dr. Ames" in after and "Coverage of the order" in after
    assert "Book " not in after, "a client books nothing"
    assert lab.post(address, {"by": "Again", "total": total}).status_code == 409
    assert pay_reads.balances(program).promised == Money(total)


def test_a_client_approves_only_what_they_saw(program, commission):
    lab = Client()
    address = f"/order/{commission.share_token}"
    answer = lab.post(address, {"by": "Dr. Ames", "total": "1"})
    assert answer.status_code == 409 and "The cost has changed" in answer.content.decode()
    assert "Write your name" in lab.post(address, {"by": " "}).content.decode()
    people.close_program(program)
    assert "takes no further orders" in page(lab, address)


@pytest.mark.parametrize("token", ["guess", "0" * 32, "a b", "..%2f"])
def test_a_guessed_link_shows_nothing(commission, token):
    assert Client().get(f"/order/{token}").status_code == 404


def test_links_of_strangers_are_not_tried_without_end(commission):
    lab = Client()
    codes = {lab.get("/order/guess").status_code for _ in range(70)}
    assert 404 in codes and codes & {400, 429}


# --- coverage and home ----------------------------------------------------------------------


def fill(commission, count):
    cell = commission.cells.order_by("id").first()
    for _ in range(count):
        key = (cell.feeling, cell.relationship, cell.language)
        actions.record_fill(uuid.uuid4(), commission, [key], "recorded")
    return cell


def test_the_coverage_grid_draws_what_the_rows_say(producer, program, opened):
    cell = fill(opened, 3)
    address = f"/producer/{program.slug}/commissions/{opened.pk}"
    html = page(producer, address)
    total = reads.coverage(opened).total
    assert f"asked {total.asked}" in html and "recorded 3" in html and "released 0" in html
    pair = reads.coverage(opened).pairs()[cell.feeling, cell.relationship]
    label = f"{cell.feeling}, {cell.relationship}: {pair.asked} asked, 3 recorded, 0 released"
    assert label in html
    assert html.count("<tr><th scope") >= len(opened.cells.all()), "the same as a table"
    part = producer.get(
        f"{address}?cell={cell.feeling}:{cell.relationship}", headers={"HX-Request": "true"}
    ).content.decode()
    assert "<html" not in part and f"{cell.feeling.capitalize()}, " in part
    assert page(producer, f"{address}?cell=rage:nobody"), "a strange cell shows the weakest"


def test_an_order_is_opened_and_closed_from_its_page(producer, program, commission):
    step = f"/producer/{program.slug}/order/{commission.pk}/step"
    assert producer.get(step).status_code == 405
    producer.post(step, {"act": "open"})
    commission.refresh_from_db()
    assert commission.state == "draft", "not before it is approved"
    producer.post(step, {"act": "approve", "by": "Dr. Ames, by mail"})
    producer.post(step, {"act": "open"})
    commission.refresh_from_db()
    assert commission.state == "open"
    producer.post(step, {"act": "close"})
    commission.refresh_from_db()
    assert commission.state == "closed"
    assert producer.post(step, {"act": "burn"}).status_code == 404


def test_the_home_of_a_new_program_says_what_happens_next(producer, program):
    html = page(producer, f"/producer/{program.slug}")
    assert "Nothing needs you now" in html
    assert "Nothing is ordered yet" in html and "Nobody plays today" in html


def test_home_adds_up_the_minutes_that_need_the_producer(producer, program, opened, call, ada):
    fill(opened, 2)
    hand_in(casting.apply(call, ada, adult=True, terms=True))
    actions.draft(program, read_order(YAML.replace("Light Voices", "Second part"), "x"))
    html = page(producer, f"/producer/{program.slug}")
    assert "7 minutes need you today" in html, "one audition (5) and one draft (2)"
    assert "1 audition" in html and "Second part" in html
    assert "recorded 2" in html and "Book " in html
    assert "1 open call" in html


def test_home_says_when_the_budget_no_longer_holds_a_booking(producer, program, opened):
    left = pay_reads.commission_free(program, opened.pk)
    pay.reserve(program, opened.pk, Money(left.minor - 100), "booking", uuid.uuid4(), once="all")
    html = page(producer, f"/producer/{program.slug}")
    assert "Budget" in html and "$1.00 left" in html


# --- the deck -------------------------------------------------------------------------------


def test_a_card_is_shown_as_each_player_would_see_it(producer, program):
    assert "The deck is empty" in page(producer, f"/producer/{program.slug}/deck")
    actions.load_deck()
    html = page(producer, f"/producer/{program.slug}/deck")
    assert f"{Prompt.objects.count()} cards in the deck" in html
    scripts = page(producer, f"/producer/{program.slug}/deck?shape=script&language=en")
    assert scripts.count('<li><a class="card"') == 12
    none = page(producer, f"/producer/{program.slug}/deck?shape=game&tone=tense")
    assert "No card fits" in none
    toast = Prompt.objects.get(slug="the-toast")
    card = page(producer, f"/producer/{program.slug}/deck/{toast.pk}")
    june, ida = card.split('id="hb"')
    assert "You kept it." not in june and "You kept it." in ida.split("</section>")[0]
    assert page(producer, f"/producer/{program.slug}/deck/{uuid.uuid4()}", 404)
