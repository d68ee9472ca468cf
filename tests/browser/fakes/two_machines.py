"""Two machines on one cable: network namespaces of this kernel, and commands that run in them.

The cable can be cut, lose packets at random and be narrow; both ways at once, told at machine b.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGES = {
    "ip": "iproute2",
    "tc": "iproute2",
    "nsenter": "util-linux",
    "nft": "nftables",
    "turnserver": "coturn",
    "ss": "iproute2",
}
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

    @contextlib.contextmanager
    def here(self) -> Iterator[None]:
        """This thread, and what it starts meanwhile, is on the machine: its sockets stay there."""
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        other = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            _enter(other)
            yield
        finally:
            _enter(own)
            os.close(other)
            os.close(own)

    def drop(self, percent: int) -> None:
        """The cable loses so many of a hundred packets, each way; 100 is a cut, 0 mends it."""
        rules = "add table inet line\ndelete table inet line\n"
        if percent:
            rules += "add table inet line\n"
            lose = "drop" if percent >= 100 else f"numgen random mod 100 < {percent} drop"
            for way, name in (("input", "iifname"), ("output", "oifname")):
                hook = f"{{ type filter hook {way} priority 0; }}"
                rules += f"add chain inet line {way} {hook}\n"
                rules += f"add rule inet line {way} {name} cable {lose}\n"
        _run(*self.inside("nft", "-f", "-"), said=rules)

    def narrow(self, kbit: int) -> None:
        """What this machine sends leaves at so many kbit a second at most; 0 for all there is."""
        tc = self.inside("tc", "qdisc")
        if kbit:
            shape = ("tbf", "rate", f"{kbit}kbit", "burst", "8kb", "latency", "800ms")
            _run(*tc, "replace", "dev", "cable", "root", *shape)
        else:
            _run(*tc, "del", "dev", "cable", "root")


def _enter(namespace: int) -> None:
    # os.setns is not in Python 3.11.
    if ctypes.CDLL(None, use_errno=True).setns(namespace, 0x40000000):  # CLONE_NEWNET
        raise NotHere(f"setns: {os.strerror(ctypes.get_errno())}")


def _run(*words: str, said: str | None = None) -> None:
    done = subprocess.run(words, input=said, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotHere(f"{' '.join(words)}: {done.stderr.strip()}")


def _ip(*words: str) -> None:
    _run("ip", *words)


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
def two_machines(*tools: str) -> Iterator[tuple[Machine, Machine]]:
    """Two machines that reach each other and nothing else.

    tools: programs that the test needs besides. Raises NotHere with a reason.
    """
    if os.geteuid() != 0:
        raise NotHere("network namespaces are made by root only")
    for tool in ("ip", "nsenter", *tools):
        if not shutil.which(tool):
            raise NotHere(f"no {tool} on this machine; install {PACKAGES[tool]}")
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
