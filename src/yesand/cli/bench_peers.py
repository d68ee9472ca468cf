"""Other people's upload servers beside our door: installed apart, started, killed, started again.

Each is taken as its own package ships it, in its newest version checked here, into a folder outside
this repository: npm for @tus/server, a virtual environment for tuspyserver, Debian's package,
unpacked and not installed, for nginx where the machine has none. A peer that cannot be had is
reported by the bench with the reason, never left out in silence.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from yesand.cli.bench_door import Reply, TusClient, free_port
from yesand.cli.bench_servers import Gone
from yesand.infra.child import spawn

#: What is installed; the figures in docs/dev/benchmarks.md are of these.
NODE_PACKAGES = ("@tus/server@2.4.5", "@tus/file-store@2.1.1")
PYTHON_PACKAGES = ("tuspyserver==4.4.3", "uvicorn==0.54.0", "h11==0.16.0")
INSTALL_S = 300.0
START_S = 30.0
#: Answers in a row that say a stream is not there, before its sender believes them.
REFUSALS = 3
_FILES = Path(__file__).parent / "peers"


class Missing(Exception):
    """A peer cannot be had on this machine; the text says why."""


def work_folder() -> Path:
    """Where peers are kept between runs: outside the repository, safe to delete."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "yesand-bench"


