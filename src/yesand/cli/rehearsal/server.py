"""A throw-away server below the rehearsal's folder, and the verbs run against it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx


class StepFailed(Exception):
    """One step of the rehearsal did not do what it should."""


def free_ports() -> int:
    """A port whose neighbor is free too: pages and door."""
    for _ in range(50):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        with socket.socket() as two:
            try:
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
        return port
    raise StepFailed("no two free ports beside each other")


class Server:
    """`yesand serve` as a child, on a home of its own."""

    def __init__(self, out: Path) -> None:
        self.home = out / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.port = free_ports()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log = out / "server.log"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("YESAND_")}
        self.env = {
            **kept,
            "YESAND_HOME": str(self.home),
            "YESAND_PORT": str(self.port),
            "YESAND_MIN_FREE_GB": "0",
            "DJANGO_SETTINGS_MODULE": "yesand.infra.settings",
        }
        self.child: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 180) -> None:
        """Start and wait until /readyz says ready."""
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "yesand.cli.main", "serve"],
                env=self.env,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                raise StepFailed(f"the server ended with {self.child.returncode}; see {self.log}")
            try:
                if httpx.get(f"{self.base_url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise StepFailed(f"the server was not ready in {seconds:.0f} s; see {self.log}")

    def stop(self) -> None:
        """End it as Ctrl-C would."""
        if self.child is None or self.child.poll() is not None:
            return
        self.child.send_signal(signal.SIGINT)
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()

    def run(self, module: str, *arguments: str) -> dict[str, Any]:
        """Run a module of ours against this home; its last line is one JSON object."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            raise StepFailed(f"{module} ended with {done.returncode}: {done.stderr[-2000:]}")
        return dict(json.loads(done.stdout.strip().splitlines()[-1]))

    def door_pid(self) -> int:
        """The supervisor's child that is the door."""
        assert self.child is not None
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words = (folder / "cmdline").read_bytes()
            except (OSError, ValueError):
                continue
            if parent == self.child.pid and b"yesand.web.doors" in words:
                return int(folder.name)
        raise StepFailed("the door's process was not found")

    def kill_door(self) -> int:
        """Kill the door with SIGKILL; the supervisor starts another. Returns its pid."""
        pid = self.door_pid()
        os.kill(pid, signal.SIGKILL)
        return pid
