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
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from yesand.kit.ids import new_id

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
    door_url: str
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

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
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
        answer(request, 200, page.encode(), "text/html", POLICY.format(door=self.door_url))

    def grant(self, request: BaseHTTPRequestHandler, wanted: dict[str, str]) -> None:
        if self.refuse:
            says = {"code": self.refuse, "says": "This take is closed."}
            return answer(request, 409, json.dumps(says).encode(), "application/json")
        stream = wanted.get("stream") if wanted["reason"] == "renew" else None
        stream = stream or str(new_id())
        self.grants.append(wanted | {"stream": stream})
        granted = {
            "stream": stream,
            "recording": str(new_id()),
            "token": f"stream.{stream}",
            "door_url": f"{self.door_url}/uploads",
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
    """The door, started, killed and started again on one port and one spool."""

    port: int
    spool: Path
    origin: str = "*"
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        program = Path(__file__).with_name("recorder_door.py")
        self.process = subprocess.Popen(
            [sys.executable, str(program), str(self.port), str(self.spool), self.origin],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.url, timeout=1)
            except urllib.error.HTTPError:
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
