"""Cards beside each other: a premise is told once, unless a card says that it varies another."""

from __future__ import annotations

import pytest

from yesand.commission.lint_deck import likeness, near_premise

FERRY = {
    "id": "row-14",
    "language": "en",
    "premise": "A cellist and the neighbor who complained are the only two on the night ferry.",
}
SAME = "The neighbor who complained and a cellist are alone on the only night ferry."
OTHER = "A vet must tell an old rival that the parrot repeats their private calls."


def card(premise=SAME, **changes):
    return {"id": "row-15", "language": "en", "premise": premise, **changes}


def test_likeness_counts_the_longer_words_that_two_premises_share():
    assert likeness("two cats sleep", "two cats fight") == pytest.approx(1 / 3)
    assert likeness("Two CATS sleep", "cats, two, sleep!") == 1
    assert likeness("we are so", "we are so") == 0, "short words say nothing"


def test_a_premise_told_again_is_refused_and_says_whose_it_is():
    complaint = near_premise(card(), [card(OTHER, id="second-opinion"), FERRY])
    assert complaint is not None
    assert (complaint.code, complaint.path) == ("near_premise", ("premise",))
    assert "row-14" in complaint.says
    assert near_premise(card(OTHER), [FERRY]) is None


@pytest.mark.parametrize(
    ("changes", "other"),
    [
        ({"parent": "row-14"}, FERRY),
        ({"parent": "row-13"}, {**FERRY, "parent": "row-13"}),
        ({}, {**FERRY, "parent": "row-15"}),
        ({"id": "row-14", "version": 2}, FERRY),
        ({"language": "es"}, FERRY),
    ],
    ids=["variant", "two variants", "its parent", "newer version", "told again"],
)
def test_variants_versions_and_languages_may_share_a_premise(changes, other):
    assert near_premise(card(**changes), [other]) is None
