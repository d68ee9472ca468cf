"""Other people's loaders read a release as it is: `datasets` the Parquet, `webdataset` the shards."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes import toy_release as toy

HF = """
import sys
from datasets import load_dataset
folder = sys.argv[1]
takes = load_dataset("parquet", data_files=f"{folder}/takes.parquet", split="train", cache_dir=sys.argv[2])
labels = load_dataset("parquet", data_files=f"{folder}/labels.parquet", split="train", streaming=True)
assert takes.num_rows == 5 and takes[0]["take_id"] == "take-000", takes
assert takes.features["duration_s"].dtype == "float64"
assert [sum(row["counts"]) for row in labels] == [3] * 5
"""

WDS = """
import io, json, sys, soundfile, webdataset
shards = sorted(str(p) for p in __import__("pathlib").Path(sys.argv[1]).glob("shards/train-audio-*.tar"))
seen = []
for sample in webdataset.WebDataset(shards, shardshuffle=False):
    a, rate = soundfile.read(io.BytesIO(sample["a.flac"]))
    b, _ = soundfile.read(io.BytesIO(sample["b.flac"]))
    facts = json.loads(sample["json"])
    assert len(a) == len(b) == facts["media"]["samples"] and rate == 48000
    assert facts["take"]["take_id"] == sample["__key__"] and facts["cues"][0]["response"] == "took"
    seen.append(sample["__key__"])
assert seen == ["take-000", "take-001", "take-002"], seen
"""


@pytest.mark.parametrize("code", [HF, WDS], ids=["datasets", "webdataset"])
def test_reads_it_offline(tmp_path: Path, code: str) -> None:
    toy.write(tmp_path / "toy-1")
    env = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "hf"),
        "HF_DATASETS_OFFLINE": "1",
    }
    arguments = [sys.executable, "-c", code, str(tmp_path / "toy-1"), str(tmp_path / "cache")]
    done = subprocess.run(arguments, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
