"""Bench, rater, lab and notes pages in a real browser: axe, the page's own policy, phone width."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import served, sign_in, visiting
from playwright.sync_api import Page, Playwright

from tests.fakes.heard import played as heard
from tests.fakes.heard import with_sound
from tests.fakes.played import make_stage
from tests.fakes.rooms import make_room
from yesand.consent import actions as consent
from yesand.evaluation.models import BenchmarkRun
from yesand.people.models import Person
from yesand.release import actions as release
from yesand.release.models import Revocation

AXE = Path(__file__).parents[2] / "browser" / "node_modules" / "axe-core" / "axe.min.js"
CELLS = [
    {
        "cell": {"feeling": feeling, "relationship": relation},
        "n": 40,
        "performers": 8,
        "score": score,
        "low": score - 0.1,
        "high": score + 0.1,
        "ceiling": 0.8,
    }
    for feeling, relation, score in (
        ("joy", "friends", 0.7),
        ("joy", "strangers", 0.5),
        ("embarrassment", "colleagues", 0.3),
        ("relief", "family", 0.45),
    )
]
Pages = dict[str, tuple[Person, str]]


@pytest.fixture
def world(committed_database: str, home: Path) -> Iterator[tuple[str, Pages]]:
    """(site, who opens which address by page) of a program with a release and a withdrawal."""
    stage = make_stage("Light Lab")
    early = make_stage("Early Lab")
    pair = stage.pair()
    gone = stage.take(pair)
    stage.take()
    rater, done, unsigned = stage.rater(), stage.rater(), stage.rater(signed=False)
    for one in (stage.rater(), stage.rater()):
        stage.rate_all(one)
    first = release.publish(release.build(stage.program, "recognition_training", name="light"))
    engineer = stage.engineer()
    release.note_pull(first, engineer)
    consent.withdraw(pair[0], stage.program, take=gone.pk)
    release.take_back(gone.pk)
    assert Revocation.objects.filter(program=stage.program).exists()
    stage.rate_all(done)
    scores = {"scores": {"uar": {"value": 0.5, "low": 0.4, "high": 0.6}}, "says": ""}
    run = BenchmarkRun.objects.create(
        release=first, model="baseline", state="done", scores=scores, cells=CELLS
    )
    short = BenchmarkRun.objects.create(
        release=first, model="baseline", state="too_little", scores={"says": "2 of 20 moments."}
    )
    room = make_room()
    with_sound(room, take := heard(room))
    lab = f"/lab/{stage.program.slug}"
    notes = f"/room/{room.session.pk}/notes/{take.pk}"
    bench = f"/rater/bench/{stage.program.slug}"
    with served() as site:
        yield (
            site,
            {
                "rater": (rater, "/rater"),
                "bench": (rater, bench),
                "bench, nothing left": (done, bench),
                "bench, terms first": (unsigned, bench),
                "rater's money": (done, "/rater/money"),
                "lab": (engineer, lab),
                "lab without release": (early.engineer(), f"/lab/{early.program.slug}"),
                "release": (engineer, f"{lab}/releases/{first.pk}"),
                "evaluation": (engineer, f"{lab}/evaluation/{run.pk}"),
                "evaluation of too little": (engineer, f"{lab}/evaluation/{short.pk}"),
                "notes": (room.ada, notes),
                "whole notes": (room.ada, f"{notes}?at=99"),
            },
        )


def serious(page: Page) -> list[str]:
    """axe's serious and critical findings as `rule: where`."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


@pytest.mark.timeout(300)
def test_every_page_passes_axe_keeps_its_policy_and_fits_a_phone(
    world: tuple[str, Pages], playwright: Playwright
) -> None:
    if not AXE.is_file():
        pytest.skip(f"no axe-core at {AXE}; run npm ci in browser/")
    site, pages = world
    wrong: list[str] = []
    with visiting(playwright, site) as context:
        page = context.new_page()
        page.on("console", lambda m: wrong.append(m.text) if "Security Policy" in m.text else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        for name, (who, address) in pages.items():
            sign_in(context, site, who)
            page.set_viewport_size({"width": 1280, "height": 900})
            answer = page.goto(site + address)
            assert answer is not None and answer.status == 200, (name, answer and answer.status)
            if "notes" in name:
                whole = page.locator('input[name="natural"]').count() > 0
                assert whole == (name == "whole notes"), page.url
            page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
            wrong += [f"{name}: {finding}" for finding in serious(page)]
            page.set_viewport_size({"width": 390, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > 390:
                wrong.append(f"{name}: {wide} px wide on a phone")
    assert wrong == [], "\n".join(wrong)
