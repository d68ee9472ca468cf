"""The spool: where bytes wait durably on one node until they are sealed. Plain file functions.

Three rules carry the promise that an acknowledged byte is never lost:
1. Only verified bytes are appended, so every prefix of the file is a prefix of the stream, wherever
   a kill or a full disk stops the write.
2. The offset is the length of the durable file. It is stored nowhere else, and nobody is told a
   length that was not synced first.
3. Nothing is ever truncated or rewritten. After a failed sync the kernel may drop what it held and
   report success next time, so the stream is suspect for good; the sender still has every byte
   that was not acknowledged and starts a new stream.

Every change happens under the stream's lock (in this process, and `flock` between processes). All
functions block; the door calls them from a thread pool.
"""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from yesand.infra.durable import sync_folder
from yesand.kit.errors import Refused, refuse
from yesand.recording.spool_files import (
    BYTES,
    DRAFT,
    RECEIPT,
    RECORD,
    Receipt,
    Scan,
    SpooledStream,
    WrongOffset,
    begin,
    full,
    gone,
    parse_receipt,
    parse_record,
    read_whole,
    record_bytes,
    replace_whole,
    unknown,
)
from yesand.recording.spool_locks import FileLocks
from yesand.recording.tokens import Capability

Bytes = bytes | bytearray | memoryview
#: Errors of a write that mean "no room"; what was written before them stays valid.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: Seconds after which a draft that nobody renamed is litter of a dead process.
LITTER_S = 60.0


