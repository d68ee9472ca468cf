"""Plain values out of what was sent: whole numbers, texts that can be kept, JSON."""

from __future__ import annotations

import pytest

from yesand.infra.logs import clean
from yesand.web.sent import read_json, storable, whole


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), (" 12 ", 12), ("", None), (None, None), ("-1", None), ("1.5", None), ("x", None)],
)
def test_a_whole_number_is_plain_digits(text, number):
    assert whole(text) == number


@pytest.mark.parametrize("text", ["\u00b2", "\u0663", "9" * 5000, "1e3", "+1", "0x1"])
def test_what_only_looks_like_a_number_is_none(text):
    assert whole(text) is None


def test_a_text_without_a_place_in_a_row_is_told():
    assert storable("Zoë 🦄") and not storable("a\0b") and not storable("\ud83e")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "",
        "NaN",
        '{"t0": Infinity}',
        '{"a": ["x\\u0000"]}',
        '{"\\ud800": 1}',
        "[" * 100_000,
        b"\xff",
    ],
)
def test_json_that_cannot_be_kept_is_none(text):
    with pytest.raises(ValueError):
        read_json(text)


def test_json_that_can_be_kept_is_read():
    assert read_json(b'{"a": ["\\ud83e\\udd84", 1.5, null]}') == {"a": ["🦄", 1.5, None]}


def test_a_line_of_sql_that_a_database_error_quotes_is_cut():
    says = "unsupported Unicode escape sequence\nLINE 1: ...'present', 'Ada', 'a'\n    ^"
    assert "Ada" not in clean(says) and "unsupported" in clean(says)
