"""The vault: adults only, sealed rows, one door."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from yesand.infra.models import Fact
from yesand.kit.errors import Refused
from yesand.pay import payout
from yesand.people.actions import add_person
from yesand.vault import reads
from yesand.vault.models import Identity, PayoutDetail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
IBAN = "DE89 3704 0044 0532 0130 00"


@pytest.fixture
def ada():
    return add_person("ada@example.org", "Ada")


def test_an_adult_is_marked_and_nothing_can_be_read_from_the_rows(ada):
    payout.prove_adult(ada, "Ada Augusta King", dt.date(1990, 12, 10), "document_seen")
    payout.set_payout(ada, IBAN)
    ada.refresh_from_db()
    assert ada.adult_verified_at is not None
    identity, detail = Identity.objects.get(), PayoutDetail.objects.get()
    stored = bytes(identity.legal_name_sealed) + bytes(identity.born_sealed)
    stored += bytes(detail.account_sealed)
    assert b"Ada" not in stored and b"1990" not in stored and b"DE89" not in stored
    found = reads.payout_detail(ada)
    assert (found.name, found.account) == ("Ada Augusta King", "DE89370400440532013000")
    assert payout.masked_account(ada) == "··00"
    for fact in Fact.objects.filter(house="vault"):
        assert "Ada" not in str(fact.body) and "DE89" not in str(fact.body)


def test_a_minor_is_refused_and_leaves_no_row(ada):
    yesterday_17 = timezone.now().date() - dt.timedelta(days=17 * 365)
    with pytest.raises(Refused) as caught:
        payout.prove_adult(ada, "Ada King", yesterday_17)
    assert (caught.value.code, caught.value.problems[0].where) == ("not_adult", "born")
    ada.refresh_from_db()
    assert ada.adult_verified_at is None and not Identity.objects.exists()


@pytest.mark.parametrize(
    "name, born, proof, where",
    [
        ("A", dt.date(1990, 1, 1), "statement", "legal_name"),
        ("Ada King", dt.date(1850, 1, 1), "statement", "born"),
        ("Ada King", dt.date(2999, 1, 1), "statement", "born"),
        ("Ada King", dt.date(1990, 1, 1), "trust_me", "proof"),
    ],
)
def test_what_cannot_be_an_identity(ada, name, born, proof, where):
    with pytest.raises(Refused) as caught:
        payout.prove_adult(ada, name, born, proof)
    assert caught.value.problems[0].where == where


@pytest.mark.parametrize("account", ["", "12", "DE88370400440532013000", "12/34;56", "9" * 35])
def test_an_account_with_a_slip_is_refused(ada, account):
    with pytest.raises(Refused) as caught:
        payout.set_payout(ada, account)
    assert caught.value.problems[0].where == "account"
    assert not PayoutDetail.objects.exists()


def test_nobody_can_be_paid_before_both_are_known(ada):
    assert reads.payout_detail(ada) is None and payout.masked_account(ada) == ""
    payout.set_payout(ada, "021000021 1234567")
    assert reads.payout_detail(ada) is None
    payout.prove_adult(ada, "Ada King", dt.date(1990, 1, 1))
    assert reads.payout_detail(ada).account == "0210000211234567"
