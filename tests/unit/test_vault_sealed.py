"""Sealed texts open only in their own place; age and account numbers are what they claim."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yesand.vault import rules
from yesand.vault.sealed import seal, unseal

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
ADA, NOOR = uuid.UUID(int=7), uuid.UUID(int=8)


@given(st.text(max_size=200))
def test_what_is_sealed_comes_back(text):
    assert unseal(KEY, ADA, "born", seal(KEY, ADA, "born", text)) == text


def test_the_same_text_never_looks_the_same():
    assert seal(KEY, ADA, "born", "1990-01-01") != seal(KEY, ADA, "born", "1990-01-01")


@pytest.mark.parametrize(
    "key, person, field",
    [(OTHER_KEY, ADA, "born"), (KEY, NOOR, "born"), (KEY, ADA, "legal_name")],
)
def test_it_opens_nowhere_else(key, person, field):
    with pytest.raises(ValueError, match="not sealed here"):
        unseal(key, person, field, seal(KEY, ADA, "born", "1990-01-01"))


@pytest.mark.parametrize("cut", [0, 5, 12, 20])
def test_broken_bytes_are_refused(cut):
    sealed = seal(KEY, ADA, "born", "1990-01-01")
    with pytest.raises(ValueError):
        unseal(KEY, ADA, "born", sealed[:cut])
    turned = bytearray(sealed)
    turned[cut] ^= 1
    with pytest.raises(ValueError):
        unseal(KEY, ADA, "born", bytes(turned))


@pytest.mark.parametrize(
    "born, on, years",
    [
        (dt.date(2008, 11, 24), dt.date(2026, 11, 23), 17),
        (dt.date(2008, 11, 23), dt.date(2026, 11, 23), 18),
        (dt.date(2008, 2, 29), dt.date(2026, 2, 28), 17),
        (dt.date(2008, 2, 29), dt.date(2026, 3, 1), 18),
    ],
)
def test_years_are_whole(born, on, years):
    assert rules.years_old(born, on) == years


def test_iban_check_digits():
    # The examples of the SWIFT registry.
    good = ["DE89370400440532013000", "NL91ABNA0417164300", "ES9121000418450200051332"]
    for account in good:
        assert rules.iban_holds(account)
        swapped = account[:-2] + account[-1] + account[-2]
        assert swapped == account or not rules.iban_holds(swapped)
    assert not rules.iban_holds("DE89")
    assert rules.plain_account("de89 3704-0044") == "DE8937040044"
    assert rules.masked("DE89370400440532013000") == "··00"
    assert rules.masked("") == ""
