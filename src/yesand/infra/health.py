"""Is this process alive, can it do its work, and how far behind is everything?

`web` routes /healthz (alive), /readyz (database, migrations, spool, queue) and /metrics from
here. Nothing names a person or a path below the home.
"""

from __future__ import annotations

import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from yesand.infra import facts, migrations_run

QUEUE_SECONDS = 60.0  # a due job that waits longer means that no worker takes it
WORKER_SECONDS = 15.0


@dataclass(frozen=True)
class Check:
    """One answer. says: what is wrong and what to do, "" where nothing is."""

    name: str
    ok: bool
    says: str = ""
    value: float | None = None


@dataclass(frozen=True)
class Readiness:
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    @property
    def status(self) -> int:
        """The HTTP status of /readyz."""
        return 200 if self.ok else 503

    def plain(self) -> dict[str, object]:
        """What /readyz and `yesand doctor --json` show."""
        return {
            "ok": self.ok,
            "checks": [
                {"name": c.name, "ok": c.ok, "says": c.says, "value": c.value} for c in self.checks
            ],
        }


def healthz() -> dict[str, object]:
    """Alive, without asking anybody else."""
    return {"ok": True}


def readyz() -> Readiness:
    """Everything this process needs, checked now; a few milliseconds."""
    database = check_database()
    checks = [database]
    if database.ok:
        checks += [check_migrations(), check_queue(), check_workers()]
    return Readiness((*checks, check_spool(Path(settings.HOME) / "spool")))


def check_database() -> Check:
    began = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return Check("database", False, "No database answers; look at the log of yesand serve.")
    return Check("database", True, value=round(time.perf_counter() - began, 4))


_migrated = False


def check_migrations() -> Check:
    """Asked until it is true once: a running process never goes back to an older version."""
    global _migrated
    missing = [] if _migrated else migrations_run.missing()
    _migrated = not missing
    if missing:
        says = f"{len(missing)} migrations are missing; run yesand migrate."
        return Check("migrations", False, says, len(missing))
    return Check("migrations", True, value=0)


def _one(question: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
    return float(row[0] or 0) if row else 0.0


def queue_seconds() -> float:
    """How long the oldest job that could run has waited, 0 where none waits."""
    return _one(
        "SELECT extract(epoch FROM now() - min(coalesce(j.scheduled_at, e.at)))"
        " FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id"
        " AND e.type = 'deferred' WHERE j.status = 'todo'"
        " AND coalesce(j.scheduled_at, now()) <= now()"
    )


def check_queue() -> Check:
    waited = round(max(queue_seconds(), facts.lag_seconds()), 1)
    if waited > QUEUE_SECONDS:
        says = f"A job has waited {waited:.0f} s; start yesand serve or a worker."
        return Check("queue", False, says, waited)
    return Check("queue", True, value=waited)


def check_workers() -> Check:
    alive = _one(
        "SELECT count(*) FROM procrastinate_workers"
        f" WHERE last_heartbeat > now() - interval '{WORKER_SECONDS} seconds'"
    )
    if alive < 1:
        return Check("workers", False, "No worker runs; start yesand serve or a worker.", 0)
    return Check("workers", True, value=alive)


def check_spool(spool: Path) -> Check:
    """Writable, and with the room that new takes need."""
    probe = spool / f".probe-{uuid.uuid4().hex}"
    try:
        spool.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"y")
        probe.unlink()
        free = shutil.disk_usage(spool).free
    except OSError as error:
        return Check("spool", False, f"The spool cannot be written: {error.strerror}.")
    if free < settings.MIN_FREE_BYTES:
        says = f"{free / 2**30:.1f} GB are free; new takes wait for more room."
        return Check("spool", False, says, free)
    return Check("spool", True, value=free)


def room_for_takes() -> bool:
    """May a new take begin on this node? Asked by the stage before it opens one."""
    return check_spool(Path(settings.HOME) / "spool").ok


def metrics() -> str:
    """Counters and gauges as text, one per line, for scraping."""
    ready = readyz()
    lines = ["# yesand"]
    for check in ready.checks:
        lines.append(f'yesand_ready{{check="{check.name}"}} {int(check.ok)}')
        if check.value is not None:
            lines.append(f'yesand_value{{check="{check.name}"}} {check.value:g}')
    if ready.checks[0].ok:
        lines.append(f"yesand_queue_seconds {queue_seconds():g}")
        lines.append(f"yesand_facts_lag_seconds {facts.lag_seconds():g}")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1 ORDER BY 1"
            )
            for status, count in cursor.fetchall():
                lines.append(f'yesand_jobs{{status="{status}"}} {count}')
    return "\n".join(lines) + "\n"
