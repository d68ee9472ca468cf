"""Media of any length: piece by piece, by ranges, and noted before the first byte."""

from __future__ import annotations

import hashlib
import tracemalloc
import uuid

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from tests.fakes.sealed_take import clock, here, take
from yesand.infra import objects
from yesand.recording import actions as recording
from yesand.recording import keys
from yesand.recording.models import Access, Stream
from yesand.web.api.media import media_url

pytestmark = pytest.mark.django_db
__all__ = ["clock", "here", "take"]
MIB = 2**20
LONG = 64 * MIB + 12_345


def piece(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest() * (MIB // 32)


def made(size: int):
    """The film's bytes, in pieces."""
    for number in range(-(-size // MIB)):
        yield piece(number)[: size - number * MIB]


@pytest.fixture
def film(here):
    """A sealed film of an audition: (its stream's row, an address of it)."""
    owner = recording.open_recording(here.program, here.ada, "audition", uuid.uuid4())
    stream, _token, _door = recording.open_stream(owner, "cam")
    key = f"auditions/{owner.about}/{stream.pk}/cam.webm"

    def lay(size: int) -> tuple[Stream, str]:
        stored = objects.default().put(key, made(size), keys.under(owner))
        row = recording.sealed(stream, size, "0" * 64, stored.sha256, key)
        return row, media_url(here.ada, "stream", row.pk, "", "review")

    return lay


async def fetch(person, url: str, **headers: str) -> tuple[object, str, int]:
    """(the answer, SHA-256 of its body, bytes): nothing of the body is kept."""
    client = AsyncClient()
    await client.aforce_login(person)
    answer = await client.get(url, headers=headers)
    hashed, count = hashlib.sha256(), 0
    if answer.streaming:
        async for part in answer.streaming_content:
            hashed.update(part)
            count += len(part)
    else:
        hashed.update(answer.content)
        count = len(answer.content)
    return answer, hashed.hexdigest(), count


def test_a_long_film_costs_a_few_pieces_of_memory(here, film):
    row, url = film(LONG)
    tracemalloc.start()
    try:
        answer, digest, count = async_to_sync(fetch)(here.ada, url)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (answer.status_code, answer["Content-Length"]) == (200, str(LONG))
    assert (count, digest) == (LONG, row.sha256)
    assert peak < 12 * MIB, f"{peak / MIB:.1f} MiB were held for {LONG / MIB:.0f} MiB"


def test_ranges_of_any_place_and_length_are_what_lies_there(here, film):
    size = 5 * MIB + 7
    whole = b"".join(made(size))
    row, url = film(size)
    etag = async_to_sync(fetch)(here.ada, url)[0]["ETag"]
    for header, start, end in [
        ("bytes=0-", 0, size),
        ("bytes=1-", 1, size),
        (f"bytes={MIB - 3}-{2 * MIB + 3}", MIB - 3, 2 * MIB + 4),
        ("bytes=-100", size - 100, size),
        (f"bytes={4 * MIB}-{4 * MIB}", 4 * MIB, 4 * MIB + 1),
    ]:
        answer, digest, count = async_to_sync(fetch)(here.ada, url, range=header)
        assert (answer.status_code, count) == (206, end - start), header
        assert digest == hashlib.sha256(whole[start:end]).hexdigest(), header
        assert answer["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
        assert (answer["Content-Length"], answer["ETag"]) == (str(end - start), etag)
    client = Client()
    client.force_login(here.ada)
    beyond = client.get(url, headers={"range": f"bytes={size}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{size}")
    same = client.get(url, headers={"range": "bytes=0-9", "if-range": etag})
    assert (same.status_code, same.content) == (206, whole[:10])
    other = async_to_sync(fetch)(here.ada, url, **{"range": "bytes=0-9", "if-range": '"old"'})
    assert (other[0].status_code, other[1]) == (200, row.sha256)


def test_no_reading_begins_unnoted_wherever_it_begins(here, film):
    row, url = film(3 * MIB)
    client = Client()
    client.force_login(here.ada)
    noted = Access.objects.filter(recording=row.recording, reader=here.ada, reason="review")
    assert client.get(url, headers={"range": "bytes=1-"}).status_code == 206
    assert noted.count() == 1, "all but the first byte is a reading too"
    for header in ("bytes=1048576-", "bytes=-5", "bytes=1-2"):
        assert client.get(url, headers={"range": header}).status_code == 206
    assert noted.count() == 1, "seeking is no further reading"
    assert client.get(url).streaming and noted.count() == 2
    assert client.get(url, headers={"range": "bytes=9999999-"}).status_code == 416
    assert noted.count() == 2


def test_a_film_erased_while_it_is_sent_breaks_off(here, film):
    row, url = film(4 * MIB)

    async def read() -> int:
        client = AsyncClient()
        await client.aforce_login(here.ada)
        answer = await client.get(url)
        count = 0
        async for part in answer.streaming_content:
            count += len(part)
            objects.key_store().destroy(row.recording_id)
        return count

    with pytest.raises(objects.Missing):
        async_to_sync(read)()
    client = Client()
    client.force_login(here.ada)
    assert client.get(url).status_code == 404


def test_an_empty_film_is_an_empty_answer(here, film):
    _row, url = film(0)
    client = Client()
    client.force_login(here.ada)
    answer = client.get(url)
    assert (answer.status_code, answer.content, answer["Content-Length"]) == (200, b"", "0")
