import re
from pathlib import Path

from tools.settings_page import ALONE, PAGE, page
from yesand.infra.environ import VARIABLES

SOURCE = Path(__file__).resolve().parents[2] / "src" / "yesand"
# Set by tests and benchmarks alone.
ELSEWHERE = re.compile(r"\bYESAND_(TEST_\w+|PRIVATE_DATA|DOOR_BREAK)\Z")


def test_the_page_says_what_the_code_reads():
    assert PAGE.read_text("utf-8") == page(), "run python tools/settings_page.py"


def test_every_setting_that_the_code_names_is_on_the_page():
    named = set()
    for path in SOURCE.rglob("*.py"):
        named |= set(re.findall(r"[\"'](YESAND_[A-Z0-9_]+)[\"']", path.read_text("utf-8")))
    missing = {name for name in named - set(VARIABLES) - set(ALONE) if not ELSEWHERE.match(name)}
    assert missing == set()


def test_every_setting_has_a_default():
    for name, text in VARIABLES.items():
        assert " Default: " in text and text.partition(" Default: ")[0].endswith("."), name
