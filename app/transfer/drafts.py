"""From a staged line to a draft: values by target, children by group, problems in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import Field, Record
from app.files.pictures.models import Picture
from app.screens.reading import Surface
from app.transfer.coercion import Parse, parser, unescaped
from app.transfer.plan import Plan, targets_of
from app.transfer.relations import Relations
from app.transfer.targets import Target


@dataclass(slots=True)
class Draft:
    """One line: `values` by name of field, `rows` of each collection by group; `problems` by heading."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    record_id: UUID | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)
    record: Record | None = None
    is_new: bool = True
    children: dict[str, list[tuple[Record, dict[str, Any]]]] = field(default_factory=dict)
    """By collection: each child made of the line, and the values that the line gave it."""
    companions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By relation: what the line says of the other record."""

    def refuse(self, words: str, heading: str = "") -> None:
        self.problems.append((heading, words))


@dataclass(frozen=True, slots=True)
class _Column:
    at: int
    heading: str
    target: Target
    parse: Parse


class LineReader:
    """Reads the lines of one plan. Made once an import: what a column needs is prepared here."""

    def __init__(self, surface: Surface, plan: Plan) -> None:
        self.surface = surface
        # Only in a CSV can a text not say of itself that it is one.
        self.plain = unescaped if plan.format.kind == "csv" else str
        places = {heading: at for at, heading in enumerate(plan.headings)}
        self.columns = [
            _Column(places[heading], heading, target, parser(target.field))
            for heading, target in targets_of(surface, plan).items()
        ]
        self.headings = {one.target.path: one.heading for one in self.columns}
        self._relations: dict[tuple[str, str], Relations] = {}

    def read(self, line: int, cells: Sequence[str]) -> Draft:
        """Coerce the cells of a line. Never raises: problems are in the draft."""
        draft = Draft(line)
        for column in self.columns:
            text = cells[column.at] if column.at < len(cells) else ""
            if not text or not text.strip():
                continue
            try:
                _put(draft, column.target, column.parse(self.plain(text)))
            except ValueError as error:
                draft.refuse(str(error), column.heading)
        return draft

    def heading_of(self, name: str) -> str:
        """The heading that fills a field; the field's label when none does."""
        known = self.headings.get(name) or self.headings.get(f"{name}.id")
        found = self.surface.fields.get(name)
        return known or (found.words if found is not None else "")

    def resolve(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Replace what related records are called by their ids: one or two statements a relation."""
        self._check_pictures(session, drafts)
        for column in self.columns:
            target = column.target
            if target.field.picks and not target.companion:
                places = [(draft, place) for draft in drafts if (place := _place(draft, target)) is not None]
                texts = {place[target.field.name] for _draft, place in places}
                found = self._relation(target).find(session, {text for text in texts if isinstance(text, str)})
                for draft, place in places:
                    _settle(draft, place, target.field, column.heading, found)

    def _check_pictures(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Files hold keys of pictures, as exports write them: those of other places, or of long ago, are refused."""
        for column in self.columns:
            target = column.target
            if target.field.kind != "image" or target.companion:
                continue
            places = [(draft, place) for draft in drafts if (place := _place(draft, target)) is not None]
            keys = {place[target.field.name] for _draft, place in places} - {None}
            known = set(session.scalars(select(Picture.key).where(Picture.key.in_(keys)))) if keys else set()
            for draft, place in places:
                if place[target.field.name] in keys - known:
                    draft.refuse(_("This picture is not here (any more). Please upload it again."), column.heading)
                    del place[target.field.name]

    def _relation(self, target: Target) -> Relations:
        key = target.collection, target.field.name
        if key not in self._relations:
            owner = self.surface.target(self.surface.fields[target.collection]) if target.collection else None
            self._relations[key] = Relations(owner or self.surface, target.field)
        return self._relations[key]


def _put(draft: Draft, target: Target, value: Any) -> None:
    if target.path == "id":
        draft.record_id = value
    elif target.companion:
        draft.companions.setdefault(target.companion, {})[target.field.name] = value
    elif target.collection:
        row = draft.rows.setdefault(target.collection, {}).setdefault(target.group, {})
        if target.preset is not None:
            row.setdefault(*target.preset)
        row[target.field.name] = value
    else:
        draft.values[target.field.name] = value


def _place(draft: Draft, target: Target) -> dict[str, Any] | None:
    """Where a draft keeps a target's value; None when it has none."""
    place = draft.rows.get(target.collection, {}).get(target.group, {}) if target.collection else draft.values
    return place if target.field.name in place else None


def _settle(draft: Draft, place: dict[str, Any], field: Field, heading: str, found: dict[str, UUID | str]) -> None:
    text = place[field.name]
    if not isinstance(text, str):
        return  # the id's column came first
    answer = found[text]
    if isinstance(answer, str):
        draft.refuse(answer, heading)
        del place[field.name]
    else:
        place[field.name] = answer


def required_fields(surface: Surface) -> list[Field]:
    """What a new record must be given."""
    return [
        one
        for one in surface.editable(is_new=True).values()
        if one.required and one.default is None and one.kind not in ("flag", "tags") and not one.show_if
    ]


def required_words(one: Field) -> str:
    return str(_("Please fill in “%(field)s”.", field=one.words))
