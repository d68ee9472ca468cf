"""HTTP as it comes: heads in pieces, requests ahead of answers, bodies nobody asked for."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import uuid

import pytest
from door_bytes import checksum, pattern

from yesand.cli.bench_door import DoorProcess, TusClient
from yesand.infra import secrets
from yesand.web.doors.wire_request import DISCARD_BYTES

BODY = pattern(100_000)


class Talk:
    """One connection, byte by byte."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        self.line = socket.create_connection(("127.0.0.1", port), timeout=15)
        if context is not None:
            self.line = context.wrap_socket(self.line)
        self.read = b""

    def send(self, data: bytes) -> None:
        self.line.sendall(data)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer; status 0 where the door closed first."""
        while b"\r\n\r\n" not in self.read:
            if not self._more():
                return 0, {}, b""
        head, _, self.read = self.read.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        while len(self.read) < int(fields.get("content-length", 0)):
            assert self._more()
        count = int(fields.get("content-length", 0))
        body, self.read = self.read[:count], self.read[count:]
        return int(lines[0].split()[1]), fields, body

    def ended(self) -> bool:
        """Whether the door closed, waiting for it."""
        return not self._more() and not self.read

    def _more(self) -> bool:
        try:
            piece = self.line.recv(65536)
        except ConnectionResetError:
            return False
        self.read += piece
        return bool(piece)


def patch(client: TusClient, offset: int, body: bytes, *more: str, length: bool = True) -> bytes:
    """A PATCH's head; `more`: further lines."""
    lines = [
        f"PATCH {client.path} HTTP/1.1", "Host: door", "Tus-Resumable: 1.0.0",
        f"Authorization: {client.headers['Authorization']}", f"Upload-Offset: {offset}",
        "Content-Type: application/offset+octet-stream", f"Upload-Checksum: {checksum(body)}",
        *([f"Content-Length: {len(body)}"] if length else []), *more,
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def head(client: TusClient, *more: str) -> bytes:
    """A HEAD's head."""
    token = client.headers["Authorization"]
    lines = [
        f"HEAD {client.path} HTTP/1.1", "Host: door", "Tus-Resumable: 1.0.0",
        f"Authorization: {token}", *more,
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@pytest.fixture
def begun(door: DoorProcess) -> TusClient:
    client = door.client(uuid.uuid4())
    assert client.create().status == 201
    return client


def test_a_request_byte_by_byte(door, begun):
    talk = Talk(door.port)
    for byte in patch(begun, 0, b"abcdef") + b"abcdef":
        talk.send(bytes([byte]))
    assert talk.answer()[0] == 204
    assert door.stored(begun.stream).read_bytes() == b"abcdef"


def test_many_requests_before_the_first_answer(door, begun):
    """Pipelined: answered one after the other, in order, on one connection."""
    talk = Talk(door.port)
    whole = b"".join(
        patch(begun, at, BODY[at : at + 10_000]) + BODY[at : at + 10_000] + b"\r\n" * (at % 3 == 0)
        for at in range(0, 100_000, 10_000)
    )
    talk.send(whole + head(begun))
    for at in range(10_000, 100_001, 10_000):
        status, fields, _ = talk.answer()
        assert (status, fields["upload-offset"]) == (204, str(at))
    assert talk.answer()[1]["upload-offset"] == "100000"
    assert door.stored(begun.stream).read_bytes() == BODY


@pytest.mark.parametrize("size", [10_000, DISCARD_BYTES // 2])
def test_a_body_nobody_asked_for_is_read_away(door, begun, size):
    """A refused request's body does not become the next request."""
    talk = Talk(door.port)
    poison = head(begun) * (size // len(head(begun)))
    refused = patch(begun, 0, poison).replace(b"Upload-Offset: 0", b"Upload-Offset: -")
    talk.send(refused + poison + head(begun))
    assert talk.answer()[0] == 400
    status, fields, _ = talk.answer()
    assert (status, fields["upload-offset"]) == (200, "0")
    assert talk.read == b""


def test_an_endless_body_nobody_asked_for_ends_the_connection(door, begun):
    talk = Talk(door.port)
    refused = patch(begun, 0, b"x").replace(b"Content-Length: 1", b"Content-Length: 4000000000")
    talk.send(refused + b"x" * 1000)
    status, fields, _ = talk.answer()
    assert (status, fields["connection"]) == (413, "close")


def test_where_asked_the_body_is_sent_only_after_the_word(door, begun):
    talk = Talk(door.port)
    talk.send(patch(begun, 0, BODY, "Expect: 100-continue"))
    assert talk.answer()[0] == 100
    talk.send(BODY)
    assert talk.answer()[1]["upload-offset"] == str(len(BODY))
    stranger = door.client(uuid.uuid4(), key=b"k" * 32)
    talk.send(patch(stranger, 0, BODY, "Expect: 100-continue"))
    status, fields, _ = talk.answer()
    assert (status, fields["connection"]) == (401, "close")
    assert talk.ended()


def test_chunks_and_then_another_request(door, begun):
    talk = Talk(door.port)
    chunks = b"".join(
        b"%x;why=not\r\n%b\r\n" % (len(piece), piece)
        for piece in (BODY[:1], BODY[1:30_000], BODY[30_000:])
    )
    chunked = patch(begun, 0, BODY, "Transfer-Encoding: chunked", length=False)
    talk.send(chunked + chunks + b"0\r\n\r\n" + head(begun))
    assert talk.answer()[1]["upload-offset"] == str(len(BODY))
    assert talk.answer()[1]["upload-offset"] == str(len(BODY))
    assert door.stored(begun.stream).read_bytes() == BODY


def test_broken_chunks_leave_nothing(door, begun):
    talk = Talk(door.port)
    chunked = patch(begun, 0, BODY, "Transfer-Encoding: chunked", length=False)
    talk.send(chunked + b"5\r\nabcde\r\nnot a number\r\n")
    status, fields, _ = talk.answer()
    assert (status, fields["connection"]) == (400, "close")
    assert talk.ended()
    assert door.stored(begun.stream).read_bytes() == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS at a plain door
        b"GET / HTTP/1.1\nHost: door\n\n",
        b"GET / HTTP/1.1\nHost: door\n\r\nGET / HTTP/1.1\r\nHost: door\r\n\r\n",
        b"GET  /  HTTP/1.1\r\nHost: door\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : door\r\n\r\n",
        b"GET / HTTP/1.1\r\n Host: door\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"\x00" * 100,
        b"PATCH / HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"PATCH / HTTP/1.1\r\nHost: d\r\nContent-Length: +5\r\n\r\n",
        b"PATCH / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    ],
)
def test_what_is_no_request_is_answered_once_and_ended(door, sent):
    talk = Talk(door.port)
    talk.send(sent)
    status, fields, _ = talk.answer()
    assert status in (400, 501) and fields["connection"] == "close"
    assert talk.ended()


def test_a_head_without_end_is_not_kept(door):
    talk = Talk(door.port)
    talk.send(b"GET / HTTP/1.1\r\nHost: door\r\n" + (b"X-Long: " + b"y" * 1000 + b"\r\n") * 70)
    status, fields, _ = talk.answer()
    assert status == 0 or (status, fields["connection"]) == (431, "close")
    assert talk.ended()


def test_connections_end_when_asked_and_stay_otherwise(door, begun):
    talk = Talk(door.port)
    talk.send(head(begun))
    assert "connection" not in talk.answer()[1]
    talk.send(head(begun, "Connection: keep-alive, Close"))
    assert talk.answer()[1]["connection"] == "close"
    assert talk.ended()
    old = Talk(door.port)
    old.send(head(begun).replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert old.answer()[0] == 200
    assert old.ended()


def test_a_client_that_never_reads_is_not_answered_without_end(door, begun):
    """Requests are left on the line once answers pile up, and answered when they are read."""
    talk = Talk(door.port)
    talk.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    talk.line.settimeout(0.5)
    asked, request = 0, head(begun) * 50
    try:
        while asked < 400_000:
            talk.send(request)
            asked += 50
    except TimeoutError:
        pass
    assert asked < 400_000, "the door took everything and was never read"
    talk.line.settimeout(15)
    for _ in range(1000):
        assert talk.answer()[0] == 200


def test_over_tls(tmp_path):
    """The same buffers behind TLS: bodies arrive whole, and a wrong byte is still refused."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    settings = {"YESAND_TLS_CERT": str(cert), "YESAND_TLS_KEY": str(key)}
    with DoorProcess(tmp_path / "home", env=settings) as door:
        secrets.read(door.home, "upload_token")
        client = door.client(uuid.uuid4())
        context = ssl.create_default_context(cafile=str(cert))
        context.check_hostname = False
        talk = Talk(door.port, context)
        post = re.sub(rb"PATCH \S+", b"POST /uploads", patch(client, 0, b""))
        talk.send(post.replace(b"Upload-Offset: 0", b"Upload-Defer-Length: 1"))
        assert talk.answer()[0] == 201
        for at in range(0, 100_000, 25_000):
            body = BODY[at : at + 25_000]
            talk.send(patch(client, at, body) + body)
            assert talk.answer()[1]["upload-offset"] == str(at + 25_000)
        talk.send(patch(client, 100_000, b"right") + b"wrong")
        assert talk.answer()[0] == 460
        assert door.stored(client.stream).read_bytes() == BODY
