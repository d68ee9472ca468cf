"""`yesand serve`: one tree of processes that starts, heals, stops and never leaves an orphan."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

FAKES = Path(__file__).parents[1] / "fakes"


def free_ports() -> tuple[int, int]:
    """Two neighbouring free ports, away from those a developer uses."""
    for port in range(21000 + os.getpid() % 5000 * 2, 40000, 2):
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port, port + 1
    raise AssertionError("no free ports")


def until(what, seconds: float = 60.0):
    deadline = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)
    return value


def children(pid: int) -> dict[int, str]:
    """Every process below `pid`, with its command line."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(folder.name)] = int(fields[1])
    found: dict[int, str] = {}
    below = {pid}
    while below:
        below = {child for child, parent in parents.items() if parent in below}
        for child in below:
            try:
                words = (Path("/proc") / str(child) / "cmdline").read_bytes()
            except OSError:
                continue
            found[child] = words.replace(b"\0", b" ").decode()
    return found


class Server:
    """One `yesand serve` on a home of the test's own."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("YESAND_")},
            "YESAND_HOME": str(home),
            "YESAND_PORT": str(port),
            "YESAND_PG_FOLDER": os.environ["YESAND_TEST_RUN"] + f"/serve-{os.getpid()}",
            "DJANGO_SETTINGS_MODULE": "job_settings",
            "PYTHONPATH": str(FAKES),
            "FAKE_JOBS_FOLDER": str(home),
            "YESAND_MIN_FREE_GB": "0",
        }
        self.process: subprocess.Popen[str] | None = None

    def words(self) -> list[str]:
        return [sys.executable, "-m", "yesand.cli.main", "serve"]

    def start(self) -> float:
        """Start and wait until it says that it is open; the seconds it took."""
        began = time.monotonic()
        self.process = subprocess.Popen(
            self.words(), env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                assert said[0] == f"YesAnd is open at http://127.0.0.1:{self.port}\n"
                return time.monotonic() - began
        raise AssertionError("".join(said) + self.log())

    def log(self) -> str:
        return (self.home / "logs" / "yesand.log").read_text()

    def again(self, **changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.words(),
            env={**self.env, **changed},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def part(self, word: str) -> int:
        """The pid of the part whose command line holds `word`; waits for it."""
        assert self.process is not None
        pid = self.process.pid

        def find() -> int:
            return next((p for p, words in children(pid).items() if word in words), 0)

        return until(find)

    def get(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def end(self, *signals: int) -> int:
        assert self.process is not None
        for number in signals:
            self.process.send_signal(number)
        return self.process.wait(40)


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path / "a home", free_ports()[0])
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.wait()


@pytest.mark.timeout(300)
def test_the_tree_starts_heals_stops_and_leaves_no_orphan(server, tmp_path):
    server.start()
    assert server.process is not None
    keys = {path.name: path.read_bytes() for path in (server.home / "secrets").iterdir()}
    assert len(keys) >= 5
    assert all(path.stat().st_mode & 0o077 == 0 for path in (server.home / "secrets").iterdir())

    # A second start while it runs says where it is; another home finds the port taken.
    second = server.again()
    assert second.returncode == 2
    assert f"already runs on this home: http://127.0.0.1:{server.port}" in second.stderr
    third = server.again(YESAND_HOME=str(tmp_path / "other"))
    assert third.returncode == 2
    assert third.stderr.splitlines() == [
        f"yesand: Port {server.port} is taken by another program; set YESAND_PORT to a free one."
    ]

    other = free_ports()[0]
    fourth = server.again(
        YESAND_HOME=str(tmp_path / "other"),
        YESAND_PORT=str(other),
        YESAND_DOOR_PORT=str(server.port + 1),
    )
    assert fourth.stderr.splitlines() == [
        f"yesand: Port {server.port + 1} is taken by another program; "
        "set YESAND_DOOR_PORT to a free one."
    ]

    # A part that is killed comes back; so does the database, at the same address.
    for word in ("uvicorn", "yesand.web.doors", "worker work"):
        old = server.part(word)
        os.kill(old, signal.SIGKILL)
        until(lambda word=word, old=old: server.part(word) != old)
    until(lambda: server.get("/") not in (0, 500))
    old = server.part("/bin/postgres")
    os.kill(old, signal.SIGKILL)
    until(lambda: server.part("/bin/postgres") != old)
    until(lambda: server.get("/accounts/login/") == 200)

    # Ctrl-C stops everything.
    below = children(server.process.pid)
    assert server.end(signal.SIGINT) == 0
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below))
    parts = {json.loads(line)["part"] for line in server.log().splitlines()}
    assert parts == {"serve", "migrate", "door", "web", "now", "work"}

    # A second start keeps everything; kill -9 of the parent leaves nobody behind.
    assert server.start() < 60
    assert keys == {path.name: path.read_bytes() for path in (server.home / "secrets").iterdir()}
    below = children(server.process.pid)
    assert len([words for words in below.values() if "python" in words]) >= 4
    server.end(signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), 30)

    # And the home is usable at once; Ctrl-C twice does not wait for anybody.
    server.start()
    below = children(server.process.pid)
    began = time.monotonic()
    assert server.end(signal.SIGINT, signal.SIGINT) == 0
    assert time.monotonic() - began < 15
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below))


def test_a_wrong_setting_is_one_line(server):
    done = server.again(YESAND_PORT="http")
    assert done.returncode == 2
    assert done.stderr == "yesand: YESAND_PORT: Say a whole number from 1 to 65534, not 'http'.\n"
