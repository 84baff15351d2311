"""Work that outlives a request: jobs and their times, what people are told, files of other products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from uuid import UUID


class Cancelled(BaseException):
    """Somebody asked this job to stop. Like KeyboardInterrupt no `except Exception` swallows it."""


class JobRun(Protocol):
    """What a running job knows of itself and may say."""

    @property
    def id(self) -> UUID:
        """The job's id, the same for every attempt: a key for what must happen once."""
        ...

    @property
    def attempt(self) -> int:
        """1 for the first attempt."""
        ...

    def progress(self, done: int, total: int | None = None, words: Any = "") -> None:
        """Show how far the work is, whether or not the job's transaction ends well. Cheap enough to call for every
        row. Raises Cancelled when somebody asked for an end."""
        ...

    def check(self) -> None:
        """Raises Cancelled when somebody asked for an end."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """Work that outlives a request, done by a worker inside the tenant, account and language that asked for it.

    `name` is `<plugin>.<verb>`. `run(run, *args)` gets a JobRun and the arguments given to `enqueue`: ids, texts,
    numbers, never objects. What it returns must be fit for JSON and is kept `keep_days` days. Its writes and its end
    are one transaction: do not commit, or, when the work is long, commit in steps that can be taken up again.

    A job that raises is tried again with growing pauses, `attempts` times in all; then it waits for a person. An
    effect outside the database may happen more than once, so give it `run.id` as its key. `timeout` is in seconds.
    `unique` keeps at most one such job with the same arguments waiting.
    """

    name: str
    run: Callable[..., Any]
    title: Any
    timeout: float = 300
    attempts: int = 5
    priority: Literal["high", "normal", "low"] = "normal"
    unique: bool = False
    keep_days: int = 7


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job to be enqueued at certain times in every tenant that has the plugin on.

    `name` is `<plugin>.<what>`, `job` the name of a declared job, `cron` five fields (`30 2 * * mon`) read in `zone`:
    an IANA name, or `tenant` for each tenant's own. A time that a clock change skips runs at the next instant, one
    that it repeats runs once; a schedule of every hour or minute follows real time. `catch_up` says what to do with
    times that passed while nothing ran: `skip` them, run `once`, or run them `all`.
    """

    name: str
    job: str
    cron: str
    zone: str = "tenant"
    catch_up: Literal["skip", "once", "all"] = "once"
    args: tuple[Any, ...] = ()


HOUSE_WAYS = ("off", "in_app", "digest", "email")
"""Ways to hear of a notice that are there without any plugin: not at all, by the bell, in a daily e-mail, at once."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A kind of thing that people are told of by `notify`: `Notice("crm.follow_up_due", _l("A follow-up is due"))`.

    `key` is `<plugin>.<what>`, `title` names the kind on the page where everybody chooses how they hear of it.
    `default` holds for who has not chosen, as names of channels between blanks: `in_app`, `digest` (also in one e-mail
    a day), `email` (also by e-mail at once), a plugin's own (`email garage.pager`), or `off`. What is told at all
    stands in the app; what was read there before its time comes by no other channel.
    """

    key: str
    title: Any
    default: str = "in_app"


@dataclass(frozen=True, slots=True)
class Dialect:
    """A kind of file of another product that becomes records of one resource by rules of its own.

    `recognises(head)` is asked with the first 64 KB of an upload. `read(file, region)` gives lines whose cells are
    anything fit for JSON (`app.transfer.reading.Line`). `placer(region, file_name)` gives an object whose
    `place(session, lines)` stores a chunk of them and says what became of each (`app.transfer.placing.Placed`).
    """

    name: str
    title: Any
    resource: str
    recognises: Callable[[bytes], bool]
    read: Callable[..., Any]
    placer: Callable[..., Any]
