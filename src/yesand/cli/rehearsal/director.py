"""The director's half: cues sent over the room's own socket, and the clock of the room log."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from websockets.sync.client import connect
from websockets.typing import Origin

from yesand.cli.rehearsal.server import StepFailed
from yesand.cli.rehearsal.visitor import Visitor


class Director:
    """A producer who watches a room and offers cues."""

    def __init__(self, visitor: Visitor, session: str) -> None:
        cookies = "; ".join(f"{c.name}={c.value}" for c in visitor.web.cookies.jar)
        url = visitor.base_url.replace("http", "ws", 1) + f"/ws/room/{session}"
        self.socket = connect(
            url,
            origin=Origin(visitor.base_url),
            additional_headers={"Cookie": cookies},
            # Read now and then, not all the time: a ping would wait behind unread messages.
            ping_interval=None,
        )
        self.log: list[dict[str, Any]] = []
        self._say({"type": "hello", "last": 0})
        self.tell("present", {"peer": uuid.uuid4().hex, "page": "director"})

    def _say(self, message: dict[str, Any]) -> None:
        self.socket.send(json.dumps(message))

    def tell(self, kind: str, body: dict[str, Any]) -> None:
        """Say something the room stores."""
        self._say({"type": "send", "kind": kind, "body": body, "nonce": uuid.uuid4().hex})

    def read(self, seconds: float) -> None:
        """Take in what the room says for at most so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                message = json.loads(self.socket.recv(timeout=left))
            except TimeoutError:
                return
            if message["type"] == "log":
                self.log.append(message)
            elif message["type"] == "error":
                raise StepFailed(f"the room refused: {message.get('says')}")

    def wait(self, kind: str, seconds: float) -> dict[str, Any]:
        """The first message of a kind, read now or earlier."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for message in self.log:
                if message["kind"] == kind:
                    return message
            self.read(0.1)
        raise StepFailed(f"the room never said {kind}")

    def count(self, kind: str) -> int:
        """How many stored messages of a kind were heard."""
        return sum(m["kind"] == kind for m in self.log)

    def cue(self, role: str, action: str, emotion: str, intensity: int) -> None:
        """Offer one cue to one role."""
        self.tell(
            "cue",
            {"to": role, "action": action, "aim_emotion": emotion, "aim_intensity": intensity},
        )

    def close(self) -> None:
        """Leave the room."""
        self.socket.close()
