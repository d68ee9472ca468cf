"""Two web processes over one database serve one room: nothing is lost, all hear one order."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress

import httpx
import psycopg
import pytest
from channels.db import database_sync_to_async
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.fakes.rooms import Room, make_room
from tests.fakes.sockets import ORIGIN, Page, cookie_of
from yesand.people.models import Person

#: What the two processes share beside the database: a home, with the key that signs cookies.
ENV = {"YESAND_MIN_FREE_GB": "0"}


class Wire:
    """A room socket over the network, as `Page` speaks it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send_to(self, text: str) -> None:
        await self.socket.send(text)

    async def receive_from(self) -> str:
        return str(await asyncio.wait_for(self.socket.recv(), 30))


class Web:
    """One web process; `port` is its own."""

    def __init__(self, url: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        words = ["-m", "uvicorn", "yesand.web.served:application", "--port", str(self.port)]
        quiet = ["--log-level", "warning", "--lifespan", "off"]
        self.child = subprocess.Popen(
            [sys.executable, *words, *quiet],
            env={**os.environ, **ENV, "YESAND_DATABASE_URL": url},
        )

    def wait(self) -> None:
        for _ in range(600):
            assert self.child.poll() is None, "the web process ended"
            with suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5)
                return
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(0.1)
        raise AssertionError("the web process did not start")

    def kill(self) -> None:
        """SIGKILL, as a machine that fails."""
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    @asynccontextmanager
    async def page(self, here: Room, who: Person, last: int = 0) -> AsyncIterator[Page]:
        cookie = await database_sync_to_async(cookie_of)(who)
        address = f"ws://127.0.0.1:{self.port}/ws/room/{here.booking.session_id}"  # type: ignore[attr-defined]
        given = {"Cookie": cookie}
        link = await connect(address, additional_headers=given, origin=ORIGIN)  # type: ignore[arg-type]
        found = Page(Wire(link))  # type: ignore[arg-type]
        await found.say(type="hello", last=last)
        try:
            yield found
        finally:
            await link.close()


@contextmanager
def running(*webs: Web) -> Iterator[None]:
    with ExitStack() as ended:
        for web in webs:
            ended.callback(web.kill)
        for web in webs:
            web.wait()
        yield


@pytest.fixture
def opened(committed_database: str, settings, tmp_path, monkeypatch) -> Room:
    settings.HOME, settings.MIN_FREE_BYTES = tmp_path, 0
    keys = tmp_path / "webs" / "secrets"
    keys.mkdir(parents=True, mode=0o700)
    (keys / "django").write_text(settings.SECRET_KEY + "\n")
    (keys / "django").chmod(0o600)
    monkeypatch.setitem(ENV, "YESAND_HOME", str(keys.parent))
    here = make_room()
    here.booking.session_id = here.session.pk  # type: ignore[attr-defined]
    return here


def cut_listeners(url: str) -> int:
    """End every listening connection from the database's side."""
    with psycopg.connect(url, autocommit=True) as admin:
        return len(
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'yesand bus' AND datname = current_database()"
            ).fetchall()
        )


def states(page: Page) -> list[str]:
    return [str(m["body"]["state"]) for m in page.log() if m["kind"] == "device"]


def here_of(page: Page) -> list[list[dict[str, str]]]:
    return [m["people"] for m in page.heard if m["type"] == "here"]


async def until_state(page: Page, state: str) -> None:
    await page.until(lambda m: m["type"] == "log" and m["body"].get("state") == state)


@pytest.mark.timeout(120)
async def test_two_processes_serve_one_room_in_one_order_although_their_listeners_are_cut(
    opened: Room, committed_database: str
) -> None:
    one, two = Web(committed_database), Web(committed_database)
    with running(one, two):
        async with one.page(opened, opened.ada) as ada, two.page(opened, opened.noor) as noor:
            await ada.send("present", peer="p-ada", page="stage")
            await noor.send("present", peer="p-noor", page="stage")
            both = [{"role": "a", "alias": "Ada"}, {"role": "b", "alias": "Noor"}]
            for page in (ada, noor):
                await page.until(lambda m: m["type"] == "here" and m["people"] == both)
            await ada.send("signal", to="b", peer="p-ada", **{"for": "p-noor"}, candidate=None)
            assert (await noor.kind("signal"))["body"]["peer"] == "p-ada"

            for nth in range(60):
                if nth in (10, 40):
                    cut = await asyncio.to_thread(cut_listeners, committed_database)
                    # Twice in a row the second time: a listener that is just back is cut too.
                    assert cut >= (2 if nth == 10 else 0)
                await ada.send("device", state=f"a{nth}")
                await noor.send("device", state=f"b{nth}")
            for page in (ada, noor):
                for last in ("a59", "b59"):
                    await until_state(page, last)
            assert states(ada) == states(noor)
            assert sorted(states(ada)) == sorted(f"{r}{n}" for r in "ab" for n in range(60))
            for role in "ab":
                own = [s for s in states(ada) if s[0] == role]
                assert own == [f"{role}{n}" for n in range(60)], "each one's own order is kept"
            ids = [m["id"] for m in ada.log()]
            assert ids == sorted(set(ids))

            # Ada's process fails. She was saying something; she says it again on the other one.
            await ada.send("device", "n-1", state="once")
            await until_state(noor, "once")
            one.kill()
            with pytest.raises((ConnectionClosed, AssertionError)):
                while True:
                    await ada.link.receive_from()
            async with two.page(opened, opened.ada, last=ids[-1]) as again:
                await again.send("present", peer="p-ada", page="again")
                await again.send("device", "n-1", state="once")
                await again.send("device", "n-2", state="after")
                await until_state(again, "after")
                assert states(again) == ["once", "after"], "what was missed, and nothing twice"
                mine = [m["nonce"] for m in again.log() if m["kind"] == "device"]
                assert mine == ["n-1", "n-2"]
                await until_state(noor, "after")
                assert states(noor)[-2:] == ["once", "after"]


@pytest.mark.timeout(120)
async def test_who_is_back_before_the_old_connection_was_found_dead_is_still_here(
    opened: Room, committed_database: str
) -> None:
    web = Web(committed_database)
    with running(web):
        async with web.page(opened, opened.noor) as noor:
            async with web.page(opened, opened.ada) as old:
                await old.send("present", peer="p-ada", page="stage")
                await old.kind("present")
                async with web.page(opened, opened.ada) as new:
                    await new.send("present", peer="p-ada", page="again")
                    await noor.until(
                        lambda m: m["type"] == "log" and m["body"].get("page") == "again"
                    )
                    await old.link.socket.close()  # type: ignore[attr-defined]
                    # One `here` for each: she came, she came again, the old connection went.
                    await noor.until(lambda m: m["type"] == "here" and len(here_of(noor)) >= 3)
                    assert here_of(noor)[-1] == [{"role": "a", "alias": "Ada"}]
            await noor.until(lambda m: m["type"] == "here" and m["people"] == [])
