"""Anything may stand in a request: the door answers with a status it means, never by failing."""

from __future__ import annotations

import asyncio
import json
import time
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yesand.infra import secrets
from yesand.recording.tokens import Capability, mint
from yesand.web.doors.answers import STATUS
from yesand.web.doors.app import Door

STREAM = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")
NAMES = [
    "tus-resumable", "upload-offset", "upload-length", "upload-defer-length", "upload-checksum",
    "upload-stream-hash", "upload-metadata", "content-type", "content-length", "authorization",
    "origin", "x-http-method-override", "trailer", "transfer-encoding",
]  # fmt: skip
GOOD = [
    b"1.0.0", b"0", b"3", b"1", b"application/offset+octet-stream", b"crc32c AAAAAA==", b"HEAD",
    b"sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=", b"a" * 64, b"name YWJj", b"chunked",
]  # fmt: skip
PATHS = [
    "/uploads",
    f"/uploads/{STREAM}",
    f"/uploads/{STREAM}/receipt",
    "/",
    "/healthz",
    "/metrics",
]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    door = Door({"YESAND_HOME": str(home), "YESAND_MIN_FREE_GB": "0"})
    door.start()
    key = secrets.read(home, "upload_token")
    right = Capability(STREAM, STREAM, "mic", 1000, int(time.time()) + 1000)
    door.uploads.spool.create(right)
    door.uploads.spool.append(STREAM, 0, b"abc")
    return door, b"Bearer " + mint([key], right).encode()


def ask(door: Door, scope: dict, pieces: list[bytes]) -> tuple[int, dict[bytes, bytes], bytes]:
    """One request, its body in pieces, then the line is closed."""
    sent: list[dict] = []

    async def receive() -> dict:
        if not pieces:
            return {"type": "http.disconnect"}
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: dict) -> None:
        sent.append(message)

    asyncio.run(asyncio.wait_for(door(scope, receive, send), 20))
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


values = st.one_of(st.sampled_from(GOOD), st.binary(max_size=60))
headers = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=8)


@settings(max_examples=400, deadline=None)
@given(
    verb=st.sampled_from(["POST", "HEAD", "PATCH", "DELETE", "GET", "OPTIONS", "PUT", "Ä"]),
    path=st.one_of(st.sampled_from(PATHS), st.text(max_size=30).map(lambda text: "/" + text)),
    sent=headers,
    signed=st.booleans(),
    version=st.booleans(),
    pieces=st.lists(st.binary(max_size=40), max_size=3),
)
def test_no_request_makes_the_door_fail(app, verb, path, sent, signed, version, pieces):
    door, token = app
    every = [(name.encode(), value) for name, value in sent]
    every += [(b"authorization", token)] * signed + [(b"tus-resumable", b"1.0.0")] * version
    scope = {"type": "http", "method": verb, "path": path, "headers": every, "client": None}
    before = door.uploads.spool.bytes_path(STREAM)
    kept = before.read_bytes() if before.exists() else None
    status, answered, body = ask(door, scope, list(pieces))
    assert status in {200, 201, 204} | set(STATUS.values()), body
    assert door.metrics.counts["failures_total"] == 0
    assert answered[b"tus-resumable"] == b"1.0.0"
    if status >= 400 and verb != "HEAD":
        said = json.loads(body)
        assert STATUS[said["code"]] == status
    if not signed and kept is not None:
        assert before.read_bytes() == kept
    after = before.read_bytes() if before.exists() else b""
    assert after[: len(kept or b"")] == (kept or b"") or not before.exists()
    assert door.uploads.bodies.room == door.uploads.limits.flight_bytes
    assert not door.uploads._arriving