class Spool:
    """The streams in one folder of one node.

    write, sync: os.write and os.fdatasync, or what a test puts in their place. at: called at each
    point at which a test may kill the process.
    """

    def __init__(
        self,
        folder: Path,
        *,
        write: Callable[[int, bytes | memoryview], int] = os.write,
        sync: Callable[[int], None] = os.fdatasync,
        at: Callable[[str], None] = lambda point: None,
    ) -> None:
        self.folder = folder
        self._base = os.fspath(folder)
        #: Why this process writes no more: a sync failed and could not even be recorded.
        self.broken = ""
        self._write, self._sync, self._at = write, sync, at
        self._locks = FileLocks()
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(folder.parent)

    # Looking

    def bytes_path(self, stream: uuid.UUID) -> Path:
        """Where the stream's bytes are; the seal reads them there."""
        return self.folder / f"{stream}{BYTES}"

    def look(self, stream: uuid.UUID) -> SpooledStream:
        """The stream as it is now, synced or not: for showing, never for acknowledging.

        Raises Refused: unknown.
        """
        record = self._record(stream)
        receipt = self.receipt(stream) if record.state == "sealed" else None
        if receipt:
            return record.with_(offset=receipt.length)
        with suppress(FileNotFoundError):
            return record.with_(offset=self.bytes_path(stream).stat().st_size)
        return record

    def measure(self, stream: uuid.UUID) -> SpooledStream:
        """The stream with its durable offset: synced before it is told.

        Raises Refused: unknown, suspect, locked.
        """
        if self._record(stream).state not in ("open", "expired", "closed"):
            return self.look(stream)
        with self._locked(stream) as (handle, record):
            if handle is None or record is None:
                return self.look(stream)
            self._sync_bytes(handle, record)
            return record.with_(offset=os.fstat(handle).st_size)

    def receipt(self, stream: uuid.UUID) -> Receipt | None:
        """The receipt of a sealed stream, else None."""
        try:
            return parse_receipt((self.folder / f"{stream}{RECEIPT}").read_bytes())
        except FileNotFoundError:
            return None

    def free_bytes(self) -> int:
        """Room left on the spool's volume for us."""
        room = os.statvfs(self.folder)
        return room.f_bavail * room.f_frsize

    # Changing

    def create(self, capability: Capability, metadata: str = "") -> SpooledStream:
        """Begin a stream, or find it again: idempotent, returns it with its durable offset.

        A capability that ends later than the known one extends the stream, and opens it again where
        it had expired. Raises Refused: terminated, suspect, disk_full, spool_broken, locked.
        """
        stream = capability.stream
        self._whole()
        try:
            known: SpooledStream | None = self._record(stream)
        except Refused as refusal:
            if refusal.code != "unknown":
                raise
            known = None
        if known and known.state in ("terminated", "suspect"):
            raise gone(known)
        if known and known.state == "sealed":
            return self.look(stream)
        with self._no_room(), self._locked(stream, make=True) as (handle, record):
            if handle is None:
                return self.look(stream)
            offset = os.fstat(handle).st_size
            if record is None:
                if offset:
                    says = "Bytes of this stream are here without a record; start a new stream."
                    raise refuse("suspect", says)
                record = begin(capability, metadata)
                os.fsync(handle)
                self._at("create.after_bytes")
                self._keep(record)
            else:
                self._sync_bytes(handle, record)
                later = capability.expires > record.expires
                if later and record.state in ("open", "expired"):
                    record = record.with_(expires=capability.expires, state="open")
                    self._keep(record)
            return record.with_(offset=offset)

    def append(
        self,
        stream: uuid.UUID,
        offset: int,
        body: Bytes,
        length: int | None = None,
        hash_: str = "",
        until: int | None = None,
    ) -> SpooledStream:
        """Append a verified body at `offset`; when this returns, it is durable.

        length, hash_: the stream's end, where the sender knows it now; declared after the bytes.
        until: most bytes the sender may reach, beside the stream's own limit.
        Raises Refused: unknown, terminated, expired, closed, sealed, suspect, wrong_offset,
        too_large, length_changed, hash_changed, disk_full, spool_broken, locked. Except for
        disk_full, where a verified prefix may stay, a refusal leaves not one byte.
        """
        self._whole()
        with self._locked(stream) as (handle, record):
            if record is None or handle is None:
                return self._again(stream, offset, body, length, hash_)
            size = os.fstat(handle).st_size
            now = record.with_(offset=size)
            # The end may be told again of a stream that is whole, but never of a suspect one.
            said_again = now.complete and not body and record.state != "suspect"
            if record.state != "open" and not said_again:
                raise gone(record)
            if offset != size:
                self._sync_bytes(handle, record)
                raise WrongOffset(size, offset)
            end = size + len(body)
            declared = record.declare(end, length, hash_)
            most = [record.max_bytes, until, declared.length]
            if end > min(value for value in most if value is not None):
                raise refuse("too_large", "The stream would grow beyond what was agreed.")
            if body:
                self._append(handle, record, body)
            else:  # what stands here may be of a killed process, never synced
                self._sync_bytes(handle, record)
            if declared != record:
                with self._no_room():
                    self._keep(declared)
            return declared.with_(offset=end)

    def close(self, stream: uuid.UUID, reason: str) -> SpooledStream:
        """Take no more bytes, because of `reason`; what is here stays. Sealed streams stay so."""
        with self._locked(stream) as (handle, record):
            if record is None or handle is None or record.state not in ("open", "expired"):
                return self.look(stream)
            self._sync_bytes(handle, record)
            self._keep(record.with_(state="closed", reason=reason))
        return self.look(stream)

    def terminate(self, stream: uuid.UUID) -> None:
        """Remove the bytes because their owner takes them back; the record says so for good.

        Raises Refused: unknown; complete where every declared byte is here or a receipt exists,
        because then consent and withdrawal decide, not the upload.
        """
        with self._locked(stream) as (handle, record):
            if record is None:
                raise unknown()
            size = 0 if handle is None else os.fstat(handle).st_size
            if record.state == "sealed" or record.with_(offset=size).complete:
                raise refuse("complete", "The stream is complete; withdraw the take instead.")
            if record.state != "terminated":
                self._keep(record.with_(state="terminated", length=None, hash=""))
            self.bytes_path(stream).unlink(missing_ok=True)

    def write_receipt(self, receipt: Receipt) -> None:
        """Seal: no byte is added after this. Twice is harmless.

        Raises Refused: unknown; grew where the bytes here are not as many as the receipt says.
        """
        with self._locked(receipt.stream) as (handle, record):
            if record is None:
                raise unknown()
            if handle is not None and os.fstat(handle).st_size != receipt.length:
                raise refuse("grew", "The stream is longer or shorter than its receipt says.")
            if handle is None and self.receipt(receipt.stream) is None:
                raise refuse("unknown", "The stream has no bytes to seal.")
            if record.state != "sealed":
                self._keep(record.with_(state="sealed"))
            path = self.folder / f"{receipt.stream}{RECEIPT}"
            replace_whole(path, receipt.to_bytes(), self._sync, self._at)

    def discard(self, stream: uuid.UUID) -> None:
        """Remove the bytes of a sealed stream, which are kept elsewhere now. Needs a receipt."""
        with self._locked(stream):
            if self.receipt(stream) is None:
                raise refuse("unsealed", "Bytes without a receipt are never removed.")
            self.bytes_path(stream).unlink(missing_ok=True)

    def forget(self, stream: uuid.UUID) -> None:
        """Remove everything about a stream: its recording is erased."""
        with self._locked(stream):
            for ending in (BYTES, RECEIPT, RECORD):
                (self.folder / f"{stream}{ending}").unlink(missing_ok=True)

    def erase(self, stream: uuid.UUID, recording: uuid.UUID, kind: str) -> None:
        """Remove what came of a stream whose recording is erased, and take nothing more of it.

        Its record stays and says terminated, also where there was none: the browser's capability
        lives on and must not begin the stream again. Raises Refused: locked.
        """
        gone = SpooledStream(stream, recording, kind, 0, 0, state="terminated", reason="erased")
        with self._locks.held(self.bytes_path(stream), make=True):
            self._keep(gone)
            for ending in (BYTES, RECEIPT):
                (self.folder / f"{stream}{ending}").unlink(missing_ok=True)

    def expire(self, now: float) -> list[uuid.UUID]:
        """Stop streams whose token ran out before they were complete; returns them.

        Bytes are kept: only their owner, a seal or an erasure removes bytes. A stream that never
        got one is removed.
        """
        stopped = []
        for found in self.scan(now).streams:
            if found.state != "open" or found.complete or now < found.expires:
                continue
            with self._locked(found.stream) as (handle, record):
                if handle is None or record is None or now < record.expires:
                    continue
                if os.fstat(handle).st_size:
                    self._keep(record.with_(state="expired"))
                else:
                    (self.folder / f"{found.stream}{RECORD}").unlink(missing_ok=True)
                    self.bytes_path(found.stream).unlink(missing_ok=True)
            stopped.append(found.stream)
        return stopped

    def scan(self, now: float) -> Scan:
        """Every stream on this node, as a start finds them; removes litter of dead processes."""
        streams, unreadable, litter = [], [], 0
        for entry in list(os.scandir(self.folder)):
            name = entry.name
            if name.endswith(DRAFT) and now - entry.stat().st_mtime > LITTER_S:
                Path(entry.path).unlink(missing_ok=True)
                litter += 1
            if not name.endswith(RECORD) or name.endswith(RECEIPT):
                continue
            try:
                found = self.look(uuid.UUID(name.removesuffix(RECORD)))
            except (ValueError, Refused):
                unreadable.append(name)
                continue
            if found.state == "terminated":  # killed between the record and the bytes
                self.bytes_path(found.stream).unlink(missing_ok=True)
            streams.append(found)
        return Scan(tuple(streams), tuple(unreadable), litter)

    # Within

    def _record(self, stream: uuid.UUID) -> SpooledStream:
        try:
            return parse_record(read_whole(f"{self._base}/{stream}{RECORD}"))
        except FileNotFoundError:
            raise unknown() from None
        except ValueError:
            raise refuse("suspect", "The stream's record is unreadable; start a new one.") from None

    @contextmanager
    def _locked(
        self, stream: uuid.UUID, make: bool = False
    ) -> Iterator[tuple[int | None, SpooledStream | None]]:
        """(handle of the bytes, record) under the stream's lock; None for what does not exist."""
        with self._locks.held(self.bytes_path(stream), make) as handle:
            try:
                record = self._record(stream)
            except Refused as refusal:
                if refusal.code != "unknown":
                    raise
                record = None
            yield handle, record

    def _again(
        self, stream: uuid.UUID, offset: int, body: Bytes, length: int | None, hash_: str
    ) -> SpooledStream:
        """An append to a stream whose bytes are not here: sealed and said again, or gone."""
        known = self.look(stream)
        same = length in (None, known.length) and hash_ in ("", known.hash)
        if known.state == "sealed" and not body and offset == known.offset and same:
            return known
        raise gone(known)

    def _append(self, handle: int, record: SpooledStream, body: Bytes) -> None:
        self._at("append.before_write")
        view = memoryview(body)
        try:
            while len(view):
                view = view[self._write(handle, view) :]
        except OSError as error:
            if error.errno in NO_ROOM:
                raise full() from error
            self._suspect(record, f"write failed: {errno.errorcode.get(error.errno or 0, '?')}")
        self._at("append.after_write")
        self._sync_bytes(handle, record)
        self._at("append.after_sync")

    def _sync_bytes(self, handle: int, record: SpooledStream | None) -> None:
        try:
            self._sync(handle)
        except OSError as error:
            if record is None:
                raise
            self._suspect(record, f"sync failed: {errno.errorcode.get(error.errno or 0, '?')}")

    def _suspect(self, record: SpooledStream, reason: str) -> NoReturn:
        """Close the stream for good. Where even that cannot be written down, write no more."""
        suspect = record.with_(state="suspect", reason=reason)
        try:
            self._keep(suspect)
        except OSError as error:
            self.broken = f"{reason}, and its record could not be written: {error.strerror}"
        raise gone(suspect)

    def _keep(self, record: SpooledStream) -> None:
        path = self.folder / f"{record.stream}{RECORD}"
        replace_whole(path, record_bytes(record), self._sync, self._at)

    def _whole(self) -> None:
        if self.broken:
            raise refuse("spool_broken", "The disk failed; nothing more is taken here.")

    @contextmanager
    def _no_room(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            raise full() from error
