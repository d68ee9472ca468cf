"""Identity, age proof and payout details: sealed with a key of their own."""

from __future__ import annotations

from django.db import models

from yesand.people.models import Person


class Identity(models.Model):
    """A person's legal identity. Every text is sealed with the vault's key."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="+")
    legal_name_sealed = models.BinaryField()
    """AES-256-GCM of the UTF-8 legal name."""
    born_sealed = models.BinaryField()
    """AES-256-GCM of the ISO date of birth."""
    proof = models.CharField(max_length=40)
    """How age was proven, for example `document_seen`."""
    proven_at = models.DateTimeField()


class PayoutDetail(models.Model):
    """Where money is sent."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="+")
    method = models.CharField(max_length=12, default="iban")
    account_sealed = models.BinaryField()
    """AES-256-GCM of the account number."""
    changed_at = models.DateTimeField(auto_now=True)
