import asyncio
import contextlib

import psycopg
import pytest
from django.db import connection, transaction

from yesand.infra import bus, facts
from yesand.infra.models import Fact


@pytest.fixture(autouse=True)
def _rows(committed_database):
    """Commits are needed: a note leaves at commit."""


def _append(count: int) -> None:
    for _ in range(count):
        with transaction.atomic():
            facts.append("stage", "said", None)
    connection.close()


def _cut_listeners() -> int:
    """End the listening connections from the server's side, as a restart would."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'yesand bus' AND datname = current_database()"
        )
        ended = len(cursor.fetchall())
    connection.close()
    return ended


class Puller:
    """Pulls what lies above the last id it saw, as a room does."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.wakes = 0
        self.changed = asyncio.Condition()

    async def wake(self) -> None:
        self.wakes += 1
        last = self.seen[-1] if self.seen else 0
        found = await asyncio.to_thread(self._pull, last)
        async with self.changed:
            self.seen += found
            self.changed.notify_all()

    def _pull(self, last: int) -> list[int]:
        try:
            return list(
                Fact.objects.filter(id__gt=last).order_by("id").values_list("id", flat=True)
            )
        finally:
            connection.close()

    async def until(self, count: int) -> None:
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(lambda: len(self.seen) >= count), 20)


async def test_everything_arrives_although_the_listener_is_cut():
    puller = Puller()
    async with bus.subscribe(facts.CHANNEL, puller.wake) as reader:
        writing = asyncio.create_task(asyncio.to_thread(_append, 100))
        await puller.until(20)
        assert await asyncio.to_thread(_cut_listeners) == 1
        await writing
        await asyncio.to_thread(_append, 50)
        await puller.until(150)
        assert reader.bus.reconnects >= 1
    assert puller.seen == sorted(set(puller.seen)) and len(puller.seen) == 150


async def test_a_reader_is_woken_at_its_start_and_only_for_its_key():
    one, two = Puller(), Puller()
    async with bus.subscribe("room", one.wake, "1"), bus.subscribe("room", two.wake, "2"):
        await asyncio.to_thread(_append, 1)  # another channel: nobody here is woken by it
        await one.until(0)

        def speak() -> None:
            with transaction.atomic():
                facts.append("stage", "said", None)
                bus.notify("room", "1")
            connection.close()

        await asyncio.to_thread(speak)
        await one.until(2)
        assert two.wakes <= 1  # its start only


async def test_a_reader_that_fails_is_woken_again():
    tries = []

    async def wake() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("first try")
        done.set()

    done = asyncio.Event()
    async with bus.subscribe("room", wake):
        await asyncio.wait_for(done.wait(), 10)
    assert len(tries) >= 2


async def test_the_last_reader_closes_the_connection(committed_database):
    async def wake() -> None:
        return None

    async with bus.subscribe("room", wake):
        assert await asyncio.to_thread(_listeners, committed_database) == 1
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            while await asyncio.to_thread(_listeners, committed_database):
                await asyncio.sleep(0.01)
    assert await asyncio.to_thread(_listeners, committed_database) == 0


def _listeners(url: str) -> int:
    with psycopg.connect(url) as asked:
        row = asked.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'yesand bus'"
            " AND datname = current_database()"
        ).fetchone()
    assert row is not None
    return row[0]


def test_a_pause_doubles_and_is_bounded_both_ways():
    shortest = [bus.pause_after(n, 0.0) for n in range(1, 40)]
    longest = [bus.pause_after(n, 1.0) for n in range(1, 40)]
    assert longest[:4] == [0.1, 0.2, 0.4, 0.8]
    assert max(longest) == bus.LONGEST_RETRY_SECONDS == longest[-1]
    assert shortest == [one / 2 for one in longest]
    assert bus.pause_after(10**6, 0.5) < bus.LONGEST_RETRY_SECONDS


async def test_a_reader_waits_longer_after_each_failure_and_starts_over(monkeypatch):
    rests: list[int] = []
    fails = iter([True, True, True, False, True, False])
    done = asyncio.Event()

    async def rest(tries: int) -> None:
        rests.append(tries)

    async def wake() -> None:
        if next(fails):
            raise RuntimeError("the database is away")
        if len(rests) == 4:
            done.set()
        else:
            reader.due.set()

    monkeypatch.setattr(bus, "_rest", rest)
    reader = bus.subscribe("room", wake)
    async with reader:
        await asyncio.wait_for(done.wait(), 10)
    assert rests == [1, 2, 3, 1]
