"""A span that becomes private is never taken over from the version before."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import yesand
from tests.fakes import toy_release as toy
from yesand.formats.release_content import TakeMedia
from yesand.formats.release_files import check_signature
from yesand.formats.release_write import write_release
from yesand.formats.revocations import Feed, append
from yesand.kit.spans import Span
from yesand.release.successor import no_media, successor

OUT = Span(0.02, 0.04)
SILENT = slice(960, 1920)


def quiet(take: str) -> TakeMedia:
    made = toy.media(take)
    if take != "take-002":
        return made
    a, b = made.a.copy(), made.b.copy()
    a[SILENT] = b[SILENT] = 0
    return TakeMedia(a, b, (OUT,), (OUT,))


def test_it_is_made_again_and_a_lab_can_still_leave_takes_out(tmp_path: Path):
    one, two, three = (tmp_path / f"toy-{n}" for n in (1, 2, 3))
    toy.write(one)
    heard = yesand.open(one)["take-002"].a.integers
    assert heard[SILENT].any()
    private = {"take-002": (OUT,)}
    write_release(two, toy.contents(version="2", private=private), quiet, toy.KEY, previous=one)
    for track in (yesand.open(two)["take-002"].a, yesand.open(two)["take-002"].b):
        assert not track.integers[SILENT].any() and OUT in track.gaps
    shards = {path.name for path in (one / "shards").iterdir()}
    changed = [
        name for name in sorted(shards)
        if (one / "shards" / name).read_bytes() != (two / "shards" / name).read_bytes()
    ]  # fmt: skip
    assert len(changed) == 1, "only the shard of that take is written again"

    # without any track at hand, the silence is taken over as it is
    info, _ = check_signature(two, toy.KEY.public)
    feed = append(
        toy.KEY, Feed(), "program", [("take-000", ["toy-2"], ["ab"])],
        reason="withdrawn", at="2026-03-01", due="2026-03-31",
    )  # fmt: skip
    made = successor(
        two, info, feed, ["take-000"], version="3", made_on="2026-03-01",
        datasheet=lambda old, _figures: old,
    )  # fmt: skip
    assert made.private == private
    write_release(three, made, no_media, toy.KEY, previous=two)
    opened = yesand.open(three)
    assert "take-000" not in opened.takes
    assert not opened["take-002"].b.integers[SILENT].any()
    # put back in: heard again
    four = tmp_path / "toy-4"
    write_release(four, toy.contents(version="4"), toy.media, toy.KEY, previous=two)
    assert np.array_equal(yesand.open(four)["take-002"].a.integers, heard)
