"""Pickers: searching related records as somebody types, and the same search for readers without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response, abort, jsonify, request
from flask_babel import gettext as _
from sqlalchemy import Subquery, and_, func, or_, select

from app.data import Field, db
from app.data.record import label_fields
from app.host import registry
from app.host.custom_fields import PREFIX
from app.identity.locale import listed
from app.screens.page import Option
from app.screens.reading import Count, ListRequest, Surface
from app.screens.reading.listing import select_rows
from app.screens.reading.surface import label_of
from app.screens.views.controls import FIND
from app.screens.views.counting import count_words
from app.screens.views.field_names import offered_names
from app.screens.views.screen import Screen
from app.screens.views.used_tags import used_tags
from app.screens.writing import Doubts, Invalid, NotAllowed, Submission, read_json, save
from app.screens.writing.actions import parameter_fields
from app.screens.writing.submission import inline_fields
from app.search.index import SearchToken, exactly, tag_token, term_range
from app.search.tags import Tag
from app.search.tokens import prefix_range

LIMIT = 20
COUNTED = 500
"""So many records of a tag are counted while somebody types."""

Hit = tuple[UUID, str, str]
"""Id, label, and a hint that tells namesakes apart."""


def pick(screen: Screen, name: str) -> Response:
    """The records a relation of this resource may point to: `?q=` narrows, at most twenty come."""
    return _answer(screen, screen.surface.fields.get(name))


def pick_in(screen: Screen, group: str, name: str) -> Response:
    """The same for a relation of a child row, or of an action's parameters."""
    action = screen.entry.actions.get(group)
    if action is not None:
        return _answer(screen, parameter_fields(action).get(name) if screen.may(group) else None)
    collection = screen.surface.inlines().get(group)
    if collection is None:
        abort(404)
    return _answer(screen, inline_fields(screen.surface, collection, screen.surface.target(collection)).get(name))


def quick_create(screen: Screen) -> Response | tuple[Response, int]:
    """Make a record from a mere name, for a picker: `{label}` in, `{id, label}` out."""
    field_name = screen.entry.resource.quick_create
    if not field_name:
        abort(404)
    data = request.get_json(silent=True)
    label = data.get("label") if isinstance(data, dict) else None
    submission = read_json(screen.surface, {field_name: label}, None)
    try:
        row = save(screen.surface, submission, None)
        made = {"id": str(row.id), "label": str(row)}
        db.session.commit()
    except Invalid as error:
        words = " ".join(error.submission.errors.values())
    except Doubts as error:
        words = " ".join(str(one.message) for one in error.warnings)
    except NotAllowed as error:
        words = str(error)
    else:
        return jsonify(made), 201
    db.session.rollback()
    return jsonify(detail=words), 422


def find_typed(screen: Screen, form: Any, submission: Submission) -> dict[str, tuple[Option, ...]]:
    """What readers without scripts asked for: one hit is taken, several are offered as the control's choices."""
    offered: dict[str, tuple[Option, ...]] = {}
    for key in form:
        words = form[key].strip()[:200] if key.startswith(FIND) else ""
        name = key.removeprefix(FIND)
        field = screen.surface.fields.get(name)
        if not words or field is None or not field.picks:
            continue
        hits, _more = find(screen.surface, field, words)
        if len(hits) == 1:
            submission.texts[name] = str(hits[0][0])
            submission.values[name] = hits[0][0]
            submission.errors.pop(name, None)
            continue
        offered[name] = tuple(Option(str(key), f"{label} - {hint}" if hint else label) for key, label, hint in hits)
        submission.errors[name] = _("Please choose one from the list.") if hits else _("Nothing found")
    return offered


def find(surface: Surface, field: Field, words: str) -> tuple[Sequence[Hit], bool]:
    """Up to twenty records a relation may point to, and whether there are more."""
    target = surface.target(field)
    if target is None and (field.readonly or field.links):
        return [], False  # no rule says who may see these records, and nobody has to choose one
    rows = _search(target, words) if target is not None else _by_label(surface, field, words)
    return rows[:LIMIT], len(rows) > LIMIT


def _answer(screen: Screen, field: Field | None) -> Response:
    if field is None or not (field.picks or field.kind == "tags"):
        abort(404)
    words = request.args.get("q", "").replace("\x00", " ").strip()[:200]
    if field.fields_of:
        return jsonify(results=offered_names(request.args.get("beside", ""), words), more=False)
    if field.kind == "tags" and field.name.startswith(PREFIX):
        return _offered_tags(used_tags(screen.surface, field, words))
    if field.kind == "tags":
        return _tags(screen.surface, words)
    hits, more = find(screen.surface, field, words)
    results = [{"id": str(key), "label": label, "hint": hint} for key, label, hint in hits]
    return jsonify(results=results, more=more)


