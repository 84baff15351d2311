"""The tags that a custom field holds already: what its picker offers. They are this field's own, and not the tenant's
set of tags, so that a kind of equipment is not offered where people mark customers."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from app.data import Field
from app.host.custom_fields import PREFIX
from app.screens.reading.listing import Count
from app.screens.reading.stored import tags_of
from app.screens.reading.surface import Surface
from app.search.index import SearchToken, custom_token, term_range
from app.search.tokens import fold, prefix_range

LOOKED_AT = 1_000
"""Records: a tag that stands in none of so many is typed."""


def used_tags(surface: Surface, field: Field, words: str) -> list[tuple[str, Count]]:
    """Tags that begin like this, each with how many records that this person reaches have it; the commonest first."""
    low, high = prefix_range(custom_token(field.name.removeprefix(PREFIX), fold(words)))
    found = select(SearchToken.record_id).where(term_range(low, high, surface.entry.key)).limit(LOOKED_AT)
    rows = select(tags_of(surface.model, field)).where(surface.model.id.in_(found), *surface.conditions())
    lists = surface.session.scalars(rows.limit(LOOKED_AT)).all()
    counted = Counter(tag for tags in lists for tag in tags if fold(tag).startswith(fold(words)))
    return [(tag, Count(number, capped=len(lists) == LOOKED_AT)) for tag, number in counted.most_common()]
