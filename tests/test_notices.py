"""Telling people something: who is told, once, in their language, in their way, and nothing out of their reach."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.contacts.models import Contact
from app.data import utcnow
from app.messaging.models import Notification
from app.messaging.notifying import notify, withdraw
from app.messaging.receivers import members_with_role
from app.tenancy.models import Membership

KIND = "messaging.mentioned"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def member(session, house, tenant, role):
    account = house.people[tenant.slug, role]
    return session.scalars(select(Membership).where(Membership.account_uid == account.uid)).one()


def told(session):
    return list(session.scalars(select(Notification).order_by(Notification.id)))


def test_a_notice_is_a_row_of_the_callers_transaction(house, tenant):
    with house.inside(tenant) as session:
        agent = member(session, house, tenant, "agent")
        assert notify(agent, KIND, "Call Nora", "She waits.") == 1
        session.rollback()
        assert told(session) == []
        assert notify([agent, agent.id], KIND, "Call\nNora", "She waits.") == 1
        session.commit()
        [row] = told(session)
        assert (row.title, row.body, row.member_id, row.read_at) == ("Call Nora", "She waits.", agent.id, None)


def test_with_a_key_somebody_is_told_once(house, tenant):
    with house.inside(tenant) as session:
        both = [member(session, house, tenant, role) for role in ("agent", "viewer")]
        assert notify(both[0], KIND, "Due", dedupe="lead 7") == 1
        session.commit()
        assert notify(both, KIND, "Due", dedupe="lead 7") == 1, "the viewer alone is new"
        session.commit()
        assert notify(both, KIND, "Due", dedupe="lead 7") == 0
        assert len(told(session)) == 2


def test_who_left_is_told_nothing_and_roles_find_members(house, tenant):
    with house.inside(tenant) as session:
        viewer, admin = (member(session, house, tenant, role) for role in ("viewer", "admin"))
        viewer.left_at = utcnow()
        session.flush()
        assert notify([viewer, admin], KIND, "Hello") == 1
        assert members_with_role("admin", "viewer") == [admin.id]


def test_texts_are_written_in_the_language_of_each_receiver(house):
    arabic = house.new_tenant(locale="ar")
    with house.inside(arabic) as session:
        notify(member(session, house, arabic, "agent"), KIND, _l("Contacts"))
        assert told(session)[0].title == "جهات الاتصال"


def test_a_later_notice_can_be_withdrawn(house, tenant):
    with house.inside(tenant) as session:
        agent = member(session, house, tenant, "agent")
        nora = Contact(full_name="Nora")
        session.add(nora)
        tomorrow = utcnow() + timedelta(days=1)
        assert notify(agent, KIND, "Call", target=nora, at=tomorrow, dedupe="x") == 1
        notify(agent, KIND, "Now", target=nora)
        assert withdraw(KIND, nora) == 1
        assert [row.title for row in told(session)] == ["Now"]
        assert notify(agent, KIND, "Call", target=nora, at=tomorrow, dedupe="x") == 1, "it was never told"


def test_what_cannot_be_told_is_refused(house, tenant):
    with house.inside(tenant) as session:
        agent = member(session, house, tenant, "agent")
        with pytest.raises(LookupError, match="declares the notice"):
            notify(agent, "messaging.nothing", "x")
        with pytest.raises(ValueError, match="time zone"):
            notify(agent, KIND, "x", at=utcnow().replace(tzinfo=None))
        with pytest.raises(ValueError, match="200"):
            notify(agent, KIND, "x", dedupe="k" * 300)
