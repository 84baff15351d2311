"""The permission sync: idempotent, set-based, safe in parallel, and kind to what operators decided."""

from __future__ import annotations

import threading

import pytest

from app.data import platform_session
from app.identity.permissions import ROLE_NAMES, DeclaredPermission
from app.identity.roles import all_roles, permission_matrix, set_role_permissions
from app.identity.sync import sync_permissions
from app.testing.counting import count_statements
from tests.test_identity_lab import Lab

pytest_plugins = ["tests.test_identity_lab"]


VERBS = ("read", "create", "update", "delete", "export", "import")


def declared(prefix, resources=3, roles=("owner", "agent")):
    return [DeclaredPermission(f"{prefix}.thing{n}", verb, roles) for n in range(resources) for verb in VERBS]


def sync(lab, wanted):
    with lab.app.app_context(), platform_session("test") as session:
        return sync_permissions(session, wanted)


def version(lab):
    return lab.sql("SELECT version FROM permission_version")[0][0]


def roles_of(lab, resource, verb):
    with lab.app.app_context():
        rows = {row.resource: row for row in permission_matrix()}
    return {cell.verb: set(cell.roles) for cell in rows[resource].cells}[verb]


def test_the_second_run_changes_nothing(lab: Lab):
    wanted = declared("synctwice")
    first = sync(lab, wanted)
    before = version(lab)
    second = sync(lab, wanted)
    assert (first.permissions, first.granted) == (18, 36)
    assert not second.changed
    assert version(lab) == before


def test_the_six_roles_exist(lab: Lab):
    with lab.app.app_context():
        assert [role.name for role in all_roles()][:6] == list(ROLE_NAMES)


def test_a_hundred_resources_take_a_handful_of_statements(lab: Lab):
    wanted = declared("synchundred", 100)
    with count_statements() as seen:
        sync(lab, wanted)
    assert len(seen) <= 12
    with count_statements() as again:
        sync(lab, wanted)
    assert len(again) <= 12


def test_many_at_once_are_safe(lab: Lab):
    wanted = declared("syncparallel", 30)
    reports, failures = [], []

    def run():
        try:
            reports.append(sync(lab, wanted))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(report.permissions for report in reports) == [0] * 5 + [180]


def test_a_plugin_that_is_absent_loses_nothing(lab: Lab):
    here, absent = declared("synchere"), declared("syncabsent")
    sync(lab, here + absent)
    assert not sync(lab, here).changed
    assert roles_of(lab, "syncabsent.thing0", "read") == {"owner", "agent"}


def test_a_changed_declaration_is_carried_over(lab: Lab):
    sync(lab, declared("syncchange", 1, ("owner", "agent")))
    before = version(lab)
    report = sync(lab, declared("syncchange", 1, ("owner", "viewer")))
    assert (report.granted, report.revoked) == (6, 6)
    assert version(lab) == before + 1
    assert roles_of(lab, "syncchange.thing0", "read") == {"owner", "viewer"}


def test_what_an_operator_gave_or_took_survives(lab: Lab):
    sync(lab, declared("syncoperator", 1, ("owner", "agent")))
    with lab.app.app_context():
        role = next(role for role in all_roles() if role.name == "agent")
        cells = {
            cell.verb: cell
            for row in permission_matrix()
            if row.resource == "syncoperator.thing0"
            for cell in row.cells
        }
        held = [cell.id for row in permission_matrix() for cell in row.cells if "agent" in cell.roles]
        set_role_permissions(role.id, [one for one in held if one != cells["delete"].id])
        manager = next(role for role in all_roles() if role.name == "manager")
        managers = [cell.id for row in permission_matrix() for cell in row.cells if "manager" in cell.roles]
        set_role_permissions(manager.id, [*managers, cells["export"].id])
    assert not sync(lab, declared("syncoperator", 1, ("owner", "agent"))).changed
    assert roles_of(lab, "syncoperator.thing0", "delete") == {"owner"}
    assert roles_of(lab, "syncoperator.thing0", "export") == {"owner", "agent", "manager"}


def test_an_unknown_role_is_refused(lab: Lab):
    with pytest.raises(ValueError, match="No such role: boss"):
        sync(lab, [DeclaredPermission("syncwrong.thing", "read", ("boss",))])


def test_nothing_declared_is_fine(lab: Lab):
    assert not sync(lab, []).changed
