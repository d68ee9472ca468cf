"""Other people's tus clients against our door: tuspy as it comes from its package."""

from __future__ import annotations

import hashlib
import io
import threading
import uuid

import pytest
from door_bytes import pattern
from tusclient.client import TusClient as Tuspy
from tusclient.exceptions import TusCommunicationError

DATA = pattern(1 << 16) * 40 + b"end"  # 2.6 MB


def tuspy(door, stream: uuid.UUID, **token) -> Tuspy:
    authority = {"Authorization": f"Bearer {door.token(stream, **token)}"}
    return Tuspy(f"http://127.0.0.1:{door.port}/uploads", headers=authority)


def uploader(client: Tuspy, data: bytes = DATA, **options):
    return client.uploader(file_stream=io.BytesIO(data), chunk_size=300_000, **options)


@pytest.mark.parametrize("check", [False, True])
def test_tuspy_uploads(door, check):
    stream = uuid.uuid4()
    upload = uploader(
        tuspy(door, stream), upload_checksum=check, metadata={"filename": "../mic.pcm"}
    )
    upload.upload()
    assert upload.url.endswith(f"/uploads/{stream}")
    assert upload.offset == len(DATA)
    assert door.stored(stream).read_bytes() == DATA


def test_tuspy_resumes_where_a_killed_door_stopped(lone_door):
    """Half a file, kill -9, a new process, a new client object with only the address."""
    lone_door.start()
    stream = uuid.uuid4()
    first = uploader(tuspy(lone_door, stream), upload_checksum=True)
    first.upload(stop_at=1_200_000)
    lone_door.kill()
    lone_door.start()
    second = uploader(tuspy(lone_door, stream), url=first.url, upload_checksum=True)
    assert second.offset == first.offset == 1_200_000
    second.upload()
    stored = lone_door.stored(stream).read_bytes()
    assert hashlib.sha256(stored).digest() == hashlib.sha256(DATA).digest()


def test_tuspy_retries_through_a_restart(lone_door):
    """The door is killed in the middle and comes back while the client retries by itself."""
    lone_door.start(break_at="append.after_write:4")
    stream = uuid.uuid4()
    upload = uploader(tuspy(lone_door, stream), retries=40, retry_delay=0.1)
    thread = threading.Thread(target=upload.upload)
    thread.start()
    assert lone_door.wait() == -9
    lone_door.start()
    thread.join()
    assert upload.offset == len(DATA)
    assert lone_door.stored(stream).read_bytes() == DATA


def test_tuspy_is_told_that_its_key_is_wrong(door):
    for token in ({"key": b"x" * 32}, {"expires_in": -5}):
        with pytest.raises(TusCommunicationError) as error:
            uploader(tuspy(door, uuid.uuid4(), **token)).upload()
        assert error.value.status_code == 401


def test_tuspy_is_told_that_the_file_is_too_large(door):
    stream = uuid.uuid4()
    with pytest.raises(TusCommunicationError) as error:
        uploader(tuspy(door, stream, max_bytes=1000)).upload()
    assert error.value.status_code == 413
    assert not door.stored(stream).exists()
