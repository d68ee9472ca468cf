"""The schedule page as *Book 4 more* opens it, and as a broken link does."""

from __future__ import annotations

import uuid

import pytest

from tests.fakes import desk
from tests.fakes.desk import YAML, make_program, page
from yesand.commission import actions
from yesand.commission.schema import read_order

pytestmark = pytest.mark.django_db

program, mo, producer = desk.program, desk.mo, desk.producer
commission, opened = desk.commission, desk.opened


def place(program, query=""):
    return f"/producer/{program.slug}/schedule{query}"


def test_book_more_opens_the_form_filled_in(producer, program, opened):
    html = page(producer, place(program, f"?commission={opened.pk}&bookings=4"))
    assert f'<option value="{opened.pk}" selected>' in html
    assert 'name="bookings" value="4"' in html
    assert "Filled in: 4 more bookings for Light Voices" in html
    assert 'role="alert"' not in html
    plain = page(producer, place(program))
    assert "selected" not in plain.split('name="ask" value="book"')[0].split("<form")[-1]
    assert "Filled in" not in plain


def test_the_button_of_coverage_leads_there(producer, program, opened):
    html = page(producer, f"/producer/{program.slug}/commissions/{opened.pk}")
    link = html.split('class="btn go" href="')[1].split('"')[0].replace("&amp;", "&")
    assert link.startswith(place(program, f"?commission={opened.pk}&bookings="))
    assert "Filled in:" in page(producer, link)


@pytest.mark.parametrize("query", ["commission=", "commission=../../x", "commission=7"])
def test_a_link_to_no_order_says_so(producer, program, opened, query):
    html = page(producer, place(program, f"?{query}&bookings=2"))
    assert "names no order of this program" in html and 'name="bookings" value="2"' in html


def test_another_programs_order_is_none_and_a_draft_is_not_open(producer, program, commission):
    other = actions.draft(make_program(), read_order(YAML, "x"))
    for key in (other.pk, uuid.uuid4()):
        assert "names no order" in page(producer, place(program, f"?commission={key}"))
    html = page(producer, place(program, f"?commission={commission.pk}&bookings=4"))
    assert "Light Voices is not open for bookings" in html


@pytest.mark.parametrize("number", ["0", "-1", "501", "four", "4.5", "٤", "9" * 5000, "1e3", ""])
def test_a_number_that_is_none_says_so(producer, program, opened, number):
    html = page(producer, place(program, f"?commission={opened.pk}&bookings={number}"))
    assert "no number of bookings from 1 to 500" in html
    assert f'<option value="{opened.pk}" selected>' in html, "what made sense stays"
