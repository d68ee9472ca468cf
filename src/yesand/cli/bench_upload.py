"""How fast uploads go: bodies of 256 KiB over one and over eight connections, server by server.

The client holds its bodies and their checksums ready and sends plain bytes on plain sockets: it
costs every server the same and little. Servers take turns round by round, and the first of a
round changes, so that a busy minute of the machine falls on all of them. What a server does before
it answers is not taken from its documentation but tried: a body with a wrong checksum, and a trace
of its system calls for a sync.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import socket
import statistics
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from yesand.cli.bench_door import DoorProcess
from yesand.cli.bench_peers import NginxPut, PeerServer, begin, place, plain_client
from yesand.formats.crc32c import crc32c

BODY = 256 * 1024
#: Different bodies that a connection sends in turn.
BODIES = 8
TICK = os.sysconf("SC_CLK_TCK")
#: Bodies each connection sends before the clock starts.
WARM = 4
Head = Callable[[int, int], bytes]
Target = DoorProcess | PeerServer


@dataclass
class Bodies:
    """Bodies and their checksums, made before anything is measured."""

    pieces: list[bytes] = field(default_factory=list)
    crc32c: list[str] = field(default_factory=list)

    @staticmethod
    def made(seed: int) -> Bodies:
        source = np.random.default_rng(seed)
        pieces = [source.bytes(BODY) for _ in range(BODIES)]
        stated = [base64.b64encode(crc32c(each).to_bytes(4, "big")).decode() for each in pieces]
        return Bodies(pieces, stated)


def _line(port: int) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=60)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _exchange(line: socket.socket, head: bytes, body: bytes) -> int:
    """Send one request and read its answer; the status."""
    sent = line.sendmsg([head, body])
    if sent < len(head) + len(body):
        rest = memoryview(head + body if sent < len(head) else body)
        line.sendall(rest[sent if sent < len(head) else sent - len(head) :])
    answer = line.recv(65536)
    while b"\r\n\r\n" not in answer:
        piece = line.recv(65536)
        if not piece:
            raise OSError("the server closed the connection")
        answer += piece
    answer, _, rest_ = answer.partition(b"\r\n\r\n")
    for field_ in answer.lower().split(b"\r\n"):
        if field_.startswith(b"content-length:"):
            missing = int(field_[15:]) - len(rest_)
            while missing > 0:
                missing -= len(line.recv(65536))
    return int(answer[9:12])


def head_of(server: Target, bodies: Bodies, number: int) -> tuple[Head, int]:
    """(what gives a request's head by body number and offset, the status it must get)."""
    fixed = f"Host: 127.0.0.1:{server.port}\r\nContent-Length: {BODY}\r\n"
    if isinstance(server, NginxPut):
        return lambda turn, offset: f"PUT /{number}-{turn % 64} HTTP/1.1\r\n{fixed}\r\n".encode(), 0
    fixed += "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
    if isinstance(server, DoorProcess):
        client = server.client(uuid.uuid4())
        client.create()
        fixed += f"Authorization: {client.headers['Authorization']}\r\n"
        sums = bodies.crc32c
        path = client.path
        client.close()
        return lambda turn, offset: (
            f"PATCH {path} HTTP/1.1\r\n{fixed}Upload-Checksum: crc32c {sums[turn % BODIES]}\r\n"
            f"Upload-Offset: {offset}\r\n\r\n"
        ).encode(), 204
    client = plain_client(server.port)
    path = place(begin(client))
    client.close()
    return lambda turn, offset: (
        f"PATCH {path} HTTP/1.1\r\n{fixed}Upload-Offset: {offset}\r\n\r\n"
    ).encode(), 204


@dataclass
class Round:
    """One server, one round."""

    mb_per_s: float
    cpu_seconds_per_gb: float
    latencies: list[float]


def measure(server: Target, connections: int, megabytes: int, bodies: Bodies) -> Round:
    """Send `megabytes` (10^6 bytes) over so many connections at once and wait for every answer."""
    each = max(1, megabytes * 1_000_000 // BODY // connections)
    latencies: list[float] = []
    failures: list[str] = []
    barrier = threading.Barrier(connections + 1)

    def send(number: int) -> None:
        own: list[float] = []
        try:
            head, wanted = head_of(server, bodies, number)
            with _line(server.port) as line:
                for turn in range(WARM + each):
                    if turn == WARM:
                        barrier.wait()
                        own.clear()
                    before = time.perf_counter()
                    status = _exchange(line, head(turn, turn * BODY), bodies.pieces[turn % BODIES])
                    own.append(time.perf_counter() - before)
                    if status != wanted and not (wanted == 0 and status in (201, 204)):
                        raise OSError(f"answered {status}")
        except (OSError, ValueError, threading.BrokenBarrierError) as error:
            failures.append(str(error))
            barrier.abort()
        latencies.extend(own)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    with suppress(threading.BrokenBarrierError):
        barrier.wait()
    started, cpu = time.perf_counter(), cpu_seconds(server.pid)
    for thread in threads:
        thread.join()
    took, cpu = time.perf_counter() - started, cpu_seconds(server.pid) - cpu
    if failures:
        raise RuntimeError(f"{server.name}: {failures[0]}")
    sent = each * connections * BODY
    return Round(sent / took / 1e6, cpu / (sent / 1e9), latencies)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and all its threads so far, user and system."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    fields = stat[stat.rindex(")") + 2 :].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def refuses_damage(server: Target) -> bool:
    """Whether a body that does not match its checksum is turned away: tried, not believed."""
    body = b"a body that was damaged on the way"
    wrong = base64.b64encode(hashlib.sha1(b"what was sent").digest()).decode()
    if isinstance(server, NginxPut):
        return False
    if isinstance(server, DoorProcess):
        client = server.client(uuid.uuid4())
        client.create()
    else:
        client = plain_client(server.port)
        client.path = place(begin(client))
    status = client.patch(0, body, f"sha1 {wrong}").status
    client.close()
    return status == 460


def syncs(make: Callable[[Sequence[str]], Target], folder: Path) -> int | None:
    """Syncs the server makes for four bodies, from a trace of its calls; None where none may be."""
    tracer = shutil.which("strace")
    if tracer is None or subprocess.run([tracer, "-f", "true"], capture_output=True).returncode:
        return None
    log = folder / "trace"
    calls = "trace=fsync,fdatasync,sync_file_range,msync,syncfs,sync"
    server = make([tracer, "-D", "-f", "-e", calls, "-o", str(log)])
    server.start()
    try:
        bodies = Bodies.made(0)
        head, _ = head_of(server, bodies, 0)
        before = log.read_text().count("sync(")
        with _line(server.port) as line:
            for turn in range(4):
                _exchange(line, head(turn, turn * BODY), bodies.pieces[turn])
        return log.read_text().count("sync(") - before
    finally:
        server.stop()


def run(
    makes: dict[str, Callable[[], Target]],
    connections: Sequence[int],
    rounds: int,
    megabytes: int,
    seed: int,
    progress: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Per server and number of connections: MB/s, processor seconds per GB, latencies in ms.

    makes: starts a fresh server by name; each round has servers and files of its own.
    """
    bodies = Bodies.made(seed)
    found: dict[str, dict[int, list[Round]]] = {name: {} for name in makes}
    order = list(makes)
    for turn in range(rounds):
        for name in order[turn % len(order) :] + order[: turn % len(order)]:
            for count in connections:
                server = makes[name]()
                server.start()
                try:
                    done = measure(server, count, megabytes, bodies)
                finally:
                    server.stop()
                    shutil.rmtree(server.home)
                found[name].setdefault(count, []).append(done)
                progress()
    return {
        name: {str(count): summary(by_count) for count, by_count in of.items()}
        for name, of in found.items()
    }


def summary(rounds: list[Round]) -> dict[str, Any]:
    """The middle round's speed and cost, every round's speed, latencies over all rounds."""
    latencies = sorted(value for each in rounds for value in each.latencies)
    return {
        "mb_per_s": round(statistics.median(each.mb_per_s for each in rounds), 1),
        "rounds_mb_per_s": [round(each.mb_per_s, 1) for each in rounds],
        "cpu_seconds_per_gb": round(
            statistics.median(each.cpu_seconds_per_gb for each in rounds), 2
        ),
        "latency_ms": {
            "p50": round(latencies[len(latencies) // 2] * 1e3, 2),
            "p95": round(latencies[int(len(latencies) * 0.95)] * 1e3, 2),
        },
    }
