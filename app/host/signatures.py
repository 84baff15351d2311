"""Functions that a plugin hands over are compared with how they will be called, when the server starts and not when
somebody clicks."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from app.host.claims import ClaimError
from app.host.declarations import Action

FORMS = {
    "Action": {"run": "run(rows, **parameters)", "applies": "applies(row)"},
    "Resource": {
        "row_rule": "row_rule(person)", "warn": "warn(row)", "suspects": "suspects(session, rows, before)",
        "before_save": "before_save(row, is_new)", "before_delete": "before_delete(row)",
    },
    "Extension": {
        "before_save": "before_save(row, is_new)", "before_delete": "before_delete(row)", "warn": "warn(row)",
    },
    "Companion": {"find": "find(values)"},
    "Panel": {"facts": "facts(record)"},
    "Job": {"run": "run(run, *arguments)"},
    "Handler": {"run": "run(event, occurrence)", "wanted": "wanted()"},
    "Timeline": {"rows": "rows(record)", "words": "words(row)", "body": "body(row)", "href": "href(row)"},
    "Metric": {"count": "count(session)"},
    "Step": {"done": "done()"},
    "Dataset": {"rows": "rows(reach)"},
    "Dialect": {"recognises": "recognises(head)"},
    "Channel": {"send": "send(message)", "address": "address(member)", "missing": "missing()"},
    "PaymentProvider": {
        "start": "start(asked)", "look": "look(page_id, payment_id)", "refund": "refund(asked)",
        "verify": "verify(incoming, secrets)", "secrets": "secrets()", "read": "read(incoming)", "missing": "missing()",
        "close": "close(page_id, payment_id)",
    },
    "WebhookIn": {
        "verify": "verify(incoming, secrets)", "secrets": "secrets()", "split": "split(incoming)",
        "process": "process(data)", "challenge": "challenge(query, secrets)",
    },
}  # fmt: skip
"""How each function of a declaration is called, by the class and the field."""


def check_functions(declared: Any) -> None:
    """Of a declaration and those within it (actions, panels, companions). Raises ClaimError, with the right form, for a
    function that cannot be called as it will be."""
    _check_own(declared)
    for name in ("actions", "panels", "companions"):
        for one in getattr(declared, name, None) or ():
            _check_own(one)


def _check_own(declared: Any) -> None:
    kind = type(declared).__name__
    for field, form in FORMS.get(kind, {}).items():
        function = getattr(declared, field)
        if inspect.isroutine(function) or (callable(function) and not isinstance(function, type)):
            if not _fits(function, form, declared):
                raise ClaimError(f"{_called(declared)}: it is called as {form}, and {_name(function)} cannot be.")
        elif function is not None and not isinstance(function, type) and field != "address":
            raise ClaimError(f"{_called(declared)}: its {field} is no function: {form}.")


def _fits(function: Callable[..., Any], form: str, declared: Any) -> bool:
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):  # written in C: it does not say
        return True
    given = [one.strip() for one in form.partition("(")[2].rstrip(")").split(",") if one.strip()]
    named = dict.fromkeys(declared.parameters) if isinstance(declared, Action) and "**parameters" in given else {}
    positional = [one for one in given if not one.startswith("*")]
    bind = signature.bind_partial if "*arguments" in given else signature.bind
    try:
        bind(*positional, **named)
    except TypeError:
        return False
    return True


def _called(declared: Any) -> str:
    model = getattr(declared, "model", None)
    name = getattr(declared, "name", "") or getattr(declared, "resource", "") or getattr(model, "__name__", "")
    return f"{type(declared).__name__} {name}".strip()


def _name(function: Any) -> str:
    try:
        signature = str(inspect.signature(function))
    except (ValueError, TypeError):
        signature = "(...)"
    return f"{getattr(function, '__name__', type(function).__name__)}{signature}"
