"""The files shown to producers are read by the code that reads theirs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from yesand.commission import forecast
from yesand.commission.cells import SMALLEST_CELL
from yesand.commission.lint import CUE_WORDS, PREMISE_WORDS
from yesand.commission.order import FEELINGS, RELATIONSHIPS, SHAPES, quota_of
from yesand.commission.prompt_schema import FAMILIES, KEYS, POWERS, ROLE_KEYS, TONES, read_prompt
from yesand.commission.schema import KEYS as ORDER_KEYS
from yesand.commission.schema import read_order

pytestmark = pytest.mark.docs


@pytest.fixture
def docs(repository: Path) -> Path:
    return repository / "docs" / "producer"


def blocks(text: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", text, re.S)


def test_the_orders_shown_are_read(docs: Path):
    text = (docs / "orders.md").read_text()
    by_margins, by_cells = [read_order(block, "orders.md") for block in blocks(text)]
    assert by_margins.hours == 100 and not by_margins.cells
    assert [cell.takes for cell in by_cells.cells] == [14, 6] and quota_of(by_cells) == 20
    for word in (*ORDER_KEYS, *FEELINGS, *RELATIONSHIPS, *SHAPES):
        assert word in text, f"orders.md does not say {word}"


def test_the_assumptions_are_the_codes_own(docs: Path):
    text = (docs / "orders.md").read_text()
    said = [
        f"{forecast.SCENE_MINUTES_PER_BOOKING} scene minutes in a {forecast.BOOKING_MINUTES}-minute",
        f"{forecast.ITEMS_PER_TAKE} items a take, {forecast.ITEM_SECONDS} s each, "
        f"{forecast.VOTES_PER_ITEM} votes",
        f"{forecast.RATER_HOURS_PER_WEEK} hours a week each",
        f"{forecast.STORAGE_MONTHS} months",
    ]
    for words in said:
        assert words in text
    assert forecast.BOOKINGS_PER_WEEK == 2 and "two bookings a week" in text
    assert forecast.STANDBY_EVERY == 4 and "every fourth booking" in text
    assert SMALLEST_CELL == 6 and "below six takes" in text


def test_the_card_shown_passes_the_lint_and_every_field_is_named(docs: Path):
    text = (docs / "cards.md").read_text()
    (card,) = [read_prompt(block, "cards.md") for block in blocks(text)]
    assert card["id"] == "the-other-umbrella"
    for word in (*KEYS, *ROLE_KEYS, *FAMILIES, *TONES, *POWERS):
        assert word in text, f"cards.md does not say {word}"
    assert f"over {PREMISE_WORDS} words" in text and f"a cue over {CUE_WORDS}" in text
