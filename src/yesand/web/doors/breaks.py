"""Named points at which a test kills the door, so that kills land where they hurt most.

YESAND_DOOR_BREAK="append.after_write:3" ends the process by SIGKILL at the third passage of that
point; "sync.fails:3" lets it live and fails its third sync with EIO, once, as a disk does. Unset,
as in every deployment, this does nothing.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Mapping

VARIABLE = "YESAND_DOOR_BREAK"
#: Every point, in the order a request passes them. append.mid_write: half of a body written.
POINTS = (
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

#: A sync that fails; the process goes on.
SYNC_FAILS = "sync.fails"

Write = Callable[[int, bytes | memoryview], int]


class Breaks:
    """Counts passages of one point and ends the process at the chosen one."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.point, _, count = env.get(VARIABLE, "").partition(":")
        self.left = int(count or 1)
        if self.point and self.point not in (*POINTS, SYNC_FAILS):
            raise ValueError(f"{VARIABLE} names no point: {self.point!r}")

    def at(self, point: str) -> None:
        """Called where `point` is passed."""
        if point == self.point:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def write(self) -> Write:
        """os.write, or one that writes half and ends the process."""
        if self.point != "append.mid_write":
            return os.write

        def half(handle: int, data: bytes | memoryview) -> int:
            last = self.left <= 1
            written = os.write(handle, data[: len(data) // 2] if last else data)
            self.at("append.mid_write")
            return written

        return half

    def sync(self) -> Callable[[int], None]:
        """os.fdatasync, or one that fails once."""
        if self.point != SYNC_FAILS:
            return os.fdatasync

        def failing(handle: int) -> None:
            self.left -= 1
            if self.left == 0:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            os.fdatasync(handle)

        return failing
