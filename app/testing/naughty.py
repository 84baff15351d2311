"""Texts that break software: what people paste, what programs send by mistake, what attackers try."""

from __future__ import annotations

NAUGHTY_TEXTS: tuple[str, ...] = (
    "\x00", "a\x00b", "\x08\x1b[31m", "\u202egnp.exe", "\u200f\u200e\u2066", "\ufeffbom", "\ufffe", "\ufdd0",
    "e\u0301" * 50, "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d", "👩\u200d🚀", "\U000e0001", "\u2028line", "\x85",
    "ﷺﷺﷺ", "ⅣK", "'", '"', "`", "\\", "';--", "' OR '1'='1", "1; DROP TABLE contact--", "%", "%s%n%x", "%(id)s",
    "{}", "{0.__class__}", "{{ 7*7 }}", "{% raw %}", "${jndi:ldap://x}", "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>', "&lt;", "]]>", "javascript:alert(1)", "../../etc/passwd", "/dev/null", "NULL",
    "null", "None", "undefined", "NaN", "Infinity", "true", "-1", "0", "-0", "00", "1e999", "1E-999", "0x1F",
    "1_000", "٣٫٥", "²", "½", "99999999999999999999", "1.7976931348623157e309", "9" * 400, "0000-00-00",
    "0000-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "2026-01-01T25:61", "-infinity", "now", "24:00",
    "00000000-0000-0000-0000-000000000000", "g" * 36, "[]", "{", "[[[[", "a,b,c", ",", ";", "=1+1", "@SUM(1)", "\t",
    "\r\n", " ", "\xa0", "\u3000", "x" * 300, "ن" * 5_000,
)  # fmt: skip
LONG = "0123456789" * 100_000
"""A text of a million characters."""
BROKEN_JSON: tuple[bytes, ...] = (
    b"", b"null", b"1", b"[]", b'"x"', b"{", b"[" * 100_000, b"\xff\xfe", b'{"a": NaN}', b'{"a": 1e999}',
    b'{"\\ud800": 1}', b'{"": ""}', b'{"a": ' + b"9" * 5_000 + b"}",
    b'{"id": "x", "tenant_id": "y", "version": -1, "created_at": 0}',
)  # fmt: skip
"""Bodies that are no JSON, or none that a resource could mean."""
JUNK: tuple[object, ...] = (
    True, 0, -1, 1.5, 10**30, 1e308, [], [[]], [None], {}, {"a": {}}, {"amount": "1", "currency": "XXX"},
    {"amount": "\ud800", "currency": "\ud800"}, "\ud800", ["\ud800", "\x00"],
)  # fmt: skip
"""JSON of every type, for fields that expect another."""
FORBIDDEN = ("SELECT ", "INSERT INTO", "UPDATE ", "psycopg", "sqlalchemy", "Traceback", "tenantry_tenant")
"""What no answer may hold: it would come from the database or from Python."""
