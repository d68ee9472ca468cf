"""A room in one file: the socket, the pages and the grants that a stage page needs.

It follows browser/README.md, *Stage*, so that the browser's side is tested by its contract alone.
The log is a list; every message of it reaches everybody but signals, which reach their role.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from recorder_host import Host
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

SESSION = "01890a5d-0000-7000-8000-000000000001"
TAKE = "01890a5d-0000-7000-8000-000000000002"

PAGE = """<!doctype html><html lang="en"><title>Stage</title><body><main>
<script type="application/json" id="boot">{boot}</script>
<video data-partner playsinline></video><video data-self muted playsinline></video>
<p><span data-lamp-sign role="img"></span><span data-lamp-text></span> <b data-played></b>
<span data-here></span> <span data-delay></span></p>
<section data-when="warm_up"><h1>Warm-up</h1>
<button type="button" data-act="enter">Sound</button>
<button type="button" data-act="choose" data-prompt="card-1">This one</button>
<button type="button" data-act="ready">Ready</button></section>
<section class="prompt" data-when="opening playing paused closing"><h2>Best in Show</h2></section>
<div data-cue hidden><span data-cue-text></span> <small data-cue-aim></small>
<p data-cue-answers><button type="button" data-act="took">took it</button></p></div>
<button type="button" data-cue-dot hidden>again</button>
<p data-objection hidden><span data-objection-text></span>
<button type="button" data-act="not-yet">Not yet</button></p>
<p data-last-one hidden>Last one, if you like.</p>
<p data-notice aria-live="polite"></p><p data-trouble role="alert"></p>
<section data-when="paused"><button type="button" data-act="go-on">Go on</button></section>
<p data-when="closed" data-sending></p>
<button type="button" data-act="and-scene" data-when="playing">And scene</button>
<button type="button" data-act="pause" data-when="playing">Pause</button>
<button type="button" data-act="leave">Leave now</button>
</main><script type="module" src="/stage.js"></script></body></html>"""


DESK = """<!doctype html><html lang="en"><title>Desk</title><body><main>
<script type="application/json" id="boot">{boot}</script><h1>Desk</h1>
<video data-seat="a" muted playsinline></video><span data-seat-state="a"></span>
<video data-seat="b" muted playsinline></video><span data-seat-state="b"></span>
<p><span data-here></span> <b data-played></b></p><p data-notice aria-live="polite"></p>
<form data-cue-form><select name="to"><option>a</option><option>b</option></select>
<input name="action"><input name="aim_emotion" value="pride"><input name="aim_intensity" value="2">
<button>Offer it</button></form><button type="button" data-act="pause">Pause</button>
</main><script type="module" src="/director.js"></script></body></html>"""


@dataclass
class Room:
    """The socket's side: what was said, and the little the server decides."""

    log: list[dict[str, Any]] = field(default_factory=list)
    people: dict[ServerConnection, str] = field(default_factory=dict)
    ready: set[str] = field(default_factory=set)
    paused: set[str] | None = None
    open: bool = False
    opened_at: float = 0.0
    cues: int = 0
    bind: str = "127.0.0.1"

    def start(self) -> None:
        started = threading.Event()

        async def run() -> None:
            self.loop = asyncio.get_running_loop()
            self.stopping = asyncio.Event()
            async with serve(self.serve, self.bind, 0) as server:
                self.server: Server = server
                self.port = server.sockets[0].getsockname()[1]
                started.set()
                await self.stopping.wait()

        self.thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
        self.thread.start()
        assert started.wait(10)

    def stop(self) -> None:
        """Nobody answers from now on."""
        if self.stopping.is_set():
            return
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join(10)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def kinds(self, kind: str, role: str = "") -> list[dict[str, Any]]:
        """Bodies of one kind, of one role or of all."""
        found = [one for one in self.log if one["kind"] == kind]
        return [one["body"] for one in found if not role or one["role"] == role]

    def tell(self, kind: str, body: dict[str, Any]) -> None:
        """The server says something, from the test's thread."""
        asyncio.run_coroutine_threadsafe(self.store("server", kind, body), self.loop).result(10)

    def cue(self, to: str, action: str, aim: str = "", empty: bool = False) -> str:
        self.cues += 1
        name = f"cue-{self.cues}"
        body = {"cue": name, "to": to, "action": action, "aim": aim, "empty": empty}
        self.tell("cue", body | {"take": TAKE, "pulled": False})
        return name

    def cut(self) -> None:
        """Drops every connection, as a restart of the server does."""
        for socket in list(self.people):
            asyncio.run_coroutine_threadsafe(socket.close(1012), self.loop).result(10)

    async def serve(self, socket: ServerConnection) -> None:
        # A page that goes away or is cut off comes back by itself; that is no fault here.
        with contextlib.suppress(ConnectionClosed):
            await self.listen(socket)
        self.people.pop(socket, None)

    async def listen(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        role = socket.request.path.rsplit("/", 1)[-1]
        async for text in socket:
            got = time.time()
            message = json.loads(text)
            if message["type"] == "ping":
                pong = {"type": "pong", "t0": message["t0"], "t1": got, "t2": time.time()}
                await socket.send(json.dumps(pong))
            elif message["type"] == "hello":
                self.people[socket] = role
                for one in self.log[message["last"] :]:
                    await self.give(socket, role, one)
            else:
                await self.said(role, message["kind"], message["body"], message["nonce"])

    async def give(self, socket: ServerConnection, role: str, one: dict[str, Any]) -> None:
        if one["kind"] == "signal" and role not in (one["role"], one["body"]["to"]):
            return
        with contextlib.suppress(ConnectionClosed):
            await socket.send(json.dumps(one))

    async def store(self, role: str, kind: str, body: dict[str, Any], nonce: str = "") -> None:
        if nonce and any(one["nonce"] == nonce for one in self.log):
            return
        one = {
            "type": "log",
            "id": len(self.log) + 1,
            "kind": kind,
            "sender": role,
            "role": role,
            "body": body,
            "at": time.time(),
            "nonce": nonce,
        }
        self.log.append(one)
        for socket, who in list(self.people.items()):
            await self.give(socket, who, one)

    async def said(self, role: str, kind: str, body: dict[str, Any], nonce: str) -> None:
        if kind == "pause":
            if self.paused is None:
                self.paused = set()
                await self.store("server", kind, body, nonce)
        elif kind == "cue":
            self.cues += 1
            to = body.get("to", role)
            made = {"cue": f"cue-{self.cues}", "to": to, "take": TAKE, "empty": False}
            made |= {"action": body.get("action", "Ask for one thing back"), "aim": ""}
            await self.store(role, kind, made | {"pulled": "pull" in body}, nonce)
        elif kind == "take_closed":
            if self.open:
                self.open = False
                await self.store("server", kind, body)
        else:
            await self.store(role, kind, body, nonce)
        if kind == "resume" and self.paused is not None:
            self.paused = None if self.paused | {role} == {"a", "b"} else self.paused | {role}
        if kind == "ready":
            self.ready.add(role)
            if self.ready == {"a", "b"} and not self.open:
                self.open, self.opened_at = True, time.time()
                opened = {"take": TAKE, "scene": "scene-1", "opened_at": self.opened_at}
                await self.store("server", "take_opened", opened)


class StageHost(Host):
    """Serves the stage to role a or b at /a and /b, and takes what the pages post."""

    room: Room

    def page(self, name: str) -> str | None:
        if name.startswith("notes/"):
            # As every page of ours, it goes on with what is not sent yet.
            return (
                "<!doctype html><title>Notes</title><h1>Your notes</h1>"
                '<script type="module" src="/app.js"></script>'
            )
        if name == "left":
            return "<!doctype html><title>Left</title><h1>You are out</h1>"
        if name == "director":
            return DESK.format(boot=json.dumps(self.desk()))
        return self.stage(name) if name in ("a", "b") else None

    def desk(self) -> dict[str, object]:
        return {
            "session": SESSION,
            "role": "director",
            "alias": "Mo",
            "socket_url": f"{self.room.url}/director",
            "ice_servers": [],
            "ice_policy": "all",
            "people": {"a": "Ada", "b": "Noor"},
        }

    def stage(self, role: str) -> str:
        other = "b" if role == "a" else "a"
        names = {"a": "Ada", "b": "Noor"}
        take = None
        if self.room.open:
            take = {"id": TAKE, "scene": "scene-1", "opened_at": self.room.opened_at}
            take |= {"paused": self.room.paused is not None, "paused_seconds": 0}
        boot = {
            "session": SESSION,
            "role": role,
            "alias": names[role],
            "partner": {"role": other, "alias": names[other]},
            "socket_url": f"{self.room.url}/{role}",
            "streams_url": f"/streams/{role}",
            "state": "playing",
            "heard": 0,
            "take": take,
            "ice_servers": [],
            "ice_policy": "all",
            "call": {"raw": False},
            "camera": {"width": 320, "height": 180, "frame_rate": 15, "bits_per_second": 200_000},
            "encoding": "s24",
            "cue_wait": False,
            "keep_minutes": 0,
            "ends_at": None,
            "leave_url": "/leave",
            "left_url": "/left",
            "notes_url": "/notes/{take}",
        }
        return PAGE.format(boot=json.dumps(boot | self.boot))
