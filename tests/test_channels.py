"""Channels: what plugins send by is chosen, queued, sent once, and its fate told; nobody sends where nobody may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.contacts.models import Contact, ContactChannel, Suppression
from app.data import choice, flag, text, utcnow
from app.host import Channel, NotNow, NotSent, PerhapsSent, Plugin, registry
from app.host.channels import check_channels
from app.host.claims import ClaimError
from app.host.lifecycle import switch
from app.jobs import run_due
from app.messaging.models import ChannelAddress, Notification, OutboundMessage
from app.messaging.notifying import notify
from app.messaging.outbox import send_by
from app.messaging.ways import address_of, choose, set_address, ways
from app.tenancy.models import Membership
from tests.plugins_for_tests.orchard import plugin as orchard

KIND, BELL = "orchard.frost", "orchard.bell"


@pytest.fixture
def tenant(app, house):
    run_due(app)  # what other tests left
    orchard.rung.clear()
    orchard.answers.clear()
    yield house.new_tenant()
    orchard.answers.clear()


def member(session, house, tenant, role="agent"):
    account = house.people[tenant.slug, role]
    return session.scalars(select(Membership).where(Membership.account_uid == account.uid)).one()


def messages(session):
    return session.scalars(select(OutboundMessage).order_by(OutboundMessage.id)).all()


def only(house, tenant):
    with house.inside(tenant) as session:
        [row] = messages(session)
        session.expunge_all()
        return row


def test_a_member_who_chose_a_channel_hears_by_it(app, house, tenant):
    with house.inside(tenant) as session:
        agent, viewer = member(session, house, tenant), member(session, house, tenant, "viewer")
        choose(agent.id, KIND, [BELL])
        session.commit()
        assert notify([agent, viewer], KIND, "Frost tonight", "Cover the trees.") == 2
        session.commit()
        name = agent.name
        run_due(app)
        [told] = orchard.rung
        assert (told.to, told.subject, told.text, told.attempt) == (name, "Frost tonight", "Cover the trees.", 1)
        notice = session.scalars(select(Notification).where(Notification.member_id == agent.id)).one()
        assert told.link == f"http://localhost/t/{tenant.slug}/messaging/notifications/{notice.id}"
        [row] = messages(session)
        assert (row.channel, row.state, row.provider_id, row.attempts) == (BELL, "sent", "ring 1", 1)
        assert row.sent_at is not None


def test_what_was_read_in_the_app_is_not_sent(app, house, tenant):
    with house.inside(tenant) as session:
        agent = member(session, house, tenant)
        choose(agent.id, KIND, [BELL])
        notify(agent, KIND, "Frost tonight")
        session.scalars(select(Notification)).one().read_at = utcnow()
        session.commit()
        run_due(app)
        assert (orchard.rung, messages(session)) == ([], [])


def test_several_channels_at_once_and_none_twice(app, house, tenant):
    with house.inside(tenant) as session:
        agent = member(session, house, tenant)
        choose(agent.id, KIND, [BELL, "email", "digest"])
        for _twice in range(2):
            notify(agent, KIND, "Frost tonight", dedupe="today")
        session.commit()
        run_due(app)
        assert sorted(row.channel for row in messages(session)) == ["email", BELL]
        assert session.scalars(select(Notification)).one().mail == "done", "the morning does not tell it again"


@pytest.mark.parametrize(
    ("error", "state", "attempts", "words"),
    [
        (NotSent("The rope is torn."), "pending", 1, "The rope is torn."),
        (NotSent("There is no bell.", again=False), "failed", 1, "There is no bell."),
        (NotNow("Nobody hung a bell."), "pending", 0, "Nobody hung a bell."),
        (PerhapsSent("It was windy."), "unknown", 1, "It was windy."),
        (ZeroDivisionError("oops"), "unknown", 1, "An error in “"),
    ],
)
def test_the_row_keeps_what_became_of_it_in_words(app, house, tenant, error, state, attempts, words):
    orchard.answers.append(error)
    with house.inside(tenant) as session:
        send_by(BELL, "yard", "Frost", "tonight", data={"strokes": 3})
        session.commit()
        run_due(app)
        [row] = messages(session)
        assert (row.state, row.attempts) == (state, attempts)
        assert words in row.error
        [told] = orchard.rung
        assert told.data == {"strokes": 3}


def test_what_the_other_side_wants_later_comes_later(app, house, tenant):
    later = utcnow() + timedelta(hours=5)
    orchard.answers.append(NotSent("Only in the morning.", at=later))
    with house.inside(tenant) as session:
        send_by(BELL, "yard", "Frost", "tonight")
        session.commit()
        run_due(app)
        [row] = messages(session)
        assert (row.state, row.not_before) == ("pending", later)
        row.not_before = utcnow()
        session.commit()
        app.extensions["tenantry"].entries["messaging.outgoing"].actions["send_again"].run([row])
        session.commit()
        run_due(app)
        assert only(house, tenant).state == "sent"
        assert [one.attempt for one in orchard.rung] == [1, 2]
        assert len({one.key for one in orchard.rung}) == 1


def test_a_channel_that_is_off_sends_nothing(app, house, tenant):
    with house.inside(tenant) as session:
        agent = member(session, house, tenant)
        choose(agent.id, KIND, [BELL])
        send_by(BELL, "yard", "Frost", "tonight")
        session.commit()
        switch(tenant, "orchard", "off")
        session.commit()
        run_due(app)
        [row] = messages(session)
        assert (row.state, orchard.rung) == ("failed", [])
        assert "not switched on" in row.error
        assert ways("orchard.bell pigeons.post email") == ("in_app", "orchard.bell", "email")
        page = house.browser("agent", tenant).go("/messaging/notifications/settings")
        assert "The bell in the yard" not in page.text


def test_the_suppression_list_is_asked_by_kind_of_address(app, house, tenant):
    with house.inside(tenant) as session:
        session.add(Suppression(channel="phone", value="yard", reason="manual"))
        send_by(BELL, "yard", "Frost", "tonight")
        send_by(BELL, "barn", "Frost", "tonight")
        session.commit()
        run_due(app)
        assert {row.recipient: row.state for row in messages(session)} == {"yard": "failed", "barn": "sent"}


def test_where_a_contact_is_reached(house, tenant):
    with house.inside(tenant) as session:
        ways_to_reach = [
            ContactChannel(kind="email", value="nora@example.com", value_normalised="nora@example.com"),
            ContactChannel(kind="phone", value="1", value_normalised="+201", opt_state="opted_out", is_primary=True),
            ContactChannel(kind="phone", value="2", value_normalised="+202"),
        ]
        session.add(nora := Contact(full_name="Nora", channels=ways_to_reach))
        session.flush()
        assert (address_of(nora, "email"), address_of(nora, BELL)) == ("nora@example.com", "+202")
        with pytest.raises(LookupError):
            address_of(nora, "orchard.drum")


def test_what_cannot_be_sent_is_refused_before_it_is_written(house, tenant):
    with house.inside(tenant) as session:
        for name in ("orchard.drum", "in_app", "digest"):
            with pytest.raises(LookupError):
                send_by(name, "yard", "Frost", "tonight")
        for address in ("", "\n", "x" * 501):
            with pytest.raises(ValueError, match="is not an address"):
                send_by(BELL, address, "Frost", "tonight")
        with pytest.raises(ValueError, match="no such way"):
            choose(member(session, house, tenant).id, KIND, ["orchard.drum"])
        assert messages(session) == []


def test_a_channel_lies_inside_its_name_and_sends():
    mine = Plugin("garage", "Garage")
    check_channels(mine, [Channel("garage.pager", "Pager", print, text(label="Number"))])
    for wrong in (
        Channel("pager", "Pager", print),
        Channel("email", "Mine", print),
        Channel("crm.pager", "Pager", print),
        Channel("garage.pager", "Pager"),
        Channel("garage.pager", "Pager", print, daily="email"),
        Channel("garage.pager", "Pager", print, flag(label="Number")),
    ):
        with pytest.raises(ClaimError):
            check_channels(mine, [wrong])
    check_channels(mine, [Channel("garage.radio", "Radio", print, choice("a", "b", label="Band"))])


def test_addresses_are_each_persons_own_and_checked(house, tenant):
    with house.inside(tenant) as session:
        agent = member(session, house, tenant)
        push = registry().channels["ntfy.push"]
        set_address(agent.id, push, "nora-17")
        session.commit()
    browser, page = house.browser("agent", tenant), "/messaging/notifications/settings"
    assert 'value="nora-17"' in browser.go(page).text
    assert "nora-17" not in house.browser("admin", tenant).go(page).text
    wrong = browser.send(page, {"asked": KIND, "address.ntfy.push": "x" * 65})
    assert wrong.status_code == 422
    assert "x" * 65 in wrong.text, "what was typed is still there"
    assert browser.send(page, {"asked": KIND, KIND: BELL, "address.ntfy.push": "other"}).status_code == 303
    with house.inside(tenant) as session:
        assert session.scalars(select(ChannelAddress.value)).all() == ["other"]
    browser.send(page, {"address.ntfy.push": " "})
    with house.inside(tenant) as session:
        assert session.scalars(select(ChannelAddress.value)).all() == []
    assert house.api("agent", tenant).get("/messaging/preferences").json[KIND] == ["in_app", BELL]
