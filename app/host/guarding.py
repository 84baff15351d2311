"""Every function that a plugin declares is called inside a guard: it has a budget, what breaks in it is counted for the
operator, and after some faults in a row it is called in that tenant no more.

A hook that only shows or suggests something is then left out, and members are told so; one that guards something (a
rule before saving, a rule about rows, an action) refuses in words, because skipping it would let through what it keeps:
also a rule about another plugin's records, which an admin can end by switching its plugin off. What must not be
incomplete (what is known of a person) is asked again each time.
The core's own plugins are the house itself and are not guarded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import wraps
from threading import Lock
from types import GeneratorType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from app.data import current_scope
from app.features.decided import decisions
from app.host.apart import forget_trust, shown
from app.host.at_work import working
from app.host.budget import Budget, TooSlow, leave_sound_session
from app.host.channels import Channel, NotNow, NotSent, PerhapsSent
from app.host.declarations import Action, Companion, Dialect, Resource, Timeline
from app.host.events import Handler
from app.host.extensions import Extension
from app.host.faults import note_fault
from app.host.first_steps import Step
from app.host.payments import Declined, NotReached, PaymentProvider
from app.host.reporting import Dataset
from app.host.webhooks import BadSignature, WebhookIn
from app.identity.principal import principal

if TYPE_CHECKING:
    from app.host.contributions import Metric

log = logging.getLogger(__name__)
SHOW, RULE, WORK = 2.0, 5.0, 30.0
"""Seconds for what is shown, for a rule, and for what somebody asked the plugin to do."""
IN_A_ROW = 3
"""Faults after which a hook is called no more."""
TOO_SLOW = _l("“%(plugin)s” took too long and was cut off. Nothing was saved.")
BROKE = _l("An error in “%(plugin)s” was noted. Nothing was saved.")
NOT_CHECKED = _l(
    "This could not be checked by “%(plugin)s”, so it was not saved. Try again, or ask an owner or admin to switch "
    "“%(plugin)s” off."
)
NOT_ASKED = _l(
    "This could not be checked by “%(plugin)s”, so it was not deleted. Try again, or ask an owner or admin to switch "
    "“%(plugin)s” off."
)
_NOTHING = object()


class HookFailed(ValueError):
    """A plugin's function broke, was too slow, or is called no more. The message is for whoever asked; being a
    ValueError it is shown where a refusal of the plugin's would be, with what was typed."""


class HookBroke(Exception):
    """A plugin's function broke, and the transaction around it is lost: nothing may go on in it. The message is for
    whoever asked."""


_PASS: tuple[type[Exception], ...] = (HTTPException, OperationalError, StaleDataError, HookFailed, HookBroke)
"""What is nobody's fault, or meant, or was counted where it happened."""


class _Rows:
    """How often each hook failed in a row, in this process."""

    def __init__(self) -> None:
        self.failed: dict[tuple[UUID | None, str, str], int] = {}
        self._lock = Lock()

    def count(self, key: tuple[UUID | None, str, str]) -> int:
        with self._lock:
            self.failed[key] = self.failed.get(key, 0) + 1
            return self.failed[key]


_rows = _Rows()


def run_hook(
    plugin: str, place: str, seconds: float, call: Callable[[], Any], passes: tuple[type[Exception], ...] = (),
    instead: Any = _NOTHING, *, may_skip: bool = True, failing: Any = None, apart: bool = False,
) -> Any:  # fmt: skip
    """Call a function of a plugin. `passes` are its refusals, which are raised as they are; `instead` is what counts
    when it fails, else HookFailed is raised: with the sentence `failing`, in which `%(plugin)s` is its title. With
    `apart`, the caller does not wait for what hangs: the function must take nothing of the caller's session."""

    def inside() -> Any:
        with working(plugin), Budget(seconds):
            result = call()
            return list(result) if isinstance(result, GeneratorType) else result  # it would run when it is read

    try:
        if may_skip and _is_skipped(plugin, place):
            words = failing or _l("A part of “%(plugin)s” is out of order here. The operator has been told.")
            raise HookFailed(_said_of(plugin, words))
        try:
            result = shown(plugin, place, seconds, inside) if apart else inside()
        except (*_PASS, *passes):
            raise
        except Exception as error:
            raise _failed(plugin, place, error, may_skip, seconds, failing) from error
    except HookFailed:
        if instead is _NOTHING:
            raise
        return instead
    if _rows.failed:
        _rows.failed.pop((current_scope().tenant_id, plugin, place), None)
    return result


def _is_skipped(plugin: str, place: str) -> bool:
    person = principal()
    if person is None or person.tenant is None:
        return False
    return (plugin, place) in decisions(person.tenant).skipped


def _failed(
    plugin: str, place: str, error: Exception, may_skip: bool, seconds: float, failing: Any
) -> Exception:  # fmt: skip
    log.error("%s of the plugin %s failed", place, plugin, exc_info=error)
    lost = error.lost if isinstance(error, TooSlow) else leave_sound_session()
    kind = HookBroke if lost and seconds > SHOW else HookFailed  # what is only shown stands in no transaction to keep
    skip = may_skip and _rows.count((current_scope().tenant_id, plugin, place)) >= IN_A_ROW
    note_fault(plugin, place, error, cut_off=isinstance(error, TooSlow), skip=skip)
    usual = TOO_SLOW if isinstance(error, TooSlow) else BROKE
    return kind(_said_of(plugin, failing or usual))


def _said_of(plugin: str, words: Any) -> str:
    manifest = current_app.extensions["tenantry"].plugin(plugin)
    return str(words) % {"plugin": manifest.title if manifest is not None else plugin}


