"""The inline rows that a line brings: made, checked by their own rule, merged into those of a known record."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm.attributes import instance_dict

from app.data import Record
from app.host import registry
from app.screens.reading import Surface
from app.transfer.blanks import Blanks
from app.transfer.drafts import Draft, required_words
from app.transfer.matching import normal_name
from app.transfer.targets import is_sort, main_field


class Children:
    """The inline rows of one collection. Made once an import: what every row needs is prepared here."""

    def __init__(self, surface: Surface, collection: str) -> None:
        self.spec = surface.fields[collection]
        self.name = collection
        self.model: type[Record] = self.spec.target()  # type: ignore[misc]
        fields = self.model.__fields__
        entry = registry().by_model.get(self.model)
        self.rule = entry.resource.before_save if entry is not None else None
        self.blanks = Blanks(self.model)
        self.columns = {name: field.column for name, field in fields.items() if field.kind == "belongs_to"}
        self.required = [
            field
            for name, field in fields.items()
            if field.required and field.default is None and not field.readonly
            and field.kind not in ("flag", "tags", "has_many") and name != self.spec.reverse
        ]  # fmt: skip
        chooser = next((f.name for f in fields.values() if is_sort(f) and not f.readonly), "")
        self.telling = (
            [name for name in (normal_name(surface, collection), chooser) if name] if main_field(self.spec) else []
        )
        """The fields by which a row of a known record is recognised; all that are given, when it is called by none."""

    def make(self, draft: Draft, values: dict[str, Any]) -> tuple[Record, dict[str, Any]] | None:
        """A new row and the columns that the line gave it; None when it is refused."""
        for field in self.required:
            if field.name not in values:
                draft.refuse(f"{self.spec.words}: {required_words(field)}")
                return None
        given = {self.columns.get(name, name): value for name, value in values.items()}
        child = self.blanks.make(given)
        return (child, given) if self.allow(draft, child, is_new=True) else None

    def settle(self, record: Record) -> None:
        """Let the rows of a new record know its id; those that its rule has added are complete then as well."""
        for child in instance_dict(record).get(self.name, ()):
            if "version" not in instance_dict(child):
                self.blanks.complete(child)
            instance_dict(child)[f"{self.spec.reverse}_id"] = record.id

    def release(self, record: Record) -> None:
        """Part the rows of a new record from it: a circle is freed only by a search for garbage."""
        for child in instance_dict(record).get(self.name, ()):
            instance_dict(child).pop(str(self.spec.reverse), None)

    def merge(self, draft: Draft, record: Record, child: Record, given: dict[str, Any]) -> None:
        """A row that is there already is completed; any other is added."""
        rows: list[Record] = getattr(record, self.name)
        names = self.telling or list(given)
        same = next((row for row in rows if all(getattr(row, n) == getattr(child, n) for n in names)), None)
        if same is None:
            rows.append(child)
            return
        for name in given:
            if getattr(same, name) != getattr(child, name):
                setattr(same, name, getattr(child, name))
        if inspect(same).modified:
            self.allow(draft, same, is_new=False)

    def allow(self, draft: Draft, child: Record, *, is_new: bool) -> bool:
        """Ask the rule of the rows' own resource."""
        if self.rule is None:
            return True
        try:
            self.rule(child, is_new)
        except ValueError as error:  # a FieldError among them: its field is one of the row's
            draft.refuse(f"{self.spec.words}: {error}")
            return False
        return True
