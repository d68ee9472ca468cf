"""A robot performer: from the sign-in link to Keep, over the same pages and sockets as a person."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import Callable
from ssl import SSLContext as TLSContext
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import websockets
from websockets.typing import Origin

from yesand.cli.robots.arrival import Arrival
from yesand.cli.robots.call import Call, Voice
from yesand.cli.robots.upload import Grant, MicFrames, Uploader
from yesand.cli.robots.voices import RATE, Track, film

BLOCK = RATE // 10
#: Blocks into a take at which a robot asks for an offer.
PULL_AT = (20, 80)
OWED = re.compile(r"/notes/([0-9a-f-]{36})")
MIC_SETTINGS = {
    "sampleRate": RATE,
    "channelCount": 1,
    "echoCancellation": False,
    "noiseSuppression": False,
    "autoGainControl": False,
}


def now_ms() -> float:
    """The robot's client clock, ms."""
    return time.time() * 1000


class Player:
    """One robot in one session. `seconds` is how long it plays before *And scene*."""

    def __init__(
        self, base_url: str, sign_in: str, role: str, track: Track, seconds: float,
        says: Callable[[str], None] = lambda _: None, verify: TLSContext | bool = True,
    ) -> None:  # fmt: skip
        self.base_url, self.sign_in, self.role = base_url.rstrip("/"), sign_in, role
        self.track, self.seconds, self.says = track, seconds, says
        self.web = httpx.AsyncClient(
            base_url=self.base_url, follow_redirects=True, timeout=30, verify=verify
        )
        self.door = httpx.AsyncClient(timeout=30, verify=verify)
        self.peer = uuid.uuid4().hex
        self.boot: dict[str, Any] = {}
        self.voice = Voice(track)
        self.call: Call | None = None
        self.socket: Any = None
        self.last = 0
        self.take: str | None = None
        self.takes: list[str] = []
        self.recording: asyncio.Task[None] | None = None
        self.stopping = asyncio.Event()
        self.events: Uploader | None = None
        self.pings: list[dict[str, float]] = []
        self.closed = asyncio.Event()
        self.leads = False
        self.pulls = 0
        self.cards: list[str] = []
        self.session = ""
        self.choosing: asyncio.Task[None] | None = None
        self.trouble: BaseException | None = None
        self.wanted: int | None = 1
        self.arrival = Arrival()
        self._at: dict[str, str] = {}

    # -- pages ------------------------------------------------------------------------------

    async def enter(self) -> None:
        """Open the one-time sign-in link."""
        answer = await self.web.get(self.sign_in)
        answer.raise_for_status()

    def _csrf(self) -> dict[str, str]:
        token = self.web.cookies.get("csrftoken") or ""
        return {"X-CSRFToken": token, "Referer": self.base_url + "/"}

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form as a page would."""
        answer = await self.web.post(path, data=fields, headers=self._csrf())
        answer.raise_for_status()
        return answer

    async def post_json(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send JSON as a page's script would."""
        answer = await self.web.post(path, json=body, headers=self._csrf())
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    async def page(self, path: str) -> str:
        """A page's HTML."""
        answer = await self.web.get(path)
        answer.raise_for_status()
        return answer.text

    async def read_boot(self, path: str) -> dict[str, Any]:
        """The JSON that a page gives its script."""
        found = re.search(r'<script[^>]*id="boot"[^>]*>(.*?)</script>', await self.page(path), re.S)
        if not found:
            raise RuntimeError(f"{path} has no boot block")
        return json.loads(found.group(1))

    # -- the room ---------------------------------------------------------------------------

    async def green_room(self, session: str) -> None:
        """Report a check that passed: a robot's microphone is a file."""
        boot = await self.read_boot(f"/room/{session}/check")
        await self.post_json(
            boot["report_url"],
            {
                "ok": True,
                "problems": [],
                "warnings": [],
                "checks": {"robot": {"generated": 1}},
                "devices": {"mic": "ROBOT generated speech", "cam": "ROBOT drawn face"},
            },
        )

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
        await self._notes_owed(session)
        self.boot = await self.read_boot(f"/room/{session}")
        self.call = Call(
            self.role, self.peer, self.voice, self._signal, self.boot.get("ice_servers", [])
        )
        url, origin = self._socket_url()
        cookies = "; ".join(f"{c.name}={c.value}" for c in self.web.cookies.jar)
        async with websockets.connect(
            url, origin=origin, additional_headers={"Cookie": cookies}, ssl=ssl
        ) as socket:
            self.socket = socket
            await self._say({"type": "hello", "last": self.last})
            await self.tell("present", {"peer": self.peer, "page": "stage"})
            pinging = asyncio.create_task(self._ping())
            listening = asyncio.create_task(self._listen())
            try:
                done, _ = await asyncio.wait(
                    {asyncio.create_task(self.closed.wait()), listening},
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if listening in done:
                    listening.result()
                    raise RuntimeError("the room closed before the take did")
                if self.trouble is not None:
                    raise self.trouble
            finally:
                for job in (pinging, listening):
                    job.cancel()
                await self.call.close()

    async def _say(self, message: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(message))

    async def tell(self, kind: str, body: dict[str, Any]) -> None:
        """Say something that the room stores."""
        await self._say({"type": "send", "kind": kind, "body": body, "nonce": uuid.uuid4().hex})

    async def _signal(self, body: dict[str, Any]) -> None:
        assert self.call is not None
        to = "b" if self.role == "a" else "a"
        await self.tell(
            "signal", {"to": to, "peer": self.peer, "for": self.call.partner_peer, **body}
        )

    async def _ping(self) -> None:
        sent = 0
        while True:
            await self._say({"type": "ping", "t0": now_ms()})
            sent += 1
            await asyncio.sleep(0.1 if sent < 10 else 1.0)

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
            assert self.call is not None
            # Whoever came first says again who it is, so that the later one can call it.
            if self.call.partner_peer != body.get("peer"):
                await self.tell("present", {"peer": self.peer, "page": "stage"})
                await self.call.meet(str(body["peer"]))
                if self.leads:
                    await self.tell("ready", {})
        elif kind == "signal" and not mine and self.call is not None:
            await self.call.heard(body)
        elif kind == "ready" and not mine and not self.leads:
            await self.tell("ready", {k: body[k] for k in ("scene",) if k in body})
        elif kind == "cards":
            self.cards = list(body["cards"])
        elif kind == "state" and body.get("state") == "playing" and self.leads:
            # Apart from the listening: the cards it waits for come over the same socket.
            self.choosing = asyncio.create_task(self._choose())
        elif kind == "scene_chosen" and self.leads and "scene" in body:
            await self.tell("ready", {"scene": body["scene"]})
        elif kind == "take_opened" and str(body["take"]) not in (*self.takes, self.take):
            self.take = str(body["take"])
            self.stopping.clear()
            self.recording = asyncio.create_task(self._record(self.take))
            self.recording.add_done_callback(self._recorded)
        elif kind == "cue" and body.get("cue") and body.get("to") == self.role:
            await self._take_cue(body)
        elif kind == "pause" and self.take:
            await self.tell("resume", {"take": self.take})
        elif kind == "take_closed" and self.take == str(body.get("take")):
            self.stopping.set()
        elif kind == "state" and body.get("state") == "ended":
            self.closed.set()

    def _recorded(self, job: asyncio.Task[None]) -> None:
        # A recording that broke must end the robot's evening, not leave it waiting in the room.
        if not job.cancelled() and job.exception() is not None:
            self.trouble = job.exception()
            self.closed.set()

    async def _choose(self) -> None:
        if not self.cards:
            # The page deals the cards; the room then says which.
            await self.page(f"/room/{self.session}")
        for _ in range(50):
            if self.cards:
                await self.tell("scene_chosen", {"prompt": self.cards[0]})
                return
            await asyncio.sleep(0.1)

    async def _take_cue(self, body: dict[str, Any]) -> None:
        self._event("cue_asked", cue=body["cue"])
        at = now_ms()
        await self.tell(
            "cue_displayed",
            {
                "cue": body["cue"],
                "client_ms": at,
                "displayed_at": self._stage_s(at),
                "hidden": False,
            },
        )
        self._event("cue_displayed", cue=body["cue"])
        await asyncio.sleep(0.5)
        at = now_ms()
        await self.tell(
            "cue_response",
            {
                "cue": body["cue"],
                "response": "took",
                "client_ms": at,
                "responded_at": self._stage_s(at),
            },
        )
        self._event("cue_response", cue=body["cue"], response="took")

    def _stage_s(self, client_ms: float) -> float:
        best = min(self.pings, key=lambda p: p["t3_ms"] - p["t0_ms"], default=None)
        if best is None:
            return client_ms / 1000
        middle = (best["t0_ms"] + best["t3_ms"]) / 2
        return (best["t1_s"] + best["t2_s"]) / 2 + (client_ms - middle) / 1000

    # -- recording --------------------------------------------------------------------------

    def _event(self, kind: str, /, **fields: Any) -> None:
        if self.events is not None:
            line = json.dumps({"t": now_ms(), "type": kind, **fields}) + "\n"
            self.events.add(line.encode())

    async def _stream(self, kind: str) -> Uploader:
        answer = await self.post_json(
            self.boot["streams_url"], {"take": self.take, "kind": kind, "reason": "start"}
        )
        return Uploader(self.door, Grant.of(answer))

    async def _record(self, take: str) -> None:
        """Record in real time what the robot says, and send it while it is said."""
        mic, cam, events = [await self._stream(k) for k in ("mic", "cam", "events")]
        self.events = events
        for ping in self.pings[-10:]:
            self._event("ping", **ping)
        self._event("settings", kind="mic", settings=MIC_SETTINGS)
        self._event("stream_start", stream=str(mic.grant.stream), kind="mic", rate=RATE)
        await self.tell("device", {"state": "recording", "take": take})
        picture = film(self.role, self.track, self.seconds)
        self.voice.start()
        frames = MicFrames(mic.grant.stream, RATE)
        started = time.monotonic()
        begun = now_ms()
        sent_film, asked = 0, False
        while not self.stopping.is_set():
            end = frames.first + BLOCK
            wait = started + end / RATE - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            piece = self.track.samples[frames.first : end]
            if len(piece) < BLOCK:
                break
            mic.add(frames.block(piece, begun + 1000 * end / RATE))
            if frames.sequence % 10 == 0:
                share = min(1.0, end / RATE / self.seconds)
                upto = int(len(picture) * share)
                cam.add(picture[sent_film:upto])
                sent_film = upto
                for stream in (mic, cam, events):
                    await stream.send()
            if self.pulls and frames.sequence in PULL_AT:
                self.pulls -= 1
                await self.tell("cue", {"pull": True})
            if end / RATE >= self.seconds and self.leads and not asked:
                asked = True
                await self.tell("and_scene", {"take": take})
                asyncio.get_running_loop().create_task(self._close(take))
        await self.stopping.wait()
        self.voice.stop_speaking()
        cam.add(picture[sent_film:])
        self._event("stream_stop", stream=str(mic.grant.stream), samples=frames.first)
        self.events = None
        for stream in (mic, cam, events):
            await stream.finish()
        self.takes.append(take)
        self.take, self.recording = None, None
        await self.notes(self.session, self.takes[-1])
        if self.wanted is not None and len(self.takes) >= self.wanted:
            self.closed.set()

    async def _close(self, take: str) -> None:
        await asyncio.sleep(3.2)
        await self.tell("take_closed", {"take": take, "ended_by": "and_scene"})

    # -- after the scene ----------------------------------------------------------------------

    async def _notes_owed(self, session: str) -> None:
        """A room first asks for the notes of a take that was closed without this robot."""
        while owed := OWED.search(str((await self.web.get(f"/room/{session}")).url)):
            await self.notes(session, owed[1])

    async def notes(self, session: str, take: str) -> None:
        """Answer the notes of a take like a person would, page by page."""
        own = {"a": "joy", "b": "amusement"}[self.role]
        self._at = {}
        for _ in range(16):
            answer = await self.web.get(f"/room/{session}/notes/{take}", params=self._at)
            if 'name="natural"' in answer.text:
                await self.post(str(answer.url), natural=4, grounded=4, human=1, fun=5, keep_out="")
                return
            about_own = 'name="sure"' not in answer.text
            said = {"primary": own if about_own else "amusement", "intensity": 2}
            if not about_own:
                said["sure"] = "sure"
            sent = await self.web.post(
                str(answer.url), data=said, headers=self._csrf(), follow_redirects=False
            )
            self._at = dict(httpx.URL(sent.headers["Location"]).params)
        raise RuntimeError("the notes did not end")

    _at: dict[str, str] = {}

    async def finish(self) -> None:
        """Hang up everything."""
        await self.web.aclose()
        await self.door.aclose()
