"""Verbs: ask for a run over a release, draft the next order from it; `scoring` does the run."""

from __future__ import annotations

from django.db import transaction

from yesand.commission import schema
from yesand.evaluation import shortfall
from yesand.evaluation.models import BenchmarkRun, Shortfall
from yesand.infra import facts
from yesand.kit.errors import refuse
from yesand.release.models import Release


@transaction.atomic
def ask(release: Release, model: str = "baseline", seed: int = 0) -> BenchmarkRun:
    """A run to be scored by a job. Refuses a release that is not published."""
    if release.published_at is None:
        raise refuse("not_published", "Publish the release before it is scored.", "release")
    row = BenchmarkRun.objects.create(release=release, model=model, seed=seed)
    facts.append("evaluation", "asked", row.pk)
    return row


@transaction.atomic
def draft(run: BenchmarkRun) -> Shortfall:
    """The thin and weak cells of a finished run as a draft order."""
    if run.state not in ("done", "too_little"):
        raise refuse("not_scored", "This run is not finished.", "run")
    release = run.release
    made = shortfall.draft(
        {**run.scores, "cells": run.cells}, name=f"More for {release.name}", use=release.use
    )
    row = Shortfall.objects.create(run=run, order=schema.as_mapping(made.order))
    facts.append("evaluation", "drafted", run.pk)
    return row
