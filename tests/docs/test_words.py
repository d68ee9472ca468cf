"""Words we never use on a page, and what a page's policy forbids: held over every template."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "src/yesand/web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html")) + sorted((WEB / "templates").rglob("*.txt"))
SENTENCES = sorted(
    path
    for path in (Path(__file__).parents[2] / "src/yesand").rglob("*.py")
    if "migrations" not in path.parts
)

#: What is never said, and what is said instead (PAGES: "Words we never use").
NEVER = {
    r"anonym": 'say: "Your name is not in it. A voice or face can be recognized."',
    r"delet\w* (it |them |you )?from (the |any |all |our |their )?models?": (
        'say: "We take it out of releases and tell every lab. What a model has learned may stay."'
    ),
    r"(your|their|his|her) emotions? (was|were|is|are) (detected|recognized|measured|analy[sz]ed)": (
        "say how the character was heard"
    ),
    r"detect\w* (your|their|his|her|people'?s?) (emotion|feeling)": "say how the character was heard",
    r"emotion(al)? (meter|score|detection)": "there is none, so no page names one",
}
#: Sentences that a page must say about itself to say that it is not so.
COMMENT = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}", re.S)


def found(text: str) -> list[str]:
    plain = re.sub(r"\s+", " ", text)
    return [
        f"{match.group()!r}: {instead}"
        for pattern, instead in NEVER.items()
        for match in re.finditer(pattern, plain, re.I)
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(WEB / "templates")))
def test_no_template_says_what_we_never_say(path):
    assert not found(COMMENT.sub("", path.read_text("utf-8")))


def test_no_sentence_in_python_says_it_either():
    said = {}
    for path in SENTENCES:
        strings = re.findall(r"_\(\s*((?:\"[^\"]*\"\s*)+)\)", path.read_text("utf-8"))
        wrong = [line for text in strings for line in found(text.replace('"', ""))]
        if wrong:
            said[path.name] = wrong
    assert not said


@pytest.mark.parametrize(
    "text",
    [
        "Your data is anonymous.",
        "It was anonymized.",
        "We delete it from models.",
        "Deleted from all models",
        "Your emotion was detected: joy",
        "detects your feelings",
        "an emotion meter",
    ],
)
def test_the_list_finds_them(text):
    assert found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Your name is not in it. A voice or face can be recognized.",
        "We take it out of releases and tell every lab. What a model has learned may stay.",
        "How the character was heard: joy",
    ],
)
def test_what_we_say_instead_passes(text):
    assert not found(text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(WEB / "templates")))
def test_templates_keep_the_policy_of_the_pages(path):
    """No inline style, no inline handler, no script without the nonce: the browser refuses them."""
    text = COMMENT.sub("", path.read_text("utf-8"))
    assert not re.search(r"<[^>]*\sstyle=", text), "use a class; style attributes are refused"
    assert not re.search(r"<[^>]*\son(click|load|change|submit|input|key\w+)=", text, re.I)
    assert "<style" not in text
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert "nonce=" in tag or 'type="application/json"' in tag, tag
    assert not re.search(r"https?://(?!www\.w3\.org)", text), "nothing from another origin"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(WEB / "templates")))
def test_every_sentence_can_be_translated(path):
    """What stands between tags has no letters outside {% trans %}, but for names of our own."""
    text = COMMENT.sub("", path.read_text("utf-8"))
    text = re.sub(
        r"{%-?\s*blocktrans(late)?.*?{%-?\s*endblocktrans(late)?\s*-?%}", "", text, flags=re.S
    )
    text = re.sub(
        r"{% block \w*(class|attributes|action_url) %}.*?{% endblock[^%]*%}", "", text, flags=re.S
    )
    text = re.sub(r"<(script|style|code|kbd|pre|svg)\b.*?</\1>", "", text, flags=re.S)
    text = re.sub(r"{{.*?}}|{%.*?%}", "", text, flags=re.S)
    if path.suffix == ".html":
        text = re.sub(r"<!doctype[^>]*>|<[^>]*>", "\n", text, flags=re.I | re.S)
    text = re.sub(r"&\w+;|\b[\w-]+\.(json|yaml|csv)\b", " ", text)  # file names stay
    allowed = {
        "yes",
        "and",
        "min",
        "s",
        "h",
        "ms",
        "a",
        "b",
        "dB",
        "Hz",
        "MB",
        "GB",
        "UTC",
        "CSV",
        "SHA",
        "Gini",
    }
    words = [word for word in re.findall(r"[A-Za-z]{2,}", text) if word not in allowed]
    assert not words, words[:8]
