"""The pages of commission and casting: what they show, whom they let in, what they say to errors."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from yesand.casting import actions as casting
from yesand.casting.models import Application, Call
from yesand.commission import actions, reads
from yesand.commission.models import Commission, Prompt
from yesand.commission.schema import read_order, write_order
from yesand.consent import actions as consent
from yesand.formats.block_bytes import Encoding, Header, encode_block
from yesand.infra import objects
from yesand.kit.money import Money
from yesand.pay import actions as pay
from yesand.pay import reads as pay_reads
from yesand.pay.models import Transfer
from yesand.people import actions as people
from yesand.people.models import Person
from yesand.recording import actions as recording
from yesand.recording.models import Access

pytestmark = pytest.mark.django_db

YAML = """\
version: 1
name: Light Voices
brief: Talk over each other, gladly.
use: train
hours: 4
languages: {en: 75, es: 25}
feelings: {joy: 50, fear: 50}
relationships: {family: 50, rivals: 50}
"""


@pytest.fixture
def program():
    found = people.open_program(
        "Quiet Harbor Lab",
        "Light Voices",
        purposes=["recognition_training", "evaluation_only", "voice_generation"],
        about="Voices that take part in conversation.",
        may_not="Tell an employer how you feel.",
        contact="Marta, 9:00 to 18:00",
    )
    consent.publish_terms(found, "terms", "Terms", "EXAMPLE TEXT. You are paid for every minute.")
    consent.publish_terms(found, "recognition_training", "Recognition", "Teach a model to hear.")
    return found


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def mo(program):
    person = people.add_person("mo@example.org", alias="Mo")
    people.join(program, person, "producer")
    return person


@pytest.fixture
def producer(mo) -> Client:
    return signed_in(mo)


@pytest.fixture
def ada():
    return people.add_person("ada@example.org", alias="Ada", languages=["en"])


@pytest.fixture
def commission(program) -> Commission:
    return actions.draft(program, read_order(YAML, "x"))


@pytest.fixture
def opened(commission) -> Commission:
    return actions.open_commission(actions.approve(commission, "Dr. Ames"))


@pytest.fixture
def call(program) -> Call:
    return casting.open_call(program, "Players wanted", "Five short scenes.", ["en"])


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content[:600]
    return answer.content.decode()


def fields_of(html: str) -> dict[str, str]:
    """What a browser would send for the order form as it stands."""
    form = html.split('<form id="order"')[1].split("</form>")[0]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)
        if name and name[1] not in {"csrfmiddlewaretoken", "new_language"}:
            value = re.search(r'value="([^"]*)"', tag)
            fields[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select name="([^"]+)">(.*?)</select>', form, re.S):
        fields[name] = re.search(r'value="([^"]+)" selected', options)[1]
    return fields


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
    assert "30 cards in the deck" in html
    scripts = page(producer, f"/producer/{program.slug}/deck?shape=script")
    assert scripts.count('<li><a class="card"') == 6
    none = page(producer, f"/producer/{program.slug}/deck?shape=script&relationship=rivals")
    assert "No card fits" in none
    toast = Prompt.objects.get(slug="the-toast")
    card = page(producer, f"/producer/{program.slug}/deck/{toast.pk}")
    june, ida = card.split('id="hb"')
    assert "You kept it." not in june and "You kept it." in ida.split("</section>")[0]
    assert page(producer, f"/producer/{program.slug}/deck/{uuid.uuid4()}", 404)


# --- calls and auditions --------------------------------------------------------------------


def hand_in(application: Application, samples: np.ndarray | None = None) -> Application:
    """Both pieces as the recorder leaves them: sealed microphone streams."""
    for piece in (1, 2):
        audition = casting.open_audition(application, piece)
        stream, _token, _door = recording.open_stream(audition.recording, "mic")
        key = f"auditions/{audition.pk}/{stream.pk}/mic.pcm"
        if samples is not None:
            objects.default().put(key, [blocks(stream.pk, samples)])
        recording.sealed(stream, 4096, "h", "s", key)
    return casting.hand_in(application)


def blocks(stream: uuid.UUID, samples: np.ndarray) -> bytes:
    header = Header(
        stream=stream, sequence=0, rate=48000, first_sample=0, device_us=0, client_us=0,
        encoding=Encoding.S24,
    )  # fmt: skip
    return encode_block(header, samples)


def new_call(**changes):
    fields = {
        "title": "Players", "about": "Scenes.", "languages": "en, es", "audition_minutes": "15",
        "title_1": "One", "ask_1": "Ask.", "seconds_1": "60",
        "title_2": "Two", "ask_2": "Ask.", "seconds_2": "60",
    }  # fmt: skip
    return fields | changes


def test_a_call_is_opened_from_its_form(producer, program):
    address = f"/producer/{program.slug}/calls/"
    assert "No call yet" in page(producer, address)
    day = timezone.localdate() + dt.timedelta(days=3)
    answer = producer.post(address, new_call(closes_on=day.isoformat()))
    assert answer.status_code == 302
    call = Call.objects.get()
    assert call.languages == ["en", "es"] and len(call.pieces) == 2
    assert timezone.localtime(call.closes_at).date() == day + dt.timedelta(days=1)
    assert call.slug in page(producer, address)
    producer.post(f"{address}{call.pk}/withdraw")
    call.refresh_from_db()
    assert call.withdrawn_at is not None
    assert producer.post(f"{address}{uuid.uuid4()}/withdraw").status_code == 404


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"title": ""}, "This field is required."),
        ({"languages": "English"}, "language codes"),
        ({"seconds_1": "3"}, "A piece runs 30 to 600 seconds."),
        ({"audition_minutes": "1"}, "Say the minutes it really takes"),
        ({"closes_on": "2020-01-01"}, "Choose a day that has not begun"),
        ({"seconds_2": "long"}, "Enter a whole number."),
    ],
)
def test_a_wrong_call_says_why_at_its_field(producer, program, change, says):
    answer = producer.post(f"/producer/{program.slug}/calls/", new_call(**change))
    assert answer.status_code == 400 and says in answer.content.decode()
    assert Call.objects.count() == 0


def test_the_public_call_states_pay_client_and_uses_first(call, opened):
    html = page(Client(), f"/calls/{call.slug}")
    order = [
        "You earn $74.00 for a 60-minute booking, check and breaks included.",
        "Audition, paid $18.50",
        "Quiet Harbor Lab",
        "Each use is a separate yes.",
        "Say no to any use: all 4 hours open now need only recognition training.",
        "Tell an employer how you feel.",
        "Not part of this call: Video generation",
        "$18.50 whatever we decide",
    ]
    places = [html.index(words) for words in order]
    assert places == sorted(places)
    assert "Shown once five performers were paid" in html
    assert page(Client(), "/calls/nothing-here", 404)


def test_last_months_earnings_are_shown_from_five_performers_on(program, call):
    last_month = timezone.localtime().replace(day=1, hour=12) - dt.timedelta(days=3)
    for n in range(5):
        person = people.add_person(f"e{n}@example.org")
        event = uuid.uuid4()
        rate = pay.lock_rate(person, program, "booking", event)
        pay.accrue(rate, "booking", 3600 * (n + 1), "booking", event, "whole_booking")
        pay.settle("booking", event)
        if n == 3:
            Transfer.objects.update(at=last_month)
            assert "Shown once five" in page(Client(), f"/calls/{call.slug}")
    Transfer.objects.update(at=last_month)
    html = page(Client(), f"/calls/{call.slug}")
    assert "5 performers between $74.00 and $370.00, middle $222.00" in html


def test_a_used_up_call_says_why_what_next_and_what_it_pays(call, ada, program):
    casting.withdraw_call(call)
    html = page(Client(), f"/calls/{call.slug}")
    assert "takes no more applications" in html and "paid $18.50" in html
    other = casting.open_call(program, "Others wanted", "More.", ["en"])
    html = page(signed_in(ada), f"/me/apply/{call.slug}", 409)
    assert "Others wanted" in html and "heard, answered and paid" in html
    assert f"/calls/{other.slug}" in html


def test_applying_needs_a_name_age_and_the_terms(call, ada):
    client = signed_in(ada)
    address = f"/me/apply/{call.slug}"
    assert Client().get(address).status_code == 302
    html = page(client, address)
    assert "EXAMPLE TEXT" in html and 'value="Ada"' in html
    answer = client.post(address, {"alias": "", "languages": "en"})
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "Only people of 18 or older" in text and "Read and sign them first" in text
    assert Application.objects.count() == 0
    sent = {"alias": "Ada", "languages": "en, fr", "adult": "on", "terms": "on", "says": "Hi."}
    answer = client.post(address, sent)
    application = Application.objects.get()
    assert answer["Location"] == f"/me/audition/{application.pk}/1"
    ada.refresh_from_db()
    assert ada.languages == ["en", "fr"]
    assert client.get(address)["Location"] == f"/me/audition/{application.pk}"


def test_an_audition_page_carries_what_the_recorder_needs(call, ada):
    application = casting.apply(call, ada, adult=True, terms=True)
    client = signed_in(ada)
    html = page(client, f"/me/audition/{application.pk}/1")
    boot = json.loads(re.search(r'id="boot" type="application/json">(.*?)</script>', html)[1])
    subject = re.search(r'data-subject="([^"]+)"', html)[1]
    assert boot["encoding"] == "s24" and boot["camera"]["width"] == 640
    body = {"take": subject, "kind": "mic", "reason": "start"}
    answer = client.post(boot["streams_url"], json.dumps(body), content_type="application/json")
    granted = answer.json()
    assert answer.status_code == 200
    assert set(granted) >= {"stream", "recording", "token", "door_url", "max_bytes"}
    again = client.post(
        boot["streams_url"],
        json.dumps({"take": subject, "stream": granted["stream"], "reason": "renew"}),
        content_type="application/json",
    )
    assert again.json()["stream"] == granted["stream"]
    assert page(client, f"/me/audition/{application.pk}/9", 404)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "bad_json"),
        ("[]", 400, "bad_json"),
        ('{"kind": "heard"}', 404, "unknown_kind"),
        ('{"kind": "mic", "take": "x"}', 400, "bad_id"),
        ('{"kind": "mic", "take": "00000000-0000-0000-0000-000000000000"}', 404, "not_yours"),
        ('{"reason": "renew", "stream": "00000000-0000-0000-0000-000000000000"}', 404, "not_found"),
    ],
)
def test_strange_stream_requests_are_refused_in_words(call, ada, body, status, code):
    application = casting.apply(call, ada, adult=True, terms=True)
    address = reverse("performer:audition_streams", args=[application.pk, 1])
    answer = signed_in(ada).post(address, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_nobody_opens_streams_of_somebody_elses_audition(call, ada):
    application = casting.apply(call, ada, adult=True, terms=True)
    stranger = signed_in(people.add_person("s@example.org"))
    address = reverse("performer:audition_streams", args=[application.pk, 1])
    assert stranger.post(address, "{}", content_type="application/json").status_code == 404
    assert stranger.get(f"/me/audition/{application.pk}/1").status_code == 404
    assert stranger.get(f"/me/audition/{application.pk}").status_code == 404
    assert Client().post(address, "{}", content_type="application/json").status_code == 401


def test_handing_in_pays_and_the_answer_is_read_with_its_reason(home, program, call, ada, producer):
    client = signed_in(ada)
    application = casting.apply(call, ada, adult=True, terms=True)
    early = client.post(f"/me/audition/{application.pk}/hand-in", follow=True)
    assert "is not recorded yet" in early.content.decode()
    assert pay_reads.earned(ada) == []
    tone = (np.sin(np.arange(48000) / 20) * 4_000_000).astype(np.int32)
    hand_in(application, tone)
    assert "You earned $18.50" in page(client, f"/me/audition/{application.pk}")
    assert client.get(f"/me/audition/{application.pk}/1").status_code == 302, (
        "nothing more to record"
    )
    address = f"/producer/{program.slug}/auditions/{application.pk}"
    html = page(producer, address)
    assert html.count("<audio") == 2 and "1 seconds of voice" in html
    sound = producer.get(f"{address}/1.flac")
    assert sound["Content-Type"] == "audio/flac" and sound.content[:4] == b"fLaC"
    assert Access.objects.filter(reason="review").count() == 1, "each reading is logged"
    empty = producer.post(address, {"decision": "accept", "reason": " "})
    assert empty.status_code == 409 and "Write what you saw" in empty.content.decode()
    answer = producer.post(address, {"decision": "decline", "reason": "We have enough voices."})
    assert answer.status_code == 302
    html = page(client, f"/me/audition/{application.pk}")
    assert "We have enough voices." in html and "You keep the $18.50" in html
    assert producer.get(f"{address}/9.flac").status_code == 404


def test_an_erased_audition_says_so(home, program, call, ada, producer):
    application = casting.apply(call, ada, adult=True, terms=True)
    hand_in(application, np.ones(4800, dtype=np.int32))
    for audition in application.auditions.all():
        recording.erase(audition.recording, "retention")
    html = page(producer, f"/producer/{program.slug}/auditions/{application.pk}")
    assert "its time to be kept is over" in html and "<audio" not in html


def test_a_producer_never_decides_on_themselves(home, program, call, mo, producer):
    application = hand_in(casting.apply(call, mo, adult=True, terms=True))
    address = f"/producer/{program.slug}/auditions/{application.pk}"
    assert "Somebody else decides" in page(producer, address)
    assert producer.post(address, {"decision": "accept", "reason": "Me."}).status_code == 409
    application.refresh_from_db()
    assert application.state == "recorded"
