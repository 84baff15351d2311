"""The smaller hooks of a new plugin: a report with its card, a job, demo data, what it knows of a person."""

from __future__ import annotations

from collections.abc import Iterator

from app.data.base import snake_case
from app.host.scaffold.naming import COUNT, plural, report_title, reported
from app.host.scaffold.reading import FieldWords, PluginWords, RecordWords

_VALUES = {
    "text": '"{label} {number}"', "long_text": '"{label}"', "integer": "{number}", "decimal": 'Decimal("{number}")',
    "email": '"{name}{number}@example.org"', "phone": '"+96650123456{number}"', "url": '"https://example.org/{number}"',
    "money": 'Money({number}0000, "USD")', "country": '"SA"', "language": '"ar"', "time_zone": '"Asia/Riyadh"',
}  # fmt: skip
"""What a required field of demo data holds, by type."""


def texts(plugin: PluginWords) -> Iterator[str]:
    """Each hook as source."""
    yield from (text for text in (_reports(plugin), _cards(plugin), _jobs(plugin), _demo(plugin)) if text)
    if _people(plugin):
        yield from (_export(plugin), _erase(plugin))


def imports(plugin: PluginWords) -> set[str]:
    """Names of the SDK that these hooks take, a record of the same name taken into account."""
    wanted = {"Card", "Job", "JobRun", "Schedule", *(["Report"] if reported(plugin) else [])}
    wanted |= {"Tenant"} if _shown_in_demo(plugin) else set()
    names = {f"{one} as {_sdk(one, plugin)}" if _sdk(one, plugin) != one else one for one in wanted}
    return names | {"session"} | ({"Contact"} if _people(plugin) else set())


def held(plugin: PluginWords) -> set[str]:
    """Types of the standard library that they name."""
    kinds = {field.kind for record in _shown_in_demo(plugin) for field in record.fields if field.required}
    return (
        ({"Decimal"} if "decimal" in kinds else set())
        | ({"Money"} if "money" in kinds else set())
        | ({"UUID"} if _people(plugin) else set())
    )


def _sdk(name: str, plugin: PluginWords) -> str:
    """What a class of the SDK is called in the module: `SdkJob` where a record is called `Job`."""
    return f"Sdk{name}" if any(record.name == name for record in plugin.records) else name


def _hook(head: str, body: list[str]) -> str:
    return "\n".join(["@hookimpl", f"def {head}:", *(f"    {line}" for line in body)])


def _reports(plugin: PluginWords) -> str:
    by = reported(plugin)
    if by is None:
        return ""
    record, choice = by
    report = _sdk("Report", plugin)
    sums = "".join(f" sum.{name}" for name in record.names_of("money")[:1])
    made = f'{report}("by_{choice}", _l("{report_title(record, choice)}"), {record.name},'
    more = f'by="{choice}", measures="count{sums}", chart="donut")'
    return _hook(f"reports() -> list[{report}]", ["return [", f"    {made}", f"           {more}", "]"])


def _cards(plugin: PluginWords) -> str:
    card, by, first = _sdk("Card", plugin), reported(plugin), plugin.shown[0]
    made = [f'{card}("latest", _l("{plural(first)}"), records={first.name}, usual=False)']
    if by is not None:
        made.insert(0, f'{card}("by_{by[1]}", _l("{report_title(*by)}"), report="by_{by[1]}")')
    return _hook(f"cards() -> list[{card}]", ["return [", *(f"    {line}," for line in made), "]"])


def _jobs(plugin: PluginWords) -> str:
    job, schedule, name = _sdk("Job", plugin), _sdk("Schedule", plugin), plugin.name
    first, *_rest = plugin.shown
    counted = [
        f"def count(run: {_sdk('JobRun', plugin)}) -> int:",
        f'    """How many {plural(first).lower()} there are: what a job returns is kept with it for a week."""',
        f"    return session.scalar(select(func.count()).select_from({first.name})) or 0",
    ]
    parts = [
        _hook(f"jobs() -> list[{job}]", [f'return [{job}("{name}.count", count, _l("{COUNT}"))]']),
        _hook(
            f"schedules() -> list[{schedule}]", [f'return [{schedule}("{name}.nightly", "{name}.count", "0 4 * * *")]']
        ),
        "\n".join(counted),
    ]
    return "\n\n\n".join(parts)


def _demo(plugin: PluginWords) -> str:
    made = [f"{one.key} = {one.name}({_given(one)})" for one in _shown_in_demo(plugin)]
    if not made:
        return ""
    names = ", ".join(one.key for one in _shown_in_demo(plugin))
    return _hook(f"demo_data(tenant: {_sdk('Tenant', plugin)}) -> None", [*made, f"session.add_all([{names}])"])


def _shown_in_demo(plugin: PluginWords) -> list[RecordWords]:
    """Records of which one can be made with what is known here: in the order in which they need each other."""
    found: list[RecordWords] = []
    waiting = list(plugin.records)
    while ready := [one for one in waiting if _can_be_made(one, {other.name for other in found})]:
        found += ready
        waiting = [one for one in waiting if one not in ready]
    return found


def _can_be_made(record: RecordWords, known: set[str]) -> bool:
    needed = [field for field in record.fields if field.required]
    return all(_value(field, 1) or (field.kind == "belongs_to" and field.target in known) for field in needed)


def _given(record: RecordWords) -> str:
    needed = [field for field in record.fields if field.required or field in record.fields[:1]]
    values = {field.name: _value(field, 1) or _other(field) for field in needed}
    return ", ".join(f"{name}={value}" for name, value in values.items() if value)


def _other(field: FieldWords) -> str:
    return snake_case(field.target) if field.required and field.kind == "belongs_to" else ""


def _value(field: FieldWords, number: int) -> str:
    if field.kind == "choice":
        return f'"{field.choices[0]}"'
    return _VALUES.get(field.kind, "").format(label=field.label, name=field.name, number=number)


def _people(plugin: PluginWords) -> list[tuple[RecordWords, FieldWords]]:
    return [(record, field) for record in plugin.records for field in record.people]


def _export(plugin: PluginWords) -> str:
    lines = [
        f'"{record.key}.{field.name}": [str(one) for one in session.scalars({_led_to(record, field)})],'
        for record, field in _people(plugin)
    ]
    body = ['"""What the plugin knows of a person who asks."""', "return {", *(f"    {line}" for line in lines), "}"]
    return _hook("export_contact(contact: Contact) -> dict[str, list[str]]", body)


def _erase(plugin: PluginWords) -> str:
    lines = [f"*session.scalars({_led_to(record, field)})," for record, field in _people(plugin)]
    words = '"""The contact itself is emptied by the core; the history of these records is, too."""'
    body = [words, "return [", *(f"    {line}" for line in lines), "]"]
    return _hook("erase_contact(contact: Contact) -> list[UUID]", body)


def _led_to(record: RecordWords, field: FieldWords) -> str:
    return f"select({record.name}.id).where({record.name}.{field.name} == contact)"
