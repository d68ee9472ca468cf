"""The door speaks tus 1.0.0: what a right request gets."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from email.utils import parsedate_to_datetime

import pytest
from door_bytes import checksum, pattern

from yesand.kit.canonical import StreamHash
from yesand.recording.spool import Spool
from yesand.recording.spool_files import Receipt


def hash_of(data: bytes) -> str:
    hashing = StreamHash()
    hashing.update(data)
    return hashing.hexdigest()


def test_a_stream_from_first_byte_to_receipt(door, client):
    """Deferred length, three bodies, the end declared with an empty last PATCH, then the seal."""
    data = pattern(700_000)
    created = client.create()
    assert created.status == 201
    assert created.headers["location"] == client.path
    assert created.offset == 0
    expires = parsedate_to_datetime(created.headers["upload-expires"]).timestamp()
    assert expires == pytest.approx(time.time() + 86_400, abs=30)

    for start in range(0, len(data), 262_144):
        body = data[start : start + 262_144]
        reply = client.patch(start, body, checksum(body))
        assert (reply.status, reply.offset) == (204, start + len(body))
    told = client.head()
    assert (told.status, told.offset) == (200, len(data))
    assert told.headers["upload-defer-length"] == "1"
    assert "upload-length" not in told.headers
    assert told.headers["cache-control"] == "no-store"

    last = client.patch(
        len(data), b"", upload_length=str(len(data)), upload_stream_hash=hash_of(data)
    )
    assert last.status == 204
    told = client.head()
    assert told.headers["upload-length"] == str(len(data))
    assert "upload-defer-length" not in told.headers
    assert door.stored(client.stream).read_bytes() == data

    assert client.call("GET", client.path + "/receipt").status == 404
    spool = Spool(door.home / "spool")
    assert spool.look(client.stream).hash == hash_of(data)
    spool.write_receipt(Receipt(client.stream, len(data), hash_of(data), 1234.5))
    spool.discard(client.stream)
    receipt = client.call("GET", client.path + "/receipt")
    assert receipt.status == 200
    assert json.loads(receipt.body) == {
        "stream": str(client.stream), "length": len(data), "hash": hash_of(data),
        "sealed_at": 1234.5,
    }  # fmt: skip
    sealed = client.head()
    assert (sealed.status, sealed.offset) == (200, len(data))
    assert sealed.headers["upload-stream-state"] == "sealed"
    again = client.patch(
        len(data), b"", upload_length=str(len(data)), upload_stream_hash=hash_of(data)
    )
    assert again.status == 204
    assert client.patch(len(data), b"x").status == 410


@pytest.mark.parametrize("algorithm", ["crc32c", "sha1", "sha256"])
def test_each_checksum(door, client, algorithm):
    client.create()
    body = pattern(1000)
    assert client.patch(0, body, checksum(body, algorithm)).status == 204
    wrong = client.patch(1000, body, checksum(body[:-1], algorithm))
    assert wrong.status == 460
    assert json.loads(wrong.body)["code"] == "wrong_checksum"
    assert client.head().offset == 1000
    assert door.stored(client.stream).read_bytes() == body


def test_a_body_without_a_checksum_is_for_other_clients(door, client):
    client.create()
    assert client.patch(0, b"abc").status == 204
    assert door.stored(client.stream).read_bytes() == b"abc"


def test_creation_with_upload(door, client):
    body = pattern(5000)
    kind = "application/offset+octet-stream"
    reply = client.call(
        "POST", "/uploads", body, upload_length="6000", content_type=kind,
        upload_checksum=checksum(body),
    )  # fmt: skip
    assert (reply.status, reply.offset) == (201, 5000)
    assert client.patch(5000, pattern(1000, 5000)).offset == 6000
    assert door.stored(client.stream).read_bytes() == pattern(6000)


def test_creating_again_finds_the_same_stream(door, client):
    """The answer to the first creation was lost; the second one changes nothing."""
    body = pattern(500)
    kind = "application/offset+octet-stream"
    first = client.call("POST", "/uploads", body, upload_defer_length="1", content_type=kind)
    again = client.call("POST", "/uploads", body, upload_defer_length="1", content_type=kind)
    assert (first.status, first.offset) == (again.status, again.offset) == (201, 500)
    assert first.headers["location"] == again.headers["location"]
    assert client.create(upload_length="600").status == 201
    assert client.create(upload_length="700").status == 400
    assert client.create().status == 201
    assert client.head().headers["upload-length"] == "600"
    assert door.stored(client.stream).read_bytes() == body


def test_the_same_patch_said_twice_is_told_where_the_stream_stands(client):
    client.create()
    assert client.patch(0, b"abc").status == 204
    again = client.patch(0, b"abc")
    assert (again.status, again.offset) == (409, 3)


def test_metadata_comes_back(client):
    client.create(upload_metadata="filename bWljLnBjbQ==,empty")
    assert client.head().headers["upload-metadata"] == "filename bWljLnBjbQ==,empty"


def test_length_zero_is_complete_at_once(door, client):
    assert client.create(upload_length="0").status == 201
    assert client.head().headers["upload-length"] == "0"
    assert client.patch(0, b"", upload_length="0").status == 204
    assert client.patch(0, b"x").status == 413


def test_termination(door, client):
    client.create()
    client.patch(0, b"abc")
    assert client.call("DELETE").status == 204
    assert not door.stored(client.stream).exists()
    for reply in (client.head(), client.patch(0, b"abc"), client.create()):
        assert reply.status == 410
        assert reply.headers["upload-stream-state"] == "terminated"
    assert not door.stored(client.stream).exists()


def test_a_complete_stream_is_not_terminated(door, client):
    client.create(upload_length="3")
    client.patch(0, b"abc")
    assert client.call("DELETE").status == 403
    assert door.stored(client.stream).read_bytes() == b"abc"


def test_override_of_the_verb(door, client):
    """For networks that let only POST through; the header counts, the method does not."""
    client.create()
    reply = client.call(
        "POST", client.path, b"abc", x_http_method_override="PATCH", upload_offset="0",
        content_type="application/offset+octet-stream",
    )  # fmt: skip
    assert (reply.status, reply.offset) == (204, 3)
    assert client.call("POST", client.path, x_http_method_override="HEAD").offset == 3


def test_chunked_bodies(door, client):
    client.create()
    data = pattern(70_000)
    reply = client.call(
        "PATCH", None, iter([data[:1], data[1:65_000], data[65_000:]]),
        upload_offset="0", content_type="application/offset+octet-stream",
        upload_checksum=checksum(data),
    )  # fmt: skip
    assert (reply.status, reply.offset) == (204, 70_000)
    assert door.stored(client.stream).read_bytes() == data


def test_options_and_preflight(door, client):
    reply = client.call("OPTIONS", "/uploads", authorization=None, tus_resumable=None)
    assert reply.status == 204
    assert reply.headers["tus-version"] == reply.headers["tus-resumable"] == "1.0.0"
    assert set(reply.headers["tus-extension"].split(",")) == {
        "creation", "creation-with-upload", "creation-defer-length", "checksum", "expiration",
        "termination",
    }  # fmt: skip
    assert reply.headers["tus-checksum-algorithm"] == "crc32c,sha1,sha256"
    assert int(reply.headers["tus-max-size"]) > 0
    assert "access-control-allow-origin" not in reply.headers

    ours = f"http://127.0.0.1:{door.port - 1}"
    preflight = client.call(
        "OPTIONS", client.path, authorization=None, tus_resumable=None, origin=ours,
        access_control_request_method="PATCH",
        access_control_request_headers="authorization,upload-offset,upload-checksum",
    )  # fmt: skip
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == ours
    allowed = preflight.headers["access-control-allow-headers"]
    for name in ("authorization", "upload-checksum", "upload-stream-hash", "upload-offset"):
        assert name in allowed
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    created = client.create(origin=ours)
    assert created.headers["access-control-allow-origin"] == ours
    for name in ("location", "upload-offset", "upload-stream-state"):
        assert name in created.headers["access-control-expose-headers"]
    assert created.headers["vary"] == "Origin"


def test_other_origins_are_not_let_in(door, client):
    for origin in ("https://elsewhere.example", "null", f"http://127.0.0.1:{door.port}"):
        preflight = client.call("OPTIONS", client.path, origin=origin)
        assert "access-control-allow-origin" not in preflight.headers
        reply = client.create(origin=origin)
        assert reply.status == 403
        assert "access-control-allow-origin" not in reply.headers
    assert client.head().status == 404


def test_forwarded_hosts_never_reach_the_location(client):
    reply = client.create(
        x_forwarded_host="evil.example", x_forwarded_proto="https", forwarded="host=evil.example",
        host="evil.example",
    )  # fmt: skip
    assert reply.headers["location"] == client.path


def test_health_and_metrics(door, client):
    client.create()
    client.patch(0, b"abc", checksum(b"abc"))
    health = client.call("GET", "/healthz", authorization=None)
    assert health.status == 200 and json.loads(health.body)["ok"] is True
    text = client.call("GET", "/metrics", authorization=None).body.decode()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines())
    assert int(values["yesand_door_bytes_total"]) >= 3
    assert int(values["yesand_door_sync_seconds_count"]) >= 1
    assert str(client.stream) not in text
    for name in ("x_forwarded_for", "forwarded", "via"):
        assert client.call("GET", "/metrics", **{name: "for=1.2.3.4"}).status == 404


def test_a_door_process_never_loads_django():
    """The import law reads the code; this looks at what a running door has loaded."""
    code = (
        "import sys, yesand.web.doors.__main__, yesand.web.doors.server; "
        "print([n for n in ('django', 'psycopg', 'procrastinate', 'channels') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_two_streams_do_not_meet(door):
    first, second = door.client(uuid.uuid4()), door.client(uuid.uuid4())
    first.create(), second.create()
    first.patch(0, b"aaa"), second.patch(0, b"bb")
    assert door.stored(first.stream).read_bytes() == b"aaa"
    assert door.stored(second.stream).read_bytes() == b"bb"
