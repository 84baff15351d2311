"""What jobs are called with, so that each can run once: what their plugin says in `JOBS` of its module `samples`, else
records that parameters are called after, else values by their types."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from app.data import uuid7
from app.host import Job, Registry
from app.testing.sample_rules import brought

MakeRecord = Callable[..., str]
"""`record("crm.lead", stage_id=...)`: the id of a new record of this kind, with these columns."""
JobRule = Callable[[MakeRecord], Sequence[Any]]
BY_TYPE: Mapping[str, Any] = {
    "bool": True, "int": 3, "float": 1.5, "Decimal": "1.50", "date": "2026-01-31",
    "datetime": "2026-01-31T09:30:00+00:00", "str": "Amber", "dict": {}, "Mapping": {}, "list": [], "Sequence": [],
}  # fmt: skip
"""As JSON has them: what a job is called with is stored."""
LISTS = ("list", "Sequence")


@dataclass(frozen=True, slots=True)
class Call:
    """What a job is called with, in order; `is_guessed` where nobody but a type says so."""

    arguments: tuple[Any, ...] = ()
    is_guessed: bool = False


class Unknown(LookupError):
    """Nothing says what a parameter could be."""


def job_rules(registry: Registry) -> Mapping[str, JobRule]:
    """What the plugins say themselves, by the name of the job."""
    return {name: rule for one in brought(registry) for name, rule in getattr(one, "JOBS", {}).items()}


def call_of(job: Job, registry: Registry, record: MakeRecord) -> Call:
    """What the job is called with. Raises Unknown."""
    rule = job_rules(registry).get(job.name)
    if rule is not None:
        return Call(tuple(rule(record)))
    values, is_guessed = [], False
    for one in _required(job):
        key = _called_after(job, one.name, registry)
        kind = _kind(one.annotation)
        if key is None:
            values.append(_by_type(one, kind))
            is_guessed = True
        else:
            values.append([record(key)] if kind in LISTS else record(key))
    return Call(tuple(values), is_guessed)


def _required(job: Job) -> Iterator[inspect.Parameter]:
    try:
        signature = inspect.signature(job.run, eval_str=True)
    except NameError:  # a name that only type checkers import
        signature = inspect.signature(job.run)
    _run, *parameters = signature.parameters.values()
    yield from (one for one in parameters if one.default is one.empty and one.kind is not one.VAR_POSITIONAL)


def _called_after(job: Job, name: str, registry: Registry) -> str | None:
    """The kind of record that a parameter names: `vehicle_id`, `vehicle`, `vehicle_ids`; the plugin's own before the
    core's."""
    stem = name.removesuffix("s").removesuffix("_id")
    plugins = (job.name.partition(".")[0], *sorted(registry.always_on))
    return next((key for key in (f"{plugin}.{stem}" for plugin in plugins) if key in registry.entries), None)


def _kind(annotation: Any) -> str:
    """The name of a type, without what it holds and without “or None”."""
    if isinstance(annotation, str):
        return annotation.partition("|")[0].partition("[")[0].strip()
    parts = [one for one in get_args(annotation) if one is not type(None)]
    if type(None) in get_args(annotation):
        return _kind(parts[0])
    return str(getattr(get_origin(annotation) or annotation, "__name__", ""))


def _by_type(parameter: inspect.Parameter, kind: str) -> Any:
    if get_origin(parameter.annotation) is Literal:
        return get_args(parameter.annotation)[0]
    if kind == "UUID":
        return str(uuid7())
    if kind not in BY_TYPE:
        raise Unknown(parameter.name)
    return BY_TYPE[kind]
