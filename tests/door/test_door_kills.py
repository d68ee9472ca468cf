"""kill -9 of the door at every point of a request, then: start again, ask, resume, equal hash."""

from __future__ import annotations

import http.client
import threading
import uuid

import pytest
from door_bytes import checksum, pattern

from yesand.cli.bench_door import DoorProcess, TusClient
from yesand.kit.canonical import StreamHash

DATA = pattern(400_000)
STEP = 100_000


def hash_of(data: bytes) -> str:
    hashing = StreamHash()
    hashing.update(data)
    return hashing.hexdigest()


def send(client: TusClient, offset: int) -> int:
    """Send from `offset` on to the declared end; returns the last acknowledged offset."""
    while offset < len(DATA):
        body = DATA[offset : offset + STEP]
        reply = client.patch(offset, body, checksum(body))
        assert reply.status == 204
        offset = reply.offset
    end = {"upload_length": str(len(DATA)), "upload_stream_hash": hash_of(DATA)}
    assert client.patch(offset, b"", **end).status == 204
    return offset


def resume(door: DoorProcess, client: TusClient, acknowledged: int) -> None:
    """What a browser does on its next visit; then every byte must be there once."""
    assert client.create().status == 201
    told = client.head()
    assert told.status == 200
    assert told.offset >= acknowledged
    assert door.stored(client.stream).read_bytes() == DATA[: told.offset]
    send(client, told.offset)
    stored = door.stored(client.stream).read_bytes()
    assert stored == DATA
    assert hash_of(stored) == hash_of(DATA)
    assert client.head().headers["upload-length"] == str(len(DATA))


@pytest.mark.parametrize(
    ("point", "passage", "kept"),
    [
        ("create.after_bytes", 1, 0),
        ("record.before_rename", 1, 0),  # of the creation
        ("record.after_rename", 1, 0),
        ("door.body_read", 2, 1),
        ("append.before_write", 2, 1),
        ("append.mid_write", 2, 1.5),
        ("append.after_write", 2, 2),
        ("append.after_sync", 2, 2),
        ("door.before_answer", 3, 2),  # the creation's answer is the first
        ("record.before_rename", 2, 4),  # between the last byte and its declared end
        ("record.after_rename", 2, 4),
    ],
)
def test_killed_at(lone_door, point, passage, kept):
    """`kept`: bodies on disk after the kill, halves included; acknowledged are never more."""
    lone_door.start(break_at=f"{point}:{passage}")
    client = lone_door.client(uuid.uuid4())
    acknowledged = 0
    with pytest.raises((OSError, http.client.HTTPException)):
        client.create()
        offset = 0
        while True:
            body = DATA[offset : offset + STEP]
            if body:
                reply = client.patch(offset, body, checksum(body))
            else:
                reply = client.patch(offset, b"", upload_length=str(len(DATA)))
            assert reply.status == 204
            offset = acknowledged = reply.offset
    assert lone_door.wait() == -9
    stored = lone_door.stored(client.stream)
    assert (stored.stat().st_size if stored.exists() else 0) == kept * STEP
    assert acknowledged <= kept * STEP
    lone_door.start()
    resume(lone_door, client, acknowledged)


def test_killed_after_a_corrupt_body(lone_door):
    """The order verify-then-append: the corrupt body never reached the file."""
    lone_door.start(break_at="door.body_refused")
    client = lone_door.client(uuid.uuid4())
    client.create()
    body = DATA[:STEP]
    assert client.patch(0, body, checksum(body)).status == 204
    corrupt = DATA[STEP : 2 * STEP - 1] + b"\x00"
    with pytest.raises((OSError, http.client.HTTPException)):
        client.patch(STEP, corrupt, checksum(DATA[STEP : 2 * STEP]))
    assert lone_door.wait() == -9
    assert lone_door.stored(client.stream).read_bytes() == body
    lone_door.start()
    resume(lone_door, client, STEP)


def test_killed_while_eight_streams_send(lone_door):
    """Whatever each was doing: acknowledged bytes are there, in order, once."""
    lone_door.start(break_at="append.after_write:20")
    clients = [lone_door.client(uuid.uuid4()) for _ in range(8)]
    acknowledged = dict.fromkeys(range(8), 0)

    def run(index: int) -> None:
        client = clients[index]
        try:
            client.create()
            while acknowledged[index] < len(DATA):
                at = acknowledged[index]
                body = DATA[at : at + 20_000]
                acknowledged[index] = client.patch(at, body, checksum(body)).offset
        except (OSError, http.client.HTTPException):
            pass

    threads = [threading.Thread(target=run, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lone_door.wait() == -9
    assert sum(acknowledged.values()) > 0
    lone_door.start()
    for index, client in enumerate(clients):
        resume(lone_door, client, acknowledged[index])


def test_killed_from_outside_in_mid_body(lone_door):
    """Half a body on the line, then SIGKILL: nothing of it is there."""
    lone_door.start()
    client = lone_door.client(uuid.uuid4())
    client.create()
    client.patch(0, DATA[:STEP], checksum(DATA[:STEP]))
    body = DATA[STEP : 2 * STEP]
    arrived = threading.Event()

    def half():
        yield body[: STEP // 2]
        arrived.set()
        killed.wait(10)
        yield body[STEP // 2 :]

    killed = threading.Event()

    def kill() -> None:
        arrived.wait(10)
        lone_door.kill()
        killed.set()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises((OSError, http.client.HTTPException)):
        client.call(
            "PATCH", client.path, half(), upload_offset=str(STEP),
            content_type="application/offset+octet-stream", upload_checksum=checksum(body),
        )  # fmt: skip
    killer.join()
    assert lone_door.stored(client.stream).stat().st_size == STEP
    lone_door.start()
    resume(lone_door, client, STEP)
