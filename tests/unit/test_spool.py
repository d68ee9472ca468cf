"""The spool: what it returns is durable, what it refuses leaves nothing, nothing is truncated."""

from __future__ import annotations

import errno
import json
import os
import threading
import uuid

import pytest

from yesand.kit.errors import Refused
from yesand.recording import spool_locks
from yesand.recording.spool import Spool
from yesand.recording.spool_files import Receipt, WrongOffset, parse_record
from yesand.recording.tokens import Capability

STREAM = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")
RECORDING = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8058")
HASH, OTHER_HASH = "a" * 64, "b" * 64


def right(**changes) -> Capability:
    fields = {
        "stream": STREAM, "recording": RECORDING, "kind": "mic",
        "max_bytes": 1000, "expires": 2000,
    }  # fmt: skip
    return Capability(**(fields | changes))


class Disk:
    """A disk that fails when told to, and knows which bytes were synced."""

    def __init__(self) -> None:
        self.write_error = self.sync_error = 0
        self.room: int | None = None
        self.synced: dict[str, int] = {}

    def write(self, handle: int, data) -> int:
        if self.write_error:
            raise OSError(self.write_error, os.strerror(self.write_error))
        if self.room is not None:
            if not self.room:
                raise OSError(errno.ENOSPC, "full")
            data = data[: self.room]
            self.room -= len(data)
        return os.write(handle, data)

    def sync(self, handle: int) -> None:
        if self.sync_error:
            raise OSError(self.sync_error, os.strerror(self.sync_error))
        os.fdatasync(handle)
        path = os.readlink(f"/proc/self/fd/{handle}")
        self.synced[os.path.basename(path)] = os.fstat(handle).st_size


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def spool(tmp_path, disk):
    return Spool(tmp_path / "spool", write=disk.write, sync=disk.sync)


def stored(spool: Spool) -> bytes:
    return spool.bytes_path(STREAM).read_bytes()


def refused(call, *arguments, **named) -> str:
    with pytest.raises(Refused) as refusal:
        call(*arguments, **named)
    return refusal.value.code


def test_bytes_come_in_order_and_are_synced_when_told(spool, disk):
    assert spool.create(right()).offset == 0
    assert spool.append(STREAM, 0, b"abc").offset == 3
    assert disk.synced[f"{STREAM}.bytes"] == 3
    assert spool.append(STREAM, 3, b"de", length=5, hash_=HASH).complete
    assert disk.synced[f"{STREAM}.bytes"] == 5
    assert stored(spool) == b"abcde"
    assert spool.look(STREAM) == spool.measure(STREAM)


def test_files_are_for_us_alone_and_the_record_is_plain(spool):
    spool.create(right(), "filename bWlj")
    assert oct(spool.folder.stat().st_mode & 0o777) == "0o700"
    for path in spool.folder.iterdir():
        assert oct(path.stat().st_mode & 0o777) == "0o600"
    record = json.loads((spool.folder / f"{STREAM}.json").read_bytes())
    assert record == {
        "stream": str(STREAM), "recording": str(RECORDING), "kind": "mic", "max_bytes": 1000,
        "expires": 2000, "state": "open", "reason": "", "length": None, "hash": "",
        "metadata": "filename bWlj",
    }  # fmt: skip


def test_creating_twice_finds_the_stream_again(spool):
    spool.create(right())
    spool.append(STREAM, 0, b"abc")
    again = spool.create(right())
    assert (again.offset, again.state) == (3, "open")
    assert stored(spool) == b"abc"


def test_a_wrong_offset_leaves_nothing_and_says_the_synced_one(spool, disk):
    spool.create(right())
    spool.append(STREAM, 0, b"abc")
    disk.synced.clear()
    for offset in (0, 2, 4, 10**18):
        with pytest.raises(WrongOffset) as refusal:
            spool.append(STREAM, offset, b"xyz")
        assert refusal.value.offset == 3
    assert disk.synced[f"{STREAM}.bytes"] == 3
    assert stored(spool) == b"abc"


