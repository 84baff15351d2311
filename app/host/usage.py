"""What a tenant uses of what plans may limit: which plugins are on, and how much there is of every metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from app.host import registry
from app.host.guarding import SHOW, run_hook
from app.host.lifecycle import states_here
from app.host.quotas import used
from app.host.versions import ALIVE


@dataclass(frozen=True, slots=True)
class Usage:
    """Of the tenant in force. `installed` are the plugins that could be on, `plugins` those that are, `metrics` counts
    by name (`crm.leads`), `titles` what plugins and metrics are called in the reader's language."""

    installed: frozenset[str]
    plugins: frozenset[str]
    metrics: Mapping[str, int]
    titles: Mapping[str, str]


def usage() -> Usage:
    """Count everything that plans may limit, a statement each. A metric whose plugin fails at counting is left out."""
    known = registry()
    installed = {one.name: str(one.title) for one in known.plugins if not one.core}
    declared = known.contributions.metrics
    counts = {
        name: run_hook(name.partition(".")[0], name, SHOW, partial(used, name), instead=None) for name in declared
    }
    metrics = {name: count for name, count in counts.items() if count is not None}
    alive = frozenset(name for name, state in states_here().items() if state in ALIVE and name in installed)
    titles = installed | {name: str(one.title) for name, one in declared.items()}
    return Usage(frozenset(installed), alive, metrics, titles)


def _count(metric: str) -> int | None:
    found: int | None = run_hook(metric.partition(".")[0], metric, SHOW, partial(used, metric), instead=None)
    return found
