"""Money: integer minor units and a currency. Never a float."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

#: Digits after the point (ISO 4217) for the currencies a program may use.
EXPONENT = {"USD": 2, "EUR": 2, "GBP": 2, "CAD": 2, "AUD": 2, "CHF": 2, "JPY": 0}
SIGN = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True, order=True)
class Money:
    """`minor` units (cents for USD) of one `currency` (ISO 4217 code)."""

    minor: int
    currency: str = "USD"

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise TypeError("money is counted in whole minor units")
        if self.currency not in EXPONENT:
            raise ValueError(f"unknown currency {self.currency!r}")

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot combine {self.currency} and {other.currency}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        digits = EXPONENT[self.currency]
        whole, part = divmod(abs(self.minor), 10**digits)
        text = f"{whole:,}" + (f".{part:0{digits}d}" if digits else "")
        sign = "-" if self.minor < 0 else ""
        mark = SIGN.get(self.currency)
        return f"{sign}{mark}{text}" if mark else f"{sign}{text} {self.currency}"


def for_seconds(per_hour: Money, seconds: int) -> Money:
    """What `seconds` of work earn at an hourly rate, rounded half up, once.

    Round the sum of a booking's seconds, not each line: 60 minutes at $74.00 are $74.00.
    """
    if seconds < 0:
        raise ValueError("seconds must not be negative")
    exact = Fraction(per_hour.minor * seconds, 3600)
    return Money(int(exact + Fraction(1, 2)), per_hour.currency)
