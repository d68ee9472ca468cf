"""The verb of the job: score a run that was asked for.

Apart from `actions`, because the baseline's libraries take seconds to load and no page needs them.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from yesand.evaluation import baseline
from yesand.evaluation.examples import examples
from yesand.evaluation.models import BenchmarkRun
from yesand.formats.release_open import open_release
from yesand.infra import facts
from yesand.kit.errors import Refused
from yesand.release.actions import folder_of


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
    except Exception as error:
        # The page of the run must not wait for ever; the job's log has the rest.
        _keep(row, "failed", {"says": f"It broke on our side ({type(error).__name__})."}, [])
        raise
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
