"""What takes part in a bench: a server that is started and killed, and one stream at it."""

from __future__ import annotations

import http.client
import uuid
from pathlib import Path
from typing import Protocol

from yesand.cli.bench_door import DoorProcess
from yesand.recording.spool import Spool


class Gone(Exception):
    """A server that runs says that it does not have a stream it had."""


class Upload(Protocol):
    """One stream at a server."""

    def ask(self) -> int:
        """Begin the stream where it is new; the offset to go on from. Raises Gone."""

    def send(self, offset: int, body: bytes, checksum: str) -> int | None:
        """Append; the acknowledged offset, or None where the server refused the body."""

    def finish(self, length: int, stream_hash: str) -> None:
        """Declare the end."""

    def stored(self) -> Path:
        """The file on disk."""

    def remove(self) -> None:
        """Free its room; the stream was compared."""


class Server(Protocol):
    """A server that can be killed and started again on the same files."""

    @property
    def name(self) -> str: ...
    @property
    def points(self) -> tuple[str, ...]:
        """Named points for `start(break_at)`, or none."""

    @property
    def verifies(self) -> bool:
        """Whether it offers checksums; one that does must refuse every damaged body."""

    def start(self, break_at: str = "") -> None: ...
    def kill(self) -> None: ...
    def stop(self) -> None: ...
    @property
    def running(self) -> bool: ...
    def upload(self) -> Upload: ...


class DoorUpload:
    """A stream at our door."""

    def __init__(self, door: DoorProcess) -> None:
        self.door = door
        self.client = door.client(uuid.uuid4())
        self._created = False

    def ask(self) -> int:
        self.client.close()
        if not self._created:
            created = self.client.create()
            self._created = created.status == 201
            return created.offset
        told = self.client.head()
        if told.status != 200:
            raise http.client.HTTPException(f"HEAD answered {told.status}")
        return told.offset

    def send(self, offset: int, body: bytes, checksum: str) -> int | None:
        reply = self.client.patch(offset, body, checksum)
        if reply.status == 204:
            return reply.offset
        if reply.status == 460:
            return None
        raise http.client.HTTPException(f"PATCH answered {reply.status}")

    def finish(self, length: int, stream_hash: str) -> None:
        end = {"upload_length": str(length), "upload_stream_hash": stream_hash}
        reply = self.client.patch(length, b"", **end)
        if reply.status != 204:
            raise http.client.HTTPException(f"the end was answered with {reply.status}")

    def stored(self) -> Path:
        return self.door.stored(self.client.stream)

    def remove(self) -> None:
        self.client.close()
        Spool(self.door.home / "spool").forget(self.client.stream)


class YesandServer(DoorProcess):
    """Our door, the process alone."""

    verifies = True
    points = (
        "create.after_bytes",
        "door.body_read",
        "door.body_refused",
        "append.before_write",
        "append.mid_write",
        "append.after_write",
        "append.after_sync",
        "record.before_rename",
        "record.after_rename",
        "door.before_answer",
    )

    def upload(self) -> Upload:
        return DoorUpload(self)