def _tags(surface: Surface, words: str) -> Response:
    """The tenant's tags, each with how many records of this kind have it; records hold their names, so that is what is
    chosen."""
    hits = _search(Surface(registry().by_model[Tag], surface.session, surface.person), words)
    names = [name for _key, name, _hint in hits[:LIMIT]]
    return _offered_tags(list(zip(names, _tagged(surface, names), strict=True)), more=len(hits) > LIMIT)


def _offered_tags(found: Sequence[tuple[str, Count]], *, more: bool = False) -> Response:
    results = [{"id": name, "label": name, "hint": count_words(count)} for name, count in found[:LIMIT]]
    return jsonify(results=results, more=more or len(found) > LIMIT)


def _tagged(surface: Surface, names: Sequence[str]) -> list[Count]:
    """How many records that this person reaches have each of the tags, in one statement; counted up to `COUNTED`."""
    if not names:
        return []
    counts = [select(func.count()).select_from(_having(surface, name)).scalar_subquery() for name in names]
    row = surface.session.execute(select(*(one.label(f"tag{at}") for at, one in enumerate(counts)))).one()
    return [Count(min(number, COUNTED), capped=number > COUNTED) for number in row]


def _having(surface: Surface, tag: str) -> Subquery:
    """The records with a tag, by way of its tokens, so that a rare one is found as fast as a common one."""
    model = surface.model
    with_token = select(model.id).join(SearchToken, SearchToken.record_id == model.id)
    where = [term_range(*exactly(tag_token(tag)), surface.entry.key), *surface.conditions(), model.is_in_sight()]
    return with_token.where(*where).limit(COUNTED + 1).subquery()


def _search(target: Surface, words: str) -> list[Hit]:
    """By the resource's own search; by the beginning of the name where that finds nothing or there is none."""
    if not target.may("read"):
        return []
    if not words:
        return _hits(target, [*target.conditions(), target.model.is_in_sight()])
    found: list[Hit] = []
    if target.entry.resource.search:
        found = _hits(target, select_rows(target, ListRequest(search=words)).where)
    begins = _begins(target.model, label_fields(target.model), words)
    return found or _hits(target, [*target.conditions(), target.model.is_in_sight(), begins])


def _hits(target: Surface, where: list[Any]) -> list[Hit]:
    model = target.model
    names = label_fields(model)
    hints = hint_fields(target)
    statement = select(model.id, *(getattr(model, name) for name in names), *hint_columns(target, hints)).where(*where)
    rows = target.session.execute(statement.order_by(*_order(model, names)).limit(LIMIT + 1)).all()
    cut = 1 + len(names)
    return [(row[0], label_of(model, row[0], row[1:cut]), _hint(row[cut:])) for row in rows]


def _by_label(surface: Surface, field: Field, words: str) -> list[Hit]:
    """Records without a resource of their own, such as members: few, found by their name."""
    model: Any = field.target() if field.target else None
    names = label_fields(model)
    statement = select(model.id, *(getattr(model, name) for name in names))
    if words:
        statement = statement.where(or_(*(getattr(model, name).icontains(words, autoescape=True) for name in names)))
    if "is_active" in model.__fields__:
        statement = statement.where(model.is_active)
    rows = surface.session.execute(statement.order_by(*_order(model, names)).limit(LIMIT + 1)).all()
    return [(row[0], label_of(model, row[0], row[1:]), "") for row in rows]


def _begins(model: Any, names: Sequence[str], words: str) -> Any:
    """A range of the sorted name where there is one: row-level security lets no index serve LIKE."""
    first = model.__fields__.get(names[0]) if names else None
    if first is not None and first.sortable:
        low, high = prefix_range(words.lower())
        key = getattr(model, first.sort_column)
        return and_(key >= low, key < high)
    return or_(*(getattr(model, name).istartswith(words, autoescape=True) for name in names))


def _order(model: Any, names: Sequence[str]) -> list[Any]:
    """By name where an index serves it, newest first elsewhere."""
    first = model.__fields__.get(names[0]) if names else None
    return [getattr(model, first.sort_column), model.id] if first is not None and first.sortable else [model.id.desc()]


def hint_fields(target: Surface) -> list[str]:
    """What is shown beside a label, as far as this person may see it."""
    names = target.entry.resource.picker.split()
    return [name for name in names if name in target.entry.fields and name not in target.access.hidden]


def hint_columns(target: Surface, names: Sequence[str]) -> list[Any]:
    """What tells namesakes apart, as columns of a statement: a related record by its label."""
    columns: list[Any] = []
    for name in names:
        field = target.entry.fields[name]
        if field.kind == "belongs_to" and field.target is not None:
            other: Any = field.target()
            parts = [getattr(other, part) for part in label_fields(other)]
            link = getattr(target.model, field.column)
            named = [select(part).where(other.id == link).correlate(target.model) for part in parts]
            columns += [one.scalar_subquery() for one in named]
        elif field.kind != "has_many" and "." not in name:
            columns.append(getattr(target.model, name))
    return columns


def _hint(values: Sequence[Any]) -> str:
    return listed(str(value) for value in values if value not in (None, "", []))
