"""The database for a command that needs it whether or not the house is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from yesand.infra import binaries, secrets
from yesand.infra.cluster import Cluster
from yesand.infra.database import Address, address
from yesand.infra.environ import Settings
from yesand.kit.errors import Refused, refuse


@dataclass(frozen=True)
class Borrowed:
    """An answering database and the folder of client programs that speak to it.

    owned: we started it for this command, nobody else uses it.
    """

    where: Address
    bin: Path
    owned: bool


def answers(where: Address) -> bool:
    try:
        psycopg.connect(**where.keywords(), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def database(settings: Settings) -> Iterator[Borrowed]:
    """The given database, the running cluster, or the home's cluster started for the while."""
    where = address(settings)
    if settings.database_url or answers(where):
        if not answers(where):
            raise refuse("no_database", "No database answers there.", "YESAND_DATABASE_URL")
        yield Borrowed(where, clients(), owned=False)
        return
    word = secrets.read(settings.home, "postgres")
    cluster = Cluster(settings.pg_folder, word, account=settings.pg_account)
    where = cluster.start()
    try:
        yield Borrowed(where, cluster.bin, owned=True)
    finally:
        cluster.stop()


def clients() -> Path:
    """Client programs of the newest Postgres here; they speak to every older server."""
    try:
        return binaries.wheel(18)
    except Refused:
        found = next((place for major in (18, 17, 16, 15) if (place := binaries.find(major))), None)
        if found is None:
            raise
        return found
