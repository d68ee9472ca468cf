"""Splits that never move, one reason per take left out, a datasheet without an empty section."""

import dataclasses

import pytest

from yesand.formats.emotions import MAP_NAMES, YESAND_15, emotion_map, map_file, map_words
from yesand.formats.release_content import Figures
from yesand.kit.errors import Refused
from yesand.release.datasheet import amended, datasheet, left_out_line
from yesand.release.robot_sample import ACCOUNT
from yesand.release.selection import REASONS, TakeFacts, reason, select
from yesand.release.splits import (
    Played,
    check_disjoint,
    check_stable,
    components,
    pool_of,
    splits_of,
)

FINE = TakeFacts(
    take="t",
    sealed=True,
    storage_class="take",
    use="train",
    choices=("keep", "keep"),
    withdrawn=False,
    purpose_covered=True,
    processed=True,
    accepted=True,
    humans=2,
    splits=("train", "train"),
    seconds=3600.0,
)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"sealed": False}, "not_sealed"),
        ({"storage_class": "audition"}, "audition"),
        ({"use": "evaluation"}, "other_use"),
        ({"choices": ("keep", "strike")}, "struck"),
        ({"withdrawn": True}, "withdrawn"),
        ({"choices": ("hold", "")}, "held"),
        ({"choices": ("keep", "")}, "not_kept"),
        ({"choices": ("keep",)}, "not_kept"),
        ({"purpose_covered": False}, "without_purpose"),
        ({"processed": False}, "not_processed"),
        ({"accepted": False}, "not_accepted"),
        ({"humans": 1}, "robots"),
        ({"humans": 0}, "robots"),
        ({"splits": ("train", "dev")}, "no_split"),
        ({"splits": ("", "")}, "no_split"),
        ({"withdrawn": True, "accepted": False}, "withdrawn"),
    ],
)
def test_a_take_stays_out_for_one_reason(change: dict[str, object], why: str | None) -> None:
    assert reason(dataclasses.replace(FINE, **change), "train") == why


def test_counts_by_reason_and_names_nobody() -> None:
    takes = [dataclasses.replace(FINE, take=f"t{i}", sealed=i != 1) for i in (2, 1, 0)]
    made = select(takes, "train")
    assert made.takes == ("t0", "t2")
    assert made.left_out == {"not_sealed": (1, 1.0)}
    assert set(made.left_out) <= set(REASONS)
    assert select([dataclasses.replace(FINE, humans=0)], "train", robots=True).takes == ("t",)
    assert select([FINE], "train", robots=True).left_out == {"humans": (1, 1.0)}
    mixed = dataclasses.replace(FINE, humans=1)
    assert select([mixed], "train", robots=True).left_out == {"humans": (1, 1.0)}


TAKES = [
    Played("t1", "d1", "p1", "p2"),
    Played("t2", "d2", "p2", "p3"),
    Played("t3", "d3", "p4", "p5"),
]


def test_a_take_follows_the_pool_of_its_players() -> None:
    pools = dict.fromkeys(("p1", "p2", "p3"), "train") | dict.fromkeys(("p4", "p5"), "test")
    splits = splits_of(TAKES, pools)
    assert splits == {"t1": "train", "t2": "train", "t3": "test"}
    check_disjoint(TAKES, splits)
    with pytest.raises(Refused, match="take t3: pairs a performer of test with one of dev"):
        splits_of(TAKES, {**pools, "p5": "dev"})
    with pytest.raises(Refused, match="take t1: has a performer without a split pool"):
        splits_of(TAKES, {"p1": "train"})


def test_leaks_and_moves_are_named() -> None:
    with pytest.raises(Refused, match="performer p2: is in dev and train"):
        check_disjoint(TAKES, {"t1": "train", "t2": "dev", "t3": "test"})
    with pytest.raises(Refused, match="take t1: was in train and is now in dev"):
        check_stable({"t1": "train"}, {"t1": "dev", "t2": "dev"})
    check_stable({"t1": "train", "gone": "dev"}, {"t1": "train", "new": "test"})


def test_performers_who_met_are_one_group() -> None:
    assert components(TAKES) == [frozenset({"p1", "p2", "p3"}), frozenset({"p4", "p5"})]


def test_a_pool_by_hash_depends_on_nobody_else() -> None:
    drawn = [pool_of(f"p{i}", "salt") for i in range(4000)]
    assert drawn[:5] == [pool_of(f"p{i}", "salt") for i in range(5)]
    assert drawn.count("train") / 4000 == pytest.approx(0.8, abs=0.03)
    assert drawn != [pool_of(f"p{i}", "pepper") for i in range(4000)]


FIGURES = Figures(
    4,
    2,
    3,
    5,
    9,
    1.5,
    0.25,
    2.8,
    {"train": 4, "dev": 0, "test": 0},
    {"train": 1.5, "dev": 0.0, "test": 0.0},
    {"held": 2, "not_kept": 5},
)


def test_line_two_of_a_datasheet_says_how_much_of_whom() -> None:
    text = datasheet("toy 1", ACCOUNT, FIGURES)
    lines = text.splitlines()
    assert lines[0] == "# Datasheet of toy 1"
    assert (
        lines[1]
        == "1.50 hours, 3 performers, largest share of one performer 25.0%, effective number of performers 2.8."
    )
    assert "Left out: 7 takes: 2 held by a performer, 5 not yet kept by both." in text
    assert left_out_line({}) == "Left out: nothing."


def test_an_empty_section_fails_the_build() -> None:
    with pytest.raises(Refused, match=r"datasheet\.uses: is empty"):
        datasheet("toy 1", dataclasses.replace(ACCOUNT, uses=" "), FIGURES)


def test_a_successor_keeps_the_text_and_counts_anew() -> None:
    old = datasheet("toy 1", ACCOUNT, FIGURES)
    new = amended(old, "2", 1, dataclasses.replace(FIGURES, hours=1.25))
    assert new.splitlines()[0] == old.splitlines()[0]
    assert new.splitlines()[1].startswith("1.25 hours") and "1 takes were withdrawn" in new
    assert new.splitlines()[2:10] == old.splitlines()[2:10]


def test_maps_cover_all_fifteen_and_move_no_vote_to_a_neighbor_by_accident() -> None:
    assert MAP_NAMES == ("msp-8", "iemocap-4", "crema-6", "ekman-7")
    for name in MAP_NAMES:
        pairs = emotion_map(name)
        assert list(pairs) == list(YESAND_15)
        assert {word for word in pairs.values() if word} == set(map_words(name))
        assert "other" in map_file(name)["left_out"]
    assert emotion_map("msp-8")["embarrassment"] is None
    assert [len(map_words(name)) for name in MAP_NAMES] == [8, 4, 6, 7]
