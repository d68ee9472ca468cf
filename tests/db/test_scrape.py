"""/metrics answers who sits on this machine or knows the word; nobody through a proxy."""

from __future__ import annotations

import pytest

from yesand.infra import secrets

pytestmark = pytest.mark.django_db
OUTSIDE = "203.0.113.9"


@pytest.fixture
def word(home) -> str:
    return secrets.read(home, "metrics").hex()


def ask(client, peer="127.0.0.1", **headers):
    return client.get("/metrics", REMOTE_ADDR=peer, headers=headers)


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
def test_this_machine_may_look(client, home, peer):
    answer = ask(client, peer)
    assert answer.status_code == 200 and answer.text.startswith("# yesand")


@pytest.mark.parametrize(
    "name",
    ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"],
)
def test_who_speaks_for_somebody_else_may_not(client, home, name):
    assert ask(client, **{name: "for=198.51.100.7"}).status_code == 404


def test_behind_a_proxy_everybody_shows_the_word(client, home, word, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert ask(client).status_code == 404, "a silent proxy makes every visitor look local"
    assert ask(client, Authorization=f"Bearer {word}").status_code == 200
    told = {"Authorization": f"Bearer {word}", "X-Forwarded-For": OUTSIDE}
    assert ask(client, OUTSIDE, **told).status_code == 200


@pytest.mark.parametrize(
    "said", ["", "Bearer", "Bearer ", "Bearer x", "Basic {word}", "Bearer {word}0", "Bearer é"]
)
def test_a_wrong_word_opens_nothing(client, word, said):
    sent = {"Authorization": said.format(word=word)} if said else {}
    assert ask(client, OUTSIDE, **sent).status_code == 404
    if said:
        assert ask(client, **sent).status_code == 404, "a wrong word is never overlooked"


def test_the_word_opens_from_elsewhere(client, word):
    assert ask(client, OUTSIDE, Authorization=f"bearer {word}").status_code == 200
