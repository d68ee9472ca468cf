"""A throw-away web host for the recorder's bare page, and the door beside it.

The host serves the built scripts, one page and the endpoint that grants streams. The door is a
process of its own, so that a test can kill it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from yesand.infra import secrets
from yesand.kit.canonical import StreamHash
from yesand.kit.ids import new_id
from yesand.recording.spool import Spool
from yesand.recording.spool_files import Receipt
from yesand.recording.tokens import Capability, mint

TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self'; "
    "media-src 'self' blob:; connect-src 'self' {door}"
)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@dataclass
class Host:
    """Serves the page at `url`; every granted stream is kept in `grants`."""

    built: Path
    door: DoorProcess
    boot: dict[str, object]
    grants: list[dict[str, str]] = field(default_factory=list)
    posts: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    refuse: str = ""

    def __post_init__(self) -> None:
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                host.serve(self)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                host.posts.append((self.path, body))
                if self.path.startswith("/streams"):
                    host.grant(self, body | {"by": self.path})
                else:
                    answer(self, 200, b"{}", "application/json")

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        # The door answers this one origin only, so the port was settled before both.
        self.url = self.door.origin
        port = int(self.url.rsplit(":", 1)[-1])
        self.server = ThreadingHTTPServer((self.door.bind, port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, name: str) -> str | None:
        """The page of a path, or None where this host has none of that name."""
        return None

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        name = request.path.removeprefix("/")
        if page := self.page(name):
            return answer(request, 200, page.encode(), "text/html")
        if name:
            path = self.built / name
            if not path.is_file():
                return answer(request, 404, b"")
            return answer(request, 200, path.read_bytes(), TYPES.get(path.suffix, "text/plain"))
        boot = json.dumps(self.boot | {"streams_url": "/streams"})
        page = (
            '<!doctype html><html lang="en"><title>Recorder</title><body><h1>Recorder</h1>'
            f'<script type="application/json" id="boot">{boot}</script>'
            '<script type="module" src="/recorder-page.js"></script></body></html>'
        )
        answer(request, 200, page.encode(), "text/html", POLICY.format(door=self.door.url))

    def grant(self, request: BaseHTTPRequestHandler, wanted: dict[str, str]) -> None:
        if self.refuse:
            says = {"code": self.refuse, "says": "This take is closed."}
            return answer(request, 409, json.dumps(says).encode(), "application/json")
        stream = wanted.get("stream") if wanted["reason"] == "renew" else None
        stream = stream or str(new_id())
        self.grants.append(wanted | {"stream": stream})
        recording = str(new_id())
        granted = {
            "stream": stream,
            "recording": recording,
            "token": self.door.token(stream, recording, wanted["kind"]),
            "door_url": f"{self.door.url}/uploads",
            "max_bytes": 1 << 30,
        }
        answer(request, 200, json.dumps(granted).encode(), "application/json")

    def streams(self, kind: str) -> list[str]:
        """Ids granted for a kind, in order."""
        return [one["stream"] for one in self.grants if one["kind"] == kind]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def answer(
    request: BaseHTTPRequestHandler, status: int, body: bytes, kind: str = "", policy: str = ""
) -> None:
    request.send_response(status)
    if kind:
        request.send_header("Content-Type", kind)
    if policy:
        request.send_header("Content-Security-Policy", policy)
    request.send_header("Cache-Control", "no-store")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@dataclass
class DoorProcess:
    """The real door, started, killed and started again on one port and one home.

    A thread of the test seals what is complete, as the worker does where there is a database.
    """

    home: Path
    origin: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    bind: str = "127.0.0.1"

    def __post_init__(self) -> None:
        self.spooled = Spool(self.home / "spool")
        self.stopping = threading.Event()
        self.sealer = threading.Thread(target=self.seal, daemon=True)
        self.sealer.start()

    @property
    def spool(self) -> Path:
        return self.spooled.folder

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(self, stream: str, recording: str, kind: str) -> str:
        """Leave to send one stream, by the key of this home."""
        keys = [secrets.read(self.home, "upload_token")]
        expires = int(time.time()) + 3600
        claim = Capability(uuid.UUID(stream), uuid.UUID(recording), kind, 1 << 30, expires)
        return mint(keys, claim)

    def declared(self, stream: str) -> int | None:
        """The length the browser declared, None while it has not."""
        path = self.spool / f"{stream}.json"
        return json.loads(path.read_text())["length"] if path.exists() else None

    def seal(self) -> None:
        while not self.stopping.wait(0.1):
            for path in self.spool.glob("*.json"):
                if path.name.endswith(".receipt.json"):
                    continue
                found = self.spooled.look(uuid.UUID(path.stem))
                if found.complete and found.state == "open":
                    self.spooled.write_receipt(self.receipt(found.stream))

    def receipt(self, stream: uuid.UUID) -> Receipt:
        data = self.spooled.bytes_path(stream).read_bytes()
        hashing = StreamHash()
        hashing.update(data)
        return Receipt(stream, len(data), hashing.hexdigest(), time.time())

    def start(self) -> None:
        environment = os.environ | {
            "YESAND_HOME": str(self.home),
            "YESAND_BASE_URL": self.origin,
            "YESAND_HOST": self.bind,
            "YESAND_DOOR_PORT": str(self.port),
            "YESAND_MIN_FREE_GB": "0",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "yesand.web.doors"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=1)
                return
            except OSError:
                threading.Event().wait(0.05)
        raise AssertionError("the door did not start")

    def kill(self) -> None:
        """SIGKILL, as a power cut of the process would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def close(self) -> None:
        self.kill()
        self.stopping.set()
        self.sealer.join(5)
