"""What the things of a new plugin are called in English, and all the words that it says."""

from __future__ import annotations

from app.host.scaffold.reading import PluginWords, RecordWords

COUNT = "Count records"


def in_words(value: str) -> str:
    """The value of a choice, as people read it."""
    return value.replace("_", " ").capitalize()


def plural(record: RecordWords) -> str:
    """Many of them, in plain English: a person corrects the odd ones."""
    title = record.title
    if title.endswith("y") and title[-2:-1] not in "aeiou":
        return title[:-1] + "ies"
    return title + ("es" if title.endswith(("s", "x", "ch", "sh")) else "s")


def summary(plugin: PluginWords) -> str:
    """What the plugin keeps, in a few words."""
    first, *rest = (plural(record) for record in plugin.records)
    return ", ".join([first, *(one.lower() for one in rest)])


def reported(plugin: PluginWords) -> tuple[RecordWords, str] | None:
    """The first records that have a choice to count by, and that choice."""
    return next(((one, name) for one in plugin.shown for name in one.names_of("choice")[:1]), None)


def report_title(record: RecordWords, choice: str) -> str:
    """“Repairs by status”."""
    return f"{plural(record)} by {in_words(choice).lower()}"


def words(plugin: PluginWords) -> list[str]:
    """Every text of the module that people read, once, in its order."""
    found = [plugin.title, summary(plugin)]
    for record in plugin.records:
        found += [record.title, plural(record)] if record in plugin.shown else []
        for field in record.fields:
            found += [field.label] if field.kind != "sealed" else []
            found += [in_words(one) for one in field.choices]
    by = reported(plugin)
    return list(dict.fromkeys([*found, *([report_title(*by)] if by else []), COUNT]))
