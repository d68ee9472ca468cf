"""Grants, withdrawals, choices and the epoch that publishing locks."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from yesand.consent import actions, reads, rules
from yesand.consent.models import Grant, TakeChoice
from yesand.infra.models import Fact
from yesand.kit.errors import Refused
from yesand.kit.ids import new_id
from yesand.people.actions import add_person, close_program, open_program
from yesand.people.models import Person

pytestmark = pytest.mark.django_db
TRAIN, TEST = "recognition_training", "evaluation_only"


def make_program(name="Light Voices"):
    program = open_program("Quiet Harbor Lab", name, purposes=[TRAIN, TEST, "publication"])
    for purpose in (TRAIN, TEST, "terms"):
        actions.publish_terms(program, purpose, f"About {purpose}", f"You allow {purpose}.")
    return program


@pytest.fixture
def program():
    return make_program()


@pytest.fixture
def ada():
    return add_person("ada@example.org", "Ada")


def now():
    return timezone.now()


def test_a_signature_holds_from_then_on_and_its_receipt_can_be_computed_again(program, ada):
    before = now()
    grant = actions.grant(ada, program, TRAIN)
    assert not reads.covers(ada, TRAIN, before, program=program)
    assert reads.covers(ada, TRAIN, now(), program=program)
    assert not reads.covers(ada, TEST, now(), program=program)
    assert grant.expires_at == rules.expiry(grant.granted_at, rules.YEARS)
    again = Grant.objects.get()
    assert rules.receipt_hash(reads.receipt_of(again)) == again.receipt_sha256
    assert not reads.covers(ada, TRAIN, grant.expires_at, program=program)


def test_signing_twice_is_one_signature_until_the_text_changes(program, ada):
    first = actions.grant(ada, program, TRAIN)
    assert actions.grant(ada, program, TRAIN) == first
    actions.publish_terms(program, TRAIN, "About", "A further sentence.", years=1)
    card = reads.card_of(ada, program, TRAIN, now())
    assert card.newer and card.grant == first
    second = actions.grant(ada, program, TRAIN)
    assert second.pk != first.pk and second.terms.version == 2
    assert second.expires_at == rules.expiry(second.granted_at, 1)


def test_a_grant_of_one_program_is_none_in_another(program, ada):
    other = make_program("Sunday Tables")
    actions.grant(ada, program, TRAIN)
    take = new_id()
    assert not reads.covers(ada, TRAIN, now(), take=take, program=other)
    # Without naming the program only a signature for that very take counts.
    assert not reads.covers(ada, TRAIN, now(), take=take)
    actions.grant(ada, program, TRAIN, take=take)
    assert reads.covers(ada, TRAIN, now(), take=take)


@pytest.mark.parametrize(
    "purpose, code",
    [
        ("everything", "bad_purpose"),
        ("voice_generation", "not_asked"),
        ("publication", "no_terms"),
        ("likeness_replica", "needs_representation"),
    ],
)
def test_what_cannot_be_signed(program, ada, purpose, code):
    with pytest.raises(Refused) as caught:
        actions.grant(ada, program, purpose)
    assert caught.value.code == code
    assert not Grant.objects.exists() and reads.epoch(program) == 0


def test_a_closed_program_takes_withdrawals_and_no_signatures(program, ada):
    actions.grant(ada, program, TRAIN)
    close_program(program)
    with pytest.raises(Refused) as caught:
        actions.grant(ada, program, TEST)
    assert caught.value.code == "program_closed"
    actions.withdraw(ada, program)
    assert not reads.covers(ada, TRAIN, now(), program=program)


def test_a_withdrawal_reaches_one_take_or_all_of_them_and_is_a_fact(program, ada):
    actions.grant(ada, program, TRAIN)
    actions.grant(ada, program, TEST)
    one, two = new_id(), new_id()
    actions.withdraw(ada, program, purpose=TRAIN, take=one)
    assert not reads.covers(ada, TRAIN, now(), take=one, program=program)
    assert reads.covers(ada, TEST, now(), take=one, program=program)
    assert reads.covers(ada, TRAIN, now(), take=two, program=program)
    assert not reads.withdrawn(ada, program, one)
    gone = actions.withdraw(ada, program, take=two)
    assert reads.withdrawn(ada, program, two) and not reads.withdrawn(ada, program, one)
    assert rules.receipt_hash(reads.receipt_of(gone)) == gone.receipt_sha256
    actions.withdraw(ada, program)
    assert not reads.covers(ada, TEST, now(), take=one, program=program)
    assert reads.withdrawn(ada, program, one)
    assert reads.granted_purposes(ada, program, now()) == []
    facts = Fact.objects.filter(house="consent", kind="withdrawn").order_by("id")
    assert [f.body["take"] for f in facts] == [str(one), str(two), None]
    assert facts[0].body["purpose"] == TRAIN and facts[2].body["purpose"] == "all"
    assert len(reads.history(ada, program)) == 5


def test_silence_and_hold_are_not_consent(program, ada):
    noor = add_person("noor@example.org", "Noor")
    take = new_id()
    assert reads.choice_of(ada, take) is None
    assert not reads.kept_by_all(take, [ada, noor])
    assert not reads.kept_by_all(take, [])
    actions.choose(ada, program, take, "keep")
    actions.choose(noor, program, take, "hold")
    assert not reads.kept_by_all(take, [ada, noor])
    actions.choose(noor, program, take, "keep")
    assert reads.kept_by_all(take, [ada, noor])
    # A hold that ran out is still no consent, and may be kept any time later.
    late = now() - dt.timedelta(days=30)
    other = new_id()
    actions.choose(ada, program, other, "hold", at=late)
    assert not reads.kept_by_all(other, [ada])
    actions.choose(ada, program, other, "keep")
    assert reads.kept_by_all(other, [ada])
    facts = Fact.objects.filter(house="consent", kind="chose", subject=take).order_by("id")
    assert [f.body["choice"] for f in facts] == ["keep", "hold", "keep"]


def test_a_strike_can_be_undone_for_48_hours_and_then_never(program, ada):
    take, at = new_id(), now() - dt.timedelta(hours=47)
    struck = actions.choose(ada, program, take, "strike", at=at)
    assert struck.until == at + rules.HOLD and reads.strikes_over(now()) == []
    assert actions.choose(ada, program, take, "keep").choice == "keep"

    final, at = new_id(), now() - dt.timedelta(hours=49)
    actions.choose(ada, program, final, "strike", at=at)
    assert [row.take for row in reads.strikes_over(now())] == [final]
    for verb in (
        lambda: actions.choose(ada, program, final, "keep"),
        lambda: actions.mark_private(ada, program, final, [[1, 2]]),
    ):
        with pytest.raises(Refused) as caught:
            verb()
        assert caught.value.code == "strike_over"
    assert TakeChoice.objects.filter(take=final).count() == 1


def test_private_spans_stay_until_they_are_put_back_and_count_for_both(program, ada):
    noor = add_person("noor@example.org", "Noor")
    take = new_id()
    held = actions.mark_private(ada, program, take, [[151, 159], [155, 160]])
    assert held.choice == "hold" and held.private_spans == [[151.0, 160.0]]
    assert actions.choose(ada, program, take, "keep").private_spans == [[151.0, 160.0]]
    actions.mark_private(noor, program, take, [[10, 12]])
    spans = reads.private_spans(take)
    assert [(s.start, s.end) for s in spans] == [(10.0, 12.0), (151.0, 160.0)]
    assert actions.mark_private(ada, program, take, []).private_spans == []
    assert [(s.start, s.end) for s in reads.private_spans(take)] == [(10.0, 12.0)]
    with pytest.raises(Refused) as caught:
        actions.mark_private(ada, program, take, [[5, 4]])
    assert caught.value.problems[0].where == "spans"
    with pytest.raises(Refused):
        actions.choose(ada, program, take, "perhaps")


def test_reminders_name_holds_that_stand(program, ada):
    old, changed = new_id(), new_id()
    at = now() - dt.timedelta(hours=25)
    actions.choose(ada, program, old, "hold", at=at)
    actions.choose(ada, program, changed, "hold", at=at)
    actions.choose(ada, program, changed, "keep")
    assert [row.take for row in reads.to_remind(now(), 24)] == [old]
    assert reads.to_remind(now(), 47) == []


def test_every_change_moves_the_epoch(program, ada):
    take = new_id()
    numbers = [reads.epoch(program)]
    for verb in (
        lambda: actions.grant(ada, program, TRAIN),
        lambda: actions.choose(ada, program, take, "keep"),
        lambda: actions.mark_private(ada, program, take, [[1, 2]]),
        lambda: actions.withdraw(ada, program, take=take),
    ):
        verb()
        numbers.append(reads.epoch(program))
    assert numbers == sorted(set(numbers)) and len(numbers) == 5


def test_a_withdrawal_from_the_admin_is_the_same_verb(client, program, ada):
    grant = actions.grant(ada, program, TRAIN)
    boss = Person.objects.create_superuser("boss@example.org")
    client.force_login(boss)
    page = client.get("/admin/consent/grant/")
    assert page.status_code == 200 and b"Withdraw for the person" in page.content
    client.post(
        "/admin/consent/grant/",
        {"action": "withdraw_for_them", "_selected_action": [str(grant.pk)]},
    )
    assert not reads.covers(ada, TRAIN, now(), program=program)
    assert Fact.objects.filter(house="consent", kind="withdrawn").count() == 1
    # Looking is all else: nothing can be added, changed or removed by hand.
    assert client.get("/admin/consent/grant/add/").status_code == 403
    assert client.post(f"/admin/consent/grant/{grant.pk}/delete/").status_code == 403
    for page in ("terms", "withdrawal", "takechoice"):
        assert client.get(f"/admin/consent/{page}/").status_code == 200
