"""The bench by keys alone: a feeling, a second one, how strong, undo; and the sound of the item."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench_host import BenchHost
from chromium import ARGUMENTS, CHROMIUM
from playwright.sync_api import Page, Playwright
from recorder_host import DoorProcess, free_port

#: What was sent stays on the page: the test reads it there.
CATCH = """document.addEventListener('submit', event => {
    event.preventDefault();
    window.sent = Object.fromEntries(new FormData(event.target, event.submitter));
});"""


@pytest.fixture
def bench(playwright: Playwright, recorder_build: Path, tmp_path: Path) -> Iterator[Page]:
    door = DoorProcess(tmp_path / "home", f"http://127.0.0.1:{free_port()}")
    host = BenchHost(recorder_build, door, {})
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
    page = browser.new_page()
    page.add_init_script(CATCH)
    page.on("pageerror", lambda error: print("page error:", error))
    page.goto(f"{host.url}/bench")
    page.wait_for_selector("[data-timeline][data-drawn=yes]")
    yield page
    browser.close()
    host.close()
    door.close()


def sent(page: Page) -> dict[str, str]:
    page.wait_for_function("window.sent")
    return page.evaluate("window.sent")


def test_two_keys_and_a_strength_answer_an_item(bench: Page) -> None:
    bench.keyboard.press("1")
    assert "First a feeling" in bench.inner_text("[data-bench-status]")
    bench.keyboard.press("w")
    bench.keyboard.press("Shift+G")
    assert "also" in (bench.get_attribute("label:has([value=sadness])", "class") or "")
    bench.keyboard.press("2")
    answer = sent(bench)
    assert (answer["primary"], answer["secondary"], answer["intensity"]) == (
        "amusement",
        "sadness",
        "2",
    )
    assert float(answer["seconds"]) > 0
    assert int(answer["plays"]) >= 1


def test_neutral_has_no_strength_and_cant_tell_sends_itself(bench: Page) -> None:
    bench.keyboard.press("s")
    bench.keyboard.press("Enter")
    assert (sent(bench)["primary"], sent(bench)["intensity"]) == ("neutral", "")
    bench.evaluate("window.sent = null")
    bench.keyboard.press("?")
    assert sent(bench)["primary"] == "cant_tell"


def test_undo_is_a_key_and_a_field_keeps_its_letters(bench: Page) -> None:
    bench.click("[name=other_word]")
    bench.keyboard.type("quzz")
    assert bench.input_value("[name=other_word]") == "quzz"
    assert bench.evaluate("window.sent") is None
    bench.locator("[name=other_word]").blur()
    bench.keyboard.press("u")
    assert sent(bench)["undo"] == "1"


def test_the_item_plays_by_itself_and_space_plays_it_again(bench: Page) -> None:
    bench.wait_for_selector("[data-timeline][data-playing=yes]")
    bench.wait_for_selector("[data-timeline][data-playing=no]", timeout=15_000)
    assert bench.inner_text("[data-at]") == "0:02 / 0:02"
    bench.keyboard.press(" ")
    bench.wait_for_selector("[data-timeline][data-playing=yes]")
    bench.click("[data-act=mute][data-role=b]")
    assert bench.get_attribute("[data-act=mute][data-role=b]", "aria-pressed") == "true"
