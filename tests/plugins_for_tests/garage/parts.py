"""A tree: what a car is made of. Only whoever keeps a part reaches it, where a role's scope says so."""

from __future__ import annotations

from app.sdk import Mapped, Member, Record, Resource, archive_actions, belongs_to, flag, text


class Part(Record):
    """A part, and the one it is a part of."""

    __soft_delete__ = True
    __archive__ = True
    __label__ = "name"

    name: Mapped[str] = text(sortable=True)
    number: Mapped[str | None] = text(max_length=40)
    spare: Mapped[bool] = flag()
    part_of = belongs_to(lambda: Part)
    keeper = belongs_to(Member)
    merged_into = belongs_to(lambda: Part, readonly=True)


def resources() -> list[Resource]:
    return [
        Resource(
            Part,
            list="name number spare part_of keeper",
            search="name number",
            sort="name",
            tree="part_of",
            owner_field="keeper",
            actions=archive_actions(),
            order=63,
        )
    ]
