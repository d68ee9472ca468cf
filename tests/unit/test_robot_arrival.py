"""A robot that comes late acts on what the room is, not on all that it was."""

from yesand.cli.robots.arrival import Arrival

LOG = [
    ("state", {"state": "playing"}),
    ("take_opened", {"take": "one"}),
    ("cards", {"cards": ["a"]}),
    ("take_closed", {"take": "one"}),
]


def told(arrival: Arrival, *log: tuple[str, dict]) -> list[tuple[str, dict]]:
    said = [arrival.read(kind, body, arrived=False) for kind, body in log]
    return [one for one in said if one[0]]


def test_a_take_that_ended_before_is_not_played():
    arrival = Arrival()
    assert told(arrival, *LOG) == [("cards", {"cards": ["a"]})]
    assert arrival.read("present", {"peer": "me"}, arrived=True) == ("state", {"state": "playing"})


def test_an_open_take_is_joined():
    arrival = Arrival()
    told(arrival, *LOG, ("take_opened", {"take": "two"}))
    assert arrival.read("present", {}, arrived=True) == ("take_opened", {"take": "two"})


def test_after_the_arrival_everything_counts():
    arrival = Arrival()
    arrival.read("present", {}, arrived=True)
    assert told(arrival, *LOG) == LOG


def test_a_session_that_is_over_is_never_history():
    assert told(Arrival(), ("state", {"state": "ended"})) == [("state", {"state": "ended"})]
