"""The producer's pages of orders: who may come in, what they show, what they say to errors."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.fakes import desk
from tests.fakes.desk import YAML, fields_of, page, signed_in
from yesand.casting import actions as casting
from yesand.commission import actions, reads
from yesand.commission.models import Commission
from yesand.commission.schema import read_order, write_order
from yesand.people import actions as people
from yesand.people.models import Person

pytestmark = pytest.mark.django_db


program, mo, producer, ada = desk.program, desk.mo, desk.producer, desk.ada
commission, opened, call = desk.commission, desk.opened, desk.call


# --- who may come in ------------------------------------------------------------------------


def test_a_program_does_not_exist_for_people_outside_it(program, opened, call, ada, mo):
    application = casting.apply(call, ada, adult=True, terms=True)
    addresses = [
        f"/producer/{program.slug}",
        f"/producer/{program.slug}/order",
        f"/producer/{program.slug}/order/{opened.pk}",
        f"/producer/{program.slug}/order/{opened.pk}.yaml",
        f"/producer/{program.slug}/commissions/{opened.pk}",
        f"/producer/{program.slug}/deck",
        f"/producer/{program.slug}/calls/",
        f"/producer/{program.slug}/auditions/",
        f"/producer/{program.slug}/auditions/{application.pk}",
        f"/producer/{program.slug}/auditions/{application.pk}/1.flac",
    ]
    stranger = signed_in(people.add_person("s@example.org"))
    for address in addresses:
        assert stranger.get(address).status_code == 404, address
        assert signed_in(ada).get(address).status_code == 404, address
        assert Client().get(address).status_code == 302, address
    other = people.open_program("Other", "Other")
    people.join(other, mo, "producer")
    elsewhere = f"/producer/{other.slug}/commissions/{opened.pk}"
    assert signed_in(mo).get(elsewhere).status_code == 404, "another program's order"
    wrong = f"/producer/{other.slug}/auditions/{application.pk}"
    assert signed_in(mo).get(wrong).status_code == 404, "another program's audition"


# --- the order ------------------------------------------------------------------------------


def test_an_order_is_drafted_from_margins_and_reads_back(producer, program):
    address = f"/producer/{program.slug}/order"
    html = page(producer, address)
    fields = fields_of(html)
    assert fields["languages-en"] == "100" and fields["feelings-neutral"] == "0"
    fields |= {"name": "First part", "hours": "12,5", "act": "save"}
    answer = producer.post(address, fields)
    row = Commission.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/producer/{program.slug}/order/{row.pk}"
    assert (row.name, float(row.hours), row.state) == ("First part", 12.5, "draft")
    assert sum(cell.quota for cell in row.cells.all()) == reads.coverage(row).total.asked > 0
    again = page(producer, answer["Location"])
    assert fields_of(again)["hours"] == "12.5"
    assert f"/order/{row.share_token}" in again


def test_figures_come_while_somebody_types(producer, program):
    address = f"/producer/{program.slug}/order"
    fields = fields_of(page(producer, address)) | {"hours": "100", "name": ""}
    answer = producer.post(address, fields, headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert answer.status_code == 200 and "<html" not in html
    assert 'id="takes"' in html and "$45,4" in html
    assert 'id="bar-feelings-joy"' in html and 'hx-swap-oob="outerHTML"' in html
    assert Commission.objects.count() == 0, "figures save nothing"
    assert producer.post(address, {}, headers={"HX-Request": "true"}).status_code == 200


def test_a_red_figure_says_what_to_change_and_its_button_is_enough(producer, program):
    for n in range(30):
        person = people.add_person(f"p{n}@example.org", languages=["en", "es"] if n < 8 else ["en"])
        casting.cast(program, person)
    Person.objects.filter(memberships__role="performer").update(adult_verified_at=timezone.now())
    address = f"/producer/{program.slug}/order"
    fields = fields_of(page(producer, address))
    fields |= {"hours": "100", "languages-en": "70", "languages-es": "30", "name": "x"}
    html = producer.post(address, fields).content.decode()
    assert "12 needed, 8 free" in html
    for fix in re.findall(r'name="fix" value="([^"]+)"', html):
        after = producer.post(address, {**fields, "fix": fix}).content.decode()
        spanish = re.search(r"Spanish performers<span[^>]*><b>(\d+)</b>", after)
        assert spanish and int(spanish[1]) <= 8, fix
    assert "people=4" in html, "or a call for four"


def test_every_wrong_field_of_the_form_is_named(producer, program):
    address = f"/producer/{program.slug}/order"
    fields = fields_of(page(producer, address))
    fields |= {"name": "", "hours": "many", "feelings-joy": "1e3", "weeks": "1.5", "act": "save"}
    answer = producer.post(address, fields)
    html = answer.content.decode()
    assert answer.status_code == 400
    for says in ("Give the order a name.", "Write a number here.", "Write a whole number here."):
        assert says in html
    assert 'value="many"' in html, "what was typed stays"
    assert Commission.objects.count() == 0
    fields |= {"name": "x", "hours": "5", "weeks": "6", "feelings-joy": "12"}
    assert (
        "The shares add up to 103 %; take away 3 %."
        in producer.post(address, fields).content.decode()
    )


def test_a_language_is_added_without_script(producer, program):
    address = f"/producer/{program.slug}/order"
    fields = fields_of(page(producer, address)) | {"new_language": "pt-BR", "act": "figures"}
    html = producer.post(address, fields).content.decode()
    assert 'name="languages-pt-BR"' in html
    fields |= {"new_language": "Klingon!"}
    assert "is no language code" in producer.post(address, fields).content.decode()


def test_an_order_from_a_file_names_file_line_and_field(producer, program):
    address = f"/producer/{program.slug}/order"
    bad = SimpleUploadedFile("next.yaml", YAML.replace("joy: 50", "rage: 50").encode())
    answer = producer.post(address, {"act": "file", "file": bad})
    assert answer.status_code == 400
    assert "next.yaml:7: feelings.rage" in answer.content.decode()
    binary = SimpleUploadedFile("next.yaml", b"\xff\xfe\x00")
    assert "UTF-8" in producer.post(address, {"act": "file", "file": binary}).content.decode()
    assert producer.post(address, {"act": "file"}).status_code == 400
    good = SimpleUploadedFile("next.yaml", YAML.encode())
    answer = producer.post(address, {"act": "file", "file": good})
    row = Commission.objects.get()
    assert answer.status_code == 302 and row.name == "Light Voices"
    text = page(producer, f"/producer/{program.slug}/order/{row.pk}.yaml")
    assert read_order(text, "x") == read_order(YAML, "x")


def test_fixed_cells_survive_the_form(producer, program):
    text = YAML + "cells:\n  - {feeling: joy, relationship: family, language: en, takes: 9}\n"
    row = actions.draft(program, read_order(text, "x"))
    address = f"/producer/{program.slug}/order/{row.pk}"
    fields = fields_of(page(producer, address).replace("&quot;", "'"))
    fields["cells"] = fields["cells"].replace("'", '"')
    producer.post(address, fields | {"act": "save", "hours": "5"})
    row.refresh_from_db()
    assert [cell.quota for cell in row.cells.all()] == [9] and float(row.hours) == 5
    assert "cells:" in write_order(reads.order_of(row))
    broken = producer.post(address, fields | {"cells": "{", "act": "save"})
    assert broken.status_code == 400 and "could not be read" in broken.content.decode()


def test_a_closed_program_takes_no_order(producer, program):
    people.close_program(program)
    html = page(producer, f"/producer/{program.slug}/order", 409)
    assert "is closed" in html and "what was earned is paid" in html
