"""A robot performer: from the sign-in link to Keep, over the same pages and sockets as a person."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Callable
from ssl import SSLContext as TLSContext
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import websockets
from websockets.typing import Origin

from yesand.cli.robots import film
from yesand.cli.robots.arrival import Arrival
from yesand.cli.robots.call import Call, Voice
from yesand.cli.robots.live import Live
from yesand.cli.robots.pages import Pages
from yesand.cli.robots.recording import Recording
from yesand.cli.robots.seat import Seat

#: Seconds into a take at which a robot asks for an offer.
PULL_AT = (2.0, 8.0)
SEND_EVERY_S = 1.0


def now_ms() -> float:
    """The robot's client clock, ms."""
    return time.time() * 1000


class Player:
    """One robot in one session. `seconds` is how long it plays before *And scene* if it leads."""

    def __init__(
        self, base_url: str, sign_in: str, role: str, seat: Seat, seconds: float = 0.0,
        says: Callable[[str], None] = lambda _: None, verify: TLSContext | bool = True,
    ) -> None:  # fmt: skip
        self.pages = Pages(base_url, sign_in, verify)
        self.base_url = self.pages.base_url
        self.role, self.seat, self.seconds, self.says = role, seat, seconds, says
        self.peer = uuid.uuid4().hex
        self.boot: dict[str, Any] = {}
        self.voice = Voice()
        self.live = Live(seat, self.voice.put, self._line)
        self.call: Call | None = None
        self.socket: Any = None
        self.last = 0
        self.take: str | None = None
        self.takes: list[str] = []
        self.recording: asyncio.Task[None] | None = None
        self.stopping = asyncio.Event()
        self.pings: list[dict[str, float]] = []
        self.closed = asyncio.Event()
        self.leads = False
        self.pulls = 0
        self.cards: list[str] = []
        self.session = ""
        self.scene: str | None = None
        self.trouble: BaseException | None = None
        self.wanted: int | None = 1
        self.arrival = Arrival()
        self._jobs: set[asyncio.Task[Any]] = set()

    async def enter(self) -> None:
        """Open the one-time sign-in link, and make everything slow before anybody waits."""
        await self.pages.enter()
        film.warm(self.role)
        warm = getattr(self.seat, "warm", None)
        if warm is not None:
            await asyncio.to_thread(warm)

    async def green_room(self, session: str) -> None:
        """Report a check that passed."""
        await self.pages.green_room(session)

    # -- the room ---------------------------------------------------------------------------

    def _socket_url(self) -> tuple[str, Origin]:
        parts = urlsplit(self.base_url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        path = urlsplit(self.boot["socket_url"]).path
        return urlunsplit((scheme, parts.netloc, path, "", "")), Origin(self.base_url)

    async def play(self, session: str, takes: int | None = 1, ssl: Any = None) -> None:
        """Join the room and play `takes` takes (None: until the session ends).

        A robot that leads chooses the first card, says ready and ends each scene after its
        seconds; one that follows does what its partner does.
        """
        self.session, self.wanted = session, takes
        await self.pages.notes_owed(session, self.role)
        self.boot = await self.pages.read_boot(f"/room/{session}")
        # The room's own word, where the caller only guessed.
        self.role = str(self.boot.get("role", self.role))
        self.call = Call(
            self.role, self.peer, self.voice, self._signal, self.boot.get("ice_servers", []),
            self.live.incoming.arrived,
        )  # fmt: skip
        partner = self.boot.get("partner", {})
        self.seat.told(
            "start",
            {"role": self.role, "alias": self.boot.get("alias", ""),
             "partner": partner.get("alias", ""), "rate": 48_000, "frame": 960},
        )  # fmt: skip
        url, origin = self._socket_url()
        cookies = "; ".join(f"{c.name}={c.value}" for c in self.pages.web.cookies.jar)
        async with websockets.connect(
            url, origin=origin, additional_headers={"Cookie": cookies}, ssl=ssl
        ) as socket:
            self.socket = socket
            await self._say({"type": "hello", "last": self.last})
            await self.tell("present", {"peer": self.peer, "page": "stage"})
            background = [
                asyncio.create_task(job) for job in (self._ping(), self.live.run(), self._listen())
            ]
            over = asyncio.create_task(self.closed.wait())
            try:
                done, _ = await asyncio.wait(
                    {over, *background}, return_when=asyncio.FIRST_COMPLETED
                )
                if over not in done:
                    for job in done:
                        job.result()
                    raise RuntimeError("the room closed before the take did")
                if self.trouble is not None:
                    raise self.trouble
            finally:
                for job in (over, *background, *self._jobs):
                    job.cancel()
                await self.call.close()

    async def _say(self, message: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(message))

    async def tell(self, kind: str, body: dict[str, Any]) -> None:
        """Say something that the room stores."""
        await self._say({"type": "send", "kind": kind, "body": body, "nonce": uuid.uuid4().hex})

    def _apart(self, job: Any) -> asyncio.Task[Any]:
        """Beside the listening, because it waits for what comes over the same socket."""
        made = asyncio.create_task(job)
        self._jobs.add(made)
        made.add_done_callback(self._jobs.discard)
        return made

    def _line(self, text: str) -> None:
        """What the seat begins to say, for the partner to read."""
        self._event("line", text=text)
        self._apart(self.tell("line", {"text": text[:400]}))

    async def _signal(self, body: dict[str, Any]) -> None:
        assert self.call is not None
        to = "b" if self.role == "a" else "a"
        await self.tell(
            "signal", {"to": to, "peer": self.peer, "for": self.call.partner_peer, **body}
        )

    async def _ping(self) -> None:
        for count in range(100_000):
            await self._say({"type": "ping", "t0": now_ms()})
            await asyncio.sleep(0.1 if count < 10 else 1.0)

    async def _listen(self) -> None:
        async for text in self.socket:
            message = json.loads(text)
            if message["type"] == "pong":
                self._note_ping(message)
            elif message["type"] == "error":
                self.says(f"{self.role}: {message.get('says', message)}")
            elif message["type"] == "log":
                self.last = max(self.last, message["id"])
                await self._heard(message)

    def _note_ping(self, message: dict[str, Any]) -> None:
        ping = {
            "t0_ms": message["t0"],
            "t1_s": message["t1"],
            "t2_s": message["t2"],
            "t3_ms": now_ms(),
        }
        self.pings.append(ping)
        self._event("ping", **ping)

    async def _heard(self, message: dict[str, Any]) -> None:
        kind, body, mine = message["kind"], message["body"], message["role"] == self.role
        arrived = kind == "present" and mine and body.get("peer") == self.peer
        kind, body = self.arrival.read(kind, body, arrived)
        if kind == "present" and not mine and message["role"] in ("a", "b"):
            await self._met(str(body["peer"]))
        elif kind == "signal" and not mine and self.call is not None:
            await self.call.heard(body)
        elif kind == "ready" and not mine and not self.leads:
            await self.tell("ready", {k: body[k] for k in ("scene",) if k in body})
        elif kind == "cards":
            self.cards = list(body["cards"])
        elif kind == "state" and body.get("state") == "playing" and self.leads:
            self._apart(self._choose())
        elif kind == "scene_chosen" and "scene" in body:
            self._apart(self._read_card(str(body["scene"])))
            if self.leads:
                await self.tell("ready", {"scene": body["scene"]})
        elif kind == "take_opened" and str(body["take"]) not in (*self.takes, self.take):
            self._open_take(str(body["take"]), str(body.get("scene", "")))
        elif kind == "cue" and body.get("cue") and body.get("to") == self.role:
            self._apart(self._take_cue(body))
        elif kind == "pause" and self.take:
            await self._pause(str(body.get("why", "pause")))
        elif kind == "resume" and not mine and self.take:
            self._go_on()
        elif kind == "take_closed" and self.take == str(body.get("take")):
            self.stopping.set()
        elif kind == "state" and body.get("state") == "ended":
            self.closed.set()

    async def _met(self, peer: str) -> None:
        assert self.call is not None
        if self.call.partner_peer == peer:
            return
        # Whoever came first says again who it is, so that the later one can call it.
        await self.tell("present", {"peer": self.peer, "page": "stage"})
        await self.call.meet(peer)
        if self.leads:
            await self.tell("ready", {})

    async def _read_card(self, scene: str) -> None:
        """What the page would show of the scene, for whoever sits in the seat."""
        card = await self.pages.get_json(f"/api/room/{self.session}/card")
        if card["scene"] in (scene, self.scene) or not scene:
            self.scene = str(card["scene"])
            self.seat.told("scene", card)

    async def _choose(self) -> None:
        if not self.cards:
            # The page deals the cards; the room then says which.
            await self.pages.page(f"/room/{self.session}")
        for _ in range(50):
            if self.cards:
                await self.tell("scene_chosen", {"prompt": self.cards[0]})
                return
            await asyncio.sleep(0.1)

    async def _take_cue(self, body: dict[str, Any]) -> None:
        self._event("cue_asked", cue=body["cue"])
        at = now_ms()
        shown = {
            "cue": body["cue"],
            "client_ms": at,
            "displayed_at": self._stage_s(at),
            "hidden": False,
        }
        await self.tell("cue_displayed", shown)
        self._event("cue_displayed", cue=body["cue"])
        self.seat.told("cue", {k: body[k] for k in ("cue", "action") if k in body})
        await asyncio.sleep(0.5)
        at = now_ms()
        answer = {
            "cue": body["cue"],
            "response": "took",
            "client_ms": at,
            "responded_at": self._stage_s(at),
        }
        await self.tell("cue_response", answer)
        self._event("cue_response", cue=body["cue"], response="took")

    def _stage_s(self, client_ms: float) -> float:
        best = min(self.pings, key=lambda p: p["t3_ms"] - p["t0_ms"], default=None)
        if best is None:
            return client_ms / 1000
        middle = (best["t0_ms"] + best["t3_ms"]) / 2
        return (best["t1_s"] + best["t2_s"]) / 2 + (client_ms - middle) / 1000

    # -- a take -----------------------------------------------------------------------------

    def _event(self, kind: str, /, **fields: Any) -> None:
        if self.live.recording is not None:
            self.live.recording.event(kind, now_ms(), **fields)

    def _open_take(self, take: str, scene: str) -> None:
        self.take = take
        self.stopping.clear()
        recording = Recording(self.pages, self.boot["streams_url"], take, self.role)
        self.live.recording = recording
        for ping in self.pings[-10:]:
            self._event("ping", **ping)
        self.recording = asyncio.create_task(self._record(take, scene, recording))
        self.recording.add_done_callback(self._recorded)

    def _recorded(self, job: asyncio.Task[None]) -> None:
        # A recording that broke must end the robot's evening, not leave it waiting in the room.
        if not job.cancelled() and job.exception() is not None:
            self.trouble = job.exception()
            self.closed.set()

    async def _pause(self, why: str) -> None:
        if self.live.recording is not None:
            self.live.recording.pause(why)
        self.seat.told("pause", {})
        await self.tell("resume", {"take": self.take})

    def _go_on(self) -> None:
        if self.live.recording is not None and self.live.recording.paused:
            self.live.recording.go_on()
            self.seat.told("resume", {})

    async def _record(self, take: str, scene: str, recording: Recording) -> None:
        """Record in real time what the robot says and hears, and send it while it plays."""
        if scene != self.scene:
            await self._read_card(scene)
        self.seat.told("take_opened", {"take": take})
        beside = [self._apart(self._lead(take))] if self.leads or self.pulls else []
        await recording.open()
        await self.tell("device", {"state": "recording", "take": take})
        while not self.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), SEND_EVERY_S)
            await recording.send()
        for job in beside:
            job.cancel()
        self.seat.told("take_closed", {"take": take})
        self.live.recording = None
        await recording.finish()
        self.takes.append(take)
        self.take, self.recording = None, None
        await self.pages.notes(self.session, take, self.role)
        if self.wanted is not None and len(self.takes) >= self.wanted:
            self.closed.set()

    async def _lead(self, take: str) -> None:
        """Ask for offers and end the scene, by the seconds played."""
        began = time.monotonic()
        for at in PULL_AT[: self.pulls]:
            await asyncio.sleep(max(0.0, began + at - time.monotonic()))
            self.pulls -= 1
            await self.tell("cue", {"pull": True})
        if self.leads:
            await asyncio.sleep(max(0.0, began + self.seconds - time.monotonic()))
            await self.tell("and_scene", {"take": take})
            await asyncio.sleep(3.2)
            await self.tell("take_closed", {"take": take, "ended_by": "and_scene"})

    async def finish(self) -> None:
        """Hang up everything."""
        with contextlib.suppress(httpx.HTTPError):
            await self.pages.finish()