def test_limits_leave_nothing(spool):
    spool.create(right(max_bytes=10))
    assert refused(spool.append, STREAM, 0, b"x" * 11) == "too_large"
    assert refused(spool.append, STREAM, 0, b"x" * 6, until=5) == "too_large"
    assert refused(spool.append, STREAM, 0, b"x", length=11) == "too_large"
    assert refused(spool.append, STREAM, 0, b"xxx", length=2) == "too_large"
    assert stored(spool) == b""
    assert spool.look(STREAM).length is None
    spool.append(STREAM, 0, b"xx", length=4)
    assert refused(spool.append, STREAM, 2, b"xxx") == "too_large"
    assert stored(spool) == b"xx"


def test_an_end_is_declared_once(spool):
    spool.create(right())
    spool.append(STREAM, 0, b"ab", length=4)
    assert refused(spool.append, STREAM, 2, b"cd", length=5) == "length_changed"
    assert stored(spool) == b"ab"
    spool.append(STREAM, 2, b"cd", length=4, hash_=HASH)
    assert refused(spool.append, STREAM, 4, b"", hash_=OTHER_HASH) == "hash_changed"
    assert spool.append(STREAM, 4, b"", length=4, hash_=HASH).complete
    assert refused(spool.append, STREAM, 4, b"e") == "too_large"


def test_an_unknown_stream_is_refused_and_nothing_is_made(spool):
    for call in (
        lambda: spool.append(STREAM, 0, b"x"),
        lambda: spool.measure(STREAM),
        lambda: spool.look(STREAM),
        lambda: spool.terminate(STREAM),
        lambda: spool.close(STREAM, "deadline"),
        lambda: spool.write_receipt(Receipt(STREAM, 0, HASH, 1.0)),
    ):
        assert refused(call) == "unknown"
    assert refused(spool.discard, STREAM) == "unsealed"
    assert list(spool.folder.iterdir()) == []


def test_a_full_disk_acknowledges_nothing_and_keeps_a_valid_prefix(spool, disk):
    spool.create(right())
    spool.append(STREAM, 0, b"abc")
    disk.room = 2
    assert refused(spool.append, STREAM, 3, b"defgh") == "disk_full"
    disk.room = None
    resumed = spool.measure(STREAM).offset
    assert resumed == 5
    spool.append(STREAM, resumed, b"abcdefgh"[resumed:])
    assert stored(spool) == b"abcdefgh"


@pytest.mark.parametrize("where", ["write", "sync"])
def test_a_failing_disk_makes_the_stream_suspect_for_good(spool, disk, where):
    spool.create(right())
    spool.append(STREAM, 0, b"abc")
    if where == "write":
        disk.write_error = errno.EIO
        assert refused(spool.append, STREAM, 3, b"de") == "suspect"
        disk.write_error = 0
    else:
        # The stream's own sync fails once; its record can still be written.
        once = iter([OSError(errno.EIO, "io")])

        def failing(handle):
            for error in once:
                raise error
            os.fdatasync(handle)

        spool._sync = failing
        assert refused(spool.append, STREAM, 3, b"de") == "suspect"
    assert spool.broken == ""
    assert spool.look(STREAM).state == "suspect"
    assert "EIO" in spool.look(STREAM).reason
    for call in (
        lambda: spool.append(STREAM, 3, b"de"),
        lambda: spool.append(STREAM, 5, b"x"),
        lambda: spool.create(right(expires=99999)),
    ):
        assert refused(call) == "suspect"
    reopened = Spool(spool.folder)
    assert refused(reopened.append, STREAM, 3, b"de") == "suspect"


def test_a_measure_that_cannot_sync_tells_no_offset(spool, disk):
    spool.create(right())
    spool.append(STREAM, 0, b"abc")
    disk.sync_error = errno.EIO
    assert refused(spool.measure, STREAM) == "suspect"


def test_where_not_even_the_record_can_be_written_the_spool_stops(spool, disk):
    spool.create(right())
    disk.sync_error = errno.EIO
    assert refused(spool.append, STREAM, 0, b"abc") == "suspect"
    disk.sync_error = 0
    assert "EIO" in spool.broken
    assert refused(spool.append, STREAM, 3, b"x") == "spool_broken"
    assert refused(spool.create, right(stream=uuid.uuid4())) == "spool_broken"


