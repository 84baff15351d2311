"""The parts of a plugin's archive go back into their tables: links first emptied where they lead to nothing any more,
then the sums compared."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Table, select, text
from sqlalchemy.orm import Session

from app.data.base import metadata
from app.data.bulk import TOLD
from app.data.session import EXPLICIT
from app.files.lifecycle import remember_bytes
from app.files.pictures.services import take_back
from app.files.quota import take
from app.files.storage import StoreDown
from app.files.stores import store
from app.host import registry
from app.installation.archive import Archive
from app.installation.belongings import MADE, PLACES, belongings, own_tables
from app.installation.places import bring_back
from app.merging.catalogue import models_by_table
from app.tenancy.models import Tenant
from app.transfer.archive import PICTURES, Chosen, mark_of
from app.transfer.patience import take_time

AT_ONCE = 500


class MayNotRestore(ValueError):
    """The archive cannot be read back here; the message says why. Nothing was changed."""


@dataclass(slots=True)
class Restored:
    """What came back: `rows` written; `unlinked` are links to something of the core that is gone by now, `left_out`
    rows that were part of such; `secrets` are to be typed in again."""

    rows: int = 0
    unlinked: int = 0
    left_out: int = 0
    secrets: int = 0
    files: int = 0
    touched: dict[str, int] = field(default_factory=dict)
    """By table: rows that are not as they were."""

    def lines(self) -> list[str]:
        """What happened, in words."""
        found = [_("%(count)s rows and %(files)s files are back, and hold what the archive says.",
                   count=self.rows, files=self.files)]  # fmt: skip
        if self.unlinked:
            found.append(_("%(count)s links are empty: what they led to is gone.", count=self.unlinked))
        if self.left_out:
            found.append(_("%(count)s rows stayed away: what they were part of is gone.", count=self.left_out))
        if self.secrets:
            found.append(_("%(count)s secret settings are to be typed in again.", count=self.secrets))
        return found


class Reader:
    """Reads the parts of one archive into the tenant in force, within the transaction of its session."""

    def __init__(self, session: Session, parts: zipfile.ZipFile, archive: Archive) -> None:
        self.session, self.parts, self.archive = session, parts, archive
        self.found = Restored()
        self.files = {part["file"] for part in archive.manifest["files"]}
        self.chosen: dict[str, Chosen] = {}
        self.before: dict[str, tuple[int, str]] = {}

    def read(self, tenant: Tenant) -> Restored:
        self.session.rollback()
        take_time(self.session)
        self.tenant = tenant
        own = {one.table.fullname: one.table for one in own_tables(self.session, self.archive.plugin)}
        tables = {**metadata.tables, **own}
        listed = self.archive.manifest["records"]
        of_rows = [part for part in listed if not part["file"].startswith(f"{PLACES}/")]
        for part in of_rows:
            self._check_columns(part, tables.get(part["table"]))
        order = {part["table"]: place for place, part in enumerate(of_rows)}
        self.chosen = {one.file: one for one in belongings(self.session, self.archive.plugin)}
        self.before = {part["file"]: self._mark(part, tables[part["table"]]) for part in of_rows}
        self._take_pictures()
        for part in of_rows:
            if part["rows"]:
                self._read_part(part, tables[part["table"]], order)
        self._verify(of_rows, tables)
        for part in listed:
            if part["file"].startswith(f"{PLACES}/"):
                self._put_back(part)
        self.session.flush()
        return self.found

    def _take_pictures(self) -> None:
        """Pictures come first: rows refer to them."""
        for name in sorted(one for one in self.files if one.startswith(f"{PICTURES}/")):
            try:
                take_back(self.session, PurePosixPath(name).stem, self.parts.read(name))
            except ValueError:
                raise MayNotRestore(_("%(name)s: its bytes are not those that were stored.", name=name)) from None
            except StoreDown as error:
                raise MayNotRestore(str(error)) from error
            self.found.files += 1

    def _check_columns(self, part: dict[str, Any], table: Table | None) -> None:
        """Raises MayNotRestore where the tables have changed by more than additions since."""
        lost = None if table is None else set(part["columns"]) - set(table.c.keys())
        if table is None or lost:
            what = part["table"] if table is None else f"{part['table']}.{min(lost or {''})}"
            raise MayNotRestore(self._too_old(what))
        for column in table.columns:
            is_given = column.nullable or column.server_default is not None or column.computed is not None
            if not (is_given or column.name in part["columns"]) and part["rows"]:
                raise MayNotRestore(self._too_old(f"{part['table']}.{column.name}"))

    def _too_old(self, what: str) -> str:
        words = _(
            "The archive is of version %(version)s, and %(what)s has changed since: install that one, then upgrade.",
            version=self.archive.manifest["plugin"]["version"], what=what,
        )  # fmt: skip
        return str(words)

    def _rows(self, part: dict[str, Any]) -> Iterator[tuple[dict[str, Any], ...]]:
        with self.parts.open(part["file"]) as stream:
            rows = map(json.loads, stream)
            while chunk := tuple(islice(rows, AT_ONCE)):
                yield chunk

    def _read_part(self, part: dict[str, Any], table: Table, order: dict[str, int]) -> None:
        later = _later(table, part["columns"], order)
        columns = [name for name in part["columns"] if name not in later]
        how = " ON CONFLICT DO NOTHING" if part["file"].startswith(f"{MADE}/") else ""
        put = text(_PUT.format(table=_quoted(table), columns=", ".join(map(_name, columns)), how=how))
        links = list(_links(table, part["columns"]))
        for chunk in self._rows(part):
            rows = self._prepared(part, table, chunk, links)
            written = self.session.execute(put, {"rows": json.dumps(rows)}, execution_options=TOLD).rowcount  # type: ignore[attr-defined]
            self.found.rows += written
        if later:
            self._link(part, table, later)

    def _prepared(
        self, part: dict[str, Any], table: Table, chunk: Sequence[dict[str, Any]], links: Sequence[_Link]
    ) -> list[dict[str, Any]]:
        """The rows as they are written: files under a new key, secrets left out, links to what is gone empty."""
        rows = [row for row in chunk if not self._is_secret(table, row)]
        self.found.secrets += len(chunk) - len(rows)
        for link in links:
            there = self._which_are_there(link, rows)
            lost = [row for row in rows if row[link.column] is not None and row[link.column] not in there]
            if lost and link.nullable:
                self.found.unlinked += len(lost)
                for row in lost:
                    row[link.column] = None
            elif lost and link.goes_along:
                self.found.left_out += len(lost)
                rows = [row for row in rows if row[link.column] in there]
            elif lost:
                what = f"{link.target.table.name} {lost[0][link.column]}"
                words = _(
                    "Rows of %(table)s belong to something that is gone: %(what)s.", table=part["table"], what=what
                )
                raise MayNotRestore(words)
            if lost:
                self._touch(part, len(lost))
        if table.name == "file_object":
            for row in rows:
                self._store(row)
        if len(rows) != len(chunk):
            self._touch(part, len(chunk) - len(rows))
        return rows

    def _touch(self, part: dict[str, Any], count: int) -> None:
        self.found.touched[part["file"]] = self.found.touched.get(part["file"], 0) + count

    def _is_secret(self, table: Table, row: dict[str, Any]) -> bool:
        if table.name != "plugin_setting":
            return False
        declared = registry().settings.get(self.archive.plugin, {}).get(row["name"])
        return declared is not None and declared.secret

    def _which_are_there(self, link: _Link, rows: Sequence[dict[str, Any]]) -> set[str]:
        named = {row[link.column] for row in rows} - {None}
        whole = link.target.table
        found = select(link.target).where(whole.c.tenant_id == self.tenant.id, link.target.in_(named))
        return {str(key) for key in self.session.scalars(found, execution_options={EXPLICIT: True})} if named else set()

    def _store(self, row: dict[str, Any]) -> None:
        """The bytes of a file go into the store again, under a key of their own."""
        name = f"files/{row['id']}"
        if name not in self.files:
            return  # the store had lost them when the archive was written
        try:
            with self.parts.open(name) as stream:
                stored = store().save(self.tenant.id, stream, row["size"])
        except StoreDown as error:
            raise MayNotRestore(str(error)) from error
        remember_bytes(self.session, stored.key)
        take(self.session, stored.size)
        if stored.sha256 != row["sha256"]:
            raise MayNotRestore(_("%(name)s: its bytes are not those that were stored.", name=row["name"]))
        row["storage_key"] = stored.key
        self.found.files += 1

    def _link(self, part: dict[str, Any], table: Table, later: Sequence[str]) -> None:
        """Links among the plugin's own rows that lead forward, once all rows are there."""
        names = ", ".join(map(_name, later))
        new = ", ".join(f"r.{_name(name)}" for name in later)
        put = text(_LINK.format(table=_quoted(table), columns=names, new=new))
        for chunk in self._rows(part):
            rows = [row for row in chunk if any(row[name] is not None for name in later)]
            if rows:
                self.session.execute(put, {"rows": json.dumps(rows)}, execution_options=TOLD)

    def _verify(self, parts: Sequence[dict[str, Any]], tables: dict[str, Table]) -> None:
        """Raises MayNotRestore when the sum of a table is not what it was, and what the archive brings, together."""
        for part in parts:
            if part["file"].startswith(f"{MADE}/"):
                continue
            count, mark = self._mark(part, tables[part["table"]])
            before, known = self.before.get(part["file"], (0, "0"))
            touched = self.found.touched.get(part["file"], 0)
            is_whole = count - before == part["counted"] and int(mark) - int(known) == int(part["mark"])
            if not (is_whole or touched or part["table"] == "file_object"):
                raise MayNotRestore(
                    _("%(table)s is not what the archive says: nothing was restored.", table=part["table"])
                )

    def _mark(self, part: dict[str, Any], table: Table) -> tuple[int, str]:
        chosen = self.chosen.get(part["file"], Chosen(table))
        return mark_of(self.session, table, chosen.condition, part["columns"])

    def _put_back(self, part: dict[str, Any]) -> None:
        model: Any = models_by_table()[part["table"]]
        for chunk in self._rows(part):
            taken = {row.pop("id"): row for row in chunk}
            self.found.rows += len(taken)
            for row in self.session.scalars(
                select(model).where(model.id.in_([key for key, out in taken.items() if out]))
            ):
                for name, out in taken[str(row.id)].items():
                    bring_back(self.session, row, name, out)


