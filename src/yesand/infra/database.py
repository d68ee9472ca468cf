"""Where the rows are: a given Postgres by URL, or the embedded cluster of this home.

Knows no Django. `endpoint.json` in the cluster's folder is written by the process that runs the
cluster; everybody else only connects.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from yesand.infra import secrets
from yesand.infra.environ import Settings
from yesand.kit.errors import refuse

ENDPOINT = "endpoint.json"
ROLE = NAME = "yesand"
#: Connections a process that keeps them has at most; one request or message uses one at a time.
KEPT = 16


@dataclass(frozen=True)
class Address:
    """How to connect: `host` is a name, an address or the folder of a socket."""

    host: str
    port: int
    name: str
    role: str
    word: str
    options: tuple[tuple[str, str], ...] = ()

    @property
    def url(self) -> str:
        extra = dict(self.options)
        place = f"{self.host}:{self.port}"
        if self.host.startswith("/"):
            extra |= {"host": self.host, "port": str(self.port)}
            place = ""
        query = "&".join(f"{key}={quote(value, safe='')}" for key, value in extra.items())
        who = quote(self.role, safe="") + (":" + quote(self.word, safe="") if self.word else "")
        return f"postgres://{who}@{place}/{quote(self.name, safe='')}" + (
            f"?{query}" if query else ""
        )

    def keywords(self, name: str | None = None) -> dict[str, Any]:
        """Keyword arguments of psycopg.connect, to the database `name` or our own."""
        return {
            "host": self.host,
            "port": self.port,
            "dbname": name or self.name,
            "user": self.role,
            "password": self.word or None,
            **dict(self.options),
        }


def parse(url: str) -> Address:
    """An address from postgres://role:word@host:port/name?sslmode=require. Raises Refused."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    name = unquote(parts.path.lstrip("/"))
    try:
        port = parts.port or int(query.pop("port", "5432"))
    except ValueError:
        raise refuse("bad_setting", "The port is no number.", "YESAND_DATABASE_URL") from None
    query.pop("port", None)
    host = query.pop("host", "") or parts.hostname or "127.0.0.1"
    if parts.scheme not in {"postgres", "postgresql"} or not name:
        says = "Say postgres://role:word@host:port/name."
        raise refuse("bad_setting", says, "YESAND_DATABASE_URL")
    role, word = unquote(parts.username or ""), unquote(parts.password or "")
    return Address(host, port, name, role, word, tuple(sorted(query.items())))


def address(settings: Settings) -> Address:
    """Where this deployment's rows are.

    For an embedded cluster that never ran, an address nobody answers at.
    """
    if settings.database_url:
        return parse(settings.database_url)
    word = secrets.peek(settings.home, "postgres")
    try:
        known = json.loads((settings.pg_folder / ENDPOINT).read_text("utf-8"))
    except FileNotFoundError:
        known = {"socket": str(settings.pg_folder / "socket"), "port": 5432}
    return Address(known["socket"], known["port"], NAME, ROLE, word.hex() if word else "")


def django_database(settings: Settings) -> dict[str, Any]:
    """The entry of Django's DATABASES."""
    where = address(settings)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": where.name,
        "USER": where.role,
        "PASSWORD": where.word,
        "HOST": where.host,
        "PORT": str(where.port),
        # Under ASGI every request has a thread of its own: a kept connection would leak.
        "CONN_MAX_AGE": 0,
        "OPTIONS": {**dict(where.options), "application_name": "yesand"},
        "TEST": {"NAME": f"test_{where.name}"},
    }


def keep_connections(entry: dict[str, Any]) -> None:
    """Let this process keep its connections and hand them from thread to thread.

    entry: Django's of DATABASES, changed in place. Opening one costs Postgres 7 ms of CPU, more
    than all else that a message of a room takes. Each is asked whether it still lives before it is
    used. For processes that serve only: what a job holds on a connection (an advisory lock) goes
    when its connection closes, so workers close theirs.
    """
    entry["CONN_HEALTH_CHECKS"] = True
    entry["OPTIONS"]["pool"] = {"min_size": 1, "max_size": KEPT, "timeout": 5.0, "max_idle": 60.0}


def package_folder(house: str) -> Path:
    """The folder of a house's files inside the installed package."""
    return Path(str(files("yesand"))) / house
