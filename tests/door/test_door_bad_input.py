"""Bad input on every verb: one clear answer, and not one byte written.

The list follows what is known to break upload servers. Every test compares every byte of the
spool before and after.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
import uuid

import pytest
from door_bytes import checksum, everything, pattern

from yesand.cli.bench_door import DoorProcess, TusClient

KIND = "application/offset+octet-stream"
VERBS = ("POST", "HEAD", "PATCH", "DELETE", "GET")
BODY = pattern(1000)


@pytest.fixture
def begun(door: DoorProcess, client: TusClient) -> TusClient:
    """A stream that holds three bytes."""
    client.create()
    client.patch(0, b"abc")
    return client


def refused(
    door: DoorProcess, before: dict[str, bytes], reply, status: int, code: str = ""
) -> None:
    assert reply.status == status, reply
    assert everything(door) == before
    if code:
        said = json.loads(reply.body)
        assert said["code"] == code
        assert said["says"][0].isupper() and said["says"].endswith(".")


def raw(door: DoorProcess, request: bytes, then_close: bool = False) -> bytes:
    """Bytes over a socket as they are; what the door answers until it pauses for long."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as line:
        line.sendall(request)
        if then_close:
            line.shutdown(socket.SHUT_WR)
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = line.recv(65536)
            if not piece:
                break
            answer += piece
        return answer


def head_of(client: TusClient, verb: str, path: str, *lines: str, body: bytes = b"") -> bytes:
    """A request written by hand, with a token; `lines` are more header lines."""
    every = [
        f"{verb} {path} HTTP/1.1", "Host: door", "Tus-Resumable: 1.0.0",
        f"Authorization: {client.headers['Authorization']}", *lines,
    ]  # fmt: skip
    return "\r\n".join(every).encode("latin-1") + b"\r\n\r\n" + body


# Authority


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "authority",
    ["none", "empty", "basic", "garbage", "forged", "expired", "another stream", "twice"],
)
def test_without_authority_nothing_is_written_and_little_is_said(door, begun, verb, authority):
    other = door.client(uuid.uuid4())
    headers: dict[str, str | None] = {
        "none": {"authorization": None},
        "empty": {"authorization": ""},
        "basic": {"authorization": "Basic YWJjOmRlZg=="},
        "garbage": {"authorization": "Bearer x.y"},
        "forged": {"authorization": "Bearer " + door.token(begun.stream, key=b"x" * 32)},
        "expired": {"authorization": "Bearer " + door.token(begun.stream, expires_in=-1)},
        "another stream": {"authorization": other.headers["Authorization"]},
        "twice": {"authorization": None},
    }[authority]
    before = everything(door)
    if authority == "twice":
        line = f"Authorization: {begun.headers['Authorization']}"
        answer = raw(door, head_of(begun, verb, begun.path, line, "Content-Length: 0"))
        assert answer.startswith(b"HTTP/1.1 400")
    else:
        body = BODY if verb in ("POST", "PATCH") else None
        reply = begun.call(
            verb, begun.path, body, upload_offset="3", content_type=KIND,
            upload_checksum=checksum(BODY), **headers,
        )  # fmt: skip
        assert reply.status == (403 if authority == "another stream" else 401)
        if reply.status == 401:
            assert reply.headers["www-authenticate"] == "Bearer"
        assert "upload-offset" not in reply.headers
        # The connection lives on: the client reads its answer instead of a reset.
        assert begun.head().offset == 3
    assert everything(door) == before


def test_creation_without_authority_makes_no_file(door, client):
    before = everything(door)
    for headers in ({"authorization": None}, {"authorization": "Bearer a.b"}):
        reply = client.call(
            "POST", "/uploads", BODY, upload_length="1000", content_type=KIND, **headers
        )
        refused(door, before, reply, 401)


def test_authority_is_asked_before_the_body_is_read(door, client):
    """The headers alone are answered; the body of a stranger is never waited for."""
    request = (
        f"PATCH {client.path} HTTP/1.1\r\nHost: door\r\nTus-Resumable: 1.0.0\r\n"
        f"Upload-Offset: 0\r\nContent-Type: {KIND}\r\nContent-Length: 1000000\r\n\r\n"
    ).encode()
    start = time.monotonic()
    assert raw(door, request).startswith(b"HTTP/1.1 401")
    assert time.monotonic() - start < 2


