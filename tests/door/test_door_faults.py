"""Hung lines, cut bodies, two writers, full disks, a stop in the middle: what the door does."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid

import pytest
from door_bytes import checksum, everything, pattern

from yesand.cli.bench_door import DoorProcess, TusClient
from yesand.recording.spool import Spool

KIND = "application/offset+octet-stream"
BODY = pattern(100_000)


class Line:
    """A PATCH that a test sends piece by piece."""

    def __init__(self, client: TusClient, port: int, offset: int, body: bytes, check: bool) -> None:
        lines = [
            f"PATCH {client.path} HTTP/1.1", "Host: door", "Tus-Resumable: 1.0.0",
            f"Authorization: {client.headers['Authorization']}", f"Upload-Offset: {offset}",
            f"Content-Type: {KIND}", f"Content-Length: {len(body)}",
        ]  # fmt: skip
        if check:
            lines.append(f"Upload-Checksum: {checksum(body)}")
        self.body, self.sent = body, 0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")

    def send(self, count: int) -> None:
        self.socket.sendall(self.body[self.sent : self.sent + count])
        self.sent += count

    def answer(self) -> bytes:
        """The status line's number and the rest, or b"" where the door closed without a word."""
        answer = b""
        while not self._whole(answer):
            piece = self.socket.recv(65536)
            if not piece:
                break
            answer += piece
        return answer[9:]

    @staticmethod
    def _whole(answer: bytes) -> bool:
        head, end, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        return bool(end) and len(body) >= int(length[1] if length else 0)

    def close(self) -> None:
        self.socket.close()


