"""The deck of actions in every language we have: the same aims, by the same rules."""

from __future__ import annotations

import pytest

from yesand.commission.lint import cue_complaints
from yesand.stage import cue_rules, offers


@pytest.mark.parametrize("language", sorted(offers.LANGUAGES))
def test_every_language_has_an_action_for_every_aim(language):
    dealt = offers.deck(language=language)
    assert [aim for _, aim in dealt] == [aim for _, aim in offers.deck()]
    assert len({action for action, _ in dealt}) == len(dealt)
    for action, _ in dealt:
        assert cue_complaints(action, language) == [], action
        assert cue_rules.action_problem(action) == ""
    assert cue_rules.action_problem(offers.carry_on(language)) == ""


def test_a_language_is_never_mixed_with_another():
    spanish = {action for action, _ in offers.deck(["fear"], "es-MX")}
    assert spanish and not spanish & {action for action, _ in offers.deck()}
    assert offers.carry_on("es") != offers.carry_on("en") == "Carry on"
    assert offers.deck(["fear"], "eo") == [], "the card's own actions, and no others"
