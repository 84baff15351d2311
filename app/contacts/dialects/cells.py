"""The cells of one record by heading, as the dialects of address books name them."""

import re
from collections.abc import Sequence


class Cells:
    """The non-empty cells of a record by normalised heading; a heading may occur more than once."""

    def __init__(self, headings: Sequence[str], cells: Sequence[str]) -> None:
        self.surplus = tuple(cell.strip() for cell in cells[len(headings) :] if cell.strip())
        self._values: dict[str, list[str]] = {}
        for heading, cell in zip(headings, cells, strict=False):
            if value := cell.strip():
                self._values.setdefault(heading, []).append(value)

    def take(self, *headings: str) -> str:
        """The first value under these headings, which counts as used with all that repeat it; else ""."""
        taken = next((self._values[heading][0] for heading in headings if heading in self._values), "")
        for heading in headings:
            rest = [value for value in self._values.pop(heading, []) if value != taken]
            if rest:
                self._values[heading] = rest
        return taken

    def take_all(self, heading: str) -> list[str]:
        """Every value under a heading, which counts as used."""
        return self._values.pop(heading, [])

    def headings(self) -> list[str]:
        """Headings with values nobody has used yet, in their order."""
        return list(self._values)

    def __bool__(self) -> bool:
        return bool(self._values or self.surplus)


def normalised(heading: str) -> str:
    """A heading as the dialects name it: lower case, single spaces, "email" as "e-mail", straight apostrophes."""
    text = " ".join(heading.replace("’", "'").replace("\ufeff", "").split()).casefold()
    return re.sub(r"\bemail\b", "e-mail", text)