def until(condition, timeout_s: float = 10.0) -> None:
    """Wait for a state."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the awaited state never came"
        time.sleep(0.005)


def room_in_flight(client: TusClient) -> int:
    text = client.call("GET", "/metrics").body.decode()
    return int(
        dict(line.rsplit(" ", 1) for line in text.splitlines())["yesand_door_flight_room_bytes"]
    )


def begun(door: DoorProcess, **token) -> TusClient:
    client = door.client(uuid.uuid4(), **token)
    assert client.create().status == 201
    return client


def test_a_hung_body_stands_in_nobodys_way(door):
    """Half a body, then silence: HEAD answers, the resumed sender goes on, the hung one loses."""
    client = begun(door)
    hung = Line(client, door.port, 0, BODY, check=True)
    hung.send(50_000)
    until(lambda: room_in_flight(client) == (128 << 20) - len(BODY))
    assert client.head().offset == 0
    assert client.patch(0, BODY, checksum(BODY)).offset == len(BODY)
    hung.send(50_000)
    assert hung.answer().startswith(b"409")
    hung.close()
    assert door.stored(client.stream).read_bytes() == BODY
    until(lambda: room_in_flight(client) == 128 << 20)


@pytest.mark.parametrize("check", [True, False])
def test_a_cut_body(door, check):
    """With a checksum nothing is kept. Without one, what came is kept, as tus asks of servers."""
    client = begun(door)
    cut = Line(client, door.port, 0, BODY, check)
    cut.send(30_000)
    until(lambda: room_in_flight(client) < 128 << 20)
    cut.close()
    until(lambda: room_in_flight(client) == 128 << 20)
    kept = client.head().offset
    assert kept == 0 if check else 0 <= kept <= 30_000
    assert door.stored(client.stream).read_bytes() == BODY[:kept]
    rest = BODY[kept:]
    assert client.patch(kept, rest, checksum(rest)).offset == len(BODY)
    assert door.stored(client.stream).read_bytes() == BODY


@pytest.mark.parametrize("check", [True, False])
def test_a_body_that_pauses_too_long(lone_door, check):
    """Bytes that came in time and carry no checksum are kept, as after a cut."""
    lone_door.start(YESAND_DOOR_LIMITS="idle_s=0.2,body_s=30")
    client = begun(lone_door)
    slow = Line(client, lone_door.port, 0, BODY, check)
    slow.send(1000)
    answer = slow.answer()
    assert answer.startswith(b"408") and b"too_slow" in answer
    slow.close()
    assert client.head().offset == (0 if check else 1000)
    assert lone_door.stored(client.stream).read_bytes() == BODY[: 0 if check else 1000]


def test_a_body_that_drips(lone_door):
    """Never idle, and yet not endless: one byte at a time meets the limit on the whole body."""
    lone_door.start(YESAND_DOOR_LIMITS="idle_s=5,body_s=0.4")
    client = begun(lone_door)
    drip = Line(client, lone_door.port, 0, BODY, check=True)
    started = time.monotonic()
    drip.socket.settimeout(0.02)
    answer = b""
    while not answer and time.monotonic() - started < 10:
        drip.send(1)
        try:
            answer = drip.socket.recv(4096)
        except TimeoutError:
            continue
    assert answer.startswith(b"HTTP/1.1 408")
    assert client.head().offset == 0


def test_bodies_in_flight_are_bounded(lone_door):
    lone_door.start(YESAND_DOOR_LIMITS="flight_bytes=150000,flight_s=0.05")
    first, second = begun(lone_door), begun(lone_door)
    hung = Line(first, lone_door.port, 0, BODY, check=True)
    hung.send(10)
    until(lambda: room_in_flight(second) == 50_000)
    before = everything(lone_door)
    reply = second.patch(0, BODY, checksum(BODY))
    assert (reply.status, json.loads(reply.body)["code"]) == (503, "busy")
    assert reply.headers["retry-after"] == "1"
    assert everything(lone_door) == before
    hung.send(len(BODY))
    assert hung.answer().startswith(b"204")
    assert second.patch(0, BODY, checksum(BODY)).status == 204


def test_a_stream_may_not_fill_the_process(lone_door):
    lone_door.start(YESAND_DOOR_LIMITS="per_stream=2")
    client, other = begun(lone_door), begun(lone_door)
    hung = [Line(client, lone_door.port, 0, BODY, check=True) for _ in range(2)]
    until(lambda: room_in_flight(client) == (128 << 20) - 2 * len(BODY))
    assert client.patch(0, BODY, checksum(BODY)).status == 429
    assert other.patch(0, BODY, checksum(BODY)).status == 204
    for line in hung:
        line.send(len(BODY))
    assert sorted(line.answer()[:3] for line in hung) == [b"204", b"409"]
    assert lone_door.stored(client.stream).read_bytes() == BODY


def test_where_checksums_are_required(lone_door):
    lone_door.start(YESAND_DOOR_LIMITS="checksum_required=1")
    client = begun(lone_door)
    assert client.patch(0, b"abc").status == 400
    assert client.patch(0, b"abc", checksum(b"abc")).status == 204
    assert client.patch(3, b"", upload_length="3").status == 204


def test_wrong_limits_stop_the_start(lone_door):
    for limits in ("idle=3", "idle_s", "idle_s=-1", "threads=many", "threads=1e99"):
        with pytest.raises(RuntimeError, match="YESAND_DOOR_LIMITS"):
            lone_door.start(YESAND_DOOR_LIMITS=limits)


def test_a_taken_port_stops_the_start_with_a_sentence(door, tmp_path):
    env = os.environ | {"YESAND_HOME": str(tmp_path), "YESAND_DOOR_PORT": str(door.port)}
    words = [sys.executable, "-m", "yesand.web.doors"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "YESAND_DOOR_PORT" in done.stderr and f"port {door.port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_writers_in_one_process_and_in_two(lone_door):
    """The same offset from many sides at once: one wins each round, the others are told where."""
    lone_door.start(YESAND_DOOR_LIMITS="per_stream=100")
    second = DoorProcess(lone_door.home)
    second.start(YESAND_DOOR_LIMITS="per_stream=100")
    try:
        stream = uuid.uuid4()
        clients = [door.client(stream) for door in (lone_door, second) for _ in range(4)]
        clients[0].create()
        expected = b""
        for turn in range(6):
            bodies = [bytes([turn * 8 + index]) * 5000 for index in range(8)]
            replies: dict[int, int] = {}
            barrier = threading.Barrier(8)

            def write(index: int, bodies=bodies, replies=replies, barrier=barrier, at=turn * 5000):
                barrier.wait()
                body = bodies[index]
                replies[index] = clients[index].patch(at, body, checksum(body)).status

            threads = [threading.Thread(target=write, args=(index,)) for index in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(replies.values()) == [204] + [409] * 7
            expected += bodies[next(i for i, status in replies.items() if status == 204)]
        assert lone_door.stored(stream).read_bytes() == expected
    finally:
        second.stop()


def test_a_disk_that_is_full(lone_door):
    """The kernel refuses at 250,000 bytes: 507, no 204; with room again the stream goes on."""
    lone_door.start()
    client = begun(lone_door)
    for offset in (0, 100_000):
        assert client.patch(offset, BODY, checksum(BODY)).status == 204
    resource.prlimit(lone_door.pid, resource.RLIMIT_FSIZE, (250_000, resource.RLIM_INFINITY))
    full = client.patch(200_000, BODY, checksum(BODY))
    assert (full.status, json.loads(full.body)["code"]) == (507, "disk_full")
    told = client.head()
    assert told.offset == 250_000  # a verified prefix stayed; it was not acknowledged before
    assert client.patch(250_000, BODY[50_000:], checksum(BODY[50_000:])).status == 507
    resource.prlimit(
        lone_door.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    )
    rest = BODY[50_000:]
    assert client.patch(250_000, rest, checksum(rest)).offset == 300_000
    assert lone_door.stored(client.stream).read_bytes() == BODY * 3


def test_a_disk_that_runs_full_takes_no_new_streams(lone_door):
    lone_door.start()
    client = begun(lone_door)
    lone_door.stop()
    lone_door.start(YESAND_MIN_FREE_GB="1000000")
    client.close()
    fresh = lone_door.client(uuid.uuid4())
    before = everything(lone_door)
    reply = fresh.create()
    assert (reply.status, json.loads(reply.body)["code"]) == (507, "disk_full")
    assert everything(lone_door) == before
    assert client.create().status == 201
    assert client.patch(0, BODY, checksum(BODY)).status == 204


def test_an_expired_stream_keeps_its_bytes_and_opens_again(door):
    client = begun(door, expires_in=100)
    client.patch(0, b"abc")
    assert Spool(door.home / "spool").expire(time.time() + 200) == [client.stream]
    told = client.head()
    assert (told.offset, told.headers["upload-stream-state"]) == (3, "expired")
    assert client.patch(3, b"def").status == 410
    later = TusClient(door.port, client.stream, door.token(client.stream, expires_in=1000))
    assert later.patch(3, b"def").offset == 6
    assert "upload-stream-state" not in later.head().headers
    Spool(door.home / "spool").expire(time.time() + 2000)
    latest = TusClient(door.port, client.stream, door.token(client.stream, expires_in=3000))
    assert latest.create().offset == 6
    assert latest.patch(6, b"ghi").offset == 9


def test_the_door_itself_stops_streams_whose_key_ran_out(lone_door):
    """Its own sweep, not a test's call: bytes stay, an empty stream goes, a new key opens again."""
    lone_door.start(YESAND_DOOR_LIMITS="sweep_s=0.05")
    client, empty = begun(lone_door, expires_in=2), begun(lone_door, expires_in=2)
    assert client.patch(0, b"abc").status == 204
    assert client.head().headers.get("upload-stream-state") is None
    spool = Spool(lone_door.home / "spool")
    until(lambda: spool.look(client.stream).state == "expired")
    until(lambda: not lone_door.stored(empty.stream).exists())
    assert client.patch(3, b"def").status == 401
    later = TusClient(lone_door.port, client.stream, lone_door.token(client.stream))
    assert later.patch(3, b"def").offset == 6
    assert lone_door.stored(client.stream).read_bytes() == b"abcdef"


