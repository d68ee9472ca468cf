"""The kill harness finds what it is made to find, and nothing at our door."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import uuid
from pathlib import Path

from typer.testing import CliRunner

from yesand.cli import bench, bench_capture, bench_peers
from yesand.cli.bench_capture import Source, run
from yesand.cli.bench_peers import Missing
from yesand.cli.bench_servers import Gone, YesandServer


def test_a_short_run_at_our_door(tmp_path):
    """A few kills as `make test` can afford; the thousand live in `yesand bench capture`."""
    result = run(YesandServer(tmp_path / "home"), kills=4, seed=7, streams=4)
    assert (result["kills"], result["lost_bytes"], result["corrupt"]) == (4, 0, 0)
    assert result["acknowledged_bytes"] > 0
    assert 0 < result["resume_seconds"]["p50"] <= result["resume_seconds"]["p95"] < 20


def test_the_verb_prints_one_object_last(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "yesand.cli.main", "bench", "capture", "--kills", "1", "--streams",
         "2", "--seed", "5", "--servers", "yesand", "--out", str(tmp_path), "--json"],
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "seed 5"
    found = json.loads(lines[-1])
    assert found["seed"] == 5
    assert set(found["yesand"]) >= {"kills", "lost_bytes", "corrupt", "resume_seconds"}
    assert set(found["yesand"]["resume_seconds"]) == {"p50", "p95"}
    assert list(tmp_path.iterdir()) == []


class Forgetful:
    """A server in memory that acknowledges and, when killed, loses, changes or doubles bytes."""

    name = "forgetful"
    points = ()
    verifies = True

    def __init__(self, folder: Path, fault: str) -> None:
        self.folder, self.fault, self.running = folder, fault, False
        self.starts = 0
        self.uploads: list[ForgetfulUpload] = []
        self.lock = threading.Lock()

    def start(self, break_at: str = "") -> None:
        self.running = True
        self.starts += 1

    def stop(self) -> None:
        self.running = False

    def kill(self) -> None:
        with self.lock:
            self.running = False
            begun = [u.path for u in self.uploads if u.path.exists() and u.path.stat().st_size > 20]
            if self.fault and begun:
                path, data = begun[-1], begun[-1].read_bytes()
                path.write_bytes(
                    {
                        "loses": data[:-10],
                        "changes": data[:-5] + bytes(5),
                        "doubles": data + data[-10:],
                    }[self.fault]
                )

    def upload(self):
        made = ForgetfulUpload(self, self.folder / uuid.uuid4().hex)
        self.uploads.append(made)
        return made


class ForgetfulUpload:
    def __init__(self, server: Forgetful, path: Path) -> None:
        self.server, self.path, self.connected = server, path, 0
        path.write_bytes(b"")

    def _up(self) -> None:
        if not self.server.running or self.connected != self.server.starts:
            raise OSError("killed")

    def ask(self) -> int:
        with self.server.lock:
            self.connected = self.server.starts
            self._up()
            return self.path.stat().st_size

    def send(self, offset: int, body: bytes, checksum: str) -> int | None:
        with self.server.lock:
            self._up()
            if not checksum.endswith(bench_capture.stated(body)):
                return None
            assert offset == self.path.stat().st_size
            with self.path.open("ab") as file:
                file.write(body)
            return offset + len(body)

    def finish(self, length: int, stream_hash: str) -> None:
        self._up()

    def stored(self) -> Path:
        return self.path

    def remove(self) -> None:
        with self.server.lock:
            self.path.unlink()


def found(tmp_path: Path, fault: str) -> dict:
    folder = tmp_path / (fault or "honest")
    folder.mkdir()
    return run(Forgetful(folder, fault), kills=3, seed=1, streams=2)


def test_the_harness_sees_loss_change_and_doubling(tmp_path):
    honest = found(tmp_path, "")
    assert (honest["lost_bytes"], honest["corrupt"]) == (0, 0)
    assert found(tmp_path, "loses")["lost_bytes"] > 0
    assert found(tmp_path, "changes")["corrupt"] > 0
    assert found(tmp_path, "doubles")["corrupt"] > 0


def test_bytes_to_send_are_the_same_wherever_they_are_read():
    source, again = Source(3, 4), Source(3, 4)
    whole = source.read(0, 300_000)
    assert whole == b"".join(again.read(start, 1_000) for start in range(0, 300_000, 1_000))
    assert again.read(65_530, 20) == whole[65_530:65_550]
    assert Source(3, 5).read(0, 100) != whole[:100]


class Unverifying(Forgetful):
    """Takes every body as it comes, as servers without the checksum extension do."""

    verifies = False

    def upload(self):
        made = UnverifyingUpload(self, self.folder / uuid.uuid4().hex)
        self.uploads.append(made)
        return made


class UnverifyingUpload(ForgetfulUpload):
    def send(self, offset: int, body: bytes, checksum: str) -> int | None:
        return super().send(offset, body, f"crc32c {bench_capture.stated(body)}")


def test_damage_taken_by_a_server_without_checksums_is_counted_apart(tmp_path):
    """`corrupt` compares what kills do; a server that says it verifies gets no such excuse."""
    server = Unverifying(tmp_path, "")
    taken = run(server, kills=6, seed=2, streams=2)
    assert taken["damaged_accepted"] > 0
    assert (taken["lost_bytes"], taken["corrupt"], taken["refused_bodies"]) == (0, 0, 0)
    (tmp_path / "claims").mkdir()
    claiming = Unverifying(tmp_path / "claims", "")
    claiming.verifies = True
    assert run(claiming, kills=6, seed=2, streams=2)["corrupt"] > 0


class Dropping(Forgetful):
    """When killed, it forgets that a stream ever was."""

    def kill(self) -> None:
        with self.lock:
            self.running = False
            for upload in self.uploads[-1:]:
                upload.path.unlink(missing_ok=True)

    def upload(self):
        made = DroppingUpload(self, self.folder / uuid.uuid4().hex)
        self.uploads.append(made)
        return made


class DroppingUpload(ForgetfulUpload):
    def ask(self) -> int:
        if not self.path.exists():
            raise Gone("404")
        return super().ask()


def test_a_stream_that_a_server_forgot_is_lost_whole(tmp_path):
    lost = run(Dropping(tmp_path, ""), kills=3, seed=1, streams=2)
    assert lost["lost_streams"] > 0 and lost["lost_bytes"] > 0


def test_a_peer_that_cannot_be_had_is_named_with_its_reason(monkeypatch):
    class Absent:
        name = "tuspyserver"

        def __init__(self, *_: object) -> None:
            raise Missing("pip failed: no network")

    monkeypatch.setitem(bench_peers.PEERS, "tuspyserver", Absent)
    run_verb = CliRunner().invoke(
        bench.bench, ["capture", "--servers", "tuspyserver", "--kills", "1", "--json"]
    )
    found = json.loads(run_verb.stdout.splitlines()[-1])
    assert found["missing"] == {"tuspyserver": "pip failed: no network"}
    assert "tuspyserver: missing, pip failed: no network" in run_verb.stdout
    wrong = CliRunner().invoke(bench.bench, ["capture", "--servers", "nobody"])
    assert wrong.exit_code == 2
