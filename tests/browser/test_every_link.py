"""Every link a page of ours shows is followed once, for each of the four roles.

No page answers 400 or more, no script breaks, nothing is refused by the pages' own policy, and
the first byte of every page is there within a second.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from pages import served, sign_in, visiting
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, Playwright

from tests.fakes.played import make_stage
from yesand.commission import actions as commission
from yesand.consent import actions as consent
from yesand.matching.models import Booking
from yesand.people.models import Person
from yesand.release import actions as release

#: Addresses of one kind differ in ids, slugs of rows and what follows the question mark.
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\?.*")
#: Signs out, leaves our pages, or is a file that the browser saves.
NOT_FOLLOWED = re.compile(r"/accounts/logout|/admin/|/files/(dictionary|release|errata)")
OWN = re.compile(r"/(me|desk|rater|room)\b")
MOST = 60


@pytest.fixture
def world(committed_database: str, home: Path) -> Iterator[tuple[str, dict[str, Person]]]:
    """(site, a person of each role) of a program in the middle of its work."""
    stage = make_stage("Light Lab")
    commission.load_deck()
    pair = stage.pair()
    stage.take(pair)
    gone = stage.take()
    stage.take(pair, choices=("keep", ""), accepted=False)
    rater, engineer = stage.rater(), stage.engineer()
    first = release.publish(release.build(stage.program, "recognition_training", name="light"))
    release.note_pull(first, engineer)
    who = gone.scene.session.places.get(role="a").person
    consent.withdraw(who, stage.program, take=gone.pk)
    release.take_back(gone.pk)
    Booking.objects.update(state="done")  # as their sessions are over
    persons = {"performer": pair[0], "producer": stage.producer, "rater": rater}
    with served() as site:
        yield site, {**persons, "engineer": engineer}


class Walk:
    """One person's way through all pages that links lead to."""

    def __init__(self, page: Page, site: str, known: set[str]) -> None:
        self.page, self.site, self.known = page, site, known
        self.wrong: list[str] = []
        self.here = ""
        self.seen: set[str] = set()
        page.on("pageerror", lambda error: self.note(f"script: {error}"))
        page.on("console", lambda m: self.note(m.text) if m.type == "error" else None)
        page.on("response", lambda r: self.note(f"{r.status} {r.url}") if r.status >= 400 else None)

    def note(self, what: str) -> None:
        self.wrong.append(f"{self.here}: {what}")

    def go(self, start: str) -> int:
        """Follow everything from `start`; how many pages were opened."""
        waiting, kinds = deque([start]), Counter[str]()
        while waiting and len(self.seen) < MOST:
            address = waiting.popleft()
            kind = ID.sub("", urlsplit(address)._replace(fragment="").geturl())
            # Two of a kind: one may be the first row, with nothing in it.
            if (
                address in self.seen | self.known
                or kinds[kind] >= 2
                or NOT_FOLLOWED.search(address)
            ):
                continue
            self.seen.add(address)
            kinds[kind] += 1
            waiting.extend(self.open(address))
        return len(self.seen)

    def open(self, address: str) -> list[str]:
        """The links of a page."""
        self.here = address
        try:
            self.page.goto(self.site + address, wait_until="domcontentloaded")
        except BrowserError as error:
            if "Download is starting" not in error.message:
                self.note(error.message)
            return []
        if self.first_byte() > 1000:
            # Once more: another program may have had the processor.
            self.page.reload(wait_until="domcontentloaded")
            if (slow := self.first_byte()) > 1000:
                self.note(f"first byte after {slow:.0f} ms")
        links = self.page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        found = [urljoin(self.site, link) for link in links]
        return [link[len(self.site) :].partition("#")[0] for link in found if self.ours(link)]

    def ours(self, link: str) -> bool:
        return link.startswith(self.site + "/")

    def first_byte(self) -> float:
        entry = "performance.getEntriesByType('navigation')[0]"
        return float(self.page.evaluate(f"{entry}.responseStart - {entry}.requestStart"))


@pytest.mark.timeout(300)
def test_every_link_leads_somewhere(
    world: tuple[str, dict[str, Person]], playwright: Playwright
) -> None:
    site, persons = world
    wrong: list[str] = []
    public: set[str] = set()
    with visiting(playwright, site) as context:
        for role, person in persons.items():
            sign_in(context, site, person)
            page = context.new_page()
            walk = Walk(page, site, public)
            assert walk.go("/desk") >= 5, (role, sorted(walk.seen))
            # What anybody may read is read once; a desk of one's own by everybody.
            public |= {address for address in walk.seen if not OWN.match(address)}
            wrong += [f"{role}: {one}" for one in walk.wrong]
            page.close()
    assert wrong == [], "\n".join(wrong)
    assert len(public) >= 30, sorted(public)
