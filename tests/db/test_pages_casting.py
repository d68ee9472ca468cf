"""The pages of casting: the public call, applying, the audition, the answer."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.fakes import desk
from tests.fakes.desk import hand_in, page, signed_in
from yesand.casting import actions as casting
from yesand.casting.models import Application, Call
from yesand.pay import actions as pay
from yesand.pay import reads as pay_reads
from yesand.pay.models import Transfer
from yesand.people import actions as people
from yesand.recording import actions as recording
from yesand.recording.models import Access

pytestmark = pytest.mark.django_db


program, mo, producer, ada = desk.program, desk.mo, desk.producer, desk.ada
commission, opened, call = desk.commission, desk.opened, desk.call


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
        ('{"kind": "heard"}', 400, "unknown_kind"),
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
