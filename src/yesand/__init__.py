"""YesAnd: improvised two-person scenes, from two browsers to a release that loads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yesand.formats.release_open import Release

__version__ = "0.1.0"


def open(
    path: str | Path,
    *,
    verify: bool = True,
    split: str | None = None,
    key: str | bytes | Path | None = None,
    feed: str | Path | None = None,
) -> Release:
    """Opens a release; iterate it to get synchronized dyads. See formats.release_open.

        for dyad in yesand.open("DIR"):
            print(dyad.a.samples, dyad.b.samples, dyad.cues, dyad.labels("observer"))

    path: the folder of a release. verify: read and compare every byte first. split: train, dev
    or test. key: who must have signed. feed: a newer feed of withdrawals to honor. Raises
    yesand.kit.errors.Refused with one sentence when the release is not whole or not signed so.
    """
    # loaded late: `import yesand` must stay free of numpy and pyarrow for the command line
    from yesand.formats.release_open import open_release  # noqa: PLC0415

    return open_release(path, verify=verify, split=split, key=key, feed=feed)
