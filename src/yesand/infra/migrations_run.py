"""Applying migrations: one process at a time, with a short patience for locks."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from yesand.infra.jobs import held

LOCK_PATIENCE = "10s"


def missing() -> list[str]:
    """Migrations that the database has not seen, as "app.name", in their order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{step.app_label}.{step.name}" for step, backwards in plan if not backwards]


def apply() -> None:
    """Apply what is missing. A table that others hold for long makes it fail, not hang."""
    with held("migrate"):
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{LOCK_PATIENCE}'")
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
