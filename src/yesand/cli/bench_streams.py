"""Many streams at once, a disk that runs full, and the next start: what the door does and takes.

Streams send small bodies each in its own time, as browsers do, from a few client threads. Then the
disk is made to end in mid-flight, by a limit on the size of the door's files (the kernel's, EFBIG)
or on a small disk of its own (ENOSPC), and room is given back. Last, the door starts again on
everything that lies there.
"""

from __future__ import annotations

import http.client
import random
import resource
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yesand.cli.bench_capture import Source, stated
from yesand.cli.bench_door import DoorProcess, TusClient
from yesand.cli.bench_upload import cpu_seconds

#: Client threads; each keeps its share of the streams and one connection for each of them.
THREADS = 32


@dataclass
class Seen:
    """What the clients saw. full: answers that said the disk is full."""

    latencies: list[float] = field(default_factory=list)
    late: int = 0
    full: int = 0
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Stream:
    """One stream: what it sends, and what was acknowledged."""

    client: TusClient
    source: Source
    acknowledged: int = 0


def open_files(pid: int) -> int:
    """File descriptors a process holds."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def memory_mb(pid: int) -> float:
    """Resident memory of a process, 10^6 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) * 1024 / 1e6, 1)
    raise OSError(f"process {pid} says nothing of its memory")


def begin(door: DoorProcess, count: int, seed: int) -> list[Stream]:
    """Open so many streams, each with a connection that stays."""
    streams = []
    for number in range(count):
        client = door.client(uuid.uuid4())
        if client.create().status != 201:
            raise RuntimeError("a stream could not be opened")
        streams.append(Stream(client, Source(seed, number)))
    return streams


def send(streams: list[Stream], seconds: float, every_s: float, size: int, seed: int) -> Seen:
    """Each stream sends `size` bytes every `every_s`, beginning anywhere in its period."""
    seen = Seen()
    started = time.monotonic()

    def run(own: list[Stream], rng: random.Random) -> None:
        due = sorted((started + rng.uniform(0, every_s), index) for index in range(len(own)))
        while due and due[0][0] < started + seconds:
            at, index = due.pop(0)
            time.sleep(max(0.0, at - time.monotonic()))
            with seen.lock:
                seen.late += time.monotonic() - at > every_s
            one_body(own[index], size, seen)
            due.append((at + every_s, index))

    shares = [streams[number::THREADS] for number in range(THREADS)]
    threads = [
        threading.Thread(target=run, args=(share, random.Random(f"{seed}/{number}")))
        for number, share in enumerate(shares)
        if share
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def one_body(stream: Stream, size: int, seen: Seen) -> None:
    """Send the next body; after a full disk ask where the stream stands, as a browser does."""
    body = stream.source.read(stream.acknowledged, size)
    before = time.perf_counter()
    try:
        reply = stream.client.patch(stream.acknowledged, body, f"crc32c {stated(body)}")
        took = time.perf_counter() - before
        if reply.status == 507:
            told = stream.client.head()
            with seen.lock:
                seen.full += 1
                if told.status != 200 or told.offset < stream.acknowledged:
                    seen.wrong.append(f"after a full disk: {told.status}")
            stream.acknowledged = told.offset
            return
    except (OSError, http.client.HTTPException) as error:
        with seen.lock:
            seen.wrong.append(repr(error))
        return
    with seen.lock:
        if reply.status == 204:
            stream.acknowledged = reply.offset
            seen.latencies.append(took)
        else:
            seen.wrong.append(f"answered {reply.status}")


def wrong_streams(door: DoorProcess, streams: list[Stream]) -> int:
    """Streams whose file is not, byte by byte, what was sent and acknowledged."""
    return sum(
        door.stored(each.client.stream).read_bytes()
        != (each.source.read(0, each.acknowledged) if each.acknowledged else b"")
        for each in streams
    )


def run(
    home: Path, count: int, seconds: float, every_s: float, size: int, seed: int
) -> dict[str, Any]:
    """Many streams, then no room, then room again, then a start on all of it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * count + 200
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    door = DoorProcess(home)
    door.start()
    try:
        streams = begin(door, count, seed)
        cpu = cpu_seconds(door.pid)
        seen = send(streams, seconds, every_s, size, seed)
        cpu = cpu_seconds(door.pid) - cpu
        found = {
            "streams": count,
            "body_bytes": size,
            "every_s": every_s,
            "seconds": seconds,
            "bodies": len(seen.latencies),
            "mb_per_s": round(len(seen.latencies) * size / seconds / 1e6, 2),
            "late_bodies": seen.late,
            "unexpected": len(seen.wrong),
            "latency_ms": _latency(seen),
            "door_cpu_share_of_one_core": round(cpu / seconds, 3),
            "door_memory_mb": memory_mb(door.pid),
            "door_open_files": open_files(door.pid),
        }
        found["disk_full"] = _full(door, streams, every_s, size, seed)
        found["wrong_streams"] = wrong_streams(door, streams)
        found["restart_seconds"] = _restart(door, streams)
    finally:
        door.stop()
    return found


def _latency(seen: Seen) -> dict[str, float]:
    values = sorted(seen.latencies) or [0.0]
    return {
        "p50": round(values[len(values) // 2] * 1e3, 2),
        "p95": round(values[int(len(values) * 0.95)] * 1e3, 2),
    }


def _full(
    door: DoorProcess, streams: list[Stream], every_s: float, size: int, seed: int
) -> dict[str, int]:
    """No file may grow beyond half a body more; then every one may again."""
    longest = max(each.acknowledged for each in streams)
    _, most = resource.prlimit(door.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(door.pid, resource.RLIMIT_FSIZE, (longest + size // 2, most))
    short = send(streams, 2 * every_s, every_s, size, seed)
    resource.prlimit(door.pid, resource.RLIMIT_FSIZE, (most, most))
    after = send(streams, every_s, every_s, size, seed)
    return {
        "refused_507": short.full,
        "unexpected": len(short.wrong) + len(after.wrong),
        "refused_after_room_came_back": after.full,
        "bodies_after": len(after.latencies),
    }


def _restart(door: DoorProcess, streams: list[Stream]) -> float:
    """Seconds from a kill until the door, its look at every stream done, tells an offset."""
    door.kill()
    before = time.monotonic()
    door.start()
    client = streams[0].client
    client.close()
    told = client.head()
    took = time.monotonic() - before
    if told.status != 200 or told.offset < streams[0].acknowledged:
        raise RuntimeError(f"after the restart the door tells {told.status}")
    return round(took, 3)
