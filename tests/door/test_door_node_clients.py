"""Other people's tus clients against our door: tus-js-client and Uppy as npm gives them.

Each upload is a node process of its own, so that it can be killed as a tab is closed. Of an
upload they are told the address, a key as a header, and the largest body the door takes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from door_bytes import pattern

from yesand.cli.bench_door import DoorProcess

BROWSER = Path(__file__).parents[2] / "browser"
DRIVER = BROWSER / "test" / "clients" / "upload.mjs"
DATA = pattern(1 << 16) * 20 + b"end"  # 1.3 MB
CHUNK = 200_000
BOTH = pytest.mark.parametrize("client", ["tus-js-client", "uppy"])


@pytest.fixture(scope="module", autouse=True)
def clients_are_there():
    if shutil.which("node") is None:
        pytest.skip("no node on this machine")
    if not (BROWSER / "node_modules" / "@uppy" / "tus").is_dir():
        pytest.skip("the clients are not installed; run npm ci in browser/")


@dataclass
class Visit:
    """One visit of a browser that remembers its uploads between visits, as its storage does."""

    client: str
    folder: Path

    def words(
        self, door: DoorProcess, stream: uuid.UUID, job: dict[str, Any], **token
    ) -> list[str]:
        file = self.folder / "sent"
        file.write_bytes(DATA)
        told = {
            "client": self.client,
            "endpoint": f"http://127.0.0.1:{door.port}/uploads",
            "token": door.token(stream, **token),
            "file": str(file),
            "chunk": CHUNK,
            "remembered": str(self.folder / "remembered.json"),
        }
        return ["node", str(DRIVER), json.dumps(told | job)]

    def __call__(self, *visit: Any, **token) -> tuple[int, list[dict[str, Any]]]:
        """The exit status, and what the client said."""
        words = self.words(*visit, **token)
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        said = [json.loads(line) for line in done.stdout.splitlines()]
        assert said or done.returncode, done.stderr
        return done.returncode, said


@BOTH
def test_a_whole_upload(door, tmp_path, client):
    stream = uuid.uuid4()
    status, said = Visit(client, tmp_path)(door, stream, {})
    assert (status, said[-1]["done"].rpartition("/")[2]) == (0, str(stream))
    assert next(one["sent"] for one in said if "sent" in one) == CHUNK
    assert door.stored(stream).read_bytes() == DATA
    assert door.client(stream).head().headers["upload-length"] == str(len(DATA))


@pytest.mark.parametrize(
    "options",
    [
        {"uploadLengthDeferred": True},
        {"uploadDataDuringCreation": True},
        {"overridePatchMethod": True},
    ],
)
def test_tus_js_client_by_other_ways(door, tmp_path, options):
    """A recording that goes on while it is sent; the first bytes with the creation; POST alone."""
    stream = uuid.uuid4()
    status, said = Visit("tus-js-client", tmp_path)(door, stream, {"options": options})
    assert status == 0, said
    assert door.stored(stream).read_bytes() == DATA
    assert door.client(stream).head().headers["upload-length"] == str(len(DATA))


@BOTH
def test_a_client_and_then_the_door_are_killed_in_the_middle(lone_door, tmp_path, client):
    """kill -9 of the client; the next visit goes on from there; then kill -9 of the door under it,
    and it retries until a new one answers.
    """
    lone_door.start()
    stream, visit = uuid.uuid4(), Visit(client, tmp_path)
    status, _ = visit(lone_door, stream, {"stop_at": 2 * CHUNK})
    assert status == -9
    lone_door.stop()
    lone_door.start(break_at="append.after_write:3")
    with subprocess.Popen(
        visit.words(lone_door, stream, {}), stdout=subprocess.PIPE, text=True
    ) as second:
        assert lone_door.wait() == -9, "the door ends itself with a body written and not synced"
        lone_door.start()
        told, _ = second.communicate(timeout=60)
    assert second.returncode == 0, told
    said = [json.loads(line) for line in told.splitlines()]
    sent = [one["sent"] for one in said if "sent" in one]
    assert sent[0] == 3 * CHUNK, "it begins where the first visit was killed, not anew"
    assert lone_door.stored(stream).read_bytes() == DATA


@BOTH
@pytest.mark.parametrize("token", [{"key": b"x" * 32}, {"expires_in": -5}])
def test_a_wrong_key_is_refused_and_nothing_is_stored(door, tmp_path, client, token):
    stream = uuid.uuid4()
    status, said = Visit(client, tmp_path)(door, stream, {}, **token)
    assert (status, said[-1]["refused"]) == (1, 401)
    assert not door.stored(stream).exists()
    assert not [name for name in os.listdir(door.home / "spool") if str(stream) in name]


@BOTH
def test_the_key_to_another_upload_opens_nothing(door, tmp_path, client):
    """A client that holds a valid key and somebody else's address is turned away."""
    mine, other = uuid.uuid4(), door.client(uuid.uuid4())
    other.create()
    place = f"http://127.0.0.1:{door.port}/uploads/{other.stream}"
    status, said = Visit(client, tmp_path)(
        door, mine, {"options": {"uploadUrl": place, "retryDelays": []}}
    )
    # tus-js-client takes the refusal of its HEAD for an upload that ended, and begins its own.
    assert (status, said[-1].get("done", "").rpartition("/")[2]) in ((1, ""), (0, str(mine)))
    assert door.stored(other.stream).read_bytes() == b""