def test_a_failed_sync_closes_the_stream_and_a_new_id_receives_it_again(lone_door):
    """EIO at the second body: 410 and suspect for good; the process lives, other streams go on,
    and the sender, who still has every byte, sends all of it under a new id."""
    lone_door.start(break_at="sync.fails:8")
    client, other = begun(lone_door), begun(lone_door)
    acknowledged = 0
    while (reply := client.patch(acknowledged, BODY, checksum(BODY))).status == 204:
        acknowledged = reply.offset
        assert acknowledged < 10 * len(BODY)
    assert (reply.status, json.loads(reply.body)["code"]) == (410, "suspect")
    assert reply.headers["upload-stream-state"] == "suspect"
    assert acknowledged >= len(BODY)
    assert lone_door.stored(client.stream).stat().st_size >= acknowledged  # nothing is cut off
    assert client.patch(acknowledged, BODY, checksum(BODY)).status == 410
    assert client.head().status == 410
    assert other.patch(0, BODY, checksum(BODY)).status == 204
    again = begun(lone_door)
    assert again.stream != client.stream
    for offset in range(0, acknowledged + len(BODY), len(BODY)):
        assert again.patch(offset, BODY, checksum(BODY)).status == 204
    whole = acknowledged + len(BODY)
    assert again.patch(whole, b"", upload_length=str(whole)).status == 204
    assert lone_door.stored(again.stream).read_bytes() == BODY * (whole // len(BODY))
    lone_door.stop()
    lone_door.start()  # and a new process believes the suspect stream no more than the old one did
    client.close()
    assert client.head().headers["upload-stream-state"] == "suspect"


def test_a_suspect_stream_says_so_on_every_verb(door):
    client = begun(door)
    client.patch(0, b"abc")
    record = door.home / "spool" / f"{client.stream}.json"
    record.write_bytes(record.read_bytes().replace(b'"open"', b'"suspect"'))
    before = everything(door)
    for reply in (client.head(), client.patch(3, b"def"), client.create(), client.patch(3, b"")):
        assert reply.status == 410
        assert reply.headers["upload-stream-state"] == "suspect"
    assert everything(door) == before


def test_a_record_that_is_garbage_closes_its_stream(door):
    client = begun(door)
    (door.home / "spool" / f"{client.stream}.json").write_bytes(b"\x00" * 50)
    before = everything(door)
    for reply in (client.head(), client.patch(0, b"def"), client.create()):
        assert reply.status == 410
    assert everything(door) == before


def test_a_stop_lets_bodies_arrive_and_refuses_new_ones(lone_door):
    """SIGTERM: the body under way is finished and acknowledged, the process ends with 0."""
    lone_door.start(YESAND_DOOR_LIMITS="drain_s=10")
    client, late = begun(lone_door), begun(lone_door)
    under_way = Line(client, lone_door.port, 0, BODY, check=True)
    under_way.send(50_000)
    waiting = Line(late, lone_door.port, 0, BODY, check=True)  # accepted before the stop
    until(lambda: room_in_flight(client) == (128 << 20) - 2 * len(BODY))
    lone_door.signal(signal.SIGTERM)

    def refused() -> bool:
        try:
            socket.create_connection(("127.0.0.1", lone_door.port), timeout=1).close()
        except OSError:
            return True
        return False

    until(refused)
    under_way.send(50_000)
    assert under_way.answer().startswith(b"204")
    waiting.send(len(BODY))
    assert waiting.answer().startswith(b"204")
    assert lone_door.wait() == 0
    assert lone_door.stored(client.stream).read_bytes() == BODY
    lone_door.start()
    client.close()
    assert client.head().offset == len(BODY)


def test_a_stop_does_not_wait_for_silence(lone_door):
    lone_door.start(YESAND_DOOR_LIMITS="drain_s=0.1")
    client = begun(lone_door)
    silent = Line(client, lone_door.port, 0, BODY, check=True)
    silent.send(50_000)
    until(lambda: room_in_flight(client) < 128 << 20)
    lone_door.signal(signal.SIGTERM)
    answer = silent.answer()
    assert answer.startswith(b"503") and b"retry-after: 1" in answer
    assert lone_door.wait() == 0
    assert lone_door.stored(client.stream).read_bytes() == b""
