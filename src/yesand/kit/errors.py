"""Errors a person can cause are values with a code and a place; bugs are ordinary exceptions.

`web` maps a code to a page and a status, `cli` maps any of them to exit code 2.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    code: stable word, snake_case, used by tests and pages.
    where: the field, row or file that holds it, as the person knows it; "" for the whole.
    says: one sentence saying what is wrong and what to do.
    """

    code: str
    where: str
    says: str

    def __str__(self) -> str:
        return f"{self.where}: {self.says}" if self.where else self.says


class Refused(Exception):
    """A verb did nothing because its input or its timing is wrong.

    Carries one or more `Problem`s; `str()` is one line.
    """

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise ValueError("Refused needs at least one Problem")
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))

    @property
    def code(self) -> str:
        return self.problems[0].code


def refuse(code: str, says: str, where: str = "") -> Refused:
    """Shorthand for a refusal with one problem: `raise refuse("slot_taken", "...", "slot")`."""
    return Refused(Problem(code, where, says))
