"""A door in a process of its own and a plain tus client, for benches and tests.

Only the standard library and our own tokens: the client must not share code with what it tests.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yesand.infra import secrets
from yesand.infra.child import spawn
from yesand.recording.tokens import Capability, mint

#: Seconds a door gets to answer /healthz after its start.
START_S = 20.0


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class DoorProcess:
    """One door on one home: started, killed and started again on the same port."""

    name = "yesand"

    def __init__(
        self, home: Path, env: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
    ) -> None:
        """prefix: words before the door's own command line, such as a tracer."""
        self.home, self.port = home, free_port()
        self.env, self.prefix = dict(env or {}), prefix
        self._process: subprocess.Popen[bytes] | None = None
        self.log = home / "door.log"
        home.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> DoorProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, break_at: str = "", **env: str) -> None:
        """Start and wait until it answers. break_at: a named point, see web/doors/breaks.py.

        The door dies with the thread that called this, so that no bench leaves one behind.
        """
        settings = {
            "YESAND_HOME": str(self.home),
            "YESAND_DOOR_PORT": str(self.port),
            "YESAND_PORT": str(self.port - 1),
            "YESAND_MIN_FREE_GB": "0",
            "YESAND_DOOR_BREAK": break_at,
        }
        kept = {name: value for name, value in os.environ.items() if name[:7] != "YESAND_"}
        with self.log.open("ab") as log:
            self._process = spawn(
                [*self.prefix, sys.executable, "-m", "yesand.web.doors"],
                env=kept | settings | self.env | env,
                stdout=log,
                stderr=log,
                on_death=signal.SIGKILL,
            )
        deadline = time.monotonic() + START_S
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    said = self.log.read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"the door did not start: {said}") from None
                time.sleep(0.005)

    def kill(self) -> None:
        """SIGKILL; nothing of the process runs after this returns."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def wait(self, timeout_s: float = 20.0) -> int:
        """Wait until the process has ended by itself; its exit status."""
        assert self._process is not None
        return self._process.wait(timeout_s)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL where that takes too long."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def token(
        self,
        stream: uuid.UUID,
        kind: str = "mic",
        max_bytes: int = 1 << 32,
        expires_in: int = 86_400,
        key: bytes | None = None,
    ) -> str:
        """A capability for the stream, signed with the door's own key unless another is given."""
        signer = secrets.read(self.home, "upload_token") if key is None else key
        expires = int(time.time()) + expires_in
        return mint([signer], Capability(stream, stream, kind, max_bytes, expires))

    def client(self, stream: uuid.UUID, **token: object) -> TusClient:
        """A client that may write `stream`."""
        return TusClient(self.port, stream, self.token(stream, **token))  # type: ignore[arg-type]

    def stored(self, stream: uuid.UUID) -> Path:
        """Where the stream's bytes are on disk."""
        return self.home / "spool" / f"{stream}.bytes"


@dataclass(frozen=True)
class Reply:
    """A response: header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def offset(self) -> int:
        return int(self.headers["upload-offset"])


class TusClient:
    """Speaks tus 1.0.0 for one stream over one connection; raises OSError or HTTPException."""

    def __init__(self, port: int, stream: uuid.UUID, token: str, timeout_s: float = 20.0) -> None:
        self.stream, self.path = stream, f"/uploads/{stream}"
        self.headers = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {token}"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)

    def call(self, verb: str, path: str = "", body: Any = None, /, **headers: str | None) -> Reply:
        """One request. Keyword `upload_offset="0"` is header Upload-Offset; None removes one."""
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        every = {name: value for name, value in (self.headers | named).items() if value is not None}
        try:
            self._connection.request(verb, path or self.path, body=body, headers=every)
            response = self._connection.getresponse()
            read = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        found = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, found, read)

    def create(self, **headers: str | None) -> Reply:
        if "upload_length" not in headers:
            headers.setdefault("upload_defer_length", "1")
        return self.call("POST", "/uploads", **headers)

    def head(self) -> Reply:
        return self.call("HEAD")

    def patch(self, offset: int, body: bytes, checksum: str = "", **headers: str | None) -> Reply:
        headers.setdefault("content_type", "application/offset+octet-stream")
        headers.setdefault("upload_offset", str(offset))
        if checksum:
            headers["upload_checksum"] = checksum
        return self.call("PATCH", self.path, body, **headers)

    def close(self) -> None:
        self._connection.close()