def _run(words: Sequence[str | Path], cwd: Path) -> None:
    """Raises Missing with the last line a failed command said."""
    try:
        done = subprocess.run(
            [str(word) for word in words], cwd=cwd, capture_output=True, text=True,
            timeout=INSTALL_S,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{words[0]}: {error}") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        raise Missing(f"{Path(words[0]).name} failed: {said}")


class PeerServer(ABC):
    """A peer's process on a folder of its own: started, killed and started again on one port."""

    name = ""
    #: A peer's inner points cannot be reached: it is killed at random moments alone.
    points: tuple[str, ...] = ()
    #: Neither tus peer names the checksum extension in its OPTIONS.
    verifies = False

    def __init__(self, home: Path, work: Path, prefix: Sequence[str] = ()) -> None:
        """prefix: words before the command line, such as a tracer. Raises Missing."""
        self.home, self.work, self.prefix = home, work, prefix
        self.port = free_port()
        self.files = home / "files"
        self.files.mkdir(parents=True, exist_ok=True)
        work.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None
        self.install()

    @abstractmethod
    def install(self) -> None:
        """Make sure that the peer's programs are in the work folder. Raises Missing."""

    @abstractmethod
    def command(self) -> list[str | Path]:
        """The words that serve `files` on `port`."""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, break_at: str = "") -> None:
        """Start and wait until it takes connections."""
        log = self.home / "server.log"
        with log.open("ab") as out:
            self._process = spawn(
                [*self.prefix, *self.command()], cwd=self.home, stdout=out, stderr=out,
                env=dict(os.environ), on_death=signal.SIGKILL,
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    said = log.read_text(errors="replace")[-1000:]
                    raise RuntimeError(f"{self.name} did not start: {said}") from None
                time.sleep(0.005)

    def kill(self) -> None:
        """SIGKILL; nothing of the process runs after this returns."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL where that takes too long."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()

    def upload(self) -> PeerUpload:
        return PeerUpload(self)


class TusNodeServer(PeerServer):
    """@tus/server 2 with @tus/file-store, one Node process."""

    name = "tus-node-server"

    def install(self) -> None:
        self._modules = self.work / "tus-node-server"
        if shutil.which("node") is None or shutil.which("npm") is None:
            raise Missing("node or npm is not installed")
        if not (self._modules / "node_modules" / "@tus" / "file-store").is_dir():
            self._modules.mkdir(exist_ok=True)
            (self._modules / "package.json").write_text('{"private": true}\n')
            _run(["npm", "install", "--no-audit", "--no-fund", *NODE_PACKAGES], self._modules)

    def command(self) -> list[str | Path]:
        driver = _FILES / "tus_node_server.mjs"
        return ["node", driver, self._modules, str(self.port), self.files]


class TuspyServer(PeerServer):
    """tuspyserver under uvicorn, one process, plain asyncio as its read-me starts it."""

    name = "tuspyserver"

    def install(self) -> None:
        self._python = self.work / "tuspyserver" / "bin" / "python"
        if self._python.exists():
            found = subprocess.run([self._python, "-c", "import tuspyserver, uvicorn"])
            if found.returncode == 0:
                return
        _run([sys.executable, "-m", "venv", "tuspyserver"], self.work)
        _run([self._python, "-m", "pip", "install", "-q", *PYTHON_PACKAGES], self.work)

    def command(self) -> list[str | Path]:
        return [self._python, _FILES / "tuspyserver_app.txt", str(self.port), self.files]


class NginxPut(PeerServer):
    """nginx with its WebDAV module: one worker, one file per PUT. No resuming, so a ceiling."""

    name = "nginx-put"

    def install(self) -> None:
        own = self.work / "nginx" / "usr" / "sbin" / "nginx"
        found = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if found is None and not own.exists():
            own.parents[2].mkdir(exist_ok=True)
            if shutil.which("apt-get") is None:
                raise Missing("nginx is not installed")
            _run(["apt-get", "download", "nginx"], own.parents[2])
            package = next(own.parents[2].glob("nginx_*.deb"), None)
            if package is None:
                raise Missing("apt-get downloaded no nginx")
            _run(["dpkg-deb", "-x", package, own.parents[2]], own.parents[2])
        self._program = found or str(own)

    def command(self) -> list[str | Path]:
        text = (_FILES / "nginx_conf.txt").read_text()
        conf = self.home / "nginx.conf"
        conf.write_text(text.replace("FOLDER", str(self.home)).replace("PORT", str(self.port)))
        return [self._program, "-p", self.home, "-c", conf]


class PeerUpload:
    """One stream at a tus peer, by the protocol alone. A new address replaces one never told."""

    def __init__(self, server: PeerServer) -> None:
        self.server = server
        self.path = ""
        self.client = plain_client(server.port)
        self._refused = 0

    def ask(self) -> int:
        self.client.close()
        if not self.path:
            return self._create()
        told = self.client.head()
        if told.status == 200:
            self._refused = 0
            return told.offset
        self._refused += 1
        if self._refused >= REFUSALS:
            raise Gone(f"HEAD answers {told.status}")
        raise http.client.HTTPException(f"HEAD answered {told.status}")

    def _create(self) -> int:
        created = begin(self.client)
        if created.status != 201:
            raise http.client.HTTPException(f"POST answered {created.status}")
        self.path = self.client.path = place(created)
        return 0

    def send(self, offset: int, body: bytes, checksum: str) -> int | None:
        reply = self.client.patch(offset, body)
        if reply.status == 204:
            return reply.offset
        raise http.client.HTTPException(f"PATCH answered {reply.status}")

    def finish(self, length: int, stream_hash: str) -> None:
        reply = self.client.patch(length, b"", upload_length=str(length))
        if reply.status != 204:  # said before, perhaps, and the answer was lost
            told = self.client.head()
            if told.headers.get("upload-length") != str(length):
                raise http.client.HTTPException(f"the end was answered with {reply.status}")

    def stored(self) -> Path:
        return self.server.files / self.path.rpartition("/")[2]

    def remove(self) -> None:
        self.client.close()
        for path in self.server.files.glob(f"{self.stored().name}*"):
            path.unlink(missing_ok=True)


def plain_client(port: int) -> TusClient:
    """A tus client without authority: peers ask for none as they ship."""
    client = TusClient(port, uuid.uuid4(), "")
    del client.headers["Authorization"]
    return client


def begin(client: TusClient) -> Reply:
    """Create a stream of unknown length; tuspyserver's HEAD wants a name and a type."""
    return client.create(upload_metadata="filename bWljLnBjbQ==,filetype YXVkaW8vcGNt")


def place(created: Reply) -> str:
    """The path of a new upload, whether its Location is whole or relative."""
    location = created.headers["location"]
    _, slashes, rest = location.partition("://")
    return "/" + rest.partition("/")[2] if slashes else location


PEERS: dict[str, type[PeerServer]] = {
    each.name: each for each in (TusNodeServer, TuspyServer, NginxPut)
}
