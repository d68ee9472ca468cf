"""The plan of a booking: PLAY.md's table, its shapes and lengths, and who gets which shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yesand.commission.order import SHAPES as CARD_SHAPES
from yesand.matching.shapes import SCENES, SHAPES, shape_of
from yesand.stage.plan import MINUTES, plan_of

ALL = [(shape, minutes) for shape in SHAPES for minutes in MINUTES]


def test_an_hour_of_shorts_is_the_table_of_the_play():
    """0-5 check, 5-10 warm-up, 10-25 two scenes, 25-30 break, 30-45 two, 45-52 one, 52-57 out."""
    plan = plan_of("shorts", 60)
    rows = [(b.kind, b.starts / 60, b.ends / 60) for b in plan.blocks]
    assert rows == [
        ("check_in", 0, 5),
        ("warm_up", 5, 10),
        ("scene", 10, 15),
        ("notes", 15, 17.5),
        ("scene", 17.5, 22.5),
        ("notes", 22.5, 25),
        ("break", 25, 30),
        ("scene", 30, 35),
        ("notes", 35, 37.5),
        ("scene", 37.5, 42.5),
        ("notes", 42.5, 45),
        ("scene", 45, 50),
        ("notes", 50, 52),
        ("step_out", 52, 54),
        ("exit", 54, 57),
        ("slack", 57, 60),
    ]
    assert [scene.cues for scene in plan.scenes] == [False, True, True, True, False]
    assert [scene.slot for scene in plan.scenes] == ["opener", *["middle"] * 3, "closer"]
    assert [s.index for s in plan.scenes if s.other_relationship] == [2]


@pytest.mark.parametrize(("shape", "minutes"), ALL)
def test_every_plan_fills_its_minutes_and_keeps_the_rules(shape, minutes):
    plan = plan_of(shape, minutes)
    assert plan.blocks[0].starts == 0
    for before, after in zip(plan.blocks, plan.blocks[1:], strict=False):
        assert before.ends == after.starts
    assert plan.blocks[-1].ends == minutes * 60
    kinds = [b.kind for b in plan.blocks]
    assert kinds[:2] == ["check_in", "warm_up"]
    assert kinds[-3:] == ["step_out", "exit", "slack"]
    assert {b.kind for b in plan.blocks if b.recorded} == {"scene"}
    assert not any(b.camera for b in plan.blocks if b.kind == "break")
    for scene, notes in ((b, plan.blocks[n + 1]) for n, b in enumerate(plan.blocks) if b.recorded):
        assert (notes.kind, notes.scene) == ("notes", scene.scene)
    # at least one scene in three without offers, but for a booking of one scene
    bare = sum(not scene.cues for scene in plan.scenes)
    assert 3 * bare >= len(plan.scenes) or len(plan.scenes) == 1
    for scene in (plan.scenes[0], plan.scenes[-1]):
        assert scene.slot != "middle"
    # nobody plays half an hour without a break
    stretch = 0
    for block in plan.blocks:
        stretch = stretch + block.seconds if block.kind in ("scene", "notes") else 0
        assert stretch <= 23 * 60
    assert len(plan.scenes) == SCENES[shape][minutes]


def test_the_three_shapes():
    assert [b.seconds for b in plan_of("long_form", 60).blocks if b.recorded] == [720, 720]
    assert [b.seconds for b in plan_of("scripts", 60).blocks if b.recorded] == [120] * 8
    assert plan_of("scripts", 60).scenes[3].cards == ("script",)
    for shape in ("shorts", "long_form"):
        cards = plan_of(shape, 60).scenes[0].cards
        assert "script" not in cards and set(cards) <= set(CARD_SHAPES)
    for shape, minutes in (("shorts", 45), ("opera", 60)):
        with pytest.raises(ValueError, match="no plan"):
            plan_of(shape, minutes)


@given(st.sampled_from(ALL), st.integers(0, 14), st.floats(-600, 5400))
def test_what_may_be_heavy_is_never_first_last_or_without_time_for_another(plan, index, left):
    found = plan_of(*plan)
    if found.slot(index, left) == "middle":
        assert 0 < index < len(found.scenes) - 1
        now, then = found.scenes[index], found.scenes[index + 1]
        assert left >= now.seconds + now.notes + then.seconds + then.notes
    assert found.break_after(index, left) <= max(0, left)


def test_who_is_slow_gets_closers_and_no_break():
    plan = plan_of("shorts", 60)
    assert plan.slot(2, 30 * 60) == "middle"
    assert plan.slot(2, 19 * 60) == "closer"
    assert plan.slot(7, 30 * 60) == "closer", "one more than was planned"
    assert (plan.break_after(1, 35 * 60), plan.break_after(1, 14 * 60)) == (300, 0)
    assert plan.break_after(2, 30 * 60) == 0
    assert (plan.cues(1), plan.cues(4), plan.cues(5)) == (True, False, None)


@pytest.mark.parametrize(
    ("share", "count"),
    [(0.0, 0), (0.1, 1), (0.5, 8), (1.0, 20)],
    ids=["none", "few", "half", "all"],
)
def test_scripts_are_booked_by_their_share_of_scenes(share, count):
    booked: list[tuple[str, int]] = []
    shares = {"improvised": 1 - share, "script": share}
    for _ in range(20):
        booked.append((shape_of(shares, booked), 60))
    scripts = sum(shape == "scripts" for shape, _minutes in booked)
    assert scripts == count
    assert shape_of(shares, booked) == shape_of(shares, list(reversed(booked)))
    scenes = {s: sum(SCENES[b][m] for b, m in booked if b == s) for s in SHAPES}
    assert abs(scenes["scripts"] / sum(scenes.values()) - share) < 0.06


def test_an_order_without_shapes_is_played_as_shorts():
    assert shape_of({}, []) == "shorts"
    assert shape_of({"game": 1.0}, [("long_form", 60)]) == "shorts"
