"""What a person may say about themselves. Plain values; knows no database."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from typing import Any

from yesand.kit.errors import Problem, Refused

LANGUAGE = re.compile(r"\A[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
AGE_BANDS = ("18-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80-")
MOST_SKILLS = 40
ARMS = ("actor", "non_actor")
AIM_WISHES = ("show", "hide")


def known_zone(name: str) -> bool:
    """True for an IANA zone this machine knows."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)


def check_profile(said: Mapping[str, Any]) -> None:
    """Raises Refused with one problem per field that cannot be."""
    wrong: list[Problem] = []
    alias = said.get("alias", "")
    if len(alias) > 40 or any(not (c.isprintable()) for c in alias):
        wrong.append(Problem("bad_alias", "alias", "Use at most 40 letters, on one line."))
    if "@" in alias:
        wrong.append(Problem("bad_alias", "alias", "An alias is seen by others: no address in it."))
    if "zone" in said and not known_zone(said["zone"]):
        wrong.append(Problem("bad_zone", "zone", "Choose a time zone such as Europe/Madrid."))
    languages = said.get("languages", [])
    if not isinstance(languages, list) or not all(
        isinstance(code, str) and LANGUAGE.match(code) for code in languages
    ):
        wrong.append(Problem("bad_language", "languages", "Use language codes such as en or es."))
    if said.get("age_band", "") not in ("", *AGE_BANDS):
        wrong.append(Problem("bad_age_band", "age_band", "Choose one of the bands."))
    if said.get("arm", ARMS[0]) not in ARMS:
        wrong.append(Problem("bad_arm", "arm", "Say actor or non_actor."))
    if len(said.get("accent", "")) > 40:
        wrong.append(Problem("bad_accent", "accent", "Use at most 40 letters."))
    if said.get("aim_wish", "") not in ("", *AIM_WISHES):
        wrong.append(Problem("bad_aim_wish", "aim_wish", "Say show, hide or nothing."))
    skills = said.get("skills", [])
    if (
        not isinstance(skills, list)
        or len(skills) > MOST_SKILLS
        or not all(
            isinstance(skill, str) and 0 < len(skill) <= 60 and skill.isprintable()
            for skill in skills
        )
    ):
        wrong.append(Problem("bad_skill", "skills", "Choose what cards ask for."))
    if wrong:
        raise Refused(*wrong)
