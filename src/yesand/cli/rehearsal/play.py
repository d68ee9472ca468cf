"""The rehearsal, step by step. Every step is timed; the first that fails ends it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright

import yesand
from yesand.cli import say
from yesand.cli.rehearsal import seed_words, sound
from yesand.cli.rehearsal.browser import Performer
from yesand.cli.rehearsal.desks import Desks
from yesand.cli.rehearsal.director import Director
from yesand.cli.rehearsal.server import Server, StepFailed
from yesand.cli.rehearsal.visitor import Visitor, forms, wait_for_code
from yesand.kit.errors import Refused
from yesand.stage.cue_rules import BOTH_APART_S

CUES = {
    "a": ("Let them off the hook", "affection", 2),
    "b": ("Try to keep a straight face", "amusement", 2),
}
#: Longest the whole way before the scene may take; the microphones' files are that much longer.
LEAD_SECONDS = 60


class Rehearsal:
    """One run. `failed` names the step that failed, with what it said."""

    def __init__(
        self,
        left: Path,
        right: Path,
        out: Path,
        seconds: float,
        kill_door: bool = False,
        shots: Path | None = None,
    ) -> None:
        self.files = {"a": (left, "--left"), "b": (right, "--right")}
        self.out, self.seconds, self.kill_door, self.shots = out, seconds, kill_door, shots
        self.steps: list[dict[str, Any]] = []
        self.failed: str | None = None
        self.server = Server(out)
        self.players: dict[str, Performer] = {}
        self.found: dict[str, Any] = {}
        self.seeded: dict[str, Any] = {}

    def go(self) -> dict[str, Any]:
        """Run every step; the result is the rehearsal's JSON object."""
        mics = {
            role: sound.as_fake_microphone(
                path, option, self.out / f"mic-{role}.wav", self.seconds + LEAD_SECONDS
            )
            for role, (path, option) in self.files.items()
        }
        try:
            self.step("server", self.server.start)
            self.step("seed", self._seed)
            with sync_playwright() as playwright:
                for role in "ab":
                    email = seed_words.PERFORMERS[role]
                    self.players[role] = Performer(
                        playwright, self.out, role, email, self.server.base_url, mics[role]
                    )
                try:
                    self._play()
                except BaseException:
                    self._pictures(f"failed-{self.steps[-1]['name']}")
                    raise
                finally:
                    for player in self.players.values():
                        player.close()
            self._after()
        except (StepFailed, BrowserError, httpx.HTTPError, Refused) as e:
            self.failed = f"{self.steps[-1]['name']}: {e}"
            say.line(f"failed at step {self.failed}")
        finally:
            self.server.stop()
        return self._result()

    def step(self, name: str, do: Callable[[], Any]) -> Any:
        """Run one step and keep its time."""
        row: dict[str, Any] = {"name": name, "seconds": 0.0, "ok": False}
        self.steps.append(row)
        began = time.monotonic()
        try:
            value = do()
            row["ok"] = True
            return value
        finally:
            row["seconds"] = round(time.monotonic() - began, 3)
            say.line(f"{name}: {'ok' if row['ok'] else 'FAILED'} in {row['seconds']:.1f} s")

    def _pictures(self, name: str) -> None:
        for role, player in self.players.items():
            try:
                player.picture(self.out / f"{name}-{role}.png")
            except BrowserError:
                continue

    def _shot(self, name: str, *of: Performer) -> None:
        """A picture of these performers' pages, of both where none is named."""
        if self.shots is not None:
            self.shots.mkdir(parents=True, exist_ok=True)
            for player in of or self.players.values():
                player.picture(self.shots / f"{name}-{player.role}.png")

    def _result(self) -> dict[str, Any]:
        found = self.found
        return {
            "release": found.get("folder"),
            "take": found.get("take"),
            "seconds": found.get("seconds"),
            "lost_seconds": found.get("lost_seconds"),
            "alignment_ms": found.get("alignment_ms"),
            "cues": found.get("cues", []),
            "ledger_residual": found.get("residual"),
            "steps": self.steps,
            **({"failed": self.failed} if self.failed else {}),
        }

    # -- before the scene -----------------------------------------------------------------------

    def _seed(self) -> None:
        self.seeded = self.server.run("yesand.cli.rehearsal.seed")

    def _play(self) -> None:
        self.producer = Visitor(self.server.base_url, seed_words.PRODUCER)
        self.rater = Visitor(self.server.base_url, seed_words.RATER)
        self.step("sign-in", self._sign_in)
        self.step("consent", self._consent)
        self.step("booking", self._book)
        self.step("green room", self._green_room)
        self.step("warm-up", self._warm_up)
        self.step("scene", self._scene)
        self.step("notes", self._notes)
        self.step("exit page", self._exit)

    def _sign_in(self) -> None:
        for player in self.players.values():
            player.go("/accounts/login/")
            player.page.fill('input[name="login"]', player.email)
            player.page.click('main button[type="submit"]')
            code = wait_for_code(self.producer.web, player.email)
            player.page.fill('input[name="code"]', code)
            player.page.click('main button[type="submit"]')
            player.page.wait_for_selector("header.top details.who", state="attached")
        self.producer.sign_in()
        self.rater.sign_in()

    def _consent(self) -> None:
        for player in self.players.values():
            player.go(f"/me/consent/{self.seeded['program']}")
            for purpose in ("terms", "recognition_training", "evaluation_only"):
                card = player.page.locator(f'article[data-purpose="{purpose}"]')
                card.locator("summary[data-sign]").click()
                card.locator('button[value="grant"]').click()
                player.page.wait_for_selector(f'[data-purpose="{purpose}"][data-granted="yes"]')
            self._shot("consent")

    def _book(self) -> None:
        slug = self.seeded["program"]
        page = self.producer.get(f"/producer/{slug}/schedule")
        form = next(f for f in forms(page) if f["fields"].get("ask") == "book")
        now = time.strftime("%Y-%m-%dT%H:%M", time.gmtime())
        self.producer.send(
            f"/producer/{slug}/schedule",
            {
                **form["fields"],
                "commission": self.seeded["commission"],
                "a": self.seeded["people"]["a"],
                "b": self.seeded["people"]["b"],
                "starts_at": now,
                "minutes": "60",
            },
        )
        for player in self.players.values():
            player.go("/me/offers")
            self._shot("offers")
            player.page.click('button[name="answer"][value="yes"]')
            player.page.wait_for_load_state("domcontentloaded")
        for player in self.players.values():
            player.go("/me")
            self._shot("home")

    def _green_room(self) -> None:
        for player in self.players.values():
            player.page.locator('a[href$="/enter"]').click()
            player.page.wait_for_url(re.compile("/room/.+/check"))
            player.press("start")
        for player in self.players.values():
            said = player.state("ready", "failed", seconds=60)
            if said == "failed":
                problems = player.page.locator("[data-problems]").inner_text()
                raise StepFailed(f"the green room of role {player.role} says: {problems}")
        self._shot("green-room")
        for player in self.players.values():
            player.page.locator("a[data-go]").click()
            player.page.wait_for_url(re.compile("/room/[^/]+(/warm-up)?$"))

    def _warm_up(self) -> None:
        self.session = self._audit("session")["session"]
        self.director = Director(self.producer, self.session)
        self._shot("warm-up")
        for player in self.players.values():
            # Shown only where the browser wants a click before it plays sound.
            if player.page.locator('[data-act="enter"]').first.is_visible():
                player.press("enter")
            player.press("ready")
        for player in self.players.values():
            player.page.wait_for_selector('[data-act="choose"]', timeout=20_000)

    # -- the scene --------------------------------------------------------------------------------

    def _scene(self) -> None:
        a, b = self.players["a"], self.players["b"]
        for player in (a, b):
            player.page.wait_for_selector(
                'body[data-call="connected"]', timeout=30_000, state="attached"
            )
        self._shot("cards")
        a.press("choose")
        for player in (a, b):
            player.page.wait_for_selector('[data-act="ready"][data-scene]', timeout=15_000)
            player.press("ready")
        opened = self.director.wait("take_opened", 30)
        for player in (a, b):
            player.state("playing")
        for player, (role, (action, emotion, strength)) in zip((a, b), CUES.items(), strict=True):
            self.director.cue(role, action, emotion, strength)
            player.page.wait_for_selector("[data-cue]:not([hidden])", timeout=15_000)
            # Each while its own offer stands: it stays six seconds, and the key takes it away.
            self._shot("stage", player)
            player.page.keyboard.press("1")
            if player is a:
                # The two are never offered something at the same moment, by a director neither.
                self._wait_until(time.time() + BOTH_APART_S + 0.5)
        self._wait_until(opened["at"] + self.seconds / 2)
        if self.kill_door:
            say.line(f"door: killed process {self.server.kill_door()}")
        self._wait_until(opened["at"] + self.seconds)
        a.page.keyboard.press("Enter")
        for player in (a, b):
            player.page.wait_for_selector(
                'body[data-state="closed"], form[data-notes]', timeout=30_000, state="attached"
            )

    def _wait_until(self, at: float) -> None:
        while (left := at - time.time()) > 0:
            self.director.read(min(left, 0.5))

    # -- after the scene ------------------------------------------------------------------------

    def _notes(self) -> None:
        for player in self.players.values():
            player.page.wait_for_selector("form[data-notes]", timeout=30_000)
        self._shot("notes")
        for role, player in self.players.items():
            own = {"a": "affection", "b": "amusement"}[role]
            for _ in range(12):
                page = player.page
                page.wait_for_selector("form[data-notes]")
                if page.locator('input[name="natural"]').count():
                    for name in ("natural", "grounded", "human", "fun"):
                        page.locator(f'input[name="{name}"][value="4"]').check(force=True)
                    self._shot("notes-whole")
                    page.locator('form[data-notes] button[type="submit"]').click()
                    break
                about_partner = page.locator('input[name="sure"]').count()
                feeling = "amusement" if about_partner else own
                page.locator(f'input[name="primary"][value="{feeling}"]').check(force=True)
                page.locator('input[name="intensity"][value="2"]').check(force=True)
                before = page.url
                page.locator('form[data-notes] button[type="submit"]').click()
                page.wait_for_function("before => location.href !== before", arg=before)
        for player in self.players.values():
            player.page.wait_for_url(re.compile(f"/room/{self.session}(/exit)?$"))

    def _exit(self) -> None:
        last = self.players["a"].page.locator('form[action$="/last"] button')
        last.click(timeout=20_000)
        for player in self.players.values():
            # The step-out: the lamp is off, and both say when they are themselves again.
            player.page.wait_for_selector("text=Step out", timeout=20_000)
            player.press("ready")
        # Both pages go to the exit by themselves once the room says that the session is over.
        for player in self.players.values():
            player.page.wait_for_url(re.compile("/exit$"), timeout=20_000)
        self._wait_for_seal()
        for player in self.players.values():
            player.page.reload()
            self._shot("exit")
            player.page.locator('button[name="choice"][value="keep"]').first.click()
            player.page.wait_for_selector('[data-choice="keep"]', timeout=15_000)

    def _wait_for_seal(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = self._audit("session")
            if found["sealed"]:
                return
            time.sleep(0.5)
        raise StepFailed(f"the take was not sealed in 60 s: {found}")

    def _audit(self, what: str) -> dict[str, Any]:
        return self.server.run("yesand.cli.rehearsal.audit", self.seeded["program"], what)

    def _after(self) -> None:
        self.director.close()
        desks = Desks(self.seeded, self._audit, self.producer, self.rater, self.shots)
        self.step("processing", desks.process)
        self.step("rating", desks.rate)
        self.step("publish", desks.publish)
        if self.shots is not None:
            self.step("pictures", desks.pictures)
        self.step("open the release", self._open)

    def _open(self) -> None:
        self.found = self._audit("end")
        dyads = list(yesand.open(self.found["folder"]))
        if [d.take_id for d in dyads] != [self.found["take"]]:
            raise StepFailed("the release does not hold exactly the rehearsed take")
        row = dyads[0].row
        self.found["alignment_ms"] = {
            "estimate": row["align_offset_ms"],
            "uncertainty": row["align_uncertainty_ms"],
        }
        if self.found["residual"] != 0:
            raise StepFailed(f"the ledger is off by {self.found['residual']} minor units")
        if self.found["earned"] != {"a": ["$74.00"], "b": ["$74.00"]}:
            raise StepFailed(f"60 minutes at $74.00 an hour paid {self.found['earned']}")
