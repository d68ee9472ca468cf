"""The short word lists of the lint: by language, and the names that are names in every one."""

from __future__ import annotations

from yesand.commission.lint_language import Words, listed
from yesand.commission.lint_words_en import ENGLISH
from yesand.commission.lint_words_es import SPANISH

LANGUAGES: dict[str, Words] = {"en": ENGLISH, "es": SPANISH}
"""By the first part of a language's code: `es-MX` is read with the words of `es`."""


def words_of(language: str) -> Words | None:
    """The lists of a language; None where nobody has written them yet."""
    return LANGUAGES.get(language.split("-")[0].lower())


TRADE_NAMES = listed(
    """
    Adele Adidas Airbnb Amazon Android Apple Audi BMW Barbie Batman Beatles Beyonce Beyoncé
    Biden Bitcoin Boeing ChatGPT Claude Clooney Coca-Cola Coke Disney Einstein Elvis Facebook
    Ferrari Google Gandhi Hilton Hitler Honda Ikea IKEA Instagram Kardashian Lego LEGO Lennon
    LinkedIn Madonna Marvel McDonald's McDonalds Mercedes Messi Microsoft Mozart Musk
    Nespresso Netflix Nike Nintendo Nutella OpenAI Obama Oprah Pepsi Picasso PlayStation
    Porsche Putin Rihanna Rolex Ronaldo Shakespeare Siri Spotify Starbucks Tesla TikTok Tinder
    Toyota Trump Twitter Uber Vogue Volkswagen Walmart WhatsApp Wikipedia YouTube
    """
)
"""Real persons and brands, read as words with their capitals."""

TRADE_PHRASES = (
    "Bohemian Rhapsody",
    "Elton John",
    "Happy Birthday to You",
    "Harry Potter",
    "Hey Jude",
    "Imagine all the people",
    "James Bond",
    "Let It Be",
    "Let It Go",
    "Like a Virgin",
    "Lady Gaga",
    "Michael Jackson",
    "My Way",
    "Star Wars",
    "Stairway to Heaven",
    "Taylor Swift",
    "Tom Cruise",
    "We Will Rock You",
    "White Christmas",
    "Wonderwall",
)
"""Real persons, brands and songs of several words."""
