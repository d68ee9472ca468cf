"""A disk of its own that really ends, and many streams at once."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from door_bytes import checksum, pattern

from yesand.cli import bench_streams
from yesand.cli.bench_door import DoorProcess

BODY = pattern(100_000)
DISK = 3 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB; mounting one needs the right to."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", place],
        capture_output=True,
        text=True,
    )
    if made.returncode:
        pytest.skip(f"no small disk can be mounted here: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_disk_without_room_takes_nothing_it_cannot_keep(small_disk):
    """ENOSPC in the middle of bodies and at a creation: 507, no byte acknowledged, none wrong;
    with room again every stream goes on and what had been acknowledged is there."""
    with DoorProcess(small_disk / "home") as door:
        clients = [door.client(uuid.uuid4()) for _ in range(4)]
        for client in clients:
            assert client.create().status == 201
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(DISK // 2))
        offsets, full = dict.fromkeys(range(4), 0), set()
        while len(full) < 4:
            for number, client in enumerate(clients):
                at = offsets[number]
                body = pattern(100_000, at)
                reply = client.patch(at, body, checksum(body))
                if reply.status == 204:
                    offsets[number] = reply.offset
                    continue
                assert (reply.status, json.loads(reply.body)["code"]) == (507, "disk_full")
                told = client.head()
                assert told.status == 200 and told.offset >= at
                offsets[number] = told.offset
                full.add(number)
        assert sum(offsets.values()) <= DISK
        late = door.client(uuid.uuid4())
        assert late.create().status == 507
        assert late.head().status in (404, 507)
        for number, client in enumerate(clients):
            assert door.stored(client.stream).read_bytes() == pattern(offsets[number])
        ballast.unlink()
        assert late.create().status == 201
        for number, client in enumerate(clients):
            body = pattern(100_000, offsets[number])
            reply = client.patch(offsets[number], body, checksum(body))
            assert reply.offset == offsets[number] + len(body)
            assert door.stored(client.stream).read_bytes() == pattern(reply.offset)
        health = clients[0].call("GET", "/healthz")
        assert health.status == 200, "a full disk is not a broken one"


def test_many_streams_and_no_room_in_short(tmp_path):
    """The bench's own course with few streams: nothing unexpected, nothing late, nothing wrong."""
    found = bench_streams.run(tmp_path / "home", 60, 1.0, 0.5, 5000, seed=3)
    assert found["unexpected"] == found["wrong_streams"] == 0
    assert found["bodies"] >= 60
    full = found["disk_full"]
    assert full["refused_507"] > 0 and full["unexpected"] == 0
    assert full["refused_after_room_came_back"] == 0 and full["bodies_after"] >= 60
    assert found["door_open_files"] < 60 + 60, "a stream at rest holds a connection, not a file"
