"""Events: written with the change that they tell of, handed to every handler once, in order, or kept for a person.

    publish(RepairFinished(repair.id, hours=3), aggregate=repair)

The way of an event: `outbox` writes it in the transaction of the change; `relay` hands it, one event of an aggregate at
a time, to jobs, one a handler; `handling` runs the handler and notes it in the same transaction.
"""

from __future__ import annotations

from app.events.outbox import publish
from app.host.events import Event, Handler, Occurrence

__all__ = ["Event", "Handler", "Occurrence", "publish"]
