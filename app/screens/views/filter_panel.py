"""The filter panel and the column chooser: forms that lead back to the list, fetched when they are opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from flask import jsonify, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.data import Field, db
from app.data.record import words_of
from app.screens.kinds import kind_of
from app.screens.laying import laid_columns
from app.screens.page import ColumnChooser, FieldView, FilterField, FilterOperator, FilterPanel, Option
from app.screens.reading import Filter
from app.screens.reading.branches import AT_OR_BELOW, operators_of
from app.screens.reading.request import ME, leads_to_members
from app.screens.views.asking import Asked, ask
from app.screens.views.controls import Known, control_of
from app.screens.views.operators import WITHIN, offered, operator_words, takes, yes_no
from app.screens.views.own_columns import WIDTH, keep_columns, own_columns
from app.screens.views.relations import relation_labels
from app.screens.views.saved import ALL
from app.screens.views.screen import Pairs, Screen, all_arguments, with_query

MOST_TICKS = 15
_OPERATOR, _FIRST, _SECOND = "op.", "v.", "w."


def filter_panel(screen: Screen) -> str | Response:
    """GET shows the panel; with `apply` it translates what was chosen into the list's own address."""
    if "apply" in request.args:
        return redirect(with_query(screen.home, [*_kept(), *_chosen(screen)]), 303)
    asked = ask(screen.surface)
    current = _by_field(asked.request.filters)
    known = Known(relation_labels(screen.surface.session, _relations(current)))
    fields = [_line(screen, field, current.get(name), known) for name, field in screen.surface.filterable().items()]
    page = FilterPanel(
        title=_("Filter: %(what)s", what=screen.plural),
        action_href=screen.href("filters"),
        cancel_href=with_query(screen.home, asked.without("on")),
        fields=tuple(field for field in fields if len(field.operators) > 1),
        kept=(("apply", "1"), *_beside(asked, current)),
    )
    return render_template("resource/filters.html", page=page)


def column_chooser(screen: Screen) -> str | Response:
    """GET shows the columns in their order; POST keeps what is chosen, for this person or, on a saved view, in the
    address that the view can keep."""
    if request.method == "POST":
        return _choose_columns(screen)
    asked = ask(screen.surface)
    shown = asked.request.columns or own_columns(screen.surface) or laid_columns(screen.surface)
    shown = shown or tuple(screen.surface.default_columns())
    others = [name for name, field in screen.surface.fields.items() if _is_column(field) and name not in shown]
    rest = asked.without("columns")
    page = ColumnChooser(
        title=_("Columns: %(what)s", what=screen.plural),
        action_href=screen.href("columns"),
        cancel_href=with_query(screen.list_href, asked.pairs),
        options=tuple(Option(name, screen.surface.fields[name].words, name in shown) for name in (*shown, *others)),
        kept=tuple(rest),
    )
    return render_template("resource/columns.html", page=page)


def _choose_columns(screen: Screen) -> Response:
    """`columns` are the chosen ones in their order, `width.<name>` pixels; none at all, or `usual`, the usual ones.
    Leads to the list; scripts are told its address."""
    fields = {} if "usual" in request.form else screen.surface.fields
    names = [name for name in dict.fromkeys(request.form.getlist("columns")) if name in fields]
    rest = [pair for pair in request.form.items(multi=True) if not _is_of_chooser(pair[0]) and pair[1]]
    is_view = any(name == "view" and value != ALL for name, value in rest)
    keep_columns(screen.surface, names, request.form, are_of_view=is_view)
    db.session.commit()
    if is_view and names:
        rest.append(("columns", ",".join(names)))
    address = with_query(screen.list_href, rest)
    return jsonify(href=address) if request.accept_mimetypes.best == "application/json" else redirect(address, 303)


def _by_field(filters: tuple[Filter, ...]) -> dict[str, Filter]:
    """The condition that the panel shows of each field: the last one, or all tags that a row must have."""
    found: dict[str, Filter] = {}
    for one in filters:
        before = found.get(one.field.name)
        if before is not None and before.operator == one.operator == "has":
            found[one.field.name] = replace(one, texts=(*before.texts, *one.texts))
        else:
            found[one.field.name] = one
    return found


def _is_of_chooser(name: str) -> bool:
    return name in ("columns", "usual", "cursor", "csrf_token") or name.startswith(WIDTH)


def _is_column(field: Field) -> bool:
    return (field.picks or field.kind not in ("has_many", "record_id")) and field.name != "deleted_at"


def _beside(asked: Asked, current: dict[str, Filter]) -> Pairs:
    """Arguments the panel does not show: search, order, columns, and a second condition on the same field."""
    shown = {f"{one.field.name}.{one.operator}": one for one in current.values()}
    return [
        (name, text)
        for name, text in asked.without()
        if name not in shown or (shown[name].operator == AT_OR_BELOW and text not in shown[name].texts)
    ]


def _kept() -> Pairs:
    return [
        p for p in all_arguments("apply", "cursor", "on") if not p[0].startswith((_OPERATOR, _FIRST, _SECOND)) and p[1]
    ]


