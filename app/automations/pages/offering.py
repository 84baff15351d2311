"""What can be chosen while an automation is made: controls that fit the kind of trigger, step and field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.automations.models import EVENT, EVENTS, MOMENT, SCHEDULE, STEP_KINDS, TRIGGERS, UNITS, UPDATED, WEEKDAYS
from app.automations.pages.editing import Draft, DraftLine, DraftStep
from app.automations.pages.storing import WITH_VALUES, fields_for
from app.automations.steps.making import other_surface
from app.automations.steps.telling import member_fields
from app.automations.values import TEXTS
from app.console.form_rules.offering import RuleLine, groups_of
from app.console.layouts.offering import kinds_here
from app.data import Choice, Field, db
from app.data.choices import InstalledChoices
from app.host import registry
from app.host.extending import is_here
from app.identity.principal import principal
from app.messaging.models import CommunicationTemplate
from app.screens.laying import layable
from app.screens.page import FieldView, Option
from app.screens.views.controls import Known, control_of
from app.screens.views.relations import relation_labels
from app.screens.views.screen import Screen
from app.tenancy.models import ROLE_CHOICES, Membership
from app.webhooks.models import DISABLED, WebhookEndpoint


@dataclass(frozen=True, slots=True)
class ValueLine:
    """One field that a step fills in, with its controls. `stem` begins their names."""

    stem: str
    fields: tuple[Option, ...]
    hows: tuple[Option, ...]
    controls: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True)
class StepCard:
    """A step with its controls."""

    stem: str
    number: int
    kinds: tuple[Option, ...]
    chooser: FieldView | None
    controls: tuple[FieldView, ...]
    lines: tuple[ValueLine, ...]
    groups: list[list[RuleLine]]
    has_values: bool
    has_conditions: bool


def options(choices: Sequence[Choice], chosen: str, *, empty: str | None = None) -> tuple[Option, ...]:
    found = tuple(Option(one.value, one.words, one.value == chosen) for one in choices)
    return found if empty is None else (Option("", empty, not chosen), *found)


def select_of(name: str, label: str, chosen: str, among: tuple[Option, ...], **more: Any) -> FieldView:
    return FieldView(name, label, "choice", chosen, options=among, **more)


# --- the trigger ------------------------------------------------------------------------------------------------------


def triggers(draft: Draft) -> tuple[Option, ...]:
    return options(TRIGGERS, draft.texts.get("trigger", ""))


def trigger_controls(screen: Screen, draft: Draft) -> Iterator[FieldView]:
    """What the chosen trigger asks for besides."""
    texts, trigger = draft.texts, draft.texts.get("trigger", "")
    fields = layable(screen.surface)
    if trigger == UPDATED:
        watched = tuple(Option(name, one.words, name in draft.watched) for name, one in fields.items())
        yield FieldView("watched", _("Only when these fields change"), "choices", options=watched,
                        help=_("Any change when none is chosen."))  # fmt: skip
    if trigger == EVENT:
        yield select_of("event_name", _("Event"), texts.get("event_name", ""), _events(screen, texts), required=True)
    if trigger == MOMENT:
        dates = [one for one in fields.values() if one.kind in ("day", "moment") and not one.name.startswith("custom.")]
        chosen = texts.get("moment_field", "")
        among = tuple(Option(one.name, one.words, one.name == chosen) for one in dates)
        yield select_of("moment_field", _("Date or time of the record"), chosen, among, required=True)
        yield FieldView("amount", _("How long"), "integer", texts.get("amount", "0"))
        yield select_of("unit", _("Unit"), texts.get("unit", ""), options(UNITS, texts.get("unit", "days")))
        sides = (Choice("before", _("Before")), Choice("after", _("After")))
        yield select_of("direction", _("Before or after"), texts.get("direction", ""),
                        options(sides, texts.get("direction", "after")))  # fmt: skip
    if trigger in (MOMENT, SCHEDULE):
        yield FieldView("at_time", _("Time of day"), "text", texts.get("at_time", "") or "09:00",
                        help=_("As 09:00, on the clock of your organisation. For dates without a time."))  # fmt: skip
    if trigger == SCHEDULE:
        days = options(WEEKDAYS, texts.get("weekday", ""), empty=_("Every day"))
        yield select_of("weekday", _("Day of the week"), texts.get("weekday", ""), days)


def _events(screen: Screen, texts: Mapping[str, str]) -> tuple[Option, ...]:
    chosen, key = texts.get("event_name", ""), screen.entry.key
    found = [one for one in registry().happenings.types.values() if is_here(one.plugin)]
    near = sorted(found, key=lambda one: (not one.name.startswith(key.partition(".")[0]), one.name))
    words = {one.value: one.words for one in InstalledChoices(EVENTS)}
    return tuple(Option(one.name, words.get(one.name, one.name), one.name == chosen) for one in near)


def owner_controls(draft: Draft) -> Iterator[FieldView]:
    """In whose name it runs: one's own, or, for owners, any member's."""
    person, chosen = principal(), draft.texts.get("runs_as", "")
    is_mine = Membership.id == (person.membership_id if person is not None else None)
    here = Membership.is_active, Membership.left_at.is_(None)  # type: ignore[attr-defined]
    wanted = here if person is not None and person.is_owner else (*here, is_mine | (Membership.id == (chosen or None)))
    rows = db.session.execute(
        select(Membership.id, Membership.name).where(*wanted).order_by(Membership.name).limit(200)
    )
    own = str(person.membership_id) if person is not None else ""
    members = tuple(Option(str(row.id), row.name, str(row.id) == (chosen or own)) for row in rows)
    yield select_of("runs_as", _("Runs as"), chosen or own, members,
                    help=_("It may what this member may, and nothing else."))  # fmt: skip
    yield FieldView("keep_days", _("Days that the log is kept"), "integer", draft.texts.get("keep_days") or "90")


# --- the steps --------------------------------------------------------------------------------------------------------


def cards(screen: Screen, draft: Draft) -> list[StepCard]:
    return [_card(screen, at, one) for at, one in enumerate(draft.steps)]


def _card(screen: Screen, at: int, step: DraftStep) -> StepCard:
    stem = f"s.{at}."
    fields = fields_for(screen.surface, step.kind, step.texts)
    lines = _lines(screen, stem, step, fields) if fields else ()
    has_conditions = step.kind == "stop"
    return StepCard(
        stem=f"s.{at}",
        number=at + 1,
        kinds=options(STEP_KINDS, step.kind),
        chooser=_chooser(screen, stem, step),
        controls=tuple(_controls(screen, stem, step)),
        lines=lines,
        groups=groups_of(screen, step.when, stem, asks_roles=False) if has_conditions else [],
        has_values=bool(lines),
        has_conditions=has_conditions,
    )


def _controls(screen: Screen, stem: str, step: DraftStep) -> Iterator[FieldView]:
    texts = step.texts
    if step.kind == "notify":
        yield FieldView(f"{stem}to", _("Who is told"), "choices", options=tuple(_receivers(screen, step.to)))
        yield FieldView(f"{stem}title", _("What they are told"), "text", texts.get("title", ""), max_length=255,
                        help=names_help(screen))  # fmt: skip
        yield FieldView(f"{stem}text", _("More about it"), "long_text", texts.get("text", ""))
    if step.kind == "mail":
        yield select_of(f"{stem}template", _("Template"), texts.get("template", ""), _templates(texts))
        about = _("One a line: name = text. Those of the record's own fields fill themselves in.")
        yield FieldView(f"{stem}variables", _("Variables"), "long_text", texts.get("variables", ""), help=about)
    if step.kind == "webhook":
        yield select_of(f"{stem}endpoint", _("Endpoint"), texts.get("endpoint", ""), _endpoints(texts))
    if step.kind == "wait":
        yield FieldView(f"{stem}amount", _("How long"), "integer", texts.get("amount", "1"))
        unit = texts.get("unit", "days")
        yield select_of(f"{stem}unit", _("Unit"), unit, options(UNITS, unit))


def _chooser(screen: Screen, stem: str, step: DraftStep) -> FieldView | None:
    """Of what the step is, where its other controls depend on that."""
    if step.kind == "action":
        chosen = step.texts.get("action", "")
        actions = [one for one in screen.entry.resource.actions if not one.tells_secret]
        among = tuple(Option(one.name, str(one.title), one.name == chosen) for one in actions)
        return select_of(f"{stem}action", _("Action"), chosen, (Option("", "…", not chosen), *among))
    if step.kind == "make":
        chosen = step.texts.get("resource", "")
        kinds = [one for one in kinds_here() if "create" in one.verbs and one.resource.menu]
        among = tuple(Option(one.key, one.resource.words, one.key == chosen) for one in kinds)
        return select_of(f"{stem}resource", _("What is added"), chosen, (Option("", "…", not chosen), *among))
    return None


def names_help(screen: Screen) -> str:
    """How values of the record come into a text."""
    names = [name for name, one in layable(screen.surface).items() if one.kind in ("text", "choice", "belongs_to")]
    sample = " ".join(f"{{{name}}}" for name in names[:3])
    return str(_("Values of the record by their names in braces: %(names)s", names=sample))


def _receivers(screen: Screen, chosen: tuple[str, ...]) -> Iterator[Option]:
    for name, field in member_fields(screen.surface).items():
        yield Option(f"field:{name}", _("The record's: %(field)s", field=field.words), f"field:{name}" in chosen)
    for role in ROLE_CHOICES:
        key = f"role:{role.value}"
        yield Option(key, _("Everybody with the role: %(role)s", role=role.words), key in chosen)
    here = Membership.is_active, Membership.left_at.is_(None)  # type: ignore[attr-defined]
    for row in db.session.execute(
        select(Membership.id, Membership.name).where(*here).order_by(Membership.name).limit(200)
    ):
        yield Option(f"member:{row.id}", row.name, f"member:{row.id}" in chosen)


def _templates(texts: Mapping[str, str]) -> tuple[Option, ...]:
    one, chosen = CommunicationTemplate, texts.get("template", "")
    keys = db.session.scalars(select(one.key).where(one.channel == "email", one.is_active).distinct().order_by(one.key))
    return (Option("", "…", not chosen), *(Option(key, key, key == chosen) for key in keys))


def _endpoints(texts: Mapping[str, str]) -> tuple[Option, ...]:
    one, chosen = WebhookEndpoint, texts.get("endpoint", "")
    rows = db.session.execute(select(one.id, one.url).where(one.state != DISABLED).order_by(one.url).limit(100))
    return (Option("", "…", not chosen), *(Option(str(row.id), row.url, str(row.id) == chosen) for row in rows))


# --- values -----------------------------------------------------------------------------------------------------------


def _lines(screen: Screen, stem: str, step: DraftStep, fields: Mapping[str, Field]) -> tuple[ValueLine, ...]:
    wanted = {
        f"{stem}v.{at}.value": (fields[one.field], one.text)
        for at, one in enumerate(step.lines)
        if one.how == "value" and one.text and one.field in fields and fields[one.field].picks
    }
    known = Known(relation_labels(screen.surface.session, wanted) if wanted else {})
    of = _screen_of(screen, step)
    return tuple(_line(screen, of, f"{stem}v.{at}", step, one, fields, known) for at, one in enumerate(step.lines))


def _screen_of(screen: Screen, step: DraftStep) -> Screen:
    """Whose pickers find records: those of the kind that is filled in."""
    return Screen(other_surface(screen.surface, step.texts).entry) if step.kind == "make" else screen


def _line(
    screen: Screen, of: Screen, stem: str, step: DraftStep, one: DraftLine, fields: Mapping[str, Field], known: Known
) -> ValueLine:
    field = fields.get(one.field)
    names = tuple(Option(name, found.words, name == one.field) for name, found in fields.items())
    hows = tuple(_hows(field, one.how)) if field is not None else ()
    controls = tuple(_value(screen, of, f"{stem}.value", step, one, field, known)) if field is not None else ()
    return ValueLine(stem, (Option("", "…", not one.field), *names), hows, controls)


def _hows(field: Field, chosen: str) -> Iterator[Option]:
    yield Option("value", _("to"), chosen == "value")
    yield Option("from", _("from the record's"), chosen == "from")
    if field.kind in ("day", "moment"):
        yield Option("after", _("days from then"), chosen == "after")
    if not field.required:
        yield Option("clear", _("to nothing"), chosen == "clear")


def _value(
    screen: Screen, of: Screen, name: str, step: DraftStep, one: DraftLine, field: Field, known: Known
) -> Iterator[FieldView]:
    if one.how == "from":
        source = {key: found for key, found in screen.surface.fields.items() if found.kind != "has_many"}
        among = tuple(Option(key, found.words, key == one.text) for key, found in source.items())
        yield select_of(name, _("Field"), one.text, among, compact=True)
    elif one.how == "after":
        yield FieldView(name, _("Days"), "integer", one.text, compact=True)
    elif one.how == "value" and field.kind == "flag":
        yes = (Option("true", _("Yes"), one.text == "true"), Option("false", _("No"), one.text != "true"))
        yield FieldView(name, field.words, "choice", one.text, options=yes, compact=True)
    elif one.how == "value":
        plain = replace(field, required=False, show_if=None, help=None)
        text_field = replace(plain, kind="text", max_length=None) if field.kind == "text" else plain
        stem = of.href("pick", step.texts.get("action", "")) if step.kind == "action" else ""
        control = control_of(of, text_field, name, one.text, known=known, pick_stem=stem, compact=True)
        yield replace(control, help=names_help(screen)) if field.kind in TEXTS else control


__all__ = ["WITH_VALUES", "StepCard", "ValueLine", "cards", "owner_controls", "trigger_controls", "triggers"]
