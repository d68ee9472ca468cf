"""Stream the shards with webdataset, leaving out what was withdrawn since. pip install webdataset

Try: yesand sample robots && python examples/train_from_shards.py robots
"""

import io
import json
import sys

import soundfile
import webdataset

import yesand


def main(folder: str) -> None:
    """Prints what one epoch over the shards of train would feed."""
    release = yesand.open(folder, split="train")  # checks every byte once
    keep = set(release.takes)  # without withdrawn takes, even where a shard still holds them
    shards = sorted(str(path) for path in release.folder.glob("shards/train-audio-*.tar"))
    seconds = 0.0
    for one in webdataset.WebDataset(shards, shardshuffle=False):
        if one["__key__"] not in keep:
            continue
        a, rate = soundfile.read(io.BytesIO(one["a.flac"]), dtype="float32")
        b, _ = soundfile.read(io.BytesIO(one["b.flac"]), dtype="float32")
        facts = json.loads(one["json"])
        seconds += len(a) / rate
        print(one["__key__"], a.shape, b.shape, facts["take"]["relationship"])
    print(f"{seconds:.0f} s of two voices")


main(sys.argv[1])