def test_a_stranger_is_not_asked_to_go_on(door, begun):
    """Expect: 100-continue: 401 without 100 for a stranger, 100 and 204 for the owner."""
    before = everything(door)
    lines = [
        "Upload-Offset: 3",
        f"Content-Type: {KIND}",
        "Content-Length: 3",
        "Expect: 100-continue",
    ]
    owner = head_of(begun, "PATCH", begun.path, *lines)
    stranger = owner.replace(b"Bearer ", b"Bearer x")
    assert raw(door, stranger).startswith(b"HTTP/1.1 401")
    assert everything(door) == before
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as line:
        line.sendall(owner)
        assert line.recv(65536).startswith(b"HTTP/1.1 100")
        line.sendall(b"def")
        assert line.recv(65536).startswith(b"HTTP/1.1 204")
    assert door.stored(begun.stream).read_bytes() == b"abcdef"


# Headers


@pytest.mark.parametrize("version", [None, "", "0.2.2", "1.0.1", "2.0.0"])
@pytest.mark.parametrize("verb", ["POST", "HEAD", "PATCH", "DELETE"])
def test_another_version_of_tus(door, begun, verb, version):
    before = everything(door)
    path = "/uploads" if verb == "POST" else begun.path
    reply = begun.call(
        verb, path, b"x" if verb == "PATCH" else None, tus_resumable=version, upload_offset="3",
        upload_length="10", content_type=KIND,
    )  # fmt: skip
    refused(door, before, reply, 412)
    assert reply.headers["tus-version"] == "1.0.0"


BAD_NUMBERS = ["-1", "+1", "1.0", "1e3", "0x10", "abc", "", " ", "1 2", "9" * 17, str(2**63), str(2**53), "３"]  # fmt: skip


