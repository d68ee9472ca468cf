"""One writer per file: a lock within this process, and `flock` between processes."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakValueDictionary

from yesand.kit.errors import refuse

#: Seconds a change waits for its turn before it is refused.
LOCK_S = 5.0


class _Turn:
    """A lock that lives as long as somebody waits for it or holds it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


class FileLocks:
    """Locks by path, made when needed."""

    def __init__(self, patience_s: float = LOCK_S) -> None:
        self.patience_s = patience_s
        self._turns: WeakValueDictionary[Path, _Turn] = WeakValueDictionary()
        self._own = threading.Lock()

    @contextmanager
    def held(self, path: Path, make: bool = False) -> Iterator[int | None]:
        """A handle for reading and appending while nobody else has one; None without a file.

        make: create the file (0600). Raises Refused: locked.
        """
        with self._own:
            turn = self._turns.setdefault(path, _Turn())
        deadline = time.monotonic() + self.patience_s
        if not turn.lock.acquire(timeout=self.patience_s):
            raise _locked()
        try:
            handle = _open_locked(path, make, deadline)
            try:
                yield handle
            finally:
                if handle is not None:
                    os.close(handle)
        finally:
            turn.lock.release()


def _open_locked(path: Path, make: bool, deadline: float) -> int | None:
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | (os.O_CREAT if make else 0)
    while True:
        try:
            handle = os.open(path, flags, 0o600)
        except FileNotFoundError:
            return None
        if _flock(handle):
            if os.fstat(handle).st_nlink:
                return handle
            # The file was removed between opening and locking it: look again.
        elif time.monotonic() > deadline:
            os.close(handle)
            raise _locked()
        else:
            time.sleep(0.005)
        os.close(handle)


def _flock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _locked() -> Exception:
    return refuse("locked", "Somebody else writes to this stream just now; try again.")
