"""A history: the revisions of one owner, which must be one line from the first to the last."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from traceback import walk_tb

from alembic.script import Script, ScriptDirectory

from app.data.owners import CORE

ROOT = Path(__file__).resolve().parents[2] / "migrations"


class BrokenHistory(ValueError):
    """The files are no line of revisions, or the database is at none of them; the message is a sentence that names the
    file."""


@dataclass(frozen=True, slots=True)
class History:
    """One owner's revisions: where they lie, which schema they may touch."""

    owner: str
    versions: Path
    known: tuple[str, ...] | None = None
    """The line as a process found it at its start, whatever the files are now; None: as the files are."""

    @property
    def schema(self) -> str | None:
        return None if self.owner == CORE else self.owner

    @property
    def version_table(self) -> str:
        return f"alembic_version_{self.owner}"


def folder_of(history: History) -> ScriptDirectory:
    """The files, as Alembic sees them."""
    return ScriptDirectory(str(ROOT), version_locations=[str(history.versions)])


def line(history: History) -> tuple[str, ...]:
    """The revisions, the first one first. Raises BrokenHistory."""
    if history.known is not None:
        return history.known
    folder = folder_of(history)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a parent that is missing; the error that follows is enough
            heads = folder.get_heads()
            found = [one.revision for one in folder.walk_revisions()]
    except Exception as error:
        raise BrokenHistory(f"Its migrations cannot be read: {_words(history, error)}.") from error
    if len(heads) > 1:
        files = ", ".join(sorted(Path(folder.get_revision(one).path).name for one in heads))
        raise BrokenHistory(
            f"Its migrations have {len(heads)} ends ({files}): one must name the other as its down_revision."
        )
    return tuple(reversed(found))


def scripts(history: History, newest: str, after: str) -> list[Script]:
    """The revisions from `newest` down to the one that comes after `after` ("base": all), as the files are now. Raises
    BrokenHistory."""
    try:
        return list(folder_of(history).iterate_revisions(newest, after))
    except Exception as error:
        raise BrokenHistory(f"Its migrations cannot be read: {_words(history, error)}.") from error


def is_behind(history: History, here: str) -> bool:
    """Whether a database at the revision `here` (empty: at none) lacks some that are known; a newer one lacks none.
    A history that is broken is behind."""
    try:
        revisions = line(history)
    except BrokenHistory:
        return True
    return bool(revisions) and here != revisions[-1] and (not here or here in revisions)


def place_in(folder: Path, error: BaseException) -> str:
    """File and line in a folder of migrations that an error came from; empty when it came from none."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name} line {error.lineno}"
    frames = [
        f"{Path(frame.f_code.co_filename).name} line {number}"
        for frame, number in walk_tb(error.__traceback__)
        if Path(frame.f_code.co_filename).parent == folder
    ]
    return frames[-1] if frames else ""


def _words(history: History, error: Exception) -> str:
    if isinstance(error, KeyError):
        missing = str(error.args[0])
        return f"{_naming(history, missing)} comes after “{missing}”, which is not there"
    words = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split()).rstrip(".")
    place = place_in(history.versions, error)
    return f"{place}: {type(error).__name__}: {words}" if place else words


def _naming(history: History, revision: str) -> str:
    files = sorted(history.versions.glob("*.py"))
    return next((one.name for one in files if revision in one.read_text(encoding="utf-8", errors="replace")), "one")
