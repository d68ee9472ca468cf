"""Verbs of the vault. They leave it through `pay.payout` alone (docs/dev/decisions)."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yesand.infra import facts, secrets
from yesand.kit.errors import refuse
from yesand.people.models import Person
from yesand.vault import rules, sealed
from yesand.vault.models import Identity, PayoutDetail


def _key() -> bytes:
    return secrets.read(settings.HOME, "vault")


@transaction.atomic
def prove_adult(person: Person, legal_name: str, born: dt.date, proof: str = "statement") -> None:
    """Keep a person's identity sealed and mark them as 18 or older.

    proof: a key of `rules.PROOFS`. Raises Refused under 18, naming the field.
    """
    now = timezone.now()
    if proof not in rules.PROOFS:
        raise refuse("bad_proof", _("There is no such proof."), "proof")
    if len(legal_name.strip()) < 2 or len(legal_name) > 200:
        raise refuse("bad_name", _("Write the name that stands in your papers."), "legal_name")
    if born > now.date() or rules.years_old(born, now.date()) > 120:
        raise refuse("bad_birth", _("Check the date of birth."), "born")
    if rules.years_old(born, now.date()) < rules.ADULT:
        raise refuse(
            "not_adult",
            _("Only people of 18 or older can play here. Nothing you typed was kept."),
            "born",
        )
    key = _key()
    Identity.objects.update_or_create(
        person=person,
        defaults={
            "legal_name_sealed": sealed.seal(key, person.pk, "legal_name", legal_name.strip()),
            "born_sealed": sealed.seal(key, person.pk, "born", born.isoformat()),
            "proof": proof,
            "proven_at": now,
        },
    )
    person.adult_verified_at = now
    person.save(update_fields=["adult_verified_at"])
    facts.append("vault", "adult_proven", person.pk, proof=proof)


@transaction.atomic
def set_payout(person: Person, account: str) -> None:
    """Where money is sent. An IBAN must have right check digits; other accounts 4-34 signs."""
    plain = rules.plain_account(account)
    if not plain.isalnum() or not 4 <= len(plain) <= 34:
        raise refuse("bad_account", _("Use 4 to 34 letters and digits."), "account")
    method = "iban" if rules.looks_like_iban(plain) else "account"
    if method == "iban" and not rules.iban_holds(plain):
        raise refuse(
            "bad_account",
            _("This IBAN has a slip: its check digits do not fit. Compare it with your card."),
            "account",
        )
    PayoutDetail.objects.update_or_create(
        person=person,
        defaults={
            "method": method,
            "account_sealed": sealed.seal(_key(), person.pk, "account", plain),
        },
    )
    facts.append("vault", "payout_set", person.pk)
