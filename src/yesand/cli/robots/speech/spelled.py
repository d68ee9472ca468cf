"""A text as sounds: words, stresses and pauses. English by a dictionary, Spanish by its spelling.

The dictionary is cmudict (see english.license.txt); words that it lacks are read by rule.
"""

from __future__ import annotations

import lzma
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

#: Seconds of silence after a mark.
PAUSES = {",": 0.16, ";": 0.24, ":": 0.24, ".": 0.34, "?": 0.34, "!": 0.34, "…": 0.5}
#: English words that carry no accent in a sentence.
_LIGHT = (
    "a an the and or but if of to in on at by for from with as than that this it its is are was "
    "were be been am do does did have has had will would can could shall should may might must i "
    "you he she we they me him her us them my your his our their there so not no"
)
LIGHT = frozenset(_LIGHT.split())
ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
ONES += "fifteen sixteen seventeen eighteen nineteen"
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
UNOS = "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince"


@dataclass(frozen=True)
class Said:
    """One sound of a text. stress: 0 none, 1 stressed, 2 the accent of a phrase's word. word: the
    word it belongs to, counted from 0. pause: seconds of silence after it. ends: the mark that
    ends its phrase here, "" elsewhere."""

    phone: str
    stress: int
    word: int
    pause: float = 0.0
    ends: str = ""


def sounds(text: str, language: str) -> list[Said]:
    """The sounds of a text in English (en) or Spanish (es); other languages are read as English.

    A text without a letter or digit has none.
    """
    of_word = _spanish if language.startswith("es") else _english
    found: list[Said] = []
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|\.\.\.|[,;:.?!…]", text)
    number = 0
    for piece in words:
        mark = "…" if piece == "..." else piece
        if mark in PAUSES:
            if found:
                last = found[-1]
                found[-1] = Said(last.phone, last.stress, last.word, PAUSES[mark], mark)
            continue
        for word in _digits(piece, language) if piece.isdigit() else [piece.lower()]:
            word = unicodedata.normalize("NFC", word.replace("’", "'"))
            found += [Said(phone, stress, number) for phone, stress in of_word(word)]
            number += 1
    if found and not found[-1].ends:
        last = found[-1]
        found[-1] = Said(last.phone, last.stress, last.word, 0.0, ".")
    return found


