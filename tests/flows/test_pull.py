"""`yesand pull` and `yesand feed` against a server that speaks the lab API, cuts and lies."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import yesand
from tests.fakes import toy_release as toy
from yesand.formats.revocations import Feed, append
from yesand.kit.errors import Refused
from yesand.release.pulling import Lab, LabSource, pull

pytestmark = pytest.mark.flows
TOKEN = "ya_secret"


class FakeLab(BaseHTTPRequestHandler):
    """One release below /api/lab, by token. cut: paths whose first answer stops half way."""

    folder: Path
    feed = b""
    cut: set[str]
    asked: list[tuple[str, str]]

    def do_GET(self) -> None:  # http.server's name
        self.asked.append((self.path, self.headers.get("Range", "")))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.send_error(401)
        elif self.path == "/api/lab/releases":
            self._send(json.dumps([{"id": "r1", "name": "toy", "version": "1"}]).encode())
        elif self.path == "/api/lab/feed":
            self._send(self.feed)
        else:
            self._file(self.path.removeprefix("/api/lab/releases/r1/files/"))

    def _file(self, path: str) -> None:
        file = self.folder / path
        if not file.is_file():
            self.send_error(404)
            return
        data, first = file.read_bytes(), 0
        if wanted := self.headers.get("Range"):
            first = int(wanted.removeprefix("bytes=").removesuffix("-"))
        whole = len(data) - first
        if path in self.cut:
            self.cut.remove(path)
            data = data[: len(data) // 2]
        self._send(data[first:], 206 if first else 200, whole)

    def _send(self, data: bytes, status: int = 200, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[type[FakeLab]]:
    toy.write(tmp_path / "server" / "toy-1")

    class Here(FakeLab):
        folder = tmp_path / "server" / "toy-1"
        cut: set[str] = set()
        asked: list[tuple[str, str]] = []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Here)
    Here.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Here
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_release_arrives_whole_with_the_newest_withdrawals(
    lab: type[FakeLab], tmp_path: Path
) -> None:
    gone = [("take-001", ["toy-1"], ["ab"])]
    lab.feed = append(
        toy.KEY, Feed(), "program", gone, reason="withdrawn", at="2026-03-01", due="2026-03-31"
    ).data
    source = LabSource(Lab(lab.url, TOKEN), "toy-1")
    made = pull(source, tmp_path / "lab", key=toy.KEY.public)
    assert made.bytes_kept == 0 and made.feed.takes == {"take-001"}
    assert "take-001" not in yesand.open(tmp_path / "lab").takes
    lab.asked.clear()
    again = pull(source, tmp_path / "lab", key=toy.KEY.public)
    assert again.bytes_new == 0 and not [path for path, _ in lab.asked if "shards" in path]


def test_a_cut_download_goes_on_where_it_stopped(lab: type[FakeLab], tmp_path: Path) -> None:
    shard = "shards/train-audio-000001.tar"
    lab.cut.add(shard)
    source = LabSource(Lab(lab.url, TOKEN), "toy")
    with pytest.raises(Refused, match="stopped in the middle; pull again"):
        pull(source, tmp_path / "lab")
    half = (lab.folder / shard).stat().st_size // 2
    lab.asked.clear()
    made = pull(source, tmp_path / "lab")
    assert (f"/api/lab/releases/r1/files/{shard}", f"bytes={half}-") in lab.asked
    assert made.bytes_kept > 0 and len(yesand.open(tmp_path / "lab")) == 5
    fetched = [path for path, _ in lab.asked if "dev-audio" in path]
    assert fetched == [], "what was whole is not asked for again"


def test_other_bytes_than_signed_never_become_a_release(lab: type[FakeLab], tmp_path: Path) -> None:
    words = lab.folder / "words.parquet"
    words.write_bytes(words.read_bytes()[:-1] + b"!")
    with pytest.raises(Refused, match=r"words\.parquet: arrived with other bytes"):
        pull(LabSource(Lab(lab.url, TOKEN), "toy-1"), tmp_path / "lab")
    assert not (tmp_path / "lab").exists()


def test_refusals_say_what_to_do(lab: type[FakeLab], tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not accept this token"):
        LabSource(Lab(lab.url, "wrong"), "toy-1")
    with pytest.raises(Refused, match="toy-9: is not a release of this token; there are: toy-1"):
        LabSource(Lab(lab.url, TOKEN), "toy-9")
    with pytest.raises(Refused, match="must begin with http"):
        Lab("ftp://x", TOKEN)
    with pytest.raises(Refused, match="cannot be reached"):
        Lab("http://127.0.0.1:9", TOKEN).feed()
    (lab.folder / "LICENSE").unlink()
    with pytest.raises(Refused, match="answered 404"):
        pull(LabSource(Lab(lab.url, TOKEN), "toy-1"), tmp_path / "lab")
