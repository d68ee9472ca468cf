"""The limited child: what it may not do, what it says of hostile files, and that we live on."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

import pytest

from tests.fakes import films
from tests.fakes.sounds import SOUNDS, good
from yesand.capture import examine as examining
from yesand.capture.examine import Finding, examine, run_limited
from yesand.formats.blocks import HEADER_BYTES


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "bytes"
    path.write_bytes(b"whatever")
    return path


# --- what a child may do ------------------------------------------------------------------------


def spin(_handle: int) -> dict:
    while True:
        pass


def eat(_handle: int) -> dict:
    held = []
    while True:
        held.append(bytearray(10_000_000))


def end(_handle: int) -> dict:
    os.kill(os.getpid(), 11)
    return {}


def talk(_handle: int) -> dict:
    raise RuntimeError("x" * 10**6)


@pytest.mark.parametrize(
    ("body", "code"),
    [(eat, "too_big"), (end, "unreadable"), (talk, "unreadable")],
)
def test_a_child_that_does_what_it_may_not_is_a_finding(file, body, code):
    found = run_limited(body, file)
    assert found is not None and found.code == code


def test_a_child_writes_not_one_byte(file):
    target = file.with_name("was here")

    def write(_handle: int) -> dict:
        target.write_text("x")
        return {}

    assert run_limited(write, file) is not None
    assert not target.exists() or target.stat().st_size == 0


def test_a_child_that_does_not_end_is_ended(file, monkeypatch):
    monkeypatch.setattr(examining, "CPU_S", 1)
    began = time.monotonic()
    assert run_limited(spin, file) == Finding("too_slow", examining.SAYS["too_slow"])
    assert run_limited(lambda _: time.sleep(60) or {}, file, wall_s=0.5).code == "too_slow"
    assert time.monotonic() - began < 9
    assert run_limited(lambda _: {}, file) is None, "the next one is read as if nothing had been"


def test_a_child_has_no_network_no_account_and_no_handles_of_ours(file):
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def reach(_handle: int) -> dict:
        try:
            socket.socket().connect(("127.0.0.1", port))
        except OSError:
            return {}
        raise RuntimeError("reached")

    def handles(_handle: int) -> dict:
        mine = {int(n) for n in os.listdir("/proc/self/fd")} - {0, 1, 2}
        if len(mine) > 3:  # the file, the pipe, and the folder that is listed
            raise RuntimeError("too many")
        return {}

    def account(_handle: int) -> dict:
        if os.geteuid() == 0:
            raise RuntimeError("root")
        return {}

    assert run_limited(handles, file) is None
    assert run_limited(account, file) is None
    if run_limited(reach, file) is not None:
        pytest.skip("this kernel gives no network of its own to a process without rights")
    server.close()


@pytest.mark.parametrize(
    "said", [b"", b"{}", b"[]", b'{"ok": 1}', b"\xff", b"[" * 10_000, b'{"ok": false}', b"null"]
)
def test_a_childs_words_are_not_trusted(said):
    assert examining._answer(said) == Finding("unreadable", examining.SAYS["unreadable"])


# --- what it says of files ----------------------------------------------------------------------


def said(tmp_path: Path, data: bytes, kind: str, most: float = 60.0) -> str:
    path = tmp_path / "bytes"
    path.write_bytes(data)
    began = time.monotonic()
    found = examine(path, kind, most)
    assert time.monotonic() - began < 10
    return "" if found is None else found.code


def test_what_our_recorder_writes_passes_also_when_cut(tmp_path):
    for codec in ("libvpx", "libvpx-vp9"):
        whole = films.film(24, 96, 64, codec)
        assert said(tmp_path, whole, "cam") == ""
        assert said(tmp_path, whole[: len(whole) * 3 // 4], "cam") == ""
    assert said(tmp_path, good(), "mic") == ""
    assert said(tmp_path, good()[:-777], "heard") == ""
    assert said(tmp_path, b"", "mic") == ""
    assert said(tmp_path, b'{"t": 1, "type": "pause"}\n{"t"', "events") == ""


@pytest.mark.parametrize("name", films.HOSTILE)
def test_hostile_films_end_in_a_finding(tmp_path, name):
    make, code = films.HOSTILE[name]
    found = said(tmp_path, make(), "cam", 600)
    assert found and found == (code or found)


def test_pictures_that_grow_behind_the_container_are_found(tmp_path):
    small, large = films.film(8, 96, 64), films.film(8, 320, 240)
    # The container of a small film around a large one's pictures.
    at = large.index(b"\x9d\x01\x2a") - 3
    frame = large[at : at + 3000]
    data = films.segment(films.tracks(96, 64), films.cluster(films.block(frame)))
    assert said(tmp_path, data, "cam") in ("", "not_decodable"), "its own size is what counts"
    assert said(tmp_path, small, "cam") == ""


@pytest.mark.parametrize("name", SOUNDS)
def test_hostile_sound_ends_in_a_finding_or_is_read_as_damaged(tmp_path, name):
    data, code = SOUNDS[name]
    assert said(tmp_path, data, "mic") == code
    assert len(data) >= HEADER_BYTES


EVENTS = {
    "deep": b"[" * 100_000 + b"\n",
    "deep in a line": b'{"t": 1, "type": ' + b'{"a":' * 50_000 + b"\n",
    "half a pair": rb'{"t": 1, "type": "\ud800"}' + b"\n",
    "a number of 10^5 digits": b'{"t": ' + b"9" * 100_000 + b', "type": "x"}\n',
    "not UTF-8": b"\xff\xfe\n" * 1000,
    "10^6 lines": b"{}\n" * 1_000_000,
    "one line of 20 MB": b'{"t": 1, "type": "' + b"x" * 20_000_000,
    "nothing but ends": b"\n" * 5_000_000,
    "a page": films.POLYGLOT,
}


@pytest.mark.parametrize("name", EVENTS)
def test_hostile_events_are_read_as_unreadable_lines(tmp_path, name):
    assert said(tmp_path, EVENTS[name], "events") == ""


def test_a_finding_is_a_word_and_a_sentence():
    assert str(Finding("too_long", "it runs 900 s")) == "too_long: it runs 900 s"
    assert json.dumps(vars(Finding("a", "b")))
