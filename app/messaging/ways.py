"""By which channels members hear of what: each chooses for themselves, kind by kind, and says where they are reached.

What is told at all stands in the app; the other channels come beside it. So a choice is kept as the names of those
others between blanks, as `in_app` where there are none, and as `off` for nothing at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.data import db
from app.host import Channel, Notice, registry
from app.host.channels import IN_APP
from app.host.extending import is_here
from app.identity.principal import Principal
from app.messaging.models import ChannelAddress, NoticePreference
from app.messaging.receivers import Receiver
from app.screens.kinds import kind_of

OFF = "off"


def kinds_for(person: Principal) -> list[Notice]:
    """The kinds of notices of the plugins that are on for this person, in the plugins' order."""
    on = registry().always_on | (person.tenant.plugins if person.tenant is not None else frozenset())
    return [notice for notice in registry().notices.values() if notice.key.partition(".")[0] in on]


def channels_here() -> list[Channel]:
    """The channels of the tenant in force, the house's own first."""
    return [one for one in registry().channels.values() if is_here(one.plugin)]


def ways(words: str) -> tuple[str, ...]:
    """The channels that stored words mean, `in_app` first; none for `off`. What the house does not know is left out."""
    named = words.split()
    if OFF in named:
        return ()
    known = registry().channels
    return (IN_APP, *dict.fromkeys(one for one in named if one in known and one != IN_APP))


def at_once(names: Iterable[str]) -> list[Channel]:
    """Those of these channels by which messages leave one by one, where they are on."""
    found = [registry().channels[name] for name in names]
    return [one for one in found if one.is_at_once and is_here(one.plugin)]


def daily(names: Iterable[str]) -> bool:
    """Whether one of these channels tells what came in a day together."""
    return any(registry().channels[name].daily for name in names)


def chosen(member_id: UUID) -> dict[str, tuple[str, ...]]:
    """What a member has chosen, by kind."""
    statement = select(NoticePreference.kind, NoticePreference.ways).where(NoticePreference.member_id == member_id)
    return {row.kind: ways(row.ways) for row in db.session.execute(statement)}


def wishes(member_ids: Iterable[UUID], kind: str) -> Mapping[UUID, tuple[str, ...]]:
    """By which channels each of these members wants to hear of a kind of notice."""
    wanted = list(member_ids)
    statement = select(NoticePreference.member_id, NoticePreference.ways).where(
        NoticePreference.kind == kind, NoticePreference.member_id.in_(wanted)
    )
    own = {row.member_id: row.ways for row in db.session.execute(statement)}
    notice = registry().notices.get(kind)
    usual = notice.default if notice is not None else IN_APP
    return {one: ways(own.get(one, usual)) for one in wanted}


def choose(member_id: UUID, kind: str, names: Collection[str]) -> None:
    """Keep what a member chose for a kind. Raises ValueError with a sentence for what does not exist."""
    if kind not in registry().notices:
        raise ValueError(_("There is no notice of this kind."))
    if not set(names) <= registry().channels.keys():
        raise ValueError(_("There is no such way to be told."))
    beside = [name for name in registry().channels if name in names and name != IN_APP]
    words = " ".join(beside) or (IN_APP if names else OFF)
    row = db.session.scalar(
        select(NoticePreference).where(NoticePreference.member_id == member_id, NoticePreference.kind == kind)
    )
    if row is None:
        db.session.add(NoticePreference(member_id=member_id, kind=kind, ways=words))
    else:
        row.ways = words


def addresses(member_id: UUID) -> dict[str, str]:
    """Where a member is reached, by channel, as they filled it in."""
    statement = select(ChannelAddress.channel, ChannelAddress.value).where(ChannelAddress.member_id == member_id)
    return {row.channel: row.value for row in db.session.execute(statement)}


def read_address(channel: Channel, text: str) -> str:
    """What somebody typed as their address, as it is kept. Raises ValueError with a sentence."""
    field = channel.field
    if field is None:
        raise ValueError(_("The address of this channel is known anyway."))
    return kind_of(field).show(field, kind_of(field).parse(field, text)) if text.strip() else ""


def set_address(member_id: UUID, channel: Channel, text: str) -> None:
    """Keep where a member is reached; an empty text takes it back. Raises as `read_address` does."""
    value = read_address(channel, text)
    row = db.session.scalar(
        select(ChannelAddress).where(ChannelAddress.member_id == member_id, ChannelAddress.channel == channel.name)
    )
    if row is None and value:
        db.session.add(ChannelAddress(member_id=member_id, channel=channel.name, value=value))
    elif row is not None and value:
        row.value = value
    elif row is not None:
        db.session.delete(row)


def member_address(member: Receiver, channel: Channel) -> str:
    """Where a channel reaches a member; empty where it does not."""
    if channel.address is None or channel.field is not None:
        return addresses(member.id).get(channel.name, "")
    return channel.address(member) or ""  # type: ignore[operator]


def address_of(contact: Any, channel: str) -> str:
    """Where a channel reaches a `Contact`: the primary one of their addresses of its kind, or the first, unless they
    opted out of it; empty where there is none. Raises LookupError for a channel that no installed plugin declares."""
    known = registry().channels.get(channel)
    if known is None:
        raise LookupError(f"No installed plugin declares the channel “{channel}”.")
    fit = [one for one in contact.channels if one.kind == known.kind and one.opt_state != "opted_out"]
    best = sorted(fit, key=lambda one: not one.is_primary)
    return best[0].value_normalised if best else ""