def test_no_room_for_a_new_stream(spool, monkeypatch):
    def no_room(*_):
        raise OSError(errno.ENOSPC, "full")

    spool._sync = no_room
    assert refused(spool.create, right()) == "disk_full"
    spool._sync = os.fdatasync
    assert refused(spool.look, STREAM) == "unknown"
    assert spool.create(right()).offset == 0
    assert [p.name for p in spool.folder.iterdir() if "draft" in p.name] == []


def test_closing_keeps_what_came(spool):
    spool.create(right())
    spool.append(STREAM, 0, b"abc")
    closed = spool.close(STREAM, "deadline")
    assert (closed.state, closed.reason, closed.offset) == ("closed", "deadline", 3)
    assert refused(spool.append, STREAM, 3, b"d") == "closed"
    assert spool.close(STREAM, "again").reason == "deadline"
    assert spool.create(right(expires=9999)).state == "closed"
    assert stored(spool) == b"abc"


def test_terminating_removes_bytes_and_remembers(spool):
    spool.create(right())
    spool.append(STREAM, 0, b"abc")
    spool.terminate(STREAM)
    assert not spool.bytes_path(STREAM).exists()
    assert spool.look(STREAM).state == "terminated"
    assert refused(spool.append, STREAM, 0, b"x") == "terminated"
    assert refused(spool.create, right(expires=9999)) == "terminated"
    spool.terminate(STREAM)
    assert not spool.bytes_path(STREAM).exists()


def test_a_complete_stream_is_not_terminated_by_its_upload(spool):
    spool.create(right())
    spool.append(STREAM, 0, b"abc", length=3)
    assert refused(spool.terminate, STREAM) == "complete"
    assert stored(spool) == b"abc"


def test_sealing(spool):
    receipt = Receipt(STREAM, 3, HASH, 1234.5)
    spool.create(right())
    assert spool.receipt(STREAM) is None
    spool.append(STREAM, 0, b"abc", length=3, hash_=HASH)
    assert refused(spool.write_receipt, Receipt(STREAM, 2, HASH, 1.0)) == "grew"
    assert refused(spool.discard, STREAM) == "unsealed"
    spool.write_receipt(receipt)
    spool.write_receipt(receipt)
    assert spool.receipt(STREAM) == receipt
    assert refused(spool.append, STREAM, 3, b"d") == "sealed"
    spool.discard(STREAM)
    spool.discard(STREAM)
    spool.write_receipt(receipt)
    assert not spool.bytes_path(STREAM).exists()
    known = spool.look(STREAM)
    assert (known.state, known.offset, known.complete) == ("sealed", 3, True)
    assert spool.measure(STREAM) == known == spool.create(right(expires=9999))
    assert spool.append(STREAM, 3, b"", length=3, hash_=HASH) == known
    assert refused(spool.append, STREAM, 3, b"", hash_=OTHER_HASH) == "sealed"
    assert refused(spool.append, STREAM, 0, b"abc") == "sealed"
    assert refused(spool.terminate, STREAM) == "complete"
    assert not spool.bytes_path(STREAM).exists()


def test_a_partial_stream_is_sealed_at_what_came(spool):
    spool.create(right())
    spool.append(STREAM, 0, b"abc")
    spool.close(STREAM, "deadline")
    spool.write_receipt(Receipt(STREAM, 3, HASH, 1.0))
    assert spool.look(STREAM).state == "sealed"


def test_erasure_leaves_no_file(spool):
    spool.create(right())
    spool.append(STREAM, 0, b"abc", length=3)
    spool.write_receipt(Receipt(STREAM, 3, HASH, 1.0))
    spool.forget(STREAM)
    assert list(spool.folder.iterdir()) == []