def _digits(piece: str, language: str) -> list[str]:
    number = int(piece)
    if language.startswith("es"):
        unos = UNOS.split()
        return [unos[number]] if number < len(unos) else [unos[int(one)] for one in piece]
    ones, tens = ONES.split(), TENS.split()
    if number < 20:
        return [ones[number]]
    if number < 100:
        return [tens[number // 10 - 2], *([ones[number % 10]] if number % 10 else [])]
    return [ones[int(one)] for one in piece]


# -- English -------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _lexicon() -> bytes:
    packed = files("yesand.cli.robots.speech").joinpath("english.txt.xz").read_bytes()
    return b"\n" + lzma.decompress(packed)


@lru_cache(maxsize=4096)
def _looked_up(word: str) -> tuple[str, ...] | None:
    book = _lexicon()
    at = book.find(f"\n{word} ".encode())
    if at < 0:
        return None
    end = book.find(b"\n", at + 1)
    return tuple(book[at + len(word.encode()) + 2 : end].decode().split())


def _english(word: str) -> list[tuple[str, int]]:
    phones = _looked_up(word) or _inflected(word) or _by_rule(word)
    heavy = word not in LIGHT
    out = []
    for phone in phones:
        name, digit = (phone[:-1], phone[-1]) if phone[-1].isdigit() else (phone, "")
        if name == "AH" and digit == "0":
            name = "AX"
        stress = (2 if heavy else 1) if digit == "1" else 1 if digit == "2" and heavy else 0
        out.append((name, stress))
    return out


def _inflected(word: str) -> tuple[str, ...] | None:
    base = next((word[: -len(end)] for end in ("'s", "s") if word.endswith(end)), "")
    phones = _looked_up(base) if len(base) > 1 else None
    if phones is None:
        return None
    if phones[-1] in ("S", "Z", "SH", "ZH", "CH", "JH"):
        return (*phones, "IH0", "Z")
    return (*phones, "S" if phones[-1] in ("P", "T", "K", "F", "TH") else "Z")


#: Letters to sounds for words that no dictionary has, longest first.
_GRAPHEMES: dict[str, str] = {
    "tion": "SH AH0 N", "sion": "ZH AH0 N", "ough": "AO1", "eigh": "EY1", "augh": "AO1",
    "igh": "AY1", "tch": "CH", "dge": "JH", "sch": "S K", "ch": "CH", "sh": "SH", "th": "TH",
    "ph": "F", "wh": "W", "ck": "K", "ng": "NG", "qu": "K W", "gh": "", "kn": "N", "wr": "R",
    "ee": "IY1", "ea": "IY1", "oo": "UW1", "ou": "AW1", "ow": "OW1", "oi": "OY1", "oy": "OY1",
    "ai": "EY1", "ay": "EY1", "au": "AO1", "aw": "AO1", "ie": "IY1", "ew": "Y UW1", "ar": "AA1 R",
    "er": "ER0", "ir": "ER1", "or": "AO1 R", "ur": "ER1", "a": "AE1", "b": "B", "c": "K", "d": "D",
    "e": "EH1", "f": "F", "g": "G", "h": "HH", "i": "IH1", "j": "JH", "k": "K", "l": "L", "m": "M",
    "n": "N", "o": "AA1", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH1", "v": "V",
    "w": "W", "x": "K S", "y": "IY0", "z": "Z",
}  # fmt: skip


def _by_rule(word: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFD", word)
    plain = "".join(c for c in plain if "a" <= c <= "z")
    plain = re.sub(r"(.)\1", r"\1", plain) if not re.search(r"ee|oo", plain) else plain
    out: list[str] = []
    at = 0
    while at < len(plain):
        if at == len(plain) - 1 and plain[at] == "e" and len(plain) > 2:
            break
        size = next(n for n in (4, 3, 2, 1) if plain[at : at + n] in _GRAPHEMES)
        letter = plain[at : at + size]
        soft = letter in ("c", "g") and plain[at + 1 : at + 2] in ("e", "i", "y")
        out += ({"c": "S", "g": "JH"}[letter] if soft else _GRAPHEMES[letter]).split()
        at += size
    first = next((n for n, phone in enumerate(out) if phone.endswith("1")), -1)
    return tuple(p[:-1] + "0" if p.endswith("1") and n != first else p for n, p in enumerate(out))


# -- Spanish -------------------------------------------------------------------------------------

_PLAIN = {"á": "a", "é": "e", "í": "i", "ó": "o", "ú": "u", "ü": "u"}
_LETTERS = {
    "a": "a", "e": "e", "i": "i", "o": "o", "u": "u", "b": "b", "v": "b", "d": "d", "f": "F",
    "j": "x", "k": "k", "l": "L", "m": "M", "n": "N", "p": "p", "q": "k", "r": "r", "s": "S",
    "t": "t", "w": "W", "x": "k S", "y": "Y", "z": "S", "h": "",
}  # fmt: skip


def _spanish(word: str) -> list[tuple[str, int]]:
    """Sounds with the stressed vowel marked; American Spanish (c and z as s)."""
    out: list[tuple[str, int]] = []
    for at, letter, size in _spanish_letters(word):
        rest = word[at + size :]
        plain = _PLAIN.get(letter, letter)
        if letter in ("ch", "ll", "rr", "ñ", "qu"):
            made = {"ch": "CH", "ll": "Y", "rr": "rr", "ñ": "N Y", "qu": "k"}[letter]
        elif plain == "c":
            made = "S" if rest[:1] in ("e", "i", "é", "í") else "k"
        elif plain == "g":
            hard = "G" if at == 0 or word[at - 1] == "n" else "g"
            made = "x" if rest[:1] in ("e", "i", "é", "í") else hard
        elif letter == "y" and not rest:
            made = "i"
        elif letter == "r" and (at == 0 or word[at - 1] in "nls"):
            made = "rr"
        elif letter == "u" and word[at - 1 : at] == "g" and rest[:1] in ("e", "i", "é", "í"):
            made = ""
        elif letter in ("b", "v") and (at == 0 or word[at - 1] in "mn"):
            made = "B"
        elif letter == "d" and (at == 0 or word[at - 1] in "nl"):
            made = "D"
        else:
            made = _LETTERS.get(plain, "")
        out += [(one, 2 if letter in "áéíóú" else 0) for one in made.split()]
    if len(out) > 1 and not any(stress for _phone, stress in out):
        _stress_by_rule(word, out)
    return out


def _spanish_letters(word: str) -> list[tuple[int, str, int]]:
    found, at = [], 0
    while at < len(word):
        two = word[at : at + 2]
        size = 2 if two in ("ch", "ll", "rr", "qu") else 1
        found.append((at, word[at : at + size], size))
        at += size
    return found


def _stress_by_rule(word: str, out: list[tuple[str, int]]) -> None:
    """The last syllable but one where the word ends in a vowel, n or s; else the last."""
    strong = "aeo"
    cores: list[int] = []
    for at, (phone, _stress) in enumerate(out):
        if phone not in "aeiou" or len(phone) != 1:
            continue
        joined = cores and at - cores[-1] == 1
        if joined and not (out[cores[-1]][0] in strong and phone in strong):
            # One syllable: its core is the strong vowel, or the second of two weak ones.
            if phone in strong or out[cores[-1]][0] not in strong:
                cores[-1] = at
            continue
        cores.append(at)
    light = {"de", "la", "el", "los", "las", "y", "o", "en", "a", "un", "una", "se", "me", "te"}
    if not cores or word in light:
        return
    early = word[-1] in "aeiouns" and len(cores) > 1
    where = cores[-2] if early else cores[-1]
    out[where] = (out[where][0], 2)
