"""The sweep: bytes without a row go, rows without bytes are marked, and nobody's upload under way is touched."""

from __future__ import annotations

import io
import os
import uuid
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from app.contacts.models import Contact
from app.files.models import FileObject, FileUsage
from app.files.services import attach
from app.files.stores import store
from app.files.sweep import Swept, sweep, sweep_all

NOW = timedelta(0)


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def kept(house, tenant):
    """A file with its row."""
    (person,) = house.add(Contact(full_name="Has Files", first_name="Has"), tenant=tenant)
    with house.inside(tenant) as session:
        attach(session(), "contacts.contact", person, io.BytesIO(b"kept"), "kept.txt")
        session.commit()
        return session.scalars(select(FileObject.storage_key)).one()


def keys(tenant):
    return {item.key for item in store().items(tenant.id)}


def test_bytes_without_a_row_go_once_they_are_old(house, tenant, kept):
    with house.inside(tenant) as session:
        orphan = store().save(tenant.id, io.BytesIO(b"left over"), 100).key
        assert sweep(session()) == Swept()
        assert keys(tenant) == {kept, orphan}
        assert sweep(session(), dry_run=True, age=NOW) == Swept(orphans=1, bytes=9)
        assert keys(tenant) == {kept, orphan}
        assert sweep(session(), age=NOW) == Swept(orphans=1, bytes=9)
        assert keys(tenant) == {kept}
        assert sweep(session(), age=NOW) == Swept()


def test_a_row_without_bytes_is_marked_until_they_are_back(house, tenant, kept):
    with house.inside(tenant) as session:
        path = store().root / kept
        path.rename(path.with_suffix(".away"))
        assert sweep(session(), dry_run=True, age=NOW) == Swept(missing=1)
        assert session.scalars(select(FileObject.missing_since)).one() is None
        assert sweep(session(), age=NOW) == Swept(missing=1)
        since = session.scalars(select(FileObject.missing_since)).one()
        assert since is not None
        assert sweep(session(), age=NOW) == Swept(missing=1)
        assert session.scalars(select(FileObject.missing_since)).one() == since
        path.with_suffix(".away").rename(path)
        assert sweep(session(), age=NOW) == Swept(back=1)
        assert session.scalars(select(FileObject.missing_since)).one() is None


def test_a_count_that_is_wrong_is_put_right(house, tenant, kept):
    with house.inside(tenant) as session:
        session.execute(update(FileUsage).values(bytes=999, files=9))
        session.commit()
        sweep(session())
        assert session.execute(select(FileUsage.bytes, FileUsage.files)).one() == (4, 1)


def test_another_tenants_files_are_not_this_ones_orphans(house, tenant, kept):
    other = house.new_tenant()
    with house.inside(other) as session:
        assert sweep(session(), age=NOW) == Swept()
    with house.inside(tenant):
        assert keys(tenant) == {kept}


def test_what_a_tenant_that_is_no_more_left_goes_too(house, app):
    nobody = uuid.uuid4()
    with app.app_context():
        key = store().save(nobody, io.BytesIO(b"left"), 100).key
        assert dict(sweep_all(dry_run=True))[nobody.hex] == Swept()
        os.utime(store().root / key, (1, 1))
        assert dict(sweep_all(dry_run=True))[nobody.hex] == Swept(orphans=1, bytes=4)
        assert dict(sweep_all())[nobody.hex] == Swept(orphans=1, bytes=4)
        assert not list(store().items(nobody))


def test_the_command(house, app, tenant, kept, monkeypatch):
    from contextlib import contextmanager

    from app.cli import files

    @contextmanager
    def application():
        with app.app_context():
            yield app

    monkeypatch.setattr(files, "application", application)
    with app.app_context():
        orphan = store().save(tenant.id, io.BytesIO(b"left over"), 100).key
        os.utime(store().root / orphan, (1, 1))
        said = CliRunner().invoke(files.files, ["sweep", "--dry-run"], catch_exceptions=False).output
        assert f"{tenant.slug}" in said
        assert "Would be swept: 1 files without a row (9 bytes)" in said
        assert orphan in keys(tenant)
        said = CliRunner().invoke(files.files, ["sweep"], catch_exceptions=False).output
        assert "Swept: 1 files" in said
        assert keys(tenant) == {kept}
