"""Questions about our tables for processes without Django, such as the benchmark's clients."""

from __future__ import annotations

#: (name, count) of jobs that could run now and wait or run.
JOBS_WAITING = (
    "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    " AND coalesce(scheduled_at, now()) <= now() GROUP BY 1"
)
