"""Releases of version 1 open for good, and what the format fixes keeps its bytes."""

import json

import pytest

import yesand
from tests.fakes import toy_release as toy
from tests.golden.make_release import FOLDER, HERE, fixed, media
from yesand.formats.release_files import verify
from yesand.formats.release_tables import TABLES

KNOWN = json.loads((HERE / "release.json").read_text())


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_bytes_of_the_format(name: str) -> None:
    assert fixed()[name] == KNOWN[name]


def test_a_release_of_version_1_still_opens() -> None:
    checked = verify(FOLDER, toy.KEY.public)
    assert checked.info.schema_version == 1 and checked.feed.takes == {"take-900"}
    release = yesand.open(FOLDER)
    assert release.takes == ["take-000", "take-001"]
    for dyad in release:
        made = media(dyad.take_id)
        assert (dyad.a.integers == made.a).all() and (dyad.b.integers == made.b).all()
        assert [(g.start, g.end) for g in dyad.b.gaps] == [(0.01, 0.02)]
        assert dyad.labels("observer")[0]["distribution"]["affection"] == pytest.approx(1 / 3)
        assert dyad.cues[0]["aim_intensity"] == 2


def test_every_table_of_version_1_has_todays_columns() -> None:
    release = yesand.open(FOLDER, verify=False)
    for table in TABLES:
        assert release.table(table.name).schema.names == table.schema.names, (
            f"{table.name} changed: raise the schema version and keep reading version 1"
        )
