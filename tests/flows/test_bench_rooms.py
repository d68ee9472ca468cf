"""`yesand bench rooms` in short: three rooms against real pages and a real door."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL

import httpx
import pytest
from django.db import connections

from yesand.capture import actions
from yesand.capture import reads as capture
from yesand.cli import bench_rooms
from yesand.cli.crowd import matter, seed
from yesand.cli.crowd.house import House
from yesand.cli.crowd.seen import Seen, grows, shares
from yesand.formats.webm import read_film
from yesand.infra import secrets
from yesand.infra.child import spawn
from yesand.kit.canonical import StreamHash
from yesand.kit.errors import Refused
from yesand.recording.models import Stream


class SmallHouse(House):
    """Pages and door in processes of their own; this process seals what is whole."""

    def __init__(self, out: Path, url: str) -> None:
        super().__init__(out, None)
        self.env["YESAND_DATABASE_URL"] = url
        self.ended = threading.Event()
        self.children: list[subprocess.Popen[bytes]] = []

    def start(self, seconds: float = 60) -> None:
        words = ["-m", "uvicorn", "yesand.web.served:application", "--port", str(self.port)]
        words += ["--log-level", "warning", "--lifespan", "off"]
        with self.log.open("ab") as log:
            for one in (["-m", "yesand.web.doors"], words):
                made = spawn(
                    [sys.executable, *one], env=self.env, stdout=log, stderr=log, on_death=SIGKILL
                )
                self.children.append(made)
        self.child = self.children[-1]
        self.sealing = threading.Thread(target=self.seal)
        self.sealing.start()
        deadline = time.monotonic() + seconds
        for port in (self.port, self.port + 1):
            while True:
                assert time.monotonic() < deadline, self.log.read_text()
                with suppress(httpx.TransportError):
                    httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5)
                    break
                time.sleep(0.05)

    def parts(self) -> dict[str, list[int]]:
        return dict(zip(("door", "web"), ([child.pid] for child in self.children), strict=True))

    def seal(self) -> None:
        try:
            while not self.ended.wait(0.1):
                for stream in capture.complete_in_spool("local"):
                    actions.seal_stream(stream)
        finally:
            connections.close_all()

    def stop(self) -> None:
        self.ended.set()
        self.sealing.join()
        for child in self.children:
            child.kill()
            child.wait()


def test_three_rooms_are_carried_to_the_last_byte(committed_database, tmp_path, settings):
    house = SmallHouse(tmp_path, committed_database)
    settings.HOME, settings.MIN_FREE_BYTES = house.home, 0
    settings.OBJECTS_URL = (house.home / "objects").as_uri()
    settings.KEYS, settings.KEY_RING = house.home / "keys", house.home / "keys" / "ring"
    settings.SESSION_COOKIE_NAME = f"yesand_{house.port}"
    settings.SECRET_KEY = secrets.read(house.home, "django").hex()
    try:
        house.start()
        told = seed.make(3)
        voices = matter.make(8)
        found = asyncio.run(
            bench_rooms.carry(house, told, voices, 4.0, 1.5, 7, lambda _: None, (None, None))
        )
    finally:
        house.stop()
    assert found["carried"], found["lost_says"] or found["grows"]
    assert found["streams"] == 8 * found["takes"] and found["takes"] >= 3
    assert found["sent_bytes"] > 3 * 2 * 300_000, "both sounds, pictures and events"
    assert found["refused"] == {}
    assert found["messages"] > 60 and found["message_ms"]["max"] < 10_000
    assert set(found["server_cpu_share"]) == {"door", "web", "all"}
    assert found["memory_mb"]["at_the_end"]["web"] > 10
    assert "upload lag" in bench_rooms.line_of(found["minutes"][0])
    sealed = Stream.objects.filter(state="complete", length__gt=0)
    assert sum(sealed.values_list("length", flat=True)) == found["sent_bytes"]


def test_a_run_that_the_disk_cannot_hold_is_refused_before_anything_starts(tmp_path, monkeypatch):
    usage = type("U", (), {"free": 10**9})()
    monkeypatch.setattr(bench_rooms.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(Refused, match="such a run may need"):
        bench_rooms.run(tmp_path, 50, 600, 180, seed=7)
    assert list(tmp_path.iterdir()) == []


def test_a_lag_that_climbs_is_told_from_one_that_is_high():
    assert not grows([1.0, 3.0, 1.2, 0.9, 1.1, 1.3])
    assert not grows([4.0] * 10)
    assert grows([1.0, 1.2, 1.4, 1.8, 2.4, 3.0])
    assert grows([0.9, 2.0])
    assert not grows([5.0])


def test_shares_are_of_what_was_seen():
    assert shares(range(101), 0) == {"p50": 50, "p95": 95, "p99": 99, "max": 100}
    assert shares([]) == {"p50": 0.0, "p95": 0.0, "p99": 0.0, "max": 0.0}
    assert Seen(slice_s=60.0).rows(600)[9]["minute"] == 9


def test_the_film_is_one_that_a_browser_could_have_sent():
    film = matter.film(6)
    assert len(film.cuts) == 6
    for length in (film.cuts[0], film.cuts[3], len(film.data)):
        told = read_film(memoryview(film.data)[:length], 10)
        assert (told.codec, told.width, told.torn) == ("vp8", matter.WIDE, False)
        hashed = StreamHash()
        hashed.update(film.data[:length])
        assert film.hash_of(length) == hashed.hexdigest()
    rate = len(film.data) * 8 / 6
    assert 0.6 * matter.BITS < rate < 1.6 * matter.BITS
