"""One spelling for what people write in many: the form in which text is searched."""

import re
import unicodedata

_LETTERS = {
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي", "ة": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "ک": "ك",
    "ء": "", "ـ": "",
    "ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t",
}  # fmt: skip
APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼʻ`ʹʿʾ"))
"""For str.translate: apostrophes and the marks of transliteration fall away inside a word."""

_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Text without case, accents, harakat, tatweel and invisible marks, with one form for each Arabic letter
    (أ إ آ ٱ -> ا, ى ئ -> ي, ؤ -> و, ة -> ه, a bare ء falls away) and ASCII digits.

    Idempotent, and safe to store: no NUL, no lone surrogates.
    """
    if text.isascii():
        return text.lower().translate(_table)
    while (folded := _fold_once(text)) != text:
        text = folded
    return text


def words(text: str) -> list[str]:
    """The folded words of a text in their order; "O'Brien" is one word, "Al-Rashid" is two."""
    return _WORD.findall(fold(text).translate(APOSTROPHES))


def _fold_once(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text).casefold().translate(_table))


class _FoldTable(dict[int, str]):
    """Code point -> what is left of it, worked out when first met (most of Unicode never is)."""

    def __missing__(self, point: int) -> str:
        self[point] = replacement = _replacement(chr(point))
        return replacement


def _replacement(char: str) -> str:
    if char in _LETTERS:
        return _LETTERS[char]
    category = unicodedata.category(char)
    if category[0] == "M" or category in {"Cf", "Cs"}:
        return ""
    if category == "Cc":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(char))
    return char


_table = _FoldTable()
