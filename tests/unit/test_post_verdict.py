"""What findings lead to: physical faults may ask for a retake, behavior only for a person."""

from __future__ import annotations

from itertools import product

import pytest

from yesand.kit.canonical import canonical_json
from yesand.post.verdict import RULES, Finding, decide


def finding(code: str, over: bool = True) -> Finding:
    return Finding(code, "a", 1.0, 2.0, 0.5, 0.25, "s", over, {"count": 3})


def test_nothing_found_is_accepted():
    verdict = decide([])
    assert verdict.decision == "accepted" and verdict.reasons == () and verdict.paid


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_finding_leads_where_its_rule_says(code: str):
    severity, mend, _ = RULES[code]
    verdict = decide([finding(code)])
    assert verdict.decision == ("retake" if mend else "review")
    assert verdict.paid
    if severity == "behavioral":
        assert verdict.decision == "review"
    assert decide([finding(code, over=False)]).decision == "accepted"


def test_behavior_never_asks_for_a_retake():
    assert not [
        code for code, (severity, mend, _) in RULES.items() if mend and severity != "physical"
    ]


@pytest.mark.parametrize(("one", "two"), list(product(sorted(RULES), repeat=2)))
def test_two_findings_decide_as_the_graver_one(one: str, two: str):
    both = decide([finding(one), finding(two)])
    alone = {decide([finding(one)]).decision, decide([finding(two)]).decision}
    assert both.decision == ("retake" if "retake" in alone else "review")
    assert len(both.reasons) == 2
    # what can be mended comes first, behavior last
    ranks = [0 if RULES[f.code][1] else 1 if f.severity == "physical" else 2 for f in both.reasons]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_reason_is_a_short_sentence_with_its_numbers(code: str):
    says = finding(code).says
    assert says.endswith(".") and "%(" not in says and len(says) <= 200
    assert finding(code).template % finding(code).values == says
    empty = Finding(code, "", 0.0, 1.0)
    assert empty.says


def test_verdicts_are_json():
    canonical_json(decide([finding("leak"), finding("dead_air")]).to_json())
