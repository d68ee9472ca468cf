"""What /readyz, /metrics and the stage's room-for-takes answer are made of."""

from collections import namedtuple
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from yesand.infra import facts, health, jobs, migrations_run
from yesand.infra.models import Fact

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh(home, settings, monkeypatch):
    settings.MIN_FREE_BYTES = 0
    monkeypatch.setattr(health, "_migrated", False)


def check(name: str) -> health.Check:
    return next(one for one in health.readyz().checks if one.name == name)


def beat(seconds_ago: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - %s * interval '1 second')",
            [seconds_ago],
        )


def test_ready_with_rows_spool_and_a_worker():
    beat(1)
    ready = health.readyz()
    assert ready.ok and ready.status == 200
    assert [one.name for one in ready.checks] == [
        "database",
        "migrations",
        "queue",
        "workers",
        "spool",
    ]
    assert ready.plain()["ok"] is True
    assert health.healthz() == {"ok": True}


def test_no_worker_or_one_that_fell_silent_is_said():
    assert "No worker runs" in check("workers").says
    beat(health.WORKER_SECONDS + 5)
    assert not check("workers").ok
    assert health.readyz().status == 503


def test_a_missing_migration_is_said_until_it_is_there(monkeypatch):
    monkeypatch.setattr(migrations_run, "missing", lambda: ["pay.0009_more"])
    assert check("migrations").says == "1 migrations are missing; run yesand migrate."
    monkeypatch.setattr(migrations_run, "missing", lambda: [])
    assert check("migrations").ok


def test_a_job_that_waits_too_long_is_said(monkeypatch, settings):
    assert check("queue").value == 0
    monkeypatch.setitem(jobs.BODIES, "nap", jobs.Body("nap", "now", lambda: None, 1, jobs.Limits()))
    jobs.defer("nap", at=timezone.now() + timedelta(hours=1))
    assert check("queue").ok, "what is due later does not wait"
    jobs.defer("nap", at=timezone.now() - timedelta(seconds=health.QUEUE_SECONDS + 30))
    assert not check("queue").ok and check("queue").value > health.QUEUE_SECONDS


def test_a_fact_that_nobody_takes_is_said():
    fact = facts.append("stage", "take_closed", None)
    Fact.objects.filter(id=fact.id).update(at=timezone.now() - timedelta(minutes=5))
    assert not check("queue").ok
    facts.mark(fact)
    assert check("queue").ok


def test_a_full_or_closed_spool_refuses_new_takes(home, settings, monkeypatch):
    assert health.room_for_takes()
    assert list((home / "spool").iterdir()) == [], "the probe is taken away"
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10, 9, 2**30))
    settings.MIN_FREE_BYTES = 2 * 2**30
    assert not health.room_for_takes()
    assert check("spool").says == "1.0 GB are free; new takes wait for more room."
    settings.HOME = home / "spool" / "file"
    (home / "spool" / "file").write_text("")
    assert "cannot be written" in check("spool").says


def test_without_a_database_the_rest_is_still_said(monkeypatch):
    def broken(*_):
        raise DatabaseError

    monkeypatch.setattr(connection, "cursor", broken)
    ready = health.readyz()
    assert [one.name for one in ready.checks] == ["database", "spool"]
    assert not ready.ok


def test_metrics_are_lines_of_names_and_numbers():
    beat(1)
    lines = health.metrics().splitlines()
    assert 'yesand_ready{check="database"} 1' in lines
    for line in lines[1:]:
        name, _, number = line.rpartition(" ")
        assert name.startswith("yesand_")
        float(number)
