"""Signing up and in by a code from a mail, one-time links, and the mails of this machine."""

from __future__ import annotations

import re

import pytest
from django.core import mail as outbox_of
from django.core.cache import cache

from yesand.people import entry
from yesand.people.actions import add_person
from yesand.people.models import Person

pytestmark = pytest.mark.django_db
CODE = re.compile(r"^[A-Z0-9]{3,4}-?[A-Z0-9]{3,4}$", re.M)


@pytest.fixture(autouse=True)
def fresh_pace():
    cache.clear()


def code() -> str:
    found = CODE.search(outbox_of.outbox[-1].body)
    assert found, outbox_of.outbox[-1].body
    return found.group()


def test_sign_up_asks_three_things_and_confirms_by_code(client, mailoutbox):
    page = client.get("/accounts/signup/")
    assert page.status_code == 200 and b"Europe/Madrid" in page.content
    said = {"email": "Ada@Example.org", "alias": "Ada", "zone": "Europe/Madrid"}
    answer = client.post("/accounts/signup/", said, headers={"Accept-Language": "es-ES,es"})
    assert answer.status_code == 302 and answer["Location"] == "/accounts/confirm-email/"
    ada = Person.objects.get()
    assert (ada.email, ada.alias, ada.zone) == ("ada@example.org", "Ada", "Europe/Madrid")
    assert ada.languages == ["es"] and not ada.has_usable_password()
    assert client.get("/me").status_code == 302  # not in before the code
    assert mailoutbox[-1].to == ["ada@example.org"]
    answer = client.post("/accounts/confirm-email/", {"code": code()})
    assert answer.status_code == 302
    assert client.get("/me").status_code == 200


@pytest.mark.parametrize(
    "said, field, says",
    [
        ({"email": "ada"}, "email", "valid"),
        ({"alias": ""}, "alias", "required"),
        ({"alias": "ada@example.org"}, "alias", "no address in it"),
        ({"zone": "Mars/Base"}, "zone", "valid"),
    ],
)
def test_a_wrong_field_is_named_and_makes_no_person(client, said, field, says):
    good = {"email": "ada@example.org", "alias": "Ada", "zone": "Europe/Madrid"}
    page = client.post("/accounts/signup/", good | said)
    text = page.content.decode()
    assert f'id="id_{field}_error"' in text and says in text
    assert not Person.objects.exists()


def test_sign_in_is_one_field_and_a_code(client, mailoutbox):
    add_person("ada@example.org", "Ada")
    page = client.get("/accounts/login/?next=/me/takes").content.decode()
    assert page.count('name="login"') == 1 and "password" in page.lower()
    assert 'type="password"' not in page
    answer = client.post("/accounts/login/", {"login": "ADA@example.org", "next": "/me/takes"})
    assert answer["Location"].startswith("/accounts/login/code/confirm/")
    text = client.get(answer["Location"]).content.decode()
    assert "ada@example.org" in text and 'name="code"' in text
    wrong = client.post("/accounts/login/code/confirm/", {"code": "AAA-AAA"})
    assert wrong.status_code == 200 and b'id="id_code_error"' in wrong.content
    answer = client.post("/accounts/login/code/confirm/", {"code": code(), "next": "/me/takes"})
    assert answer["Location"] == "/me/takes"
    assert client.get("/me/takes").status_code == 200


def test_an_unknown_address_looks_the_same_and_gets_a_way_in_by_mail(client, mailoutbox):
    answer = client.post("/accounts/login/", {"login": "new@example.org"})
    assert answer["Location"].startswith("/accounts/login/code/confirm/")
    assert "/accounts/signup/" in mailoutbox[-1].body


def test_codes_are_not_sent_without_end(client, mailoutbox):
    add_person("ada@example.org", "Ada")
    for _try in range(8):
        client.post("/accounts/login/", {"login": "ada@example.org"})
    assert 1 <= len(mailoutbox) <= 3


def test_mails_say_what_they_are_for(client, mailoutbox):
    add_person("ada@example.org", "Ada")
    client.post("/accounts/login/", {"login": "ada@example.org"})
    mail = mailoutbox[-1]
    assert code() in mail.subject and "ten minutes" in mail.body
    assert "example.com" not in mail.body and "\n\n\n\n" not in mail.body


def test_signing_out_is_a_post(client):
    ada = add_person("ada@example.org", "Ada")
    client.force_login(ada)
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/me").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/me").status_code == 302


def test_desk_opens_the_only_desk_or_asks(client):
    from yesand.people.actions import join, open_program

    program = open_program("Lab", "Light Voices")
    ada = add_person("ada@example.org", "Ada")
    client.force_login(ada)
    assert client.get("/desk")["Location"] == "/#calls"
    join(program, ada, "performer")
    assert client.get("/desk")["Location"] == "/me"
    join(program, ada, "producer")
    page = client.get("/desk").content.decode()
    assert "/producer/light-voices" in page and 'href="/me"' in page


class TestOneTimeLinks:
    def test_a_link_signs_in_once(self, client):
        ada = add_person("ada@example.org", "Ada")
        link = entry.path_for(ada, "/me/takes")
        assert client.get(link)["Location"] == "/me/takes"
        assert client.get("/me/takes").status_code == 200
        assert client.get(link)["Location"] == "/me/takes"  # the same person, again: just a page
        client.post("/accounts/logout/")
        used = client.get(link)
        assert used.status_code == 410 and b"used up" in used.content
        assert client.get("/me").status_code == 302

    def test_a_phone_that_reads_the_picture_does_not_use_the_link_up(self, client):
        ada = add_person("ada@example.org", "Ada")
        link = entry.path_for(ada, "/room/01/check")
        phone = (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
        )
        page = client.get(link, headers={"user-agent": phone})
        assert page.status_code == 200 and b"on a computer" in page.content
        assert client.get(link)["Location"] == "/room/01/check"

    def test_a_broken_link_and_one_that_leads_away_do_nothing(self, client):
        ada = add_person("ada@example.org", "Ada")
        token = entry.token_for(ada)
        turned = "A" if token[-1] != "A" else "B"
        assert client.get(f"/enter/{token[:-1]}{turned}").status_code == 410
        with pytest.raises(ValueError, match="not a path of ours"):
            entry.token_for(ada, "//elsewhere.example")

    def test_a_link_ends_after_a_day(self, client, monkeypatch):
        import time

        ada = add_person("ada@example.org", "Ada")
        link = entry.path_for(ada)
        later = time.time() + entry.LASTS.total_seconds() + 1
        monkeypatch.setattr(time, "time", lambda: later)
        assert entry.read_token(link.removeprefix("/enter/")) is None

    def test_an_account_that_was_ended_opens_nothing(self, client):
        ada = add_person("ada@example.org", "Ada")
        link = entry.path_for(ada)
        Person.objects.update(is_active=False)
        assert client.get(link).status_code == 410


def test_mails_of_this_machine_are_for_this_machine(client, home, settings):
    settings.EMAIL_BACKEND = "yesand.infra.mail.FolderBackend"
    assert b"No mail yet" in client.get("/dev/mail").content
    add_person("ada@example.org", "Ada")
    client.post("/accounts/login/", {"login": "ada@example.org"})
    page = client.get("/dev/mail?to=ada").content.decode()
    assert "data-code" in page and "ada@example.org" in page
    assert "ada@example.org" not in client.get("/dev/mail?to=noor").content.decode()
    assert client.get("/dev/mail", REMOTE_ADDR="192.168.1.7").status_code == 404
