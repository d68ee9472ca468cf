"""What payout may read from the vault. Every other house is kept out by the import law."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from yesand.infra import secrets
from yesand.people.models import Person
from yesand.vault import rules, sealed
from yesand.vault.models import Identity, PayoutDetail


@dataclass(frozen=True)
class PayTo:
    """Whom a bank should pay: legal name and account number, in the clear."""

    name: str
    account: str


def _open(person: Person, field: str, data: bytes | memoryview) -> str:
    return sealed.unseal(secrets.read(settings.HOME, "vault"), person.pk, field, bytes(data))


def payout_detail(person: Person) -> PayTo | None:
    """Name and account for the bank's file, or None where one of them is missing."""
    identity = Identity.objects.filter(person=person).first()
    detail = PayoutDetail.objects.filter(person=person).first()
    if identity is None or detail is None:
        return None
    return PayTo(
        _open(person, "legal_name", identity.legal_name_sealed),
        _open(person, "account", detail.account_sealed),
    )


def masked_account(person: Person) -> str:
    """The last two signs of the account, for the person's own pages; "" where none is kept."""
    detail = PayoutDetail.objects.filter(person=person).first()
    return rules.masked(_open(person, "account", detail.account_sealed)) if detail else ""
