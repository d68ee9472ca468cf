"""One performer of a crowd: a room socket as the page keeps it, and four streams a take."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
import uuid
from typing import Any

import websockets

from yesand.cli.crowd.matter import Blocks, Matter
from yesand.cli.crowd.seen import Seen
from yesand.cli.crowd.sending import Sending
from yesand.cli.crowd.wire import Connection

KINDS = ("mic", "cam", "events", "heard")
#: A stored message from each client so often, seconds: what a call that holds says now and then.
SAYS_EVERY = 10.0
#: The partner as heard is sent so often, seconds.
LAST_EVERY = 5
#: Seconds after the last moment for receipts in which everything must have ended.
LAST_WORD = 60.0
PING_EVERY, BURST, BURST_EVERY = 1.0, 10, 0.1
TOKEN = "b" * 32
OFFER = "v=0\r\n" + "a=crowd\r\n" * 700
CANDIDATE = "candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host generation 0 ufrag crwd"


def now_ms() -> float:
    return time.time() * 1000


class Client:
    """Plays one role of one room until it is told to stop."""

    def __init__(
        self, ports: tuple[int, int], room: dict[str, Any], role: str, cookie: str,
        matter: Matter, seen: Seen, take_s: float, first_s: float, rng: random.Random,
    ) -> None:  # fmt: skip
        self.session, self.card, self.role = room["session"], room["card"], role
        self.web, self.door = ports
        self.cookies = f"{cookie}={room['cookies'][role]}; csrftoken={TOKEN}"
        self.matter, self.seen, self.rng = matter, seen, rng
        self.take_s, self.first_s = take_s, first_s
        self.peer = uuid.uuid4().hex
        self.socket: Any = None
        self.pages = Connection(self.web)
        self.lines = {kind: Connection(self.door) for kind in KINDS}
        self.sent: dict[str, float] = {}
        self.streams: dict[str, Sending] = {}
        self.declared: set[Sending] = set()
        self.take = self.scene = self.partner = ""
        self.over = asyncio.Event()
        self.stop = asyncio.Event()
        self.idle = asyncio.Event()
        self.jobs: set[asyncio.Task[None]] = set()
        self.began = 0.0
        self.lines_of_events: list[bytes] = []
        self.drain_until = float("inf")

    @property
    def leads(self) -> bool:
        return self.role == "a"

    def _spawn(self, work: Any) -> None:
        job = asyncio.create_task(work)
        self.jobs.add(job)
        job.add_done_callback(self._done)

    def _done(self, job: asyncio.Task[None]) -> None:
        self.jobs.discard(job)
        if not job.cancelled() and (error := job.exception()) is not None:
            self.seen.lost.append(f"a client broke: {error!r}")

    # -- the room -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Enter and play until `stop` is set and the last take is over."""
        self.idle.set()
        address = f"ws://127.0.0.1:{self.web}/ws/room/{self.session}"
        origin = websockets.Origin(f"http://127.0.0.1:{self.web}")
        headers = {"Cookie": self.cookies}
        async with websockets.connect(
            address, origin=origin, additional_headers=headers, open_timeout=60,
            ping_interval=None,
        ) as self.socket:  # fmt: skip
            await self._say({"type": "hello", "last": 0})
            await self.tell("present", {"peer": self.peer, "page": "stage"})
            beside = [asyncio.create_task(self._pings()), asyncio.create_task(self._talk())]
            listening = asyncio.create_task(self._listen())
            try:
                await self.stop.wait()
                while self.jobs or not self.idle.is_set():
                    await asyncio.sleep(0.1)
                    if time.monotonic() > self.drain_until + LAST_WORD:
                        self.seen.lost.append(f"a client did not end: {self.jobs!r}"[:300])
                        break
            finally:
                for task in (*beside, listening):
                    task.cancel()
                with contextlib.suppress(asyncio.CancelledError, websockets.ConnectionClosed):
                    await listening
        for line in (self.pages, *self.lines.values()):
            line.close()

    async def _say(self, message: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(message))

    async def tell(self, kind: str, body: dict[str, Any]) -> None:
        """Say something that the room stores; its way back is measured."""
        nonce = uuid.uuid4().hex
        self.sent[nonce] = time.monotonic()
        await self._say({"type": "send", "kind": kind, "body": body, "nonce": nonce})

    async def _pings(self) -> None:
        for number in range(10**9):
            await self._say({"type": "ping", "t0": now_ms()})
            await asyncio.sleep(BURST_EVERY if number < BURST else PING_EVERY)

    async def _talk(self) -> None:
        await asyncio.sleep(self.rng.uniform(0, SAYS_EVERY))
        while True:
            if self.partner:
                await self._signal(candidate={"candidate": CANDIDATE, "sdpMid": "0"})
            await asyncio.sleep(SAYS_EVERY)

    async def _signal(self, **more: Any) -> None:
        other = "b" if self.leads else "a"
        at = time.monotonic()
        await self.tell(
            "signal", {"to": other, "peer": self.peer, "for": self.partner, "sent": at, **more}
        )

    async def _listen(self) -> None:
        async for text in self.socket:
            message = json.loads(text)
            if message["type"] == "pong":
                self._pong(message)
            elif message["type"] == "error":
                self.seen.refused[f"room {message.get('code')}"] += 1
            elif message["type"] == "log":
                self._log(message)

    def _pong(self, message: dict[str, Any]) -> None:
        at = now_ms()
        self.seen.ping[self.seen.slot()].append(at - message["t0"])
        times = {"t0_ms": message["t0"], "t1_s": message["t1"], "t2_s": message["t2"]}
        self._event("ping", **times, t3_ms=at)

    def _log(self, message: dict[str, Any]) -> None:
        kind, body, slot = message["kind"], message["body"], self.seen.slot()
        if (at := self.sent.pop(message["nonce"], None)) is not None:
            self.seen.trip[slot].append((time.monotonic() - at) * 1000)
        mine = message["role"] == self.role
        if kind == "signal" and not mine and "sent" in body:
            self.seen.across[slot].append((time.monotonic() - body["sent"]) * 1000)
            if "description" in body and not self.leads:
                self._spawn(self._call("answer"))
        elif kind == "present" and not mine and message["role"] in ("a", "b"):
            self._spawn(self._meet(str(body["peer"])))
        elif kind == "state" and body.get("state") == "playing" and self.leads and not self.scene:
            self._spawn(self.tell("scene_chosen", {"prompt": self.card}))
        elif kind == "scene_chosen":
            self.scene = str(body["scene"])
            self._spawn(self.tell("ready", {"scene": self.scene}))
        elif kind == "take_opened":
            self.take = str(body["take"])
            self.idle.clear()
            self.over = asyncio.Event()
            self._spawn(self._play(self.take))
        elif kind == "cue" and body.get("to") == self.role and body.get("cue"):
            self._spawn(self._cue(str(body["cue"])))
        elif kind == "take_closed" and self.take == str(body.get("take")):
            self.over.set()

    async def _meet(self, peer: str) -> None:
        """Whoever came first says again who it is; then a calls b."""
        if self.partner == peer:
            return
        self.partner = peer
        await self.tell("present", {"peer": self.peer, "page": "stage"})
        await self.tell("ready", {})
        if self.leads:
            await self._call("offer")

    async def _call(self, kind: str) -> None:
        await self._signal(description={"type": kind, "sdp": OFFER})
        for _ in range(8):
            await self._signal(candidate={"candidate": CANDIDATE, "sdpMid": "0"})

    async def _cue(self, cue: str) -> None:
        self._event("cue_asked", cue=cue)
        shown = {"cue": cue, "client_ms": now_ms(), "displayed_at": time.time(), "hidden": False}
        await self.tell("cue_displayed", shown)
        await asyncio.sleep(1.0)
        answer = {"cue": cue, "response": "took", "client_ms": now_ms()}
        await self.tell("cue_response", {**answer, "responded_at": time.time()})

    # -- a take ---------------------------------------------------------------------------------

    def _event(self, kind: str, /, **fields: Any) -> None:
        line = json.dumps({"t": now_ms(), "type": kind, **fields}) + "\n"
        self.lines_of_events.append(line.encode())

    async def _grant(self, kind: str) -> Sending | None:
        body = json.dumps({"take": self.take, "kind": kind, "reason": "start"}).encode()
        headers = {
            "Cookie": self.cookies, "X-CSRFToken": TOKEN, "Content-Type": "application/json",
        }  # fmt: skip
        for _ in range(5):
            reply = await self.pages.ask("POST", "/api/streams", headers, body)
            if reply.status == 200:
                film = self.matter.film if kind == "cam" else None
                return Sending(reply.json(), self.lines[kind], self.seen, film)
            self.seen.refused[f"grant {reply.status}"] += 1
            await asyncio.sleep(1.0)
        self.seen.lost.append(f"no leave to record {kind}: {reply.status} {reply.body[:200]!r}")
        return None

    async def _play(self, take: str) -> None:
        """One take, and the word that the next one may begin."""
        try:
            await self._record(take)
        finally:
            self.streams, self.take = {}, ""
            self.idle.set()
        if not self.stop.is_set():
            await asyncio.sleep(2.0)
            await self.tell("ready", {"scene": self.scene})

    async def _record(self, take: str) -> None:
        first, self.first_s = self.first_s or self.take_s, 0.0
        began, begun_ms = time.monotonic(), now_ms()
        found = [await self._grant(kind) for kind in KINDS]
        self.streams = {one.kind: one for one in found if one is not None}
        self.began = began
        if self.leads:
            self.seen.takes += 1
        self.seen.streams += len(self.streams)
        sound = {
            kind: Blocks(uuid.UUID(one.stream), kind, self.matter.sound[self.role, kind], begun_ms)
            for kind, one in self.streams.items()
            if kind in ("mic", "heard")
        }
        for kind, blocks in sound.items():
            stream = self.streams[kind].stream
            self._event("stream_start", stream=stream, kind=kind, rate=blocks.rate)
        asked = False
        for tick in range(1, 10**6):
            due = began + tick + self._phase
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.over.wait(), max(0.0, due - time.monotonic()))
            seconds = time.monotonic() - began
            self._produce(sound, seconds)
            if self.over.is_set():
                break
            self.seen.late.append(max(0.0, time.monotonic() - due))
            for kind, one in self.streams.items():
                if kind != "heard" or tick % LAST_EVERY == 0:
                    self._spawn(one.send())
            if self.leads and not asked and (seconds >= first or self.stop.is_set()):
                asked = True
                await self.tell("and_scene", {"take": take})
        for kind, blocks in sound.items():
            stopped = {"stream": self.streams[kind].stream, "samples": blocks.samples}
            self._event("stream_stop", **stopped)
        self._produce(sound, seconds)
        for one in self.streams.values():
            self._spawn(self._end(one))

    @property
    def _phase(self) -> float:
        # Everybody has a place of its own within the second.
        return int(self.peer[:4], 16) / 65_536

    def _produce(self, sound: dict[str, Blocks], seconds: float) -> None:
        for kind, blocks in sound.items():
            self.streams[kind].add(blocks.until(seconds))
        if "events" in self.streams:
            self.streams["events"].add(b"".join(self.lines_of_events))
            self.lines_of_events = []
        if "cam" in self.streams:
            cuts = self.matter.film.cuts
            whole = min(int(seconds), len(cuts))
            if whole:
                self.streams["cam"].reach(cuts[whole - 1])

    async def _end(self, one: Sending) -> None:
        await one.finish()
        self.declared.add(one)
        try:
            await one.receipt(lambda: self.drain_until)
        finally:
            self.declared.discard(one)

    def lags(self) -> list[float]:
        """Seconds of microphone and of camera that were recorded and are not acknowledged."""
        found = []
        for kind in ("mic", "cam"):
            one = self.streams.get(kind)
            if one is not None:
                since = time.monotonic() - self.began
                rate = (
                    48_000 * 3
                    if kind == "mic"
                    else self.matter.film.cuts[-1] / len(self.matter.film.cuts)
                )
                found.append(max(0.0, since - one.acknowledged / rate))
        return found
