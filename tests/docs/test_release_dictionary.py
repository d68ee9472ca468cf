"""Every column of a release is explained, in the page, in dictionary.json and in the plan's list."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.fakes import toy_release as toy
from yesand.formats.release_columns import VIEWPOINTS
from yesand.formats.release_tables import TABLES, dictionary
from yesand.release.dictionary import page

PAGE = Path(__file__).parents[2] / "docs" / "engineer" / "dictionary.md"
pytestmark = pytest.mark.docs


def test_the_page_is_made_from_the_tables() -> None:
    made = "python -c 'from yesand.release.dictionary import page; print(page(), end=\"\")' > docs/engineer/dictionary.md"
    assert PAGE.read_text(encoding="utf-8") == page(), f"make it again: {made}"


def test_every_column_says_what_it_is_and_whose() -> None:
    for table in TABLES:
        assert table.says and set(table.key) <= {c.name for c in table.columns}
        for column in table.columns:
            where = f"{table.name}.{column.name}"
            assert len(column.says) > 5 and column.says.endswith((".", "?")), where
            assert column.viewpoint in VIEWPOINTS, where
            number = column.kind in ("float", "floats")
            assert not number or column.unit or column.name in ("alpha_slice", "value"), (
                f"{where} has no unit"
            )


def test_every_column_on_disk_has_its_line(tmp_path: Path) -> None:
    toy.write(tmp_path / "toy-1", n=1)
    words = dictionary()["tables"]
    assert isinstance(words, dict)
    for path in sorted((tmp_path / "toy-1").glob("*.parquet")):
        listed = [column["name"] for column in words[path.stem]["columns"]]
        assert pq.read_schema(path).names == listed, path.name


def test_columns_that_hold_a_models_output_say_so() -> None:
    """Judgements carry what answered them; words carry what wrote them down."""
    by_name = {table.name: {c.name for c in table.columns} for table in TABLES}
    assert "rater_kind" in by_name["ratings"] and "rater_kind" in by_name["traces"]
    assert "source" in by_name["words"] and "player_kind_a" in by_name["takes"]
