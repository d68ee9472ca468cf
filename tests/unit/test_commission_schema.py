"""Orders as files: every error names file, line and field, and what is written reads back."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from test_commission_rules import LIGHT_VOICES, some_orders

from yesand.commission.order import CellPlan
from yesand.commission.schema import as_mapping, from_mapping, read_order, write_order
from yesand.kit.errors import Refused

GOOD = """\
version: 1
name: Light Voices
brief: Talk over each other, gladly.
use: train
hours: 10
languages: {en: 70, es: 30}
feelings: {joy: 60, fear: 40}
relationships:
  family: 0.5
  rivals: 0.5
acquaintance: strangers
"""


def test_percent_and_parts_of_one_mean_the_same():
    order = read_order(GOOD, "light.yaml")
    assert order.languages == {"en": 0.7, "es": 0.3}
    assert order.relationships == {"family": 0.5, "rivals": 0.5}
    assert (order.weeks, order.shapes) == (6, {"improvised": 1.0})
    assert (order.hours, order.acquaintance) == (10, "strangers")


@settings(max_examples=50, deadline=None)
@given(some_orders)
def test_what_is_written_reads_back(order):
    assert read_order(write_order(order), "x.yaml") == order
    assert from_mapping(as_mapping(order)) == order


def test_a_shortfall_may_name_cells_alone():
    text = """\
        version: 1
        name: Next part
        use: train
        hours: 2
        cells:
          - {feeling: fear, relationship: family, language: es, takes: 14}
          - {feeling: joy, relationship: rivals, language: en, takes: 6}
        """
    order = read_order(textwrap.dedent(text), "next.yaml")
    assert order.cells[0] == CellPlan("fear", "family", "es", 14)
    assert order.languages == {"es": 0.7, "en": 0.3}
    assert read_order(write_order(order), "again.yaml") == order


def test_norwegian_is_a_language_and_not_false():
    order = read_order(GOOD.replace("{en: 70, es: 30}", "{no: 100}"), "x.yaml")
    assert order.languages == {"no": 1.0}


@pytest.mark.parametrize(
    ("old", "new", "where", "code"),
    [
        ("hours: 10", "hours: ten", "light.yaml:5: hours", "not_a_number"),
        ("hours: 10", "hours: -1", "light.yaml:5: hours", "bad_hours"),
        ("hours: 10", "hours: .nan", "light.yaml:5: hours", "not_a_number"),
        ("hours: 10\n", "", "light.yaml:1: hours", "missing"),
        ("use: train", "use: fun", "light.yaml:4: use", "unknown_word"),
        ("use: train", "usage: train", "light.yaml:4: usage", "unknown_key"),
        ("version: 1", "version: 2", "light.yaml:1: version", "unknown_version"),
        ("joy: 60", "rage: 60", "light.yaml:7: feelings.rage", "unknown_word"),
        ("joy: 60", "joy: 50", "light.yaml:7: feelings", "shares_off"),
        ("joy: 60", "joy: much", "light.yaml:7: feelings.joy", "not_a_number"),
        ("family: 0.5", "siblings: 0.5", "light.yaml:9: relationships.siblings", "unknown_word"),
        ("{en: 70, es: 30}", "[en]", "light.yaml:6: languages", "not_a_mapping"),
        ("{en: 70, es: 30}", "{English: 100}", "light.yaml:6: languages.English", "bad_language"),
        ("name: Light Voices", "name:", "light.yaml:2: name", "missing"),
        ("name: Light Voices", "name: [a]", "light.yaml:2: name", "not_text"),
        ("strangers\n", "strangers\nweeks: 1.5\n", "light.yaml:12: weeks", "not_whole"),
        ("strangers\n", "strangers\ncells: 3\n", "light.yaml:12: cells", "not_a_list"),
        (
            "strangers\n",
            "strangers\ncells:\n  - {feeling: joy, relationship: family, language: fr, takes: 2}\n",
            "light.yaml:13: cells[0]",
            "cell_outside",
        ),
        (
            "strangers\n",
            "strangers\ncells:\n  - {feeling: joy, relationship: family, language: en, takes: 0}\n",
            "light.yaml:13: cells[0].takes",
            "bad_takes",
        ),
        (
            "strangers\n",
            "strangers\ncells:\n"
            + "  - {feeling: joy, relationship: family, language: en, takes: 2}\n" * 2,
            "light.yaml:14: cells[1]",
            "cell_twice",
        ),
        ("use: train", "use: train\nuse: train", "light.yaml:5", "repeated_key"),
        ("use: train", "use: [train", "light.yaml:5", "not_yaml"),
        ("use: train", "use: &x train\nname2: *x", "light.yaml:4", "alias"),
        ("use: train", "use: !!python/object:os.system train", "light.yaml:4", "not_yaml"),
    ],
)
def test_each_error_names_file_line_and_field(old, new, where, code):
    assert old in GOOD
    with pytest.raises(Refused) as refused:
        read_order(GOOD.replace(old, new, 1), "light.yaml")
    assert (code, where) in [(p.code, p.where) for p in refused.value.problems], str(refused.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_file"),
        ("- 1\n- 2\n", "not_a_mapping"),
        ("a: " + "x" * (1 << 20), "too_large"),
        ("a: " + "[" * 40 + "]" * 40, "too_deep"),
        ("[" * 2_000, "too_deep"),
        ("a: \x00", "not_yaml"),
        ("a: 2026-99-99", "bad_value"),
        ("? [a, b]\n: 1\n", "bad_key"),
    ],
)
def test_files_that_are_no_orders_at_all(text, code):
    with pytest.raises(Refused) as refused:
        read_order(text, "light.yaml")
    assert refused.value.code == code
    assert str(refused.value).startswith("light.yaml")


def test_several_errors_are_told_at_once():
    text = GOOD.replace("hours: 10", "hours: 0").replace("joy: 60", "joy: 50")
    with pytest.raises(Refused) as refused:
        read_order(text, "x.yaml")
    assert {p.code for p in refused.value.problems} == {"bad_hours", "shares_off"}


def test_the_drawn_order_as_yaml():
    text = write_order(LIGHT_VOICES)
    assert text.startswith("version: 1\nname: Light Voices, second part\n")
    assert "languages:\n  en: 0.7\n  es: 0.3\n" in text
