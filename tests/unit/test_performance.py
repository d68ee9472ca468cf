"""A shared copy says who performed it, and both openssl and `yesand copy` can check that."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import zipfile

import numpy as np
import pytest
import soundfile

from yesand.cli.main import run
from yesand.formats import performance
from yesand.formats.audio import RATE, encode_flac
from yesand.formats.pair import write_pair
from yesand.formats.performance import Player
from yesand.formats.signing import SigningKey
from yesand.kit.errors import Refused
from yesand.kit.spans import Span

KEY = SigningKey(bytes(range(32)))
HUMANS = {"a": Player("Ada", "kiri-17", "human"), "b": Player("Noor", "lumo-04", "human")}


def tone(seconds: float, hertz: float) -> np.ndarray:
    at = np.arange(round(seconds * RATE)) / RATE
    return np.rint(np.sin(2 * np.pi * hertz * at) * 2**22).astype(np.int32)


def copy_at(folder, players=HUMANS):
    sound = encode_flac(tone(1, 300))
    said = performance.statement(
        "Light Voices", "t1", "2026-11-24", 1.0, players, "take-1.flac",
        hashlib.sha256(sound).hexdigest(),
    )  # fmt: skip
    path = folder / "take-1.zip"
    path.write_bytes(performance.pack(KEY, said, sound, path.name))
    return path


def test_openssl_alone_can_check_it(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")
    with zipfile.ZipFile(copy_at(tmp_path)) as packed:
        packed.extractall(tmp_path)
        line = next(x for x in packed.read("README.txt").decode().splitlines() if "openssl" in x)
    done = subprocess.run(line.split(), cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "Successfully" in done.stdout, done.stderr
    whole = (tmp_path / "performance.txt").read_bytes()
    (tmp_path / "performance.txt").write_bytes(whole.replace(b"Ada", b"Eve"))
    assert subprocess.run(line.split(), cwd=tmp_path, capture_output=True).returncode != 0


def test_the_note_names_humans_and_robots_as_what_they_are(tmp_path, capsys):
    path = copy_at(tmp_path)
    (tmp_path / "house.pem").write_bytes(performance.pem(KEY.public))
    assert run(["copy", str(path), "--key", str(tmp_path / "house.pem"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert found["says"] == "Performed by two humans: Ada and Noor."
    assert found["key"] == "as given" and found["signed_by"] == KEY.public.keyid
    robot = {**HUMANS, "b": Player("Bo", "bo", "robot")}
    assert performance.says(robot) == "Performed by a human and a robot: Ada and Bo."
    model = {"a": Player("X", "x", "model"), "b": Player("Y", "y", "robot")}
    assert performance.says(model) == "Performed by a voice model and a robot: X and Y."


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("take-1.flac", "changed"),
        ("performance.txt", "wrong_signature"),
        ("performance.sig", "wrong_signature"),
    ],
)
def test_a_changed_file_is_found(tmp_path, name, code):
    path = copy_at(tmp_path)
    with zipfile.ZipFile(path) as packed:
        files = {one: packed.read(one) for one in packed.namelist()}
    files[name] = files[name][:-1] + bytes([files[name][-1] ^ 1])
    with zipfile.ZipFile(path, "w") as packed:
        for one, data in files.items():
            packed.writestr(one, data)
    with pytest.raises(Refused) as refusal:
        performance.check(path)
    assert refusal.value.code == code


def test_another_key_and_no_copy_at_all_are_refused(tmp_path):
    path = copy_at(tmp_path)
    with pytest.raises(Refused) as refusal:
        performance.check(path, SigningKey(bytes(32)).public)
    assert refusal.value.code == "wrong_signature"
    path.write_bytes(b"no zip")
    for wrong in (path, tmp_path / "none.zip"):
        with pytest.raises(Refused) as refusal:
            performance.check(wrong)
        assert refusal.value.code == "bad_copy"


def test_two_tracks_become_one_of_two_sides_without_what_is_out():
    left, right = tone(25, 300), tone(24.5, 400)
    out = io.BytesIO()
    seconds = write_pair(
        encode_flac(left), encode_flac(right), out, [Span(9.5, 10.5), Span(20, 21)]
    )
    out.seek(0)
    sound, rate = soundfile.read(out, dtype="int32")
    assert (rate, sound.shape, seconds) == (RATE, (round(24.5 * RATE), 2), 24.5)
    sound >>= 8
    for side, track in enumerate((left, right)):
        expected = track[: len(sound)].copy()
        expected[round(9.5 * RATE) : round(10.5 * RATE)] = 0
        expected[20 * RATE : 21 * RATE] = 0
        assert np.array_equal(sound[:, side], expected)


def test_a_span_of_it_is_cut_to_the_sample_and_nothing_is_refused():
    left, right = tone(5, 300), tone(5, 400)
    out = io.BytesIO()
    assert write_pair(encode_flac(left), encode_flac(right), out, [Span(2, 2.5)], 1.5, 3.0) == 1.5
    out.seek(0)
    sound = soundfile.read(out, dtype="int32")[0] >> 8
    assert np.array_equal(sound[: RATE // 2, 0], left[round(1.5 * RATE) : 2 * RATE])
    assert not sound[RATE // 2 : RATE].any() and sound[RATE + 1 :].any()
    with pytest.raises(Refused):
        write_pair(encode_flac(left), encode_flac(right), io.BytesIO(), (), 5.0, 6.0)
