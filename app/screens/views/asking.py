"""What a list is asked for, from the address of the page; what cannot be understood is left out and said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from flask import request
from werkzeug.datastructures import MultiDict

from app.screens.reading import BadArguments, ListRequest, parse_list
from app.screens.reading.surface import Surface
from app.screens.views.screen import Pairs

REPORT = ("by", "measure", "chart", "top", "order")
"""Arguments that say how a report counts and shows its records (`app.reports.asking`)."""
BOARD = ("lanes", "lane", "after", "totals")
"""Arguments of boards (`app.screens.views.board`)."""
OWN = frozenset({"view", "month", "next", "apply", "saved", "ready", "on", *REPORT, *BOARD})
"""Arguments of the screens themselves, which are no part of the list's grammar. `on` says on which surface a panel was
opened."""
_FLEETING = (OWN - {"view"}) | {"cursor", "count"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A list request, the arguments it came from, and sentences about arguments that were left out."""

    request: ListRequest
    pairs: Pairs
    problems: tuple[str, ...] = ()

    def without(self, *names: str) -> Pairs:
        """The arguments without some; a new order or filter starts on the first page."""
        return [pair for pair in self.pairs if pair[0] not in (*names, "cursor")]

    @property
    def conditions(self) -> Pairs:
        """The arguments that say which rows are meant."""
        names = {f"{one.field.name}.{one.operator}" for one in self.request.filters} | {"q", "archived"}
        return [pair for pair in self.pairs if pair[0] in names and pair[1]]

    @property
    def lasting(self) -> Pairs:
        """The arguments that hold on list, board and calendar alike: which rows, by which view, how they are shown."""
        return [pair for pair in self.pairs if pair[0] not in _FLEETING and pair[1]]

    @property
    def bare(self) -> Pairs:
        """What holds on every surface, without the conditions."""
        return [pair for pair in self.lasting if pair not in self.conditions]

    @property
    def unconditional(self) -> Pairs:
        """The arguments that say how rows are shown, not which."""
        return [pair for pair in self.without() if pair not in self.conditions]


def ask(surface: Surface, pairs: Pairs | None = None) -> Asked:
    """Read the arguments (by default those of this request's address). Never raises."""
    given = list(request.args.items(multi=True)) if pairs is None else pairs
    try:
        return Asked(parse_list(surface, MultiDict(given), ignore=OWN), given)
    except BadArguments as error:
        kept = [pair for pair in given if pair[0] not in error.errors]
        if "filters" in error.errors:
            kept = [pair for pair in kept if "." not in pair[0]]
        return Asked(parse_list(surface, MultiDict(kept), ignore=OWN), kept, _sentences(error))


def _sentences(error: BadArguments) -> tuple[str, ...]:
    return tuple(f"{name[:60]}: {words}" for name, words in error.errors.items())


def from_query(surface: Surface, query: str) -> ListRequest:
    """The rows another page meant, from the query it sent along."""
    try:
        pairs = parse_qsl(query, max_num_fields=200)
    except ValueError:
        pairs = []
    return replace(ask(surface, pairs).request, cursor=None)
