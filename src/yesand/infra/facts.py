"""Appending facts, and taking the ones nobody has worked on yet."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from yesand.infra import bus
from yesand.infra.models import Fact

CHANNEL = "fact"


def append(house: str, kind: str, subject: uuid.UUID | None, **body: Any) -> Fact:
    """Append a fact in the caller's transaction and wake the flows at its commit.

    body: ids, numbers and plain words; never a name, an address or anything a person typed.
    Raises RuntimeError outside a transaction: the fact and what it tells must commit together.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"fact {house}.{kind} needs the transaction of its verb")
    fact = Fact.objects.create(house=house, kind=kind, subject=subject, body=body)
    bus.notify(CHANNEL)
    return fact


def take_open(limit: int = 100) -> list[Fact]:
    """Facts without `processed_at`, oldest first, locked until the transaction ends.

    Two sweepers at once get different facts. Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("facts are taken inside a transaction")
    rows = Fact.objects.filter(processed_at__isnull=True).order_by("id")
    return list(rows.select_for_update(skip_locked=True)[:limit])


def mark(fact: Fact) -> None:
    """The fact's jobs are deferred; call it in the same transaction."""
    fact.processed_at = timezone.now()
    fact.save(update_fields=["processed_at"])


def lag_seconds() -> float:
    """Age of the oldest fact nobody worked on, 0 where there is none."""
    with transaction.atomic():
        oldest = Fact.objects.filter(processed_at__isnull=True).order_by("id").first()
    return 0.0 if oldest is None else (timezone.now() - oldest.at).total_seconds()
