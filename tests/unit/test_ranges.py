"""Range requests: what is sent of an object of ten bytes."""

import pytest

from yesand.web.api.ranges import Asked, asked

WHOLE = Asked(0, 10, False)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", WHOLE),
        ("bytes=0-", Asked(0, 10, True)),
        ("bytes=0-0", Asked(0, 1, True)),
        ("bytes=3-5", Asked(3, 6, True)),
        ("bytes=3-99", Asked(3, 10, True)),
        (" Bytes = 3 - 5 ", Asked(3, 6, True)),
        ("bytes=-4", Asked(6, 10, True)),
        ("bytes=-99", Asked(0, 10, True)),
        ("bytes=-0", None),
        ("bytes=10-", None),
        ("bytes=99-100", None),
        ("bytes=5-3", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=0-1,4-5", WHOLE),
        ("bytes=a-b", WHOLE),
        ("bytes=1.5-2", WHOLE),
        ("bytes=٣-٥", WHOLE),
        ("bytes=0-" + "9" * 40, WHOLE),
        ("items=0-1", WHOLE),
        ("bytes=0-1\n", Asked(0, 2, True)),
    ],
)
def test_one_range_is_honored_and_all_else_is_the_whole(header, expected):
    assert asked(header, "", '"tag"', 10) == expected


def test_a_part_of_something_else_becomes_the_whole():
    assert asked("bytes=3-5", '"tag"', '"tag"', 10) == Asked(3, 6, True)
    for other in ('"old"', 'W/"tag"', "Tue, 24 Nov 2026 03:00:00 GMT"):
        assert asked("bytes=3-5", other, '"tag"', 10) == WHOLE
    assert asked("bytes=99-", '"old"', '"tag"', 10) == WHOLE


def test_nothing_can_be_asked_of_an_empty_object_but_the_whole():
    assert asked("", "", '"tag"', 0) == Asked(0, 0, False)
    assert asked("bytes=0-", "", '"tag"', 0) is None
    assert asked("bytes=-5", "", '"tag"', 0) is None
