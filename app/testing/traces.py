"""Traces of a plugin in the places of the core that name plugins beside other things, as people leave them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.contacts.models import Contact
from app.data import utcnow
from app.features.access_rules import AccessRule
from app.messaging.models import ChannelAddress, NoticePreference, OutboundMessage
from app.reports.models import SavedReport, StartPage
from app.screens.desk.models import Desk
from app.tenancy.models import Membership, MembershipRole, Team, Tenant
from app.testing.house import House


def arrange(house: House, tenant: Tenant, plugin: str) -> None:
    """Roles, pins, recents, folded groups, columns, cards, channels and reports of one person."""
    person = house.people[tenant.slug, "owner"]
    with house.inside(tenant, person.uid) as session:
        desk = session.scalars(select(Desk).where(Desk.person == person.uid)).one_or_none() or Desk(person=person.uid)
        desk.pins = ["contacts.contact:1", f"{plugin}.vehicle:2", "contacts.contact:3"]
        desk.recent = [f"{plugin}.vehicle:2"]
        desk.lists = {
            f"{plugin}.vehicle": {"columns": ["plate"]},
            "contacts.contact": {"columns": ["name", f"{plugin}__x"]},
        }
        desk.habits = {"silent": True, "turned": ["contacts", plugin, f"{plugin}/set-up"]}
        cards = [{"card": f"{plugin}.latest", "size": "small"}, {"card": "contacts.new", "size": "small"}]
        helper, hidden, now = f"{plugin}.helper", [f"{plugin}__x"], utcnow()
        member = session.scalars(select(Membership).where(Membership.account_uid == person.uid)).one()
        session.add_all([
            desk,
            StartPage(person=person.uid, cards=cards),
            SavedReport(name="Theirs", source=f"{plugin}.vehicle", query="", audience="private"),
            ChannelAddress(member_id=member.id, channel=f"{plugin}.bell", value="17"),
            NoticePreference(member_id=member.id, kind="contacts.mention", ways=f"in_app {plugin}.bell"),
            AccessRule(role="viewer", resource="contacts.contact", row_scope="all", hidden=hidden, readonly=[]),
            AccessRule(role=helper, resource="contacts.company", row_scope="own", hidden=[], readonly=[]),
            MembershipRole(membership_id=member.id, role=helper),
            Team(name="Helpers", gives_role=helper),
            OutboundMessage(
                channel=f"{plugin}.bell", recipient="17", subject="Ding", body="Dong", not_before=now,
                message_id="<1@x.example>", dedupe_key="a test", state="sent",
            ),
        ])  # fmt: skip
        contact: Any = session.scalars(select(Contact)).first()
        if contact is not None:
            contact.custom_fields = {**(contact.custom_fields or {}), f"{plugin}__x": 7}
        session.commit()
