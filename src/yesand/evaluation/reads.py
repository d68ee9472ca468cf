"""What the lab's pages ask about runs."""

from __future__ import annotations

from yesand.commission.order import Order
from yesand.commission.schema import from_mapping, write_order
from yesand.evaluation.models import BenchmarkRun, Shortfall
from yesand.people.models import Program
from yesand.release.models import Release


def runs_of(program: Program, release: Release | None = None) -> list[BenchmarkRun]:
    """Runs of a program's releases, newest first."""
    rows = BenchmarkRun.objects.filter(release__program=program).select_related("release")
    if release is not None:
        rows = rows.filter(release=release)
    return list(rows.order_by("-at"))


def drafts_of(run: BenchmarkRun) -> list[Shortfall]:
    """Draft orders made from a run, newest first."""
    return list(run.shortfalls.order_by("-at"))


def as_yaml(draft: Shortfall) -> str:
    """A draft as the YAML that `commission.schema.read_order` reads."""
    order: Order = from_mapping(draft.order)
    return write_order(order)
