"""A door in one file, for tests of the recorder alone: tus 1.0.0 with checksums, kill-safe.

Run as a program: `python recorder_door.py PORT SPOOL ORIGIN`. The offset is the length of `<stream>.bytes`;
when length and hash are declared and hold, the receipt is there at once. `yesand.web.doors` is the
real one; this one lets the recorder be tested without it and be told to misbehave.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from yesand.formats.crc32c import crc32c
from yesand.kit.canonical import StreamHash

EXPOSED = "Location, Upload-Offset, Upload-Length, Tus-Resumable"
ALLOWED = (
    "Authorization, Content-Type, Tus-Resumable, Upload-Checksum, Upload-Defer-Length, "
    "Upload-Length, Upload-Offset, Upload-Stream-Hash"
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    spool: Path
    origin: str

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", self.origin)
        self.send_header("Access-Control-Expose-Headers", EXPOSED)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _stream(self) -> str | None:
        """The stream the bearer token names ("stream.<id>"), or None."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return token.removeprefix("stream.") if token.startswith("stream.") else None

    def _file(self, stream: str) -> Path:
        return self.spool / f"{stream}.bytes"

    def _declared(self, stream: str) -> dict[str, object]:
        path = self.spool / f"{stream}.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def _offset(self, stream: str) -> dict[str, str]:
        said = {"Upload_Offset": str(self._file(stream).stat().st_size)}
        length = self._declared(stream).get("length")
        return said | ({"Upload_Length": str(length)} if length is not None else {})

    def do_OPTIONS(self) -> None:
        self._answer(
            204,
            Access_Control_Allow_Headers=ALLOWED,
            Access_Control_Allow_Methods="POST, HEAD, PATCH, GET, DELETE",
            Access_Control_Max_Age="600",
        )

    def do_POST(self) -> None:
        stream = self._stream()
        if stream is None:
            return self._answer(401)
        self._file(stream).touch()
        self._answer(201, Location=f"/uploads/{stream}", **self._offset(stream))

    def do_HEAD(self) -> None:
        stream = self._stream()
        if stream is None:
            return self._answer(401)
        if not self._file(stream).exists():
            return self._answer(404)
        self._answer(200, **self._offset(stream))

    def do_PATCH(self) -> None:
        stream = self._stream()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if stream is None or not self.path.endswith(stream):
            return self._answer(401)
        algorithm, _, sent = self.headers["Upload-Checksum"].partition(" ")
        if algorithm != "crc32c" or int.from_bytes(base64.b64decode(sent)) != crc32c(body):
            return self._answer(460)
        path = self._file(stream)
        if int(self.headers["Upload-Offset"]) != path.stat().st_size:
            return self._answer(409)
        with path.open("ab") as file:
            file.write(body)
            file.flush()
            os.fdatasync(file.fileno())
        if self.headers["Upload-Length"]:
            self._declare(stream)
        self._answer(204, **self._offset(stream))

    def _declare(self, stream: str) -> None:
        said = {
            "length": int(self.headers["Upload-Length"]),
            "hash": self.headers["Upload-Stream-Hash"],
        }
        (self.spool / f"{stream}.json").write_text(json.dumps(said))

    def do_GET(self) -> None:
        stream = self._stream()
        if stream is None or not self.path.endswith("/receipt"):
            return self._answer(404)
        said = self._declared(stream)
        data = self._file(stream).read_bytes() if self._file(stream).exists() else b""
        hashing = StreamHash()
        hashing.update(data)
        if said.get("length") != len(data) or said.get("hash") != hashing.hexdigest():
            return self._answer(404)
        receipt = {
            "stream": stream,
            "length": len(data),
            "hash": hashing.hexdigest(),
            "sha256": hashlib.sha256(data).hexdigest(),
            "sealed_at": time.time(),
        }
        self._answer(200, json.dumps(receipt).encode(), Content_Type="application/json")

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the test prints what matters."""


def main(port: int, spool: Path, origin: str) -> None:
    Handler.spool, Handler.origin = spool, origin
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
