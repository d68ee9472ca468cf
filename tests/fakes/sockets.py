"""Pages of a room without a browser: one end of a room socket each."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from django.conf import settings as configured
from django.test import Client

from tests.fakes.rooms import Room
from yesand.people.models import Person
from yesand.web.asgi import application

ORIGIN = configured.BASE_URL


def cookie_of(who: Person) -> str:
    client = Client()
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    return (
        f"{configured.SESSION_COOKIE_NAME}={client.cookies[configured.SESSION_COOKIE_NAME].value}"
    )


Headers = list[tuple[bytes, bytes]]


def headers(cookie: str = "", origin: str = ORIGIN) -> Headers:
    found = [(b"origin", origin.encode())] if origin else []
    return [*found, (b"cookie", cookie.encode())] if cookie else found


class Link(ApplicationCommunicator):
    """A WebSocket into the application, without a server in between."""

    def __init__(self, session_id: uuid.UUID, given: Headers) -> None:
        path = f"/ws/room/{session_id}"
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": given}
        super().__init__(application, {**scope, "subprotocols": []})

    async def connect(self) -> bool:
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(10))["type"] == "websocket.accept"

    async def send_to(self, text: str | None = None, data: bytes | None = None) -> None:
        await self.send_input({"type": "websocket.receive", "text": text, "bytes": data})

    async def receive_from(self) -> str:
        output = await self.receive_output(10)
        assert output["type"] == "websocket.send", output
        return output["text"]

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(10)


class Page:
    """One page's end of a room socket."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.heard: list[dict[str, Any]] = []

    async def say(self, **message: Any) -> None:
        await self.link.send_to(json.dumps(message))

    async def send(self, kind: str, nonce: str = "", **body: Any) -> None:
        await self.say(type="send", kind=kind, body=body, nonce=nonce or uuid.uuid4().hex)

    async def until(self, right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message that is right; everything heard is kept in order."""
        for message in self.heard:
            if right(message):
                return message
        while True:
            message = json.loads(await self.link.receive_from())
            self.heard.append(message)
            if right(message):
                return message

    async def kind(self, kind: str) -> dict[str, Any]:
        return await self.until(lambda m: m["type"] == "log" and m["kind"] == kind)

    def log(self) -> list[dict[str, Any]]:
        return [m for m in self.heard if m["type"] == "log"]


@asynccontextmanager
async def page(here: Room, who: Person, last: int = 0) -> AsyncIterator[Page]:
    cookie = await database_sync_to_async(cookie_of)(who)
    link = Link(here.booking.session_id, headers(cookie))  # type: ignore[attr-defined]
    assert await link.connect()
    found = Page(link)
    await found.say(type="hello", last=last)
    try:
        yield found
    finally:
        await link.disconnect()
