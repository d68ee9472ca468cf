"""Child processes that never outlive us, whatever kills us.

Linux: the kernel signals the child when its parent dies (PR_SET_PDEATHSIG, set after the change
of account and checked against a parent that died in between). Elsewhere the next start finds
and stops a left-over by connecting to it. A child dies with the *thread* that made it, so start
children from a thread that lives as long as they do.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """The account a child runs under; `None` in its place means our own."""

    name: str
    uid: int
    gid: int

    @staticmethod
    def named(name: str) -> Account:
        """Raises KeyError where this machine has no such account."""
        found = pwd.getpwnam(name)
        return Account(name, found.pw_uid, found.pw_gid)


def die_with_parent(number: int = signal.SIGTERM) -> Callable[[], None]:
    """A preexec function: the child gets signal `number` when the calling thread's process ends."""
    parent = os.getpid()

    def arm() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(number))
            if os.getppid() != parent:
                os._exit(128 + int(number))

    return arm


def step_back(steps: int = 5) -> None:
    """Let every process that somebody waits for go first: this one and what it starts yield.

    Linux may weigh sessions before processes; then ours steps back too.
    """
    os.nice(steps)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(steps), "ascii")


def spawn(
    words: Sequence[str | Path],
    *,
    account: Account | None = None,
    on_death: int = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdout: Any = None,
    stderr: Any = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C in the terminal reaches only us."""
    return subprocess.Popen(
        [str(word) for word in words],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env=dict(env) if env is not None else None,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=die_with_parent(on_death),
        pass_fds=tuple(pass_fds),
        **as_account(account),
    )


def as_account(account: Account | None) -> dict[str, Any]:
    """The keywords of subprocess that change to `account`."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}
