"""A bridge with records of its own and a job."""

from __future__ import annotations

from typing import Any

from app.sdk import Job, Mapped, Plugin, Record, Resource, Tenant, hookimpl, text
from tests.plugins_for_tests.joined import HEARD, hear

plugin = Plugin("span", title="Span", order=310, requires=("left", "right"), bridge=True)


class Pair(Record):
    title: Mapped[str] = text()


@hookimpl
def resources() -> list[Resource]:
    return [Resource(Pair, list="title")]


@hookimpl
def jobs() -> list[Job]:
    return [Job("span.count", count, "Count")]


def count(_run: Any) -> None:
    HEARD.append(("span", "count", ""))


@hookimpl
def enabled(tenant: Tenant) -> None:
    hear("span", "enabled", tenant.slug)


@hookimpl
def disabled(tenant: Tenant) -> None:
    hear("span", "disabled", tenant.slug)