def test_expiry_stops_a_stream_and_keeps_its_bytes(spool):
    empty, whole = uuid.uuid4(), uuid.uuid4()
    for stream in (STREAM, empty, whole):
        spool.create(right(stream=stream))
    spool.append(STREAM, 0, b"abc")
    spool.append(whole, 0, b"abc", length=3)
    assert spool.expire(1999.0) == []
    assert set(spool.expire(2000.0)) == {STREAM, empty}
    assert refused(spool.append, STREAM, 3, b"d") == "expired"
    assert stored(spool) == b"abc"
    assert refused(spool.look, empty) == "unknown"
    assert spool.look(whole).state == "open"
    reopened = spool.create(right(expires=3000))
    assert (reopened.state, reopened.expires, reopened.offset) == ("open", 3000, 3)
    assert spool.append(STREAM, 3, b"d").offset == 4


def test_a_start_finds_everything_and_sweeps_litter(spool, tmp_path):
    spool.create(right())
    spool.append(STREAM, 0, b"abc")
    gone = uuid.uuid4()
    spool.create(right(stream=gone))
    spool.append(gone, 0, b"xyz")
    spool.terminate(gone)
    spool.bytes_path(gone).write_bytes(b"xyz")  # as if killed before the bytes were removed
    (spool.folder / "broken.json").write_bytes(b"{}")
    torn = uuid.uuid4()
    (spool.folder / f"{torn}.json").write_bytes(b'{"stream":')
    old, new = spool.folder / "a.json.1.2.draft", spool.folder / "b.json.1.2.draft"
    old.write_bytes(b"")
    new.write_bytes(b"")
    os.utime(old, (1000, 1000))
    os.utime(new, (5000, 5000))
    scan = Spool(spool.folder).scan(5000.0)
    assert {found.stream: (found.state, found.offset) for found in scan.streams} == {
        STREAM: ("open", 3),
        gone: ("terminated", 3),
    }
    assert set(scan.unreadable) == {"broken.json", f"{torn}.json"}
    assert scan.litter_removed == 1 and not old.exists() and new.exists()
    assert not spool.bytes_path(gone).exists()
    assert refused(spool.append, torn, 0, b"x") == "suspect"


def test_bytes_without_a_record_are_not_believed(spool):
    spool.bytes_path(STREAM).write_bytes(b"left over")
    assert refused(spool.create, right()) == "suspect"
    assert refused(spool.append, STREAM, 9, b"x") == "unknown"
    assert stored(spool) == b"left over"


def test_of_many_writers_at_one_offset_one_wins(spool):
    spool.create(right())
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def write(letter: bytes) -> None:
        mine = Spool(spool.folder)  # its own lock, as another process would have
        barrier.wait()
        try:
            mine.append(STREAM, 0, letter * 50)
            outcomes.append("won")
        except Refused as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=write, args=(bytes([65 + i]),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["won"] + ["wrong_offset"] * 7
    assert len(stored(spool)) == 50 and len(set(stored(spool))) == 1


def test_a_lock_that_is_never_given_back_is_refused_not_waited_for(spool, monkeypatch):
    spool.create(right())
    spool._locks.patience_s = 0.05
    with spool_locks.FileLocks().held(spool.bytes_path(STREAM)):  # another process
        assert refused(spool.append, STREAM, 0, b"x") == "locked"
    with spool._locks.held(spool.bytes_path(STREAM)):  # another thread
        assert refused(spool.measure, STREAM) == "locked"
    assert spool.append(STREAM, 0, b"x").offset == 1


def test_a_file_removed_while_waiting_is_not_written_to(spool, tmp_path):
    """The lock of a removed file is worthless: the next one looks at the name again."""
    path = tmp_path / "x.bytes"
    path.write_bytes(b"")
    locks, other = spool_locks.FileLocks(), spool_locks.FileLocks()
    seen: list[int | None] = []

    def wait() -> None:
        with other.held(path) as handle:
            seen.append(handle)

    with locks.held(path):
        thread = threading.Thread(target=wait)
        thread.start()
        path.unlink()
    thread.join()
    assert seen == [None]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"null", b'{"stream":1}', b"\xff"])
def test_what_is_no_record_is_said_so(data):
    with pytest.raises(ValueError):
        parse_record(data)
