"""Many rooms on one core: what `yesand bench rooms` does. See `cli/crowd`.

The whole server (door, pages, workers, database) has one core, the clients another. Each room has
two sockets and eight streams; takes open and close through the run. It carries the rooms where no
lag grows, every receipt equals what was sent, and nothing is refused for good.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yesand.cli.crowd.client import Client
from yesand.cli.crowd.house import House, busy_seconds, cores, on_core, queue
from yesand.cli.crowd.matter import Matter, make
from yesand.cli.crowd.seen import Seen, grows
from yesand.cli.rehearsal.server import StepFailed
from yesand.kit.errors import refuse

#: Bytes a second of one performer, for the room a run needs on disk.
RATE = 360_000
SPARE = 3 * 10**9
LOOK_EVERY = 5.0
#: Receipts still missing this long after the last take count as lost.
DRAIN_S = 180.0
STREAMS = 4
#: Seconds in which the rooms fill before the run begins, in a long run.
RAMP_S = 60.0


@dataclass
class Server:
    """What the server took, looked at every few seconds."""

    queue: dict[int, list[dict[str, int]]] = field(default_factory=lambda: defaultdict(list))
    spool: list[int] = field(default_factory=list)
    processed: int = 0


def need_bytes(rooms: int, seconds: float) -> int:
    """Most bytes a run may lay on disk."""
    return round(rooms * 2 * RATE * (seconds + 30)) + SPARE


def run(
    out: Path,
    rooms: int,
    seconds: float,
    take_s: float,
    seed: int,
    tick: Callable[[float], None] = lambda _: None,
) -> dict[str, Any]:
    """Carry `rooms` rooms for `seconds`; takes of `take_s`. Raises Refused without room on disk."""
    free, need = shutil.disk_usage(out).free, need_bytes(rooms, seconds)
    if free < need:
        says = f"{free / 1e9:.0f} GB are free, such a run may need {need / 1e9:.0f}; give another."
        raise refuse("disk_full", says, "--out")
    server, clients = cores()
    load = os.getloadavg()
    house = House(out, server)
    take_s = min(take_s, seconds / 3)
    try:
        with ThreadPoolExecutor(1) as beside:
            making = beside.submit(make, take_s + 15)
            house.start()
            told = house.run("yesand.cli.crowd.seed", str(rooms))
            matter = making.result()
        with on_core(clients):
            found = asyncio.run(
                carry(house, told, matter, seconds, take_s, seed, tick, (server, clients))
            )
    except StepFailed as failed:
        raise refuse("bench_failed", str(failed), "the server") from None
    finally:
        house.stop()
    before = {"rooms": rooms, "seconds": seconds, "take_seconds": take_s, "seed": seed}
    alone = {"server_core": server, "client_core": clients, "load_before": [*load]}
    return before | alone | found


def line_of(row: dict[str, Any]) -> str:
    """One row of the table for a person."""
    lag, trip, ping = row["lag_s"], row["message_ms"], row["ping_ms"]
    return (
        f"minute {row['minute'] + 1}: upload lag {lag['p50']} s, p95 {lag['p95']}, largest "
        f"{lag['max']}; message {trip['p50']} ms, p95 {trip['p95']}, p99 {trip['p99']}; ping "
        f"p95 {ping['p95']} ms; {row['unsealed_streams']} streams wait for their seal, "
        f"{row['queue']['seals']} seals and {row['queue']['other']} other jobs wait"
    )


async def carry(
    house: House,
    told: dict[str, Any],
    matter: Matter,
    seconds: float,
    take_s: float,
    seed: int,
    tick: Callable[[float], None],
    used_cores: tuple[int | None, int | None],
) -> dict[str, Any]:
    """Play the rooms that `told` names (crowd/seed.py) against a house that runs."""
    seen, looked = Seen(), Server()
    seen.slice_s = min(60.0, seconds)
    rng = random.Random(seed)
    ports = (house.port, house.port + 1)
    crowd: list[Client] = []
    for number, room in enumerate(told["rooms"]):
        # The first take of each room is shorter, so that takes end all through the run.
        first = take_s * (number + 1) / len(told["rooms"])
        for role in "ab":
            one = random.Random(rng.random())
            cookie = told["cookie"]
            crowd.append(Client(ports, room, role, cookie, matter, seen, take_s, first, one))
    memory = house.memory_mb()
    playing = []
    ramp = min(RAMP_S, seconds / 5)
    for number, client in enumerate(crowd):
        playing.append(asyncio.create_task(client.run()))
        if number % 2:
            await asyncio.sleep(ramp * 2 / len(crowd))
    cpu, both, begun = house.cpu_seconds(), _busy(used_cores), time.monotonic()
    seen.began = begun
    full: dict[str, float] = {}
    sampling = asyncio.create_task(_sample(crowd, seen))
    looking = asyncio.create_task(_look(house, looked, seen))
    try:
        while (left := begun + seconds - time.monotonic()) > 0:
            await asyncio.sleep(min(1.0, left))
            tick(min(1.0, left))
            broken = [job for job in playing if job.done()]
            if broken:
                broken[0].result()
                raise RuntimeError("a client left before it was told to")
        took, used, all_used = time.monotonic() - begun, house.cpu_seconds(), _busy(used_cores)
        full = house.memory_mb()
        rows = seen.rows(seconds)
        for client in crowd:
            client.drain_until = time.monotonic() + DRAIN_S
            client.stop.set()
        ended = time.monotonic()
        await asyncio.gather(*playing)
        drained = time.monotonic() - ended
    finally:
        for job in (sampling, looking, *playing):
            job.cancel()
        await asyncio.gather(sampling, looking, *playing, return_exceptions=True)
    for row in rows:
        row["queue"] = {
            name: max((at[name] for at in looked.queue[row["minute"]]), default=0)
            for name in ("seals", "other")
        }
    rooms = len(told["rooms"])
    growing = {
        "lag": grows([row["lag_s"]["p95"] for row in rows]),
        "unsealed": grows([row["unsealed_streams"] for row in rows], rooms * STREAMS),
    }
    played = seen.takes >= rooms and seen.bytes > 0
    share = {part: round((used[part] - cpu.get(part, 0.0)) / took, 3) for part in sorted(used)}
    return {
        "minutes": rows,
        **seen.whole(),
        "grows": growing,
        "carried": played and not (seen.lost or any(growing.values())),
        "drained_s": round(drained, 1),
        "takes_processed_meanwhile": looked.processed,
        "server_cpu_share": {**share, "all": round(sum(share.values()), 3)},
        "core_busy_share": {name: round((all_used[name] - both[name]) / took, 3) for name in both},
        "memory_mb": {"before": memory, "at_the_end": full},
        "memory_mb_a_room": _a_room(memory, full, rooms),
        "spool_most_mb": round(max(looked.spool, default=0) / 1e6),
        "load_after": [*os.getloadavg()],
    }


def _a_room(before: dict[str, float], full: dict[str, float], rooms: int) -> dict[str, float]:
    """Megabytes: all there is over the rooms, and what came with them."""
    first, last = sum(before.values()), sum(full.values())
    return {"whole": round(last / rooms, 2), "added": round((last - first) / rooms, 2)}


def _busy(used: tuple[int | None, int | None]) -> dict[str, float]:
    return {
        name: busy_seconds(core) for name, core in zip(("server", "clients"), used, strict=True)
    }


async def _sample(crowd: list[Client], seen: Seen) -> None:
    while True:
        await asyncio.sleep(1.0)
        slot = seen.slot()
        for client in crowd:
            seen.lag[slot] += client.lags()
        seen.waiting[slot].append(sum(len(client.declared) for client in crowd))


async def _look(house: House, looked: Server, seen: Seen) -> None:
    with await asyncio.to_thread(house.connect) as rows:
        while True:
            await asyncio.sleep(min(LOOK_EVERY, seen.slice_s / 4))
            looked.queue[seen.slot()].append(await asyncio.to_thread(queue, rows))
            looked.spool.append(await asyncio.to_thread(house.folder_bytes, "spool"))
            looked.processed = await asyncio.to_thread(house.forget_done, rows)