@pytest.mark.parametrize("number", BAD_NUMBERS)
@pytest.mark.parametrize("name", ["Upload-Offset", "Upload-Length"])
def test_numbers_that_are_none(door, begun, name, number):
    before = everything(door)
    lines = [f"Content-Type: {KIND}", "Content-Length: 3"]
    if name == "Upload-Length":
        lines.append("Upload-Offset: 3")
    line = f"{name}: {number}".encode()
    request = head_of(begun, "PATCH", begun.path, *lines)[:-2] + line + b"\r\n\r\ndef"
    assert raw(door, request).startswith(b"HTTP/1.1 400")
    if name == "Upload-Length":
        creation = head_of(begun, "POST", "/uploads", "Content-Length: 0")[:-2]
        assert raw(door, creation + line + b"\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert everything(door) == before


@pytest.mark.parametrize(
    "line",
    [
        "Upload-Offset: 3",
        "Upload-Length: 10",
        "Upload-Stream-Hash: " + "a" * 64,
        "Upload-Checksum: sha1 " + "A" * 27 + "=",
        "Tus-Resumable: 1.0.0",
        "Content-Type: " + KIND,
        "X-Unknown: 1",
    ],
)
def test_headers_said_twice(door, begun, line):
    before = everything(door)
    lines = ["Upload-Offset: 3", f"Content-Type: {KIND}", "Content-Length: 3", line]
    if lines.count(line) == 1 and not line.startswith("Tus"):
        lines.append(line)
    answer = raw(door, head_of(begun, "PATCH", begun.path, *lines, body=b"def"))
    if line.startswith("X-Unknown"):
        assert answer.startswith(b"HTTP/1.1 204")
    else:
        assert answer.startswith(b"HTTP/1.1 400"), answer
        assert everything(door) == before


def test_headers_that_contradict_how_a_body_is_sent(door, begun):
    """Two lengths, a length beside chunks, a length of letters: classics of request smuggling."""
    before = everything(door)
    for lines in (
        ["Content-Length: 3", "Content-Length: 4"],
        ["Content-Length: 3", "Transfer-Encoding: chunked"],
        ["Content-Length: abc"],
        ["Content-Length: -3"],
    ):
        request = head_of(
            begun, "PATCH", begun.path, "Upload-Offset: 3", f"Content-Type: {KIND}", *lines,
            body=b"def",
        )  # fmt: skip
        assert raw(door, request, then_close=True)[:12] in (b"HTTP/1.1 400", b"")
        assert everything(door) == before


def test_creation_says_its_length_or_defers_it(door, client):
    before = everything(door)
    cases: list[dict[str, str]] = [
        {},
        {"upload_length": "5", "upload_defer_length": "1"},
        {"upload_defer_length": "0"},
        {"upload_defer_length": "2"},
        {"upload_defer_length": "true"},
    ]
    for headers in cases:
        refused(door, before, client.call("POST", "/uploads", **headers), 400, "bad_header")
    reply = client.call("POST", "/uploads", upload_length="5000001")
    refused(door, before, reply, 413, "too_large")
    day = client.call("POST", "/uploads", upload_length=str(24 * 3600 * 48000 * 3))
    refused(door, before, day, 413)


@pytest.mark.parametrize(
    "kind", [None, "", "application/octet-stream", KIND + "; charset=utf-8", "multipart/form-data"]
)
def test_another_content_type(door, begun, client, kind):
    before = everything(door)
    refused(door, before, begun.patch(3, b"x", content_type=kind), 415, "wrong_type")
    fresh = door.client(uuid.uuid4())
    reply = fresh.call("POST", "/uploads", BODY, upload_length="1000", content_type=kind)
    refused(door, before, reply, 415)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("md5 1B2M2Y8AsgTpgAmY7PhCfg==", "unknown_checksum"),
        ("", "unknown_checksum"),
        ("crc32c", "bad_header"),
        ("crc32c AAAA", "bad_header"),
        ("crc32c AAAAAAA=", "bad_header"),
        ("crc32c AA AAAA==", "bad_header"),
        ("crc32c ÄÖ==", "bad_header"),
        ("sha1 AAAAAA==", "bad_header"),
        ("sha256 " + "A" * 43 + "=", "wrong_checksum"),
        ("crc32c AAAAAA==", "wrong_checksum"),
        ("CRC32C AAAAAA==", "wrong_checksum"),
        ("sha1  " + "A" * 27 + "=", "wrong_checksum"),
    ],
)
def test_checksums_that_do_not_hold(door, begun, header, code):
    before = everything(door)
    body = pattern(50_000)
    reply = begun.call(
        "PATCH", begun.path, body, upload_offset="3", content_type=KIND,
        upload_checksum=header.encode("latin-1").decode("latin-1"),
    )  # fmt: skip
    refused(door, before, reply, 460 if code == "wrong_checksum" else 400, code)
    fresh = door.client(uuid.uuid4())
    reply = fresh.call(
        "POST", "/uploads", body, upload_length="50000", content_type=KIND, upload_checksum=header
    )
    refused(door, before, reply, 460 if code == "wrong_checksum" else 400, code)


def test_a_checksum_after_the_body_is_not_taken(door, begun):
    before = everything(door)
    lines = ["Upload-Offset: 3", f"Content-Type: {KIND}", "Transfer-Encoding: chunked"]
    request = head_of(
        begun, "PATCH", begun.path, *lines, "Trailer: Upload-Checksum",
        body=b"3\r\ndef\r\n0\r\nUpload-Checksum: sha1 " + b"A" * 27 + b"=\r\n\r\n",
    )  # fmt: skip
    assert raw(door, request).startswith(b"HTTP/1.1 400")
    assert everything(door) == before


@pytest.mark.parametrize("text", ["x" * 64, "A" * 63, "a" * 65, "../../etc/passwd", "é" * 64])
def test_stream_hashes_that_are_none(door, begun, text):
    before = everything(door)
    line = f"Upload-Stream-Hash: {text}".encode()
    lines = ["Upload-Offset: 3", f"Content-Type: {KIND}", "Content-Length: 0", "Upload-Length: 3"]
    request = head_of(begun, "PATCH", begun.path, *lines)[:-2] + line + b"\r\n\r\n"
    assert raw(door, request).startswith(b"HTTP/1.1 400")
    assert everything(door) == before