@dataclass(frozen=True, slots=True)
class _Link:
    """A column that names a row of the core, which may be gone by now."""

    column: str
    target: Any
    nullable: bool
    goes_along: bool


_PUT = """
    INSERT INTO {table} ({columns})
    SELECT {columns} FROM json_populate_recordset(NULL::{table}, CAST(:rows AS json)){how}"""
_LINK = """
    UPDATE {table} AS t SET ({columns}) = ROW({new})
    FROM json_populate_recordset(NULL::{table}, CAST(:rows AS json)) AS r
    WHERE t.tenant_id = r.tenant_id AND t.id = r.id"""


def _links(table: Table, columns: Sequence[str]) -> Iterator[_Link]:
    for key in table.foreign_key_constraints:
        pairs = [(one.parent, one.column) for one in key.elements if one.column.name != "tenant_id"]
        whole = key.referred_table
        if len(pairs) == 1 and whole.schema is None and whole is not table and "tenant_id" in whole.c:
            mine, theirs = pairs[0]
            if mine.name in columns:
                yield _Link(mine.name, theirs, bool(mine.nullable), (key.ondelete or "").upper() == "CASCADE")


def _later(table: Table, columns: Sequence[str], order: dict[str, int]) -> list[str]:
    """Columns that name rows of this table, or of one that is read after it."""
    here, found = order[table.fullname], []
    for key in table.foreign_key_constraints:
        if key.referred_table.schema == table.schema and order.get(key.referred_table.fullname, -1) >= here:
            found += [one.parent.name for one in key.elements if one.parent.name != "tenant_id" and one.parent.nullable]
    return [name for name in columns if name in found]


def _quoted(table: Table) -> str:
    return ".".join(_name(part) for part in table.fullname.split("."))


def _name(name: str) -> str:
    return f'"{name}"'
