"""How players reach each other is a setting with clear errors."""

from __future__ import annotations

import pytest

from yesand.infra import environ
from yesand.kit.errors import Refused


def test_no_setting_means_direct_calls() -> None:
    assert environ.read({}).ice_urls == ()


def test_several_addresses_with_commas() -> None:
    read = environ.read(
        {
            "YESAND_ICE_URLS": "stun:stun.example:3478, turn:relay.example:3478?transport=udp",
            "YESAND_TURN_SECRET": "word",
        }
    )
    assert read.ice_urls == ("stun:stun.example:3478", "turn:relay.example:3478?transport=udp")
    assert read.turn_secret == "word"


@pytest.mark.parametrize(
    ("env", "where"),
    [
        ({"YESAND_ICE_URLS": "https://relay.example"}, "YESAND_ICE_URLS"),
        ({"YESAND_ICE_URLS": "turn:relay.example"}, "YESAND_TURN_SECRET"),
    ],
)
def test_a_mistake_names_its_variable(env: dict[str, str], where: str) -> None:
    with pytest.raises(Refused) as refusal:
        environ.read(env)
    assert refusal.value.problems[0].where == where
