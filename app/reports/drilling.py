"""From a figure to its records: the list's own filters for a resource, a page of the records for a dataset."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from app.reports.asking import ReportRequest
from app.reports.dimensions import Dimension, Pairs
from app.reports.result import ALL, Group, Result
from app.reports.source import DatasetSource
from app.screens.reading import ListRequest
from app.screens.reading.request import EACH
from app.screens.views.screen import with_query


class Drill:
    """The addresses of a result's figures. `list_href` is where the records are listed."""

    def __init__(self, request: ReportRequest, result: Result, list_href: str) -> None:
        self.result, self.list_href = result, list_href
        self.asked = request.asked.request
        self.is_of_facts = isinstance(request.source, DatasetSource)

    def href(self, row: int = ALL, column: int = ALL) -> str:
        """Where exactly the records of this cell are; empty when there are none, or no filter can say which."""
        if not self.result.cell(row, column).count:
            return ""
        pairs: Pairs = []
        groups = ((self.result.rows, row), (self.result.columns, column))
        for dimension, (all_groups, at) in zip(self.result.dimensions, groups, strict=False):
            if at != ALL:
                found = self._pairs(dimension, all_groups, all_groups[at])
                if found is None:
                    return ""
                pairs += found
        merged = merge(self.asked, pairs)
        return "" if merged is None else with_query(self.list_href, merged)

    @staticmethod
    def _pairs(dimension: Dimension, groups: Iterable[Group], group: Group) -> Pairs | None:
        if group.is_others:
            return dimension.other_pairs([one.key for one in groups])
        return dimension.pairs(group.key)


def merge(asked: ListRequest, pairs: Pairs) -> Pairs | None:
    """The conditions of a list and further ones, each argument said once; None when that cannot be said."""
    found: dict[str, list[str]] = {}
    for one in asked.filters:
        texts = found.setdefault(f"{one.field.name}.{one.operator}", [])
        texts += one.texts
    for name, text in pairs:
        field, _dot, operator = name.rpartition(".")
        if operator == "between":
            if not _add_days(found, field, text):
                return None
        elif operator in ("is_not", "none_of"):
            _add_exclusion(found, field, text)
        elif f".{operator}" in EACH:
            texts = found.setdefault(name, [])
            texts += [text] if text not in texts else []
        else:
            found[name] = [text]
    if asked.search:
        found["q"] = [asked.search]
    return [(name, text) for name, texts in found.items() for text in texts]


def _add_exclusion(found: dict[str, list[str]], field: str, text: str) -> None:
    texts = list(dict.fromkeys([*found.pop(f"{field}.is_not", []), *found.pop(f"{field}.none_of", []), text]))
    is_alone = len(texts) == 1 and "," in text  # which would be read as a list
    found[f"{field}.{'is_not' if is_alone else 'none_of'}"] = texts


def _add_days(found: dict[str, list[str]], field: str, text: str) -> bool:
    """Narrow a span of days; where moments are compared, by “after the day before” and “before the day after”."""
    first, last = map(date.fromisoformat, text.split(","))
    there = found.get(f"{field}.between")
    if there is None:
        found[f"{field}.between"] = [str(first), str(last)]
        return True
    try:
        low, high = sorted(map(date.fromisoformat, there))
    except ValueError:
        return _add_around(found, field, first, last)
    found[f"{field}.between"] = [str(max(low, first)), str(min(high, last))]
    return max(low, first) <= min(high, last)


def _add_around(found: dict[str, list[str]], field: str, first: date, last: date) -> bool:
    if f"{field}.after" in found or f"{field}.before" in found:
        return False
    found[f"{field}.after"] = [str(date.fromordinal(first.toordinal() - 1))]
    found[f"{field}.before"] = [str(date.fromordinal(last.toordinal() + 1))]
    return True
