"""At every answer that tells an offset, a disk that keeps only synced writes has those bytes."""

from __future__ import annotations

import random
import threading
import uuid

import pytest
from door_bytes import checksum, pattern
from traced import prefix, replay, why_not

from yesand.cli.bench_door import DoorProcess

DATA = pattern(200_000)


@pytest.fixture
def traced_door(tmp_path):
    reason = why_not()
    if reason:
        pytest.skip(reason)
    door = DoorProcess(tmp_path / "home", prefix=prefix(tmp_path / "trace"))
    door.start()
    yield door
    door.stop()


def test_nothing_is_told_that_a_power_cut_could_take(traced_door, tmp_path):
    """Four streams at once, bodies of all sizes, wrong offsets, HEADs, declared ends."""

    def run(index: int) -> None:
        rng = random.Random(index)
        client = traced_door.client(uuid.uuid4())
        client.create()
        offset = 0
        while offset < len(DATA):
            body = DATA[offset : offset + rng.randint(1, 40_000)]
            if rng.random() < 0.2:
                assert client.patch(offset + 1, body, checksum(body)).status == 409
            if rng.random() < 0.2:
                assert client.head().offset == offset
            offset = client.patch(offset, body, checksum(body)).offset
        assert client.patch(offset, b"", upload_length=str(offset)).status == 204

    threads = [threading.Thread(target=run, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    traced_door.stop()
    found = replay(tmp_path / "trace", traced_door.home / "spool")
    assert found.bad == []
    patches = [told for told in found.told if told.verb == "PATCH"]
    assert len(patches) > 40 and max(told.offset for told in patches) == len(DATA)
    assert {told.verb for told in found.told} == {"POST", "HEAD", "PATCH"}
    assert [told for told in found.told if told.synced < told.offset] == []
    assert [told for told in found.told if not told.record] == []
    assert found.syncs >= len(patches)


def test_what_was_written_and_never_synced_is_synced_before_it_is_told(traced_door, tmp_path):
    """Killed between write and sync: the next process syncs before HEAD, and before a PATCH that
    carries no byte, tells where the stream stands."""
    for ask in ("head", "empty patch", "create", "wrong offset"):
        traced_door.stop()
        traced_door.start(break_at="append.after_write")
        client = traced_door.client(uuid.uuid4())
        client.create()
        with pytest.raises(Exception):  # noqa: B017  the connection breaks in one of many ways
            client.patch(0, DATA, checksum(DATA))
        traced_door.wait()
        traced_door.prefix = prefix(tmp_path / f"trace {ask}")
        traced_door.start()
        if ask == "head":
            reply = client.head()
        elif ask == "create":
            reply = client.create()
        elif ask == "wrong offset":
            reply = client.patch(1, b"never")
        else:
            reply = client.patch(len(DATA), b"", upload_length=str(len(DATA)))
        assert reply.offset == len(DATA)
        traced_door.stop()
        trace = (tmp_path / f"trace {ask}").read_text()
        sync = trace.index("fdatasync(", trace.index(f"{client.stream}.bytes"))
        assert sync < trace.index(f"upload-offset: {len(DATA)}")


def test_the_replay_sees_a_door_that_does_not_sync(tmp_path):
    """The proof itself can fail: a trace in which the answer comes before the sync."""
    stream, spool = "01890a5d-ac96-774b-bcce-b302099a8057", tmp_path / "spool"
    file, line = f"9<{spool}/{stream}.bytes>", "8<socket:[1]>"
    text = [
        f'10 recvfrom({line}, "PATCH /uploads/{stream} HTTP/1.1\\r\\nHost", 99, 0, NULL, NULL) = 99',
        f'11 write({file}, "abc"..., 300 <unfinished ...>',
        "11 <... write resumed>) = 300",
        f'10 sendto({line}, "HTTP/1.1 204 No Content\\r\\nupload-offset: 300\\r\\n", 50, 0) = 50',
        f"11 fdatasync({file}) = 0",
        f"11 ftruncate({file}, 0) = 0",
    ]
    (tmp_path / "trace").write_text("\n".join(text))
    found = replay(tmp_path / "trace", spool)
    assert [(told.offset, told.synced, told.record) for told in found.told] == [(300, 0, False)]
    assert len(found.bad) == 1
