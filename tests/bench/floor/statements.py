"""The ideal query of each page, written by hand. Row-level security adds the tenant."""

_LIST = """
SELECT c.id, c.version, c.full_name, c.company_id, k.name AS company, c.position, c.tags, c.assigned_to_id,
       m.name AS assigned_to, c.source, c.created_at
FROM contact c
LEFT JOIN company k ON k.tenant_id = c.tenant_id AND k.id = c.company_id
LEFT JOIN membership m ON m.tenant_id = c.tenant_id AND m.id = c.assigned_to_id
WHERE c.deleted_at IS NULL{where}
ORDER BY {order} LIMIT 26
"""
_NEWEST = "c.id DESC"
_PROBE = """ AND coalesce((SELECT true FROM search_token t WHERE t.tenant_id = c.tenant_id AND t.record_id = c.id
 AND t.kind = 'contacts.contact' AND t.token >= %(low)s AND t.token < %(high)s LIMIT 1), false)"""
_LOOK_UP = """ AND c.id = ANY(ARRAY(SELECT record_id FROM search_token
 WHERE kind = 'contacts.contact' AND token >= %(low)s AND token < %(high)s))"""
_LOOK_UP_TWO = """ AND c.id = ANY(ARRAY(
 SELECT record_id FROM search_token WHERE kind = 'contacts.contact' AND token >= %(low)s AND token < %(high)s
 INTERSECT
 SELECT record_id FROM search_token WHERE kind = 'contacts.contact' AND token >= %(low2)s AND token < %(high2)s))"""

PAGES = {
    "list": _LIST.format(where="", order=_NEWEST),
    "deep": _LIST.format(where=" AND c.id < %(after)s", order=_NEWEST),
    "probe": _LIST.format(where=_PROBE, order=_NEWEST),
    "lookup": _LIST.format(where=_LOOK_UP, order=_NEWEST),
    "lookup_two": _LIST.format(where=_LOOK_UP_TWO, order=_NEWEST),
    "filter": _LIST.format(where=" AND c.source_sort = %(source)s", order="c.full_name_sort, c.id"),
}
"""Whether to look a word up or to try row after row depends on how common it is: here the caller knows."""
CONTACT = """
SELECT c.id, c.version, c.first_name, c.last_name, c.company_id, k.name AS company, c.position, c.birthday, c.tags,
       c.assigned_to_id, m.name AS assigned_to, c.source, c.locale, c.timezone, c.external_id, c.full_name
FROM contact c
LEFT JOIN company k ON k.tenant_id = c.tenant_id AND k.id = c.company_id
LEFT JOIN membership m ON m.tenant_id = c.tenant_id AND m.id = c.assigned_to_id
WHERE c.deleted_at IS NULL AND c.id = %(id)s
"""
CHANNELS = """
SELECT id, kind, value, label, is_primary, is_shared, opt_state FROM contact_channel WHERE contact_id = %(id)s
"""
ADDRESSES = "SELECT * FROM contact_address WHERE contact_id = %(id)s"
SAVE = """
UPDATE contact SET first_name = %(first_name)s, last_name = %(last_name)s, position = %(position)s,
       birthday = %(birthday)s, source = %(source)s, locale = %(locale)s, timezone = %(timezone)s,
       external_id = %(external_id)s, updated_at = now(), version = version + 1
WHERE id = %(id)s AND version = %(version)s AND deleted_at IS NULL
"""
REST = """
SELECT id, version, first_name, last_name, full_name, company_id AS company, position, birthday, source,
       assigned_to_id AS assigned_to, tags, locale, timezone, last_interaction_at, external_id, thread_id,
       merged_into_id AS merged_into, created_at, updated_at
FROM contact WHERE deleted_at IS NULL ORDER BY id DESC LIMIT 101
"""
