import uuid

import psycopg
import pytest
from django.db import transaction

from yesand.infra import bus, facts
from yesand.infra.models import Fact


@pytest.mark.django_db
def test_a_fact_keeps_its_ids_and_is_taken_once_in_order():
    subject = uuid.uuid4()
    first = facts.append("stage", "take_closed", subject, take=subject, seconds=12)
    second = facts.append("pay", "settled", None)
    assert [fact.id for fact in facts.take_open()] == [first.id, second.id]
    facts.mark(first)
    assert [fact.id for fact in facts.take_open()] == [second.id]
    stored = Fact.objects.get(id=first.id)
    assert stored.body == {"take": str(subject), "seconds": 12}
    assert stored.processed_at is not None and stored.at.tzinfo is not None
    assert facts.lag_seconds() >= 0


@pytest.mark.django_db
def test_a_fact_goes_with_its_transaction():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        facts.append("stage", "take_closed", None)
        raise ZeroDivisionError
    assert not Fact.objects.exists()


def test_two_sweepers_get_different_facts(committed_database):
    with transaction.atomic():
        for _ in range(3):
            facts.append("stage", "take_closed", None)
    with transaction.atomic():
        mine = facts.take_open(limit=2)
        with psycopg.connect(committed_database) as other:
            rows = other.execute(
                "SELECT id FROM infra_fact WHERE processed_at IS NULL"
                " ORDER BY id FOR UPDATE SKIP LOCKED"
            ).fetchall()
    assert {fact.id for fact in mine}.isdisjoint(row[0] for row in rows)
    assert len(mine) + len(rows) == 3


def test_outside_a_transaction_a_fact_is_a_bug(committed_database):
    with pytest.raises(RuntimeError, match="needs the transaction"):
        facts.append("stage", "take_closed", None)
    with pytest.raises(RuntimeError, match="inside a transaction"):
        facts.take_open()


def test_a_fact_wakes_a_listener_at_commit_and_not_before(committed_database):
    with psycopg.connect(committed_database, autocommit=True) as listener:
        listener.execute(f"LISTEN {bus.NAME}")
        with transaction.atomic():
            facts.append("stage", "take_closed", None)
            assert list(listener.notifies(timeout=0.2)) == []
        assert [note.payload for note in listener.notifies(timeout=5, stop_after=1)] == ["fact:"]
