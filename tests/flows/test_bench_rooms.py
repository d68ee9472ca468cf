"""`yesand bench rooms` in short: a few rooms against a real server of processes of its own."""

from __future__ import annotations

import pytest

from yesand.cli import bench_rooms
from yesand.cli.crowd import matter
from yesand.cli.crowd.seen import Seen, grows, shares
from yesand.formats.webm import read_film
from yesand.kit.canonical import StreamHash
from yesand.kit.errors import Refused


def test_three_rooms_are_carried_to_the_last_byte(fresh_database, tmp_path):
    url = fresh_database()
    found = bench_rooms.run(tmp_path, 3, 5, 180, seed=7, database_url=url)
    assert found["carried"], found["lost_says"] or found["grows"]
    assert found["streams"] == 8 * found["takes"] and found["takes"] >= 3
    assert found["sent_bytes"] > 3 * 2 * 300_000, "both sounds, pictures and events"
    assert found["refused"] == {}
    assert found["messages"] > 60 and found["message_ms"]["max"] < 10_000
    assert set(found["server_cpu_share"]) >= {"door", "web", "now", "work", "all"}
    assert found["memory_mb"]["at_the_end"]["web"] > 10
    assert "upload lag" in bench_rooms.line_of(found["minutes"][0])


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