@pytest.mark.parametrize(
    "text",
    [
        "filename not-base64!",
        "filename YWJj,filename YWJj",
        "file\tname YWJj",
        "a b c",
        ",",
        "filename YWJj\u00e9",
        "filename " + "YWJj" * 1100,
    ],
)
def test_metadata_that_is_none(door, client, text):
    before = everything(door)
    reply = client.create(upload_metadata=text)
    refused(door, before, reply, 400, "bad_header")


def test_metadata_is_never_a_path(door, client):
    """Path-like names are kept as the text they are and touch no file."""
    name = "Li4vLi4vZXRjL3Bhc3N3ZA=="  # ../../etc/passwd
    before = set(everything(door))
    assert client.create(upload_metadata=f"filename {name}").status == 201
    assert set(everything(door)) - before == {f"{client.stream}.bytes", f"{client.stream}.json"}


def test_a_megabyte_of_header(door, begun):
    before = everything(door)
    lines = ["Upload-Offset: 3", f"Content-Type: {KIND}", "Content-Length: 3"]
    request = head_of(
        begun, "PATCH", begun.path, *lines, "Upload-Metadata: " + "A" * (1 << 20), body=b"def"
    )
    try:
        answer = raw(door, request)
    except OSError:
        answer = b""
    assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431", b"")
    assert everything(door) == before
    assert begun.head().offset == 3


# Places


@pytest.mark.parametrize(
    "path",
    [
        "/", "/uploadsx", "/uploads/x", "/uploads/..", "/uploads/../secrets/upload_token",
        "/uploads/..%2f..%2fsecrets%2fupload_token", "/uploads/%2e%2e/secrets", "//uploads",
        "/uploads/{id}.bytes", "/uploads/{id}/../{id}", "/uploads/{ID}", "/uploads/{hex}",
        "/uploads/{id}/", "/uploads/{id}/receipt/", "/uploads/{id}%00", "/uploads/{id}\\x",
    ],
)  # fmt: skip
@pytest.mark.parametrize("verb", VERBS)
def test_other_addresses(door, begun, verb, path):
    before = everything(door)
    identity = str(begun.stream)
    path = path.replace("{id}", identity).replace("{ID}", identity.upper())
    path = path.replace("{hex}", begun.stream.hex)
    reply = begun.call(
        verb, path, b"def" if verb == "PATCH" else None, upload_offset="3", content_type=KIND,
        upload_length="9",
    )  # fmt: skip
    refused(door, before, reply, 404)


def test_verbs_the_door_does_not_know(door, begun):
    before = everything(door)
    for verb, path in (
        ("PUT", begun.path), ("POST", begun.path), ("GET", begun.path), ("TRACE", begun.path),
        ("PATCH", "/uploads"), ("DELETE", "/uploads"), ("HEAD", "/uploads"),
        ("POST", begun.path + "/receipt"), ("DELETE", begun.path + "/receipt"),
    ):  # fmt: skip
        refused(door, before, begun.call(verb, path), 405)
    reply = begun.call("POST", begun.path, x_http_method_override="PUT")
    refused(door, before, reply, 405)
    stranger = begun.call("POST", begun.path, x_http_method_override="DELETE", authorization=None)
    refused(door, before, stranger, 401)


def test_what_was_never_created(door, client):
    before = everything(door)
    for reply in (client.head(), client.patch(0, b"abc"), client.call("DELETE")):
        refused(door, before, reply, 404)


# Offsets and ends


def test_offsets_ahead_and_behind(door, begun):
    before = everything(door)
    for offset in (0, 1, 2, 4, 1000, 4_999_000):
        reply = begun.patch(offset, b"def", checksum(b"def"))
        refused(door, before, reply, 409, "wrong_offset")
        assert reply.offset == 3
    missing = begun.patch(0, b"def", upload_offset=None)
    refused(door, before, missing, 400, "bad_header")


