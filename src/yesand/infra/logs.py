"""One log of JSON lines: time, level, logger, event, and the ids of request, job and take.

Never a name, an e-mail address, an IP address or a row's values: paths are logged as routes,
addresses are masked, and the detail lines of database errors (they quote rows) are cut.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from yesand.kit import ids

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_bound: ContextVar[dict[str, str] | None] = ContextVar("yesand_log_ids", default=None)
NAMED_MAIL = re.compile(r"(?:[\w.'’-]+[ ])*<[^<>\s]+@[^<>\s]+>")
MAIL = re.compile(r"[^\s@<>\"'(),;:=\[\]]+@[^\s@<>\"'(),;:=\[\]]+")
DETAIL = re.compile(r"^(DETAIL|CONTEXT|LINE \d+:|Failing row|Key ).*$", re.MULTILINE)
IP = re.compile(r"(?<![\w.])(?!127\.0\.0\.1|0\.0\.0\.0)\d{1,3}(\.\d{1,3}){3}(?![\w.])")
FIELDS = ("status", "ms", "method", "route", "seconds", "count", "bytes", "kind", "house", "cpu_s")


@contextmanager
def bind(**known: object) -> Iterator[None]:
    """Put ids (request=, job=, take=) on every line logged inside, in this context only."""
    token = _bound.set({**(_bound.get() or {}), **{k: str(v) for k, v in known.items()}})
    try:
        yield
    finally:
        _bound.reset(token)


def carried(call: Callable[[], Any]) -> Callable[[], Any]:
    """`call` with the ids bound here, for a thread that does not inherit them."""
    here = copy_context()
    return lambda: here.run(call)


def bound(name: str) -> str:
    """The id put on by `bind`, or "": an error page shows bound("request") as its reference."""
    return (_bound.get() or {}).get(name, "")


def clean(text: str) -> str:
    """The text without addresses and without the rows that database errors quote."""
    without_rows = DETAIL.sub(r"\1 [cut]", text)
    return IP.sub("[ip]", MAIL.sub("[address]", NAMED_MAIL.sub("[address]", without_rows)))


class JsonLines(logging.Formatter):
    """One record, one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        event = record.getMessage()
        request = getattr(record, "request", None)
        if request is not None and record.name.startswith("django"):
            # Django puts the path in; a path may hold a key or a name, a route cannot.
            event = str(record.args[0]) if isinstance(record.args, tuple) else "failed"
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": clean(event),
            **(_bound.get() or {}),
        }
        if request is not None and hasattr(request, "resolver_match"):
            line["route"] = route_of(request)
        for name in FIELDS:
            if name in record.__dict__:
                value = record.__dict__[name]
                line[name] = clean(value) if isinstance(value, str) else value
        if record.exc_info and record.exc_info[1] is not None:
            line["trace"] = clean("".join(traceback.format_exception(record.exc_info[1])))
        return json.dumps(line, ensure_ascii=False, default=str)


def route_of(request: HttpRequest) -> str:
    """The pattern a request matched, never the path itself."""
    match = request.resolver_match
    return match.route if match is not None else ""


def django_logging(*, debug: bool = False) -> dict[str, Any]:
    """The dictConfig of every process: JSON lines on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "yesand.infra.logs.JsonLines"}},
        "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["err"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "django.db.backends": {"level": "WARNING"},
            # Prints the path and the address of every call; RequestLog says what matters.
            "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
            "uvicorn": {"handlers": [], "level": "WARNING", "propagate": True},
            "uvicorn.error": {"level": "WARNING", "propagate": True},
            # At INFO it prints a job's arguments.
            "procrastinate": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "aioice": {"level": "WARNING"},
            "yesand": {"level": "DEBUG" if debug else "INFO"},
        },
    }


def start(*, debug: bool = False) -> None:
    """Set the log up in a process without Django (door, supervisor)."""
    # By hand, because logging.config loads as much as all the rest of this file: every stream of
    # a door that was killed waits for its start.
    asked = django_logging(debug=debug)
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(asked["root"]["level"])
    for name, wanted in asked["loggers"].items():
        logger = logging.getLogger(name)
        logger.setLevel(wanted["level"])
        logger.propagate = wanted.get("propagate", True)
        logger.handlers.clear()
    sys.excepthook = _log_uncaught


def _log_uncaught(kind: Any, error: BaseException, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("yesand").critical("died", exc_info=(kind, error, trace))


class RequestLog:
    """Gives every request an id (also in the header X-Request-ID) and logs route and status."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.log = logging.getLogger("yesand.request")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with bind(request=ids.new_id().hex):
            response = self.get_response(request)
            response["X-Request-ID"] = bound("request")
            if not request.path.startswith("/static/"):
                self.log.info(
                    "answered",
                    extra={
                        "method": request.method,
                        "route": route_of(request),
                        "status": response.status_code,
                        "ms": round((time.perf_counter() - began) * 1000, 1),
                    },
                )
        return response
