"""What a player can really do: stated on the own account page, and the deal of cards follows it."""

from __future__ import annotations

import pytest

from tests.fakes.rooms import make_room
from yesand.commission import actions as commission
from yesand.commission.models import Prompt
from yesand.commission.reads import skills_asked
from yesand.kit.errors import Refused
from yesand.people import actions as people
from yesand.people.models import Person
from yesand.stage import cards

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(home):
    made = make_room()
    commission.load_deck()
    return made


def test_the_account_page_offers_what_cards_ask_for(client, room):
    client.force_login(room.ada)
    said = {"alias": "Ada", "zone": "UTC", "languages": "en", "arm": "actor"}
    html = client.get("/me/account").text
    assert "What you can really do" in html and 'value="música"' in html
    people.set_profile(room.ada, languages=["en"])
    asked = skills_asked(["en"])
    shown = client.get("/me/account").text
    assert shown.count('name="skills"') == len(asked) >= 2, "words of English cards"
    assert "música" not in shown
    assert client.post("/me/account", said | {"skills": ["music"]}).status_code == 302
    assert Person.objects.get(pk=room.ada.pk).skills == ["music"]
    ticked = f'value="music" id="id_skills_{asked.index("music")}" checked'
    assert ticked in client.get("/me/account").text
    page = client.post("/me/account", said | {"skills": ["juggling"]})
    assert page.status_code == 400 and "juggling" in page.text, "only what a card asks for"
    english = Prompt.objects.filter(language="en", family="expert")
    english.exclude(slug="the-interpreter").update(status="retired")
    assert 'value="music"' in client.get("/me/account").text, "what was stated can be unticked"
    assert client.post("/me/account", said).status_code == 302
    assert Person.objects.get(pk=room.ada.pk).skills == []
    assert 'value="music"' not in client.get("/me/account").text
    assert client.get("/me/data.json").json()["person"]["skills"] == []


def test_a_program_without_such_cards_asks_nothing(client, room):
    Prompt.objects.all().update(status="retired")
    client.force_login(room.ada)
    assert "What you can really do" not in client.get("/me/account").text


def test_the_stage_deals_an_experts_card_to_the_expert(room):
    Prompt.objects.exclude(slug__in=["the-tuner", "two-umbrellas"]).update(status="retired")

    def dealt(swaps):
        return {card.slug for card in cards._deal(room.session, 2, swaps)}

    assert dealt([]) == {"two-umbrellas"}
    people.set_profile(room.person("b"), skills=["music"])
    assert dealt([]) == {"two-umbrellas"}, "role a is who tunes"
    people.set_profile(room.person("a"), skills=["music"])
    assert dealt([]) == {"two-umbrellas", "the-tuner"}


@pytest.mark.parametrize("skills", ["music", [7], [""], ["x" * 61], ["a\nb"], ["x"] * 41])
def test_what_is_no_skill_is_refused(skills):
    with pytest.raises(Refused) as refused:
        people.add_person("ada@example.org", skills=skills)
    assert refused.value.problems[0].where == "skills"