def test_ends_that_change(door, begun):
    assert begun.patch(3, b"", upload_length="10").status == 204
    before = everything(door)
    for reply in (
        begun.patch(3, b"def", upload_length="9"),
        begun.patch(3, b"def", upload_length="11"),
        begun.patch(3, b"", upload_length="9"),
        begun.create(upload_length="11"),
    ):
        refused(door, before, reply, 400, "length_changed")
    assert begun.patch(3, b"", upload_stream_hash="a" * 64).status == 204
    before = everything(door)
    refused(door, before, begun.patch(3, b"", upload_stream_hash="b" * 64), 400, "hash_changed")
    refused(door, before, begun.patch(3, b"defghijk"), 413, "too_large")


def test_an_end_before_what_is_here(door, begun):
    before = everything(door)
    refused(door, before, begun.patch(3, b"", upload_length="2"), 413, "too_large")
    refused(door, before, begun.patch(3, b"def", upload_length="5"), 413, "too_large")
    refused(door, before, begun.patch(3, b"", upload_length="5000001"), 413, "too_large")


def test_after_completion(door, begun):
    begun.patch(3, b"", upload_length="3")
    before = everything(door)
    refused(door, before, begun.patch(3, b"d"), 413, "too_large")
    refused(door, before, begun.patch(0, b"abc"), 409, "wrong_offset")


# Sizes


def test_bodies_that_are_too_large(door, begun):
    """By Content-Length it is refused unread; in chunks as soon as it passes the limit."""
    before = everything(door)
    big = bytes((1 << 20) + 1)
    refused(door, before, begun.patch(3, big, checksum(big)), 413, "too_large")
    chunks = begun.call(
        "PATCH", begun.path, iter([big[:600_000], big[600_000:]]), upload_offset="3",
        content_type=KIND,
    )  # fmt: skip
    refused(door, before, chunks, 413, "too_large")
    creation = begun.call("POST", "/uploads", big, upload_length="2000000", content_type=KIND)
    refused(door, before, creation, 413)
    full = big[:-1]
    assert begun.patch(3, full, checksum(full)).offset == 3 + (1 << 20)


def test_more_than_the_token_allows(door):
    small = door.client(uuid.uuid4(), max_bytes=10)
    small.create()
    small.patch(0, b"abc")
    before = everything(door)
    refused(door, before, small.patch(3, b"x" * 8), 413, "too_large")
    reply = small.call("PATCH", small.path, iter([b"x" * 8]), upload_offset="3", content_type=KIND)
    refused(door, before, reply, 413, "too_large")
    assert small.patch(3, b"x" * 7).offset == 10


def test_a_body_shorter_than_its_length(door, begun):
    """With a checksum nothing stays; without one, what came is kept, as tus asks."""
    before = everything(door)
    lines = ["Upload-Offset: 3", f"Content-Type: {KIND}", "Content-Length: 1000"]
    cut = head_of(
        begun, "PATCH", begun.path, *lines, f"Upload-Checksum: {checksum(BODY)}", body=BODY[:600]
    )
    raw(door, cut, then_close=True)
    assert begun.head().offset == 3
    assert everything(door) == before


def test_a_body_longer_than_its_length(door, begun):
    """What follows is the next request, and not one byte of the stream."""
    lines = ["Upload-Offset: 3", f"Content-Type: {KIND}", "Content-Length: 3"]
    answer = raw(door, head_of(begun, "PATCH", begun.path, *lines, body=b"defGARBAGE\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 204")
    assert begun.head().offset == 6
    assert door.stored(begun.stream).read_bytes() == b"abcdef"


def test_garbage_instead_of_http(door, begun):
    before = everything(door)
    for request in (b"\x00" * 100 + b"\r\n\r\n", b"PATCH\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"):
        with contextlib.suppress(ConnectionResetError):
            assert raw(door, request, then_close=True)[:12] in (b"HTTP/1.1 400", b"")
    assert everything(door) == before
    assert begun.head().offset == 3


def test_many_creations_are_cheap_and_bounded_by_tokens(door, client):
    """The id comes from the token: without new tokens, no number of creations makes new files."""
    client.create()
    before = set(everything(door))
    for _ in range(300):
        assert client.create().status == 201
    assert set(everything(door)) == before
