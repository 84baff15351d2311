"""The documentation as one Markdown text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.installation.docs.collecting import Chapter, Documentation, Row
from app.installation.docs.diagram import diagram
from app.installation.words import kind_words


def markdown(found: Documentation, title: str) -> str:
    """A page with a chapter for each plugin, and one diagram of all records."""
    lines = [f"# {title}", ""]
    for chapter in found.chapters:
        lines += _chapter(chapter)
    lines += ["## Records and their relations", "", "```mermaid", diagram(found.records).rstrip(), "```"]
    return "\n".join(lines) + "\n"


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield from (f"## {chapter.title} (`{chapter.name}`)", "")
    if chapter.summary:
        yield from (chapter.summary, "")
    if chapter.joins:
        yield from (f"A bridge: on by itself where these are: {', '.join(chapter.joins)}.", "")
    if chapter.needs:
        yield from ("### What it does beyond its own records", "", *(f"- {one}" for one in chapter.needs), "")
    for entry in chapter.records:
        fields = [(f.name, f.words, kind_words(f), "yes" if f.required else "") for f in entry.fields.values()]
        yield f"### {entry.resource.words} (`{entry.key}`, `{entry.api_path}`)"
        yield from _table(("field", "label", "kind", "required"), fields)
    for heading, head, rows in (
        ("Permissions", ("permission", "roles"), chapter.permissions),
        ("Events", ("event", "meaning"), chapter.events),
        ("Settings", ("setting", "meaning", "kind", "default"), chapter.settings),
        ("Jobs, schedules, handlers, messages, channels, payment providers", ("name", "what"), chapter.work),
    ):
        if rows:
            yield f"### {heading}"
            yield from _table(head, rows)
    for part in (*chapter.brought, *chapter.additions):
        yield f"### {part.title}"
        yield from _table(("name", "what"), part.rows)


def _table(head: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    yield ""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(_cell(one) for one in row)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
