"""Where a role has no picture: from what its browser told of its films, and nothing invented."""

from __future__ import annotations

from yesand.capture.gap_rules import Film, dark
from yesand.kit.spans import Span


def spans(films: list[Film], pauses=(), heard=(), seconds: float = 20.0):
    found = dark("a", films, seconds, pauses, heard)
    assert all(gap.kind == "cam" for gap in found)
    return [(round(gap.start_s, 2), round(gap.end_s, 2), gap.cause) for gap in found]


def test_no_camera_and_a_whole_one_have_no_gaps():
    assert spans([]) == []
    assert spans([Film("x", None, None, "start")]) == [], "it never told when"
    assert spans([Film("x", 0.3, 19.8, "start")]) == []


def test_a_camera_that_came_late_went_and_came_back():
    films = [Film("y", 9.0, 12.0, "device"), Film("x", 3.0, 5.0, "start")]
    expected = [(0.0, 3.0, "late_start"), (5.0, 9.0, "device"), (12.0, 20.0, "device")]
    assert spans(films) == expected, "by their start, however they were opened"


def test_a_page_that_died_said_nothing_of_its_film():
    films = [Film("x", 0.2, None, "start"), Film("y", 9.0, 20.0, "reload")]
    # Its sound ended at 6.0; the film's last slice of a second may never have left the page.
    assert spans(films, heard=[6.0, 20.0]) == [(5.0, 9.0, "reload")]
    assert spans(films) == [], "without any word nothing is claimed"
    assert spans([films[0]]) == []


def test_a_pause_explains_what_lies_in_it():
    films = [Film("x", 0.1, 5.0, "start"), Film("y", 9.0, 20.0, "device")]
    assert spans(films, pauses=[Span(4.5, 8.9)]) == [(5.0, 9.0, "pause")]


def test_films_that_overlap_and_nonsense_leave_no_gap_behind_the_end():
    films = [Film("x", 0.0, 30.0, "start"), Film("y", 25.0, None, "device")]
    assert spans(films) == []
    assert spans([Film("x", -5.0, -4.0, "start")]) == [(0.0, 20.0, "device")]
