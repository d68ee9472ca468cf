"""The queue: with the caller's transaction, once per id, in children that cannot take us down."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import procrastinate
import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.psycopg_connector import PsycopgConnector

from yesand.infra import bus, facts, jobs
from yesand.infra import worker as workers
from yesand.infra.child import spawn
from yesand.kit.errors import Refused

FAKES = Path(__file__).parents[1] / "fakes"


@pytest.fixture(autouse=True)
def bodies(settings, monkeypatch, tmp_path):
    """The tests' own bodies, here and in the workers this test starts."""
    monkeypatch.syspath_prepend(str(FAKES))
    monkeypatch.setenv("FAKE_JOBS_FOLDER", str(tmp_path))
    monkeypatch.setattr(jobs, "BODIES", {})
    monkeypatch.setattr(jobs, "TICKS", {})
    monkeypatch.delitem(sys.modules, "job_bodies", raising=False)
    settings.JOBS_MODULE = "job_bodies"
    jobs.load()


def waiting() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queue_name, task_name FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
        )
        return cursor.fetchall()


def until(what, seconds: float = 30.0):
    """Poll a state of another process; fails with the last value."""
    deadline = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < deadline, f"still {value!r}"
        time.sleep(0.02)
    return value


# --- deferring ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_job_goes_with_its_transaction():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.defer("say_now", word="a")
        raise ZeroDivisionError
    assert waiting() == []
    jobs.defer("say_work", word="a")
    jobs.defer("say_spool", word="a")
    jobs.defer("say_spool", word="b", node="far")
    assert waiting() == [
        ("work", "say_work"),
        ("spool-local", "say_spool"),
        ("spool-far", "say_spool"),
    ]


@pytest.mark.django_db
def test_the_same_job_waits_once_and_the_transaction_goes_on():
    jobs.defer("say_now", word="a")
    jobs.defer("say_now", word="a")
    jobs.defer("say_now", word="b")
    jobs.defer("say_now", word="a", at=timezone.now() + timedelta(hours=1))
    assert len(waiting()) == 3


@pytest.mark.django_db
def test_what_ranks_higher_is_taken_first(monkeypatch):
    higher = replace(jobs.BODIES["say_spool"], rank=5)
    monkeypatch.setitem(jobs.BODIES, "say_spool", higher)
    jobs.defer("say_work", word="a")
    jobs.defer("say_spool", word="a")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM procrastinate_fetch_job_v2(%s, NULL)", [["work", "spool-local"]]
        )
        names = [column.name for column in cursor.description]
        row = dict(zip(names, cursor.fetchone(), strict=True))
    assert row["task_name"] == "say_spool"


@pytest.mark.django_db
def test_only_ids_are_taken():
    with pytest.raises(TypeError, match="takes ids; word is list"):
        jobs.defer("say_now", word=["a"])
    with pytest.raises(KeyError):
        jobs.defer("nobody_knows", word="a")


# --- in memory ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_queue_of_tests_runs_facts_then_jobs_until_nothing_is_left(tmp_path):
    with jobs.in_memory() as queue:
        with transaction.atomic():
            facts.append("stage", "take_closed", None)
        jobs.defer("count_up", left=2)
        assert queue.run() == ["count_up", "say_now", "count_up", "count_up"]
        assert (tmp_path / "stage_take_closed").exists()
        assert waiting() == []


@pytest.mark.django_db
def test_time_is_virtual(tmp_path):
    with jobs.in_memory() as queue:
        jobs.defer("say_now", word="later", after=timedelta(days=1))
        assert queue.run() == []
        assert queue.run(until=timezone.now() + timedelta(days=2)) == ["say_now"]


@pytest.mark.django_db
def test_a_refusal_passes_through_to_the_test():
    with jobs.in_memory() as queue:
        jobs.defer("refuse")
        with pytest.raises(Refused):
            queue.run()


def test_a_body_waits_for_the_holder_of_its_lock(committed_database, tmp_path):
    key = jobs.key_of("say_now", {"word": "a"})
    with psycopg.connect(committed_database, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        with pytest.raises(Exception, match="lock timeout"):
            jobs.run("say_now", {"word": "a"})
        assert not (tmp_path / "a").exists()
        other.execute("SELECT pg_advisory_unlock_all()")
        jobs.run("say_now", {"word": "a"})
    assert (tmp_path / "a").exists()


# --- real workers -----------------------------------------------------------------------------


@pytest.fixture
def start(committed_database, tmp_path):
    """Starts real workers on this test's database; ends them after it."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(kind: str) -> subprocess.Popen[bytes]:
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "job_settings",
            "PYTHONPATH": str(FAKES),
            "YESAND_DATABASE_URL": committed_database,
            "FAKE_JOBS_FOLDER": str(tmp_path),
        }
        with open(tmp_path / f"{kind}.log", "ab") as end:
            words = [sys.executable, "-m", "yesand.cli.main", "worker", kind]
            started.append(spawn(words, env=env, stdout=end, stderr=end))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def test_workers_run_facts_bodies_and_survive_the_bad_ones(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as outside:
        with transaction.atomic():
            facts.append("stage", "take_closed", None)
            for name in ("hog", "spin", "dawdle", "refuse", "fail_once"):
                jobs.defer(name)
            jobs.defer("call_out", port=outside.getsockname()[1])
        start("now")
        work = start("work")
        until((tmp_path / "stage_take_closed").exists)
        until((tmp_path / "recovered").exists)
        for name in ("say_now", "say_work", "say_spool"):
            jobs.defer(name, word=name)
            until((tmp_path / name).exists)
    assert (tmp_path / "say_work").read_text() == str(os.nice(0) + 5), "it lets pages go first"

    def states() -> dict[str, str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT task_name, status FROM procrastinate_jobs")
            return dict(cursor.fetchall())

    # Successful jobs are deleted; what is left are the four that cannot succeed.
    left = {"hog", "spin", "dawdle", "refuse"}
    until(lambda: states() == dict.fromkeys(left, "failed") or print(states()))
    log = (tmp_path / "work.log").read_text()
    for says in ("memory limit", "CPU limit", "wall limit", "This is refused."):
        assert says in log
    assert not (tmp_path / "hog_held").exists()
    assert (tmp_path / "refusals").read_text() == ".", "a refusal is not tried again"
    # Bodies ran in children, not in the worker.
    assert int((tmp_path / "say_work").read_text()) != work.pid
    called = (tmp_path / "called").read_text()
    if "connected" in called:
        pytest.skip("this kernel gives an unprivileged account no network of its own")
    assert called.startswith("refused")


async def test_a_killed_workers_job_runs_again_and_its_child_is_gone(start, tmp_path):
    import asyncio

    await asyncio.to_thread(jobs.defer, "hang_once", take="t1")
    first = start("work")
    await asyncio.to_thread(until, (tmp_path / "hanging").exists)
    child = int((tmp_path / "hanging").read_text())
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    await asyncio.to_thread(until, lambda: not Path(f"/proc/{child}").exists())
    app = procrastinate.App(connector=PsycopgConnector(kwargs=bus.connection_parameters()))
    async with app.open_async():
        assert await workers.reap(app, seconds=60) == 0, "its last heartbeat is fresh"
        async with asyncio.timeout(20):
            while await workers.reap(app, seconds=workers.HEARTBEAT_SECONDS + 0.5) == 0:
                await asyncio.sleep(0.05)
    start("work")
    await asyncio.to_thread(until, (tmp_path / "second_life").exists)


def test_a_stopped_worker_ends_by_itself(start, tmp_path):
    process = start("work")
    jobs.defer("say_work", word="up")
    until((tmp_path / "up").exists)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