def _chosen(screen: Screen) -> Iterator[tuple[str, str]]:
    """What was chosen, in the list's own grammar."""
    for name, field in screen.surface.filterable().items():
        operator = request.args.get(_OPERATOR + name, "")
        values = [text for text in request.args.getlist(_FIRST + name) if text.strip()]
        if operator in ("empty", "filled"):
            yield f"{name}.empty", "true" if operator == "empty" else "false"
        elif operator == ME and leads_to_members(field):
            yield f"{name}.is", ME
        elif operator.startswith(WITHIN):
            yield f"{name}.within", operator.removeprefix(WITHIN)
        elif operator == "between":
            values = [*values[-1:], *request.args.getlist(_SECOND + name)[-1:]]
            yield from ((f"{name}.between", text) for text in values)
        elif operator == "has":
            tags = (tag.strip() for text in values for tag in re.split("[,،]", text))
            yield from ((f"{name}.has", tag) for tag in tags if tag)
        elif operator in operators_of(screen.surface, field):
            units = request.args.getlist(f"{_FIRST}{name}-currency")[-1:] if field.kind == "money" else []
            chosen = values if operator == "one_of" else values[-1:]
            yield from ((f"{name}.{operator}", " ".join([text, *units])) for text in chosen)


def _line(screen: Screen, field: Field, current: Filter | None, known: Known) -> FilterField:
    chosen = current.operator if current is not None else ""
    if current is not None and chosen == "empty" and not current.operands[0]:
        chosen = "filled"
    if chosen == "is" and current is not None and current.texts == (ME,) and leads_to_members(field):
        chosen = ME
    if chosen == "is" and field.kind == "choice":
        chosen = "one_of"
    if chosen == "within" and current is not None:
        chosen = WITHIN + current.operands[0]
    operators = [FilterOperator("", _("any"), "none", chosen == "")]
    operators += [FilterOperator(o, operator_words(o), takes(o), o == chosen) for o in offered(screen.surface, field)]
    texts = current.texts if current is not None and takes(chosen) != "none" else ()
    name = _FIRST + field.name
    label = known.labels.get(field.name)
    labels = Known({name: label}) if label else Known()
    controls = tuple(value_controls(screen, field, (name, _SECOND + field.name), texts, labels))
    return FilterField(field.name, field.words, _OPERATOR + field.name, tuple(operators), controls, bool(chosen))


def value_controls(
    screen: Screen, field: Field, names: tuple[str, str], texts: tuple[str, ...], known: Known
) -> Iterator[FieldView]:
    """The controls for what a field is compared with: their `names`, the second one for “between”."""
    name, second = names
    first = texts[0] if texts else ""
    if field.kind in ("json", "image"):  # there or not there, and nothing to compare with
        return
    if field.kind == "choice":
        yield _listed(field, name, texts)
    elif field.kind == "flag":
        yield FieldView(name, field.words, "choice", first, options=_yes_and_no(), compact=True)
    elif field.picks:
        plain = replace(field, required=False, help=None, show_if=None)
        yield _bare(control_of(screen, plain, name, first, known=known, compact=True))
    elif field.kind == "tags":
        tags = Field("tags", field.name, field.label)
        yield replace(control_of(screen, tags, name, ", ".join(texts), compact=True), help="")
    else:
        yield _typed(screen, field, name, first)
        if "between" in kind_of(field).operators:
            yield _typed(screen, field, second, texts[1] if len(texts) > 1 else "")


def _listed(field: Field, name: str, texts: tuple[str, ...]) -> FieldView:
    """What a choice can be: to tick, or to find in a list where it is long. What is chosen is there in any case."""
    offered = {one.value: one.words for one in field.offered} | {text: words_of(field, text) for text in texts}
    options = tuple(Option(value, words, value in texts) for value, words in offered.items())
    return FieldView(
        name, field.words, "choices" if len(options) > MOST_TICKS else "ticks", options=options, compact=True
    )


def _yes_and_no() -> tuple[Option, ...]:
    return (Option("true", yes_no(True)), Option("false", yes_no(False)))


def _typed(screen: Screen, field: Field, name: str, text: str) -> FieldView:
    """A control for a value to compare with: a whole day for a moment, one line for every text."""
    kinds = {"moment": "day", "integer": "integer", "decimal": "decimal", "day": "day", "money": "money"}
    plain = Field(kinds.get(field.kind, "text"), field.name, field.label)  # type: ignore[arg-type]
    if plain.kind == "day" and len(text) > len("2026-01-31"):
        text = text[:10]
    return control_of(screen, plain, name, text, compact=True)


def _bare(view: FieldView) -> FieldView:
    """A picker that chooses among what exists and makes nothing new."""
    if view.picker is None:
        return view
    return replace(view, picker=replace(view.picker, create_href="", create_label="", find_name=""))


def _relations(current: dict[str, Filter]) -> dict[str, tuple[Field, str]]:
    return {
        name: (one.field, str(one.operands[0]))
        for name, one in current.items()
        if one.field.picks and one.operator != "empty" and one.texts
    }
