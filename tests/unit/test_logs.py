"""The log guard: JSON lines with ids, and nothing that says who somebody is."""

import json
import logging

import pytest
from django.http import HttpRequest, HttpResponse

from yesand.infra import logs


@pytest.fixture
def written():
    """What a logger of the house writes, line by line, as the processes write it."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    keep = Keep()
    keep.setFormatter(logs.JsonLines())
    logger = logging.getLogger("yesand.test")
    logger.addHandler(keep)
    logger.setLevel(logging.DEBUG)
    yield lines
    logger.removeHandler(keep)


LOG = logging.getLogger("yesand.test")


def test_a_line_is_json_with_its_ids(written):
    with logs.bind(request="r1"), logs.bind(job=7, take="t1"):
        LOG.info("sealed %s", "x", extra={"seconds": 1.5, "secret": "no"})
    line = json.loads(written[0])
    assert line["event"] == "sealed x" and line["seconds"] == 1.5
    assert (line["request"], line["job"], line["take"]) == ("r1", "7", "t1")
    assert "secret" not in line
    LOG.info("after")
    assert "request" not in json.loads(written[1])


@pytest.mark.parametrize(
    "text, hidden",
    [
        ("mail to ada.king@example.org failed", "ada.king"),
        ("to: Ada King <ada.king+1@mail.example.co.uk>", "King"),
        ("duplicate\nDETAIL:  Key (email)=(ada.king@example.org) already exists.", "ada.king"),
        ("null value\nDETAIL:  Failing row contains (1, Ada King, 1990-01-01).", "King"),
        ("asked by 203.0.113.9", "203.0"),
    ],
)
def test_addresses_and_rows_never_reach_a_line(written, text, hidden):
    LOG.warning(text)
    try:
        raise ValueError(text)
    except ValueError:
        LOG.exception("it failed")
    for line in written:
        assert hidden not in line
    assert all("@" not in line for line in written)


def test_a_request_has_an_id_and_shows_its_route_not_its_path(caplog):
    request = HttpRequest()
    request.method, request.path = "GET", "/people/ada-king"
    request.resolver_match = type("Match", (), {"route": "people/<slug:who>"})()
    seen: list[str] = []

    def view(_: HttpRequest) -> HttpResponse:
        seen.append(logs.bound("request"))
        return HttpResponse(status=204)

    with caplog.at_level(logging.INFO, "yesand.request"):
        response = logs.RequestLog(view)(request)
    assert response["X-Request-ID"] == seen[0] and len(seen[0]) == 32
    line = json.loads(logs.JsonLines().format(caplog.records[-1]))
    assert line["route"] == "people/<slug:who>" and line["status"] == 204
    assert "ada" not in json.dumps(line)


def test_djangos_own_lines_lose_the_path():
    record = logging.LogRecord(
        "django.request", logging.WARNING, "", 0, "%s: %s", ("Not Found", "/confirm/KEY123"), None
    )
    record.request = HttpRequest()
    line = logs.JsonLines().format(record)
    assert "KEY123" not in line and json.loads(line)["event"] == "Not Found"


def test_ids_go_along_into_a_thread():
    import threading

    seen: list[str] = []
    with logs.bind(job=3):
        thread = threading.Thread(target=logs.carried(lambda: seen.append(logs.bound("job"))))
    thread.start()
    thread.join()
    assert seen == ["3"]
