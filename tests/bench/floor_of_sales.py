"""What nobody can do without on the pages of sales: SQL written by hand, one text a page, to be sent by psycopg as the
same role, under the same row-level security. `%(stage)s` and `%(lead)s` are a stage and a lead."""

from __future__ import annotations

from tests.bench.agenda import QUERIES as TODAY

CARDS = """
SELECT s.name, l.id, l.version, l.title, c.id, c.full_name, l.value_minor, l.value_currency, m.id, m.name
  FROM crm.stage AS s
 CROSS JOIN LATERAL (SELECT * FROM crm.lead WHERE stage_id = s.id AND deleted_at IS NULL AND archived_at IS NULL {more}
                      ORDER BY id DESC LIMIT 20) AS l
  LEFT JOIN contact AS c ON c.id = l.contact_id
  LEFT JOIN membership AS m ON m.id = l.assigned_to_id
 ORDER BY s.position, l.id DESC
"""
COUNTS = """
SELECT s.id, (SELECT count(*) FROM (SELECT FROM crm.lead WHERE stage_id = s.id AND deleted_at IS NULL
                                       AND archived_at IS NULL {more} LIMIT 1001) AS few)
  FROM crm.stage AS s ORDER BY s.position
"""
_NORMAL = "AND priority = 'normal'"
TOTALS = """
SELECT stage_id, value_currency, count(*), sum(value_minor) FROM crm.lead
 WHERE deleted_at IS NULL AND archived_at IS NULL AND stage_id = ANY(ARRAY(SELECT id FROM crm.stage)) GROUP BY 1, 2
"""
_LANE = """
SELECT l.id, l.version, l.title, c.id, c.full_name, l.value_minor, l.value_currency, m.id, m.name
  FROM crm.lead AS l LEFT JOIN contact AS c ON c.id = l.contact_id LEFT JOIN membership AS m ON m.id = l.assigned_to_id
 WHERE l.stage_id = %(stage)s AND l.deleted_at IS NULL AND l.archived_at IS NULL ORDER BY l.id DESC LIMIT 21
"""
_LIST = """
SELECT l.id, l.version, l.title, c.id, c.full_name, s.id, s.name, l.value_minor, l.value_currency, m.id, m.name,
       l.next_follow_up_at
  FROM crm.lead AS l LEFT JOIN contact AS c ON c.id = l.contact_id LEFT JOIN crm.stage AS s ON s.id = l.stage_id
  LEFT JOIN membership AS m ON m.id = l.assigned_to_id
 WHERE l.deleted_at IS NULL AND l.archived_at IS NULL ORDER BY l.id DESC LIMIT 26
"""
_CALENDAR = """
SELECT f.id, f.title, f.at, f.colour, n.number
  FROM generate_series(date_trunc('month', now()) - interval '3 days', date_trunc('month', now()) + interval '38 days',
                       interval '1 day') AS day
 CROSS JOIN LATERAL (SELECT count(*) AS number FROM (SELECT FROM crm.lead WHERE deleted_at IS NULL
                        AND archived_at IS NULL AND next_follow_up_at_sort >= day
                        AND next_follow_up_at_sort < day + interval '1 day' LIMIT 101) AS few) AS n
 CROSS JOIN LATERAL (SELECT l.id, l.title, l.next_follow_up_at AS at, s.colour FROM crm.lead AS l
                       JOIN crm.stage AS s ON s.id = l.stage_id
                      WHERE l.deleted_at IS NULL AND l.archived_at IS NULL AND l.next_follow_up_at_sort >= day
                        AND l.next_follow_up_at_sort < day + interval '1 day'
                      ORDER BY l.next_follow_up_at_sort, l.id LIMIT 4) AS f
"""
_LEAD = """
SELECT l.id, l.title, l.value_minor, l.value_currency, l.expected_close, l.source, l.description, l.score, l.won_at,
       l.lost_at, l.stage_since, l.last_activity_at, l.next_follow_up_at, l.custom_fields, l.tags, l.priority,
       c.full_name, s.name, p.name, m.name, t.name
  FROM crm.lead AS l LEFT JOIN contact AS c ON c.id = l.contact_id LEFT JOIN crm.stage AS s ON s.id = l.stage_id
  LEFT JOIN crm.pipeline AS p ON p.id = l.pipeline_id LEFT JOIN membership AS m ON m.id = l.assigned_to_id
  LEFT JOIN crm.lead_status AS t ON t.id = l.status_id
 WHERE l.id = %(lead)s
"""
_FORECAST = """
SELECT date_trunc('month', CASE WHEN s.kind = 'won' THEN l.won_at::date ELSE l.expected_close END), l.value_currency,
       sum(CASE WHEN s.kind = 'won' THEN l.value_minor
                ELSE round(l.value_minor::numeric * s.probability / 100)::bigint END),
       sum(l.value_minor) FILTER (WHERE s.kind = 'won')
  FROM crm.lead AS l JOIN crm.stage AS s ON s.id = l.stage_id
 WHERE s.kind <> 'lost' AND l.deleted_at IS NULL
   AND CASE WHEN s.kind = 'won' THEN l.won_at::date ELSE l.expected_close END
       BETWEEN date_trunc('year', now())::date AND date_trunc('year', now())::date + 364
 GROUP BY 1, 2 ORDER BY 1
"""
_WEEK = """
SELECT l.id, l.title, l.next_follow_up_at, m.name
  FROM crm.lead AS l LEFT JOIN membership AS m ON m.id = l.assigned_to_id
 WHERE l.next_follow_up_at >= date_trunc('week', now())
   AND l.next_follow_up_at < date_trunc('week', now()) + interval '7 days'
   AND l.won_at IS NULL AND l.lost_at IS NULL AND l.deleted_at IS NULL AND l.archived_at IS NULL
 ORDER BY l.next_follow_up_at, l.id LIMIT 200
"""
WHO = """
SELECT u.id, u.first_name, t.id, t.config_version, m.id,
       ARRAY(SELECT role FROM membership_role AS r WHERE r.tenant_id = m.tenant_id AND r.membership_id = m.id),
       ARRAY(SELECT plugin_key FROM tenant_plugin AS g WHERE g.tenant_id = t.id AND g.state = 'on')
  FROM account_session AS s JOIN ab_user AS u ON u.id = s.account_id JOIN tenant AS t ON t.slug = %(slug)s
  JOIN membership AS m ON m.tenant_id = t.id AND m.account_id = u.id
 WHERE s.account_id = %(account)s AND s.ended_at IS NULL AND u.active LIMIT 1
"""
"""Who asks, and where: what every page has to know before anything else; as the platform's role."""
BOARD = "board"
PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    BOARD: ("/crm/lead/board", (CARDS.format(more=""), COUNTS.format(more=""))),
    "board, filtered": (
        "/crm/lead/board?priority.is=normal",
        (CARDS.format(more=_NORMAL), COUNTS.format(more=_NORMAL)),
    ),
    "totals of the board": ("/crm/lead/board/totals", (TOTALS,)),
    "further cards of a lane": ("/crm/lead/board/lane?lane={stage}", (_LANE,)),
    "list": ("/crm/lead/", (_LIST,)),
    "calendar": ("/crm/lead/calendar", (_CALENDAR,)),
    "a lead": ("/crm/lead/{lead}", (_LEAD,)),
    "forecast": (
        "/reports/data/crm.forecasting?by=close.month&measure=weighted&measure=won&close.within=this_year",
        (_FORECAST,),
    ),
    "week of everybody": ("/crm/calendar/?of=all", (_WEEK,)),
}
"""By name: its address, and the statements that read what it shows."""
_REACHED = "AND (l.assigned_to_id = %(me)s OR l.assigned_to_id IS NULL OR l.territory_id = %(territory)s)"
_COUNT = """
SELECT count(*) FROM (SELECT FROM crm.lead AS l WHERE deleted_at IS NULL AND archived_at IS NULL {more} LIMIT 10001) f
"""
BARE: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "board": ("owner", *PAGES[BOARD]),
    "list": ("owner", "/crm/lead/", (_LIST,)),
    "list, with its count": ("owner", "/crm/lead/", (_LIST, _COUNT.format(more=""))),
    "list of a territory's member": ("agent", "/crm/lead/", (_LIST.replace("ORDER BY", f"{_REACHED} ORDER BY"),)),
    "list of a territory's member, with its count": (
        "agent",
        "/crm/lead/",
        (_LIST.replace("ORDER BY", f"{_REACHED} ORDER BY"), _COUNT.format(more=_REACHED)),
    ),
    "forecast": ("owner", *PAGES["forecast"]),
    "Today": ("agent", "/crm/today/", TODAY),
}
"""By name: who looks, where, and the statements that read what there is to see. A list counts once a minute."""