def forget_rows() -> None:
    """Begin to count anew: the operator lets hooks try again."""
    _rows.failed.clear()
    forget_trust()


# Declarations with guards around their functions --------------------------------------------------------------------


class Guard:
    """Puts guards around what one plugin declares."""

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin

    def call(
        self, place: str, seconds: float, call: Any, passes: tuple[type[Exception], ...] = (), instead: Any = _NOTHING,
        failing: Any = None,
    ) -> Any:  # fmt: skip
        """The function in its guard; None for none."""
        if call is None:
            return None
        plugin = self.plugin

        @wraps(call)
        def guarded(*given: Any, **named: Any) -> Any:
            return run_hook(plugin, place, seconds, lambda: call(*given, **named), passes, instead, failing=failing)

        return guarded

    def resource(self, resource: Resource) -> Resource:
        """Its rules, doubts and actions."""
        key = f"{self.plugin}.{resource.key_name}"
        return replace(
            resource,
            actions=tuple(self._action(key, one) for one in resource.actions),
            row_rule=self.call(f"{key} row_rule", RULE, resource.row_rule),
            also=self.call(f"{key} also", RULE, resource.also),
            before_save=self.call(f"{key} before_save", RULE, resource.before_save, (ValueError,)),
            before_delete=self.call(f"{key} before_delete", RULE, resource.before_delete, (ValueError,)),
            warn=self.call(f"{key} warn", RULE, resource.warn, (), ()),
            suspects=self.call(f"{key} suspects", WORK, resource.suspects, (), {}),
            companions=tuple(self._companion(key, one) for one in resource.companions),
        )

    def extension(self, one: Extension) -> Extension:
        """What it does with records of another plugin. A rule that could not be asked lets nothing through."""
        key = one.resource
        return replace(
            one,
            actions=tuple(self._action(key, each) for each in one.actions),
            before_save=self.call(f"{key} before_save", RULE, one.before_save, (ValueError,), failing=NOT_CHECKED),
            before_delete=self.call(f"{key} before_delete", RULE, one.before_delete, (ValueError,), failing=NOT_ASKED),
            warn=self.call(f"{key} warn", RULE, one.warn, (), ()),
        )

    def metric(self, one: Metric) -> Metric:
        """How it counts."""
        return replace(one, count=self.call(f"{self.plugin}.{one.name} count", RULE, one.count))

    def step(self, one: Step) -> Step:
        """Whether it is done; None when that cannot be said."""
        if isinstance(one.done, type):
            return one
        return replace(one, done=self.call(f"{self.plugin}.{one.name} done", SHOW, one.done, (), None))

    def _action(self, key: str, action: Action) -> Action:
        place = f"{key}.{action.name}"
        run = self.call(place, WORK, action.run, (ValueError, IntegrityError))
        return replace(action, run=run, applies=self.call(f"{place} applies", SHOW, action.applies, (), False))

    def _companion(self, key: str, one: Companion) -> Companion:
        place = f"{key} {one.relation}"
        return replace(one, find=self.call(place, RULE, one.find, (ValueError,)))

    def timeline(self, one: Timeline) -> Timeline:
        """What it says and how."""
        return replace(
            one,
            rows=self.call(one.name, SHOW, one.rows),
            words=self.call(f"{one.name} words", SHOW, one.words),
            body=self.call(f"{one.name} body", SHOW, one.body),
            href=self.call(f"{one.name} href", SHOW, one.href),
        )

    def channel(self, one: Channel) -> Channel:
        """How it sends, where to, and whether it can."""
        known = one.address if one.field is not None else self.call(f"{one.name} address", SHOW, one.address, (), "")
        return replace(
            one,
            send=self.call(one.name, WORK, one.send, (NotSent, NotNow, PerhapsSent)),
            address=known,
            missing=self.call(f"{one.name} missing", SHOW, one.missing, (), None),
        )

    def provider(self, one: PaymentProvider) -> PaymentProvider:
        """What it is asked; its messages are guarded as webhooks."""
        passes = (Declined, NotReached)
        return replace(
            one,
            start=self.call(f"{one.name} start", WORK, one.start, passes),
            look=self.call(f"{one.name} look", WORK, one.look, passes),
            refund=self.call(f"{one.name} refund", WORK, one.refund, passes),
            close=self.call(f"{one.name} close", WORK, one.close, passes),
            missing=self.call(f"{one.name} missing", SHOW, one.missing, (), None),
        )

    def dataset(self, one: Dataset) -> Dataset:
        """Its facts."""
        return replace(one, rows=self.call(f"{self.plugin}.{one.name}", SHOW, one.rows, (ValueError,)))

    def handler(self, one: Handler) -> Handler:
        """What it wants to hear of: all there is, when it cannot say. Its run is a job."""
        place = f"{self.plugin}.{one.key_name} wanted"
        return replace(one, wanted=self.call(place, SHOW, one.wanted, (), None)) if one.wanted else one

    def inlet(self, one: WebhookIn) -> WebhookIn:
        """How messages are verified and taken apart."""
        place, sound = f"{self.plugin}.{one.name}", (BadSignature, ValueError, LookupError, TypeError, AttributeError)
        return replace(
            one,
            verify=self.call(f"{place} verify", RULE, one.verify, sound),
            split=self.call(f"{place} split", RULE, one.split, (*sound, RecursionError)),
        )

    def dialects(self, declared: Iterable[Dialect]) -> list[Dialect]:
        """Whether a file is theirs."""
        return [
            replace(one, recognises=self.call(f"{one.name} recognises", SHOW, one.recognises, (), False))
            for one in declared
        ]
