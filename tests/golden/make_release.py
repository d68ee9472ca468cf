"""Write tests/golden/release-1 and release.json. Run by hand, only when the format changes:

    python -m tests.golden.make_release

The folder is opened by every later version; its bytes need not be made again (they hang on the
versions of pyarrow and libFLAC), but what is fixed by the format alone is in release.json.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np

from tests.fakes import toy_release as toy
from yesand.formats.release_content import TakeMedia
from yesand.formats.release_write import write_release
from yesand.formats.revocations import Feed, append
from yesand.formats.shards import ShardWriter
from yesand.formats.signing import sign_release
from yesand.kit.spans import Span

HERE = Path(__file__).parent
FOLDER = HERE / "release-1"


def media(take: str) -> TakeMedia:
    """Short ramps, so that the folder stays small."""
    i = int(take.removeprefix("take-"))
    a = np.arange(4800, dtype=np.int32) * (i + 3) - 4000
    b = -a // 2
    b[480:960] = 0
    return TakeMedia(a, b, (), (Span(0.01, 0.02),))


def feed() -> Feed:
    """One tombstone, of a take that was never in the golden release."""
    gone = [("take-900", ["toy-0"], ["cd" * 32])]
    return append(
        toy.KEY, Feed(), "program", gone, reason="withdrawn", at="2026-02-01", due="2026-03-03"
    )


def fixed() -> dict[str, str]:
    """Bytes that follow from the format alone, on every machine and version."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.tar"
        with ShardWriter(path) as shard:
            shard.add("take-0.a.flac", b"a" * 700)
            shard.add("take-0.json", b"{}\n")
        tar = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "shard_sha256": tar,
        "release_sig": sign_release(toy.KEY, "toy", "1", b"{}\n").decode(),
        "feed": feed().data.decode(),
    }


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    made = toy.contents(2, video={}, revocations=feed().data)
    write_release(FOLDER, made, media, toy.KEY)
    text = json.dumps(fixed(), indent=1, ensure_ascii=False)
    (HERE / "release.json").write_text(text + "\n")
