"""Cases: somebody asks, a human answers in time and with a reason."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from yesand.cases import access, actions, reads, rules
from yesand.infra.models import Fact
from yesand.kit.errors import Refused
from yesand.kit.ids import new_id
from yesand.people.actions import add_person, join, open_program

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return open_program("Quiet Harbor Lab", "Light Voices")


@pytest.fixture
def ada(program):
    person = add_person("ada@example.org", "Ada")
    join(program, person, "performer")
    return person


@pytest.fixture
def desk(program):
    person = add_person("desk@example.org", "Desk")
    join(program, person, "producer")
    return person


def test_a_case_is_opened_read_and_decided_once(program, ada, desk):
    take = new_id()
    case = actions.open_case(program, "finding", "take", take, ada, " Someone walked in at 4:02. ")
    assert case.says == "Someone walked in at 4:02."
    assert reads.open_in(program) == [case] and reads.of_person(ada) == [case]
    assert reads.open_about("take", [take, new_id()]) == {take: case}
    assert reads.open_about("take", [take], kind="appeal") == {}
    stranger = add_person("x@example.org")
    assert access.may_read(ada, case) and access.may_read(desk, case)
    assert not access.may_read(stranger, case)

    done = actions.decide(case, desk, "cleared", "Nobody else can be heard.")
    assert done.decided_at and reads.open_in(program) == []
    with pytest.raises(Refused) as caught:
        actions.decide(case, desk, "refused", "Again.")
    assert caught.value.code == "already_decided"
    kinds = Fact.objects.filter(house="cases").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["opened", "decided"]


@pytest.mark.parametrize(
    "decision, reason, code",
    [("cleared", "  ", "no_reason"), ("because", "So.", "bad_decision")],
)
def test_no_decision_without_a_reason(program, ada, desk, decision, reason, code):
    case = actions.open_case(program, "appeal", "take", new_id(), ada, "Please look again.")
    with pytest.raises(Refused) as caught:
        actions.decide(case, desk, decision, reason)
    assert caught.value.code == code


def test_nobody_decides_what_they_asked_and_only_the_asker_takes_it_back(program, ada, desk):
    case = actions.open_case(program, "appeal", "take", new_id(), desk, "Please look again.")
    with pytest.raises(Refused) as caught:
        actions.decide(case, desk, "upheld", "I am right.")
    assert caught.value.code == "own_case_not_allowed"
    with pytest.raises(Refused):
        actions.take_back(case, ada)
    assert actions.take_back(case, desk).decision == "settled"


def test_somebody_without_account_needs_an_address(ada):
    with pytest.raises(Refused) as caught:
        actions.open_case(None, "in_recording", "voice", None, None, "A cafe, in June.")
    assert caught.value.problems[0].where == "contact"
    case = actions.open_case(
        None, "in_recording", "voice", None, None, "A cafe, in June.", contact="Me@Example.org"
    )
    assert case.contact == "me@example.org" and not access.may_read(ada, case)
    assert "example.org" not in str([f.body for f in Fact.objects.all()])


@pytest.mark.parametrize("says, code", [("", "empty_case"), ("x" * 4001, "long_case")])
def test_words_are_needed_and_limited(ada, says, code):
    with pytest.raises(Refused) as caught:
        actions.open_case(None, "complaint", "house", None, ada, says)
    assert caught.value.code == code


def test_due_times_skip_weekends_except_for_safety():
    friday = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
    assert rules.due("complaint", friday).weekday() == 0
    assert rules.due("safety", friday) == friday + dt.timedelta(hours=24)


def test_figures_of_complaints(program, ada, desk):
    since = timezone.now() - dt.timedelta(days=30)
    assert reads.answered_since(since) == reads.Answered(0, 0, None)
    case = actions.open_case(program, "complaint", "house", None, ada, "Too loud.")
    actions.open_case(program, "complaint", "house", None, ada, "Too quiet.")
    actions.decide(case, desk, "upheld", "It was. Fixed.")
    figures = reads.answered_since(since)
    assert (figures.came, figures.answered) == (2, 1) and figures.slowest is not None
