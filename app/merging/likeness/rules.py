"""What counts in the tenant in force: the clues that a resource declares, as its rules have changed them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import Field
from app.host import Clue, Entry, FieldError, registry
from app.host.custom_fields import PREFIX, custom_fields
from app.identity.principal import principal
from app.merging.models import DuplicateRule
from app.tenancy.configuration import by_configuration

LISTED_FROM = 60
"""Points from which on two records are listed as possible duplicates."""
ASKED_FROM = 40
"""Points from which on whoever saves one is asked about the other."""
_KINDS = frozenset({"text", "email", "phone", "url", "day", "integer", "decimal", "belongs_to"})
_LEADING = frozenset({"text", "email", "phone", "url"})


@dataclass(frozen=True, slots=True)
class Counted:
    """A clue in force, with the field that it is about."""

    clue: Clue
    field: Field

    @property
    def words(self) -> str:
        return self.field.words


def counted(session: Session, entry: Entry) -> tuple[Counted, ...]:
    """The clues of a resource that count anything, the strongest first."""
    changed = _rules(session).get(entry.key, {})
    declared = {clue.path: clue for clue in entry.resource.clues}
    own = custom_fields(session, entry.key) if entry.resource.custom_fields else {}
    found: list[Counted] = []
    for path in {**declared, **changed}:
        clue = declared.get(path) or Clue(path, 0, leads=path in own and own[path].kind in _LEADING)
        field = _field_of(entry, path, own)
        points = changed.get(path, clue.points)
        if field is not None and points:
            found.append(Counted(replace(clue, points=points), field))
    return tuple(sorted(found, key=lambda one: (-one.clue.points, one.clue.path)))


def _field_of(entry: Entry, path: str, own: dict[str, Field]) -> Field | None:
    """The field of a path; of inline rows their collection."""
    if path.startswith(PREFIX):
        return own.get(path)
    return entry.fields.get(path.partition(".")[0])


def _rules(session: Session) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = by_configuration(session, principal(), "duplicate_rules", _load)
    return found


def _load(session: Session) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    columns = DuplicateRule.resource, DuplicateRule.path, DuplicateRule.points
    for resource, path, points in session.execute(select(*columns)):
        found.setdefault(resource, {})[path] = points
    return found


def kinds_with_clues() -> list[Entry]:
    """The resources whose records are looked at for duplicates."""
    return [entry for entry in registry().by_model.values() if entry.resource.clues]


def check_rule(rule: DuplicateRule, is_new: bool) -> None:
    """A rule names records that are looked at, and one of their fields. Raises FieldError."""
    entry = registry().entries.get(rule.resource)
    if entry is None or not entry.resource.clues:
        known = ", ".join(one.key for one in kinds_with_clues())
        raise FieldError("resource", _("Possible here: %(names)s.", names=known))
    own = custom_fields(_session(rule), entry.key)
    field = _field_of(entry, rule.path, own)
    is_declared = rule.path in {clue.path for clue in entry.resource.clues}
    if field is None or not (is_declared or (field.kind in _KINDS and "." not in rule.path.removeprefix(PREFIX))):
        names = [*(clue.path for clue in entry.resource.clues), *own]
        names += [f.name for f in entry.fields.values() if f.kind in _KINDS and f.name != "merged_into"]
        raise FieldError("path", _("Possible here: %(names)s.", names=", ".join(dict.fromkeys(names))))


def _session(rule: DuplicateRule) -> Session:
    from sqlalchemy.orm import object_session

    from app.data import db

    return object_session(rule) or db.session()
