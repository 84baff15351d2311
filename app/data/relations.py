"""Relations between records of one tenant.

`belongs_to(Contact)` declares the column, the composite foreign key `(tenant_id, contact_id)`, its index and the
relationship in one line, so the database itself refuses a reference to another tenant's row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from app.data.fields import Field


def belongs_to(
    target: type[Any] | Callable[[], type[Any]],
    *,
    required: bool = False,
    on_delete: Literal["restrict", "cascade", "set null"] | None = None,
    **options: Any,
) -> Any:
    """Many-to-one to a record of the same tenant; the attribute holds the record, `<name>_id` its id.

    `on_delete` says what happens to this row when the other is deleted for good: by default it is refused for a
    required relation and the column is emptied for an optional one. A class not yet defined is given as a lambda.
    """
    rule = on_delete or ("restrict" if required or options.get("filled_in") else "set null")
    return Field("belongs_to", target=_lazy(target), required=required, on_delete=rule, **options)


def has_many(target: type[Any] | Callable[[], type[Any]], *, reverse: str, **options: Any) -> Any:
    """The rows that belong to this one, edited inside its form. `reverse` names the child's `belongs_to` field."""
    return Field("has_many", target=_lazy(target), reverse=reverse, **options)


def _lazy(target: type[Any] | Callable[[], type[Any]]) -> Callable[[], type[Any]]:
    if isinstance(target, type):
        return lambda: target
    return target
