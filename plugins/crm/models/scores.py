"""The rules that give leads their points."""

from __future__ import annotations

from app.sdk import Mapped, Record, _l, belongs_to, flag, has_many, integer, text
from plugins.crm.models.conditions import (
    SCORED_FIELDS,
    SCORED_OPERATORS,
    condition_alternative,
    condition_country,
    condition_days,
    condition_field,
    condition_key,
    condition_language,
    condition_operator,
    condition_value,
    condition_words,
)


class ScoreRule(Record):
    """Conditions on a lead, and the points that a lead gets which meets them."""

    __label__ = "name"
    __config__ = True

    name: Mapped[str] = text(
        max_length=100, label=_l("Name"), sortable=True, help=_l("Shown with the points, such as “has e-mail”.")
    )
    points: Mapped[int] = integer(minimum=-1_000, maximum=1_000, label=_l("Points"), default=10)
    is_active: Mapped[bool] = flag(label=_l("Counts"), default=True)
    conditions = has_many(lambda: ScoreCondition, reverse="rule", label=_l("Conditions"), help=condition_words())


class ScoreCondition(Record):
    """What a lead must meet for the points, together with the others of the same alternative."""

    __label__ = "field operator value"
    __config__ = True

    rule = belongs_to(ScoreRule, required=True, on_delete="cascade", immutable=True, label=_l("Rule"))
    field: Mapped[str] = condition_field(SCORED_FIELDS)
    operator: Mapped[str] = condition_operator(SCORED_OPERATORS)
    value: Mapped[str | None] = condition_value()
    country: Mapped[str | None] = condition_country()
    language: Mapped[str | None] = condition_language()
    custom_key: Mapped[str | None] = condition_key()
    days: Mapped[int | None] = condition_days()
    alternative: Mapped[int] = condition_alternative()
