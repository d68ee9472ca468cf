"""What the spool keeps beside a stream's bytes: a record, and after the seal a receipt.

    <stream>.bytes          the stream; its durable length is the offset and stands nowhere else
    <stream>.json           the record: whose, what kind, how much at most, declared end, state
    <stream>.receipt.json   written by the seal: length and hash of what is kept for good

Records and receipts are replaced whole: a temporary file, synced, renamed, the folder synced.
A reader sees the old one or the new one, never half of one.
"""

from __future__ import annotations

import json
import os
import secrets
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from yesand.infra.durable import sync_folder
from yesand.kit.canonical import canonical_json
from yesand.kit.errors import Problem, Refused, refuse
from yesand.recording.tokens import Capability

State = Literal["open", "expired", "closed", "suspect", "terminated", "sealed"]
#: Endings of names in the spool.
BYTES, RECORD, RECEIPT, DRAFT = ".bytes", ".json", ".receipt.json", ".draft"

#: Bytes of a record read at once; every record of ours is shorter.
SMALL = 16_384


@dataclass(frozen=True)
class SpooledStream:
    """A stream as the spool knows it.

    offset: bytes that are kept; length: declared length in bytes, None until it is known;
    hash: declared `StreamHash` of the whole, "" until it is known.
    state: open (takes bytes); expired (its token ran out; a new one opens it again); closed (a
      deadline or a person ended it: `reason`); suspect (a sync failed: nothing more is believed);
      terminated (its owner took it back, the bytes are gone); sealed (a receipt exists).
    """

    stream: uuid.UUID
    recording: uuid.UUID
    kind: str
    max_bytes: int
    expires: int
    state: State = "open"
    reason: str = ""
    length: int | None = None
    hash: str = ""
    metadata: str = ""
    offset: int = 0

    @property
    def complete(self) -> bool:
        """Whether every declared byte is here."""
        return self.length is not None and self.offset == self.length

    def with_(self, **changes: Any) -> SpooledStream:
        return replace(self, **changes)

    def declare(self, end: int, length: int | None, hash_: str) -> SpooledStream:
        """The stream with its declared length and hash; each is declared once.

        end: bytes there will be. Raises Refused: length_changed, too_large, hash_changed.
        """
        if length is not None and self.length not in (None, length):
            raise refuse("length_changed", f"The length is {self.length} already.", "length")
        if length is not None and not end <= length <= self.max_bytes:
            raise refuse("too_large", "The length is not within what was agreed.", "length")
        if hash_ and self.hash not in ("", hash_):
            raise refuse("hash_changed", "Another hash was declared already.", "hash")
        return self.with_(length=self.length if length is None else length, hash=hash_ or self.hash)


@dataclass(frozen=True)
class Receipt:
    """What was sealed: length in bytes, `StreamHash`, Unix seconds."""

    stream: uuid.UUID
    length: int
    hash: str
    sealed_at: float

    def to_bytes(self) -> bytes:
        """The receipt as it is written and sent."""
        return canonical_json(asdict(self) | {"stream": str(self.stream)})


@dataclass(frozen=True)
class Scan:
    """What a start finds. unreadable: names of records that cannot be read, for a person to see."""

    streams: tuple[SpooledStream, ...]
    unreadable: tuple[str, ...]
    litter_removed: int


def begin(capability: Capability, metadata: str) -> SpooledStream:
    """The record of a stream that has no bytes yet."""
    return SpooledStream(
        capability.stream,
        capability.recording,
        capability.kind,
        capability.max_bytes,
        capability.expires,
        metadata=metadata,
    )


def record_bytes(stream: SpooledStream) -> bytes:
    """The record as it is written; the offset is the file's own length and is not in it."""
    fields = asdict(stream)
    del fields["offset"]
    return canonical_json(
        fields | {"stream": str(stream.stream), "recording": str(stream.recording)}
    )


@lru_cache(maxsize=2048)
def parse_record(data: bytes) -> SpooledStream:
    """A record read back, offset 0; ValueError where it is not one. The same bytes say the same."""
    try:
        fields = json.loads(data)
        fields["stream"] = uuid.UUID(fields["stream"])
        fields["recording"] = uuid.UUID(fields["recording"])
        return SpooledStream(**fields)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a record: {error}") from None


def parse_receipt(data: bytes) -> Receipt:
    """A receipt read back; ValueError where it is not one."""
    try:
        fields = json.loads(data)
        fields["stream"] = uuid.UUID(fields["stream"])
        return Receipt(**fields)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a receipt: {error}") from None


def read_whole(path: str) -> bytes:
    """A small file in three system calls; it is read before each append. FileNotFoundError."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = os.read(handle, SMALL)
        while len(data) >= SMALL and (more := os.read(handle, SMALL)):
            data += more
        return data
    finally:
        os.close(handle)


def replace_whole(
    path: Path,
    data: bytes,
    sync: Callable[[int], None] = os.fdatasync,
    at: Callable[[str], None] = lambda point: None,
) -> None:
    """Put `data` at `path` durably and all at once. OSError leaves the old content in place."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}{DRAFT}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    handle = os.open(draft, flags, 0o600)
    try:
        try:
            view = memoryview(data)
            while len(view):
                view = view[os.write(handle, view) :]
            sync(handle)
        finally:
            os.close(handle)
        at("record.before_rename")
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    at("record.after_rename")


class WrongOffset(Refused):
    """The sender is not where the stream is; `offset` says where that is."""

    def __init__(self, offset: int, asked: int) -> None:
        self.offset = offset
        says = f"The stream stands at {offset}, not {asked}."
        super().__init__(Problem("wrong_offset", "Upload-Offset", says))


def unknown() -> Refused:
    return refuse("unknown", "There is no such stream here.")


def full() -> Refused:
    return refuse("disk_full", "The disk is full; the sender keeps what is not acknowledged.")


def gone(record: SpooledStream) -> Refused:
    """Why a stream takes no bytes; the code is its state."""
    says = {
        "expired": "The stream's time is over; ask the page for a new key.",
        "closed": "The stream was closed; nothing more is added.",
        "suspect": "The stream is suspect after a disk error; send it again as a new one.",
        "terminated": "The stream was taken back.",
        "sealed": "The stream is sealed; nothing more is added.",
    }
    return refuse(record.state, says[record.state]) if record.state in says else unknown()
