"""The speed bench, in short and with our door alone: it finds what it is made to find."""

from __future__ import annotations

import json
import os
import uuid

import pytest
from typer.testing import CliRunner

from yesand.cli import bench, bench_upload
from yesand.cli.bench_servers import YesandServer


def test_the_verb_measures_our_door_and_says_what_it_does_before_it_answers(tmp_path):
    verb = [
        "upload", "--servers", "yesand", "--rounds", "1", "--megabytes", "8",
        "--connections", "2,1", "--seed", "4", "--out", str(tmp_path), "--json",
    ]  # fmt: skip
    done = CliRunner().invoke(bench.bench, verb)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "seed 4"
    found = json.loads(lines[-1])
    ours = found["yesand"]
    assert ours["refuses_damaged_bodies"] is True
    assert ours["syncs_for_4_bodies"] in (4, None)  # None: this machine traces nothing
    assert set(ours["connections"]) == {"2", "1"}
    for row in ours["connections"].values():
        assert row["mb_per_s"] > 0 and row["cpu_seconds_per_gb"] > 0
        assert 0 < row["latency_ms"]["p50"] <= row["latency_ms"]["p95"]
    assert found["ours_times_theirs"] == {} and found["missing"] == {}
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_is_not_yes_is_no_measurement(tmp_path, monkeypatch):
    """A door that refuses would look fast; the bench stops instead."""
    server = YesandServer(tmp_path / "home")
    monkeypatch.setattr(
        bench_upload, "head_of", lambda *_: (lambda turn, at: _head(server, b"-1"), 204)
    )
    server.start()
    try:
        with pytest.raises(RuntimeError, match="answered 400"):
            bench_upload.measure(server, 2, 4, bench_upload.Bodies.made(1))
    finally:
        server.stop()


def _head(server: YesandServer, offset: bytes) -> bytes:
    client = server.client(uuid.uuid4())
    return (
        (
            f"PATCH {client.path} HTTP/1.1\r\nHost: door\r\nTus-Resumable: 1.0.0\r\n"
            f"Authorization: {client.headers['Authorization']}\r\n"
            "Content-Type: application/offset+octet-stream\r\n"
            f"Content-Length: {bench_upload.BODY}\r\n"
        ).encode()
        + b"Upload-Offset: "
        + offset
        + b"\r\n\r\n"
    )


def test_processor_seconds_are_those_of_one_process():

    before = bench_upload.cpu_seconds(os.getpid())
    while bench_upload.cpu_seconds(os.getpid()) - before < 0.05:
        sum(range(10_000))
    assert bench_upload.cpu_seconds(1) >= 0
    with pytest.raises(FileNotFoundError):
        bench_upload.cpu_seconds(2**22 + 1)
