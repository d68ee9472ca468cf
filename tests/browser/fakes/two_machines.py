"""Two machines on one cable: network namespaces of this kernel, and commands that run in them."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NAME = re.compile(r"^ya(\d+)[ab]\b")


class NotHere(Exception):
    """This machine cannot do it; the text says why."""


@dataclass(frozen=True)
class Machine:
    """One namespace with its own loopback and one address on the cable."""

    name: str
    address: str

    def inside(self, *words: str) -> list[str]:
        """The words of a command that runs on this machine; the process keeps its id."""
        return ["nsenter", f"--net=/run/netns/{self.name}", *words]

    def script(self, path: Path, program: str) -> Path:
        """A file that starts `program` on this machine with whatever words it is given."""
        words = shlex.join(self.inside(program))
        path.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        path.chmod(0o755)
        return path


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotHere(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _remove(name: str) -> None:
    # The cable goes with the machine that it is plugged into.
    with contextlib.suppress(NotHere):
        _ip("netns", "del", name)


def _sweep() -> None:
    """Remove what a run left behind that was killed."""
    known = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=False).stdout
    for line in known.splitlines():
        found = NAME.match(line)
        if found and not Path(f"/proc/{found[1]}").exists():
            _remove(line.split()[0])


@contextlib.contextmanager
def two_machines() -> Iterator[tuple[Machine, Machine]]:
    """Two machines that reach each other and nothing else. Raises NotHere with a reason."""
    if os.geteuid() != 0:
        raise NotHere("network namespaces are made by root only")
    for tool in ("ip", "nsenter"):
        if not shutil.which(tool):
            raise NotHere(f"no {tool} on this machine; install iproute2 and util-linux")
    _sweep()
    pair = tuple(
        Machine(f"ya{os.getpid()}{side}", f"10.77.0.{number}")
        for side, number in (("a", 1), ("b", 2))
    )
    try:
        for machine in pair:
            _ip("netns", "add", machine.name)
        one, two = pair
        end = ("peer", "name", "cable", "netns", two.name)
        _ip("-n", one.name, "link", "add", "cable", "type", "veth", *end)
        for machine in pair:
            _ip("-n", machine.name, "addr", "add", f"{machine.address}/24", "dev", "cable")
            for link in ("lo", "cable"):
                _ip("-n", machine.name, "link", "set", link, "up")
        yield one, two
    finally:
        for machine in pair:
            _remove(machine.name)
