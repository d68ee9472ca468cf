"""The rules of an order in one place to import from. Pure.

`order` holds the closed lists and the order itself, `cells` the balanced design, `forecast` what
an order takes in people, weeks and money.
"""

from __future__ import annotations

from yesand.commission.cells import apportion, balanced_cells, margin
from yesand.commission.forecast import Forecast, Policy, Roster, estimate, with_share
from yesand.commission.order import (
    ACQUAINTANCE,
    FEELING_KEYS,
    FEELINGS,
    RELATIONSHIPS,
    SCENE_MINUTES,
    SHAPES,
    STRENGTHS,
    USES,
    CellPlan,
    Order,
    problems_of,
    quota_of,
    takes_of,
)

__all__ = [
    "ACQUAINTANCE",
    "FEELINGS",
    "FEELING_KEYS",
    "RELATIONSHIPS",
    "SCENE_MINUTES",
    "SHAPES",
    "STRENGTHS",
    "USES",
    "CellPlan",
    "Forecast",
    "Order",
    "Policy",
    "Roster",
    "apportion",
    "balanced_cells",
    "estimate",
    "margin",
    "problems_of",
    "quota_of",
    "takes_of",
    "with_share",
]
