"""Verbs: ask for a run over a release, score it, draft the next order from it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from yesand.commission import schema
from yesand.evaluation import baseline, shortfall
from yesand.evaluation.examples import examples
from yesand.evaluation.models import BenchmarkRun, Shortfall
from yesand.formats.release_open import open_release
from yesand.infra import facts
from yesand.kit.errors import Refused, refuse
from yesand.release.actions import folder_of
from yesand.release.models import Release


@transaction.atomic
def ask(release: Release, model: str = "baseline", seed: int = 0) -> BenchmarkRun:
    """A run to be scored by a job. Refuses a release that is not published."""
    if release.published_at is None:
        raise refuse("not_published", "Publish the release before it is scored.", "release")
    row = BenchmarkRun.objects.create(release=release, model=model, seed=seed)
    facts.append("evaluation", "asked", row.pk)
    return row


def score(run_id: UUID) -> BenchmarkRun:
    """Score a run that was asked for. Nothing per performer is stored, only cells.

    With too little data the run says how much is missing and holds no score.
    """
    row = BenchmarkRun.objects.select_related("release__program").get(pk=run_id)
    if row.state != "running":
        return row
    try:
        found = baseline.run(
            examples(open_release(folder_of(row.release))), seed=row.seed
        ).to_json()
    except Refused as refusal:
        return _keep(row, "failed", {"says": str(refusal)}, [])
    scores: dict[str, Any] = {k: v for k, v in found.items() if k != "cells"}
    return _keep(row, found["state"], scores, found["cells"])


@transaction.atomic
def _keep(
    row: BenchmarkRun, state: str, scores: dict[str, Any], cells: list[dict[str, Any]]
) -> BenchmarkRun:
    row.state, row.scores, row.cells = state, scores, cells
    row.save(update_fields=["state", "scores", "cells"])
    facts.append("evaluation", "scored", row.pk, state=state)
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
