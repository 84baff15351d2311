"""One name rules a plugin: whatever it declares must lie inside that name. What does not is refused before it is
wired."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from app.data import Field, Record, utcnow
from app.features.access_rules import SCOPES
from app.host.declarations import (
    HOUSE_WAYS,
    NAME,
    VERBS,
    Action,
    Job,
    Lanes,
    Notice,
    Page,
    Plugin,
    Resource,
    Schedule,
    Timeline,
)
from app.host.first_steps import Step
from app.tenancy.models import ROLES

if TYPE_CHECKING:
    from app.host.happenings import Listener

RESERVED = frozenset(
    {
        "account", "api", "app", "assets", "branding", "core", "desk", "docs", "files", "healthz", "hooks",
        "information_schema", "language", "login", "logout", "metrics", "openapi", "operator", "permissions",
        "pictures", "plugins", "profile", "public", "readyz", "roles", "search", "security", "static", "t", "tenants",
        "theme", "users",
    }
)  # fmt: skip
"""First parts of the core's own addresses, and names that mean something to PostgreSQL or to us."""


LONGEST_VERSION, LONGEST_JOB = 50, 7 * 24 * 3600
"""Characters, and seconds."""


class ClaimError(ValueError):
    """A plugin steps outside its name, or declares something that cannot work."""


def check_manifest(found_as: str, module: str, plugin: Plugin, known: set[str]) -> None:
    """The manifest's name is well formed, its own, and unique; only the core's own plugins belong to the core."""
    is_free = plugin.name not in RESERVED and not plugin.name.startswith("pg_") and "__" not in plugin.name
    if not NAME.fullmatch(plugin.name) or not is_free:
        raise ClaimError(f"“{plugin.name}” cannot be a plugin's name: lower case letters, digits and _, not reserved.")
    if plugin.name != found_as:
        raise ClaimError(
            f"The plugin in “{found_as}” calls itself “{plugin.name}”: folder, entry point and name must agree."
        )
    if plugin.name in known:
        raise ClaimError(f"Two plugins are called “{plugin.name}”.")
    if plugin.core and not module.startswith("app."):
        raise ClaimError(f"“{plugin.name}” claims to be of the core: it would be on for every tenant.")
    _check_kinds(plugin)
    if flaw := plugin.needs.flaw():
        raise ClaimError(f"{plugin.name}: {flaw}")
    check_bridge(plugin)
    check_core(plugin)


def _check_kinds(plugin: Plugin) -> None:
    """Raises ClaimError for what is of another kind than it is said to be: it would break where all are told."""
    if not isinstance(plugin.order, int):
        raise ClaimError(f"{plugin.name}: its order is a whole number, not {type(plugin.order).__name__}.")
    if not isinstance(plugin.version, str):
        raise ClaimError(f'{plugin.name}: its version is a text: version="1.0".')
    try:
        Version(plugin.version)
    except InvalidVersion:
        raise ClaimError(f"{plugin.name}: “{plugin.version}” is no version: 1.0, 2.1.3.") from None
    if len(plugin.version) > LONGEST_VERSION:
        words = f"“{plugin.version}” is no version of at most {LONGEST_VERSION} characters"
        raise ClaimError(f"{plugin.name}: {words}.")


def check_bridge(plugin: Plugin) -> None:
    """A bridge has two sides at least, and nothing to say about when it is on. Raises ClaimError."""
    if plugin.bridge and len(set(plugin.requires)) < 2:
        raise ClaimError(f"“{plugin.name}” is a bridge: requires=(...) must name the plugins it joins, two or more.")
    if plugin.bridge and (plugin.default_on or plugin.core):
        raise ClaimError(f"“{plugin.name}” is a bridge: its sides switch it, so it is neither default_on nor core.")


def check_core(plugin: Plugin) -> None:
    """The plugin is made for this version of Tenantry. Raises ClaimError."""
    here = version("tenantry")
    try:
        fits = SpecifierSet(plugin.core_range).contains(here, prereleases=True)
    except InvalidSpecifier:
        raise ClaimError(f"{plugin.name}: “{plugin.core_range}” is no range of versions (>=1.0,<2).") from None
    if not fits:
        raise ClaimError(f"{plugin.name} {plugin.version} is made for Tenantry {plugin.core_range}; this is {here}.")


def check_versions(plugin: Plugin, versions: Mapping[str, str]) -> None:
    """The plugins that it works with are of versions that it knows. Raises ClaimError."""
    for name, wanted in plugin.ranges.items():
        try:
            fits = name not in versions or SpecifierSet(wanted).contains(versions[name], prereleases=True)
        except InvalidSpecifier:
            raise ClaimError(f"{plugin.name}: “{name}{wanted}” is no range of versions (crm>=1.0,<2).") from None
        if not fits:
            raise ClaimError(f"{plugin.name} works with {name} {wanted}; {versions[name]} is installed.")


def check_resources(plugin: Plugin, resources: Sequence[Resource], roles: Sequence[str] = ()) -> None:
    """Resources have unique names, models of the plugin's own schema, fields that exist, verbs and roles that are
    known; `roles` are the plugin's own."""
    names: set[str] = set()
    for resource in resources:
        where = f"{plugin.name}.{resource.key_name}"
        if not NAME.fullmatch(resource.key_name):
            raise ClaimError(f"{where}: not a well-formed name.")
        if resource.key_name in names:
            raise ClaimError(f"{where} is declared twice.")
        names.add(resource.key_name)
        check_record(plugin, resource.model)
        _check_fields(where, resource)
        _check_paths(where, resource)
        _check_verbs(where, resource, (*ROLES, *roles))
        _check_actions(where, resource.actions)


def check_record(plugin: Plugin, model: type[Record]) -> None:
    """A record's table lies in the plugin's schema (in `public` for the core)."""
    schema = model.__table__.schema  # type: ignore[attr-defined]
    expected = None if plugin.core else plugin.name
    if schema != expected:
        raise ClaimError(
            f"{plugin.name}: the table of {model.__name__} lies in “{schema or 'public'}”, outside its name."
        )


def _check_fields(where: str, resource: Resource) -> None:
    fields = resource.model.__fields__
    known = set(fields) | {"created_at", "updated_at", "created_by", "updated_by", "deleted_at", "archived_at"}
    sections = " ".join(section.fields for section in (*resource.sections, *resource.detail))
    more = (resource.list, resource.form, resource.filters, resource.picker, resource.quick_create, resource.imports)
    for name in " ".join([*more, sections]).split():
        if name not in known:
            raise ClaimError(f"{where}: {resource.model.__name__} has no field “{name}”.")
    for special, kinds in ((resource.board, {"choice", "belongs_to"}), (resource.calendar, {"day", "moment"}),
                           (resource.gallery, {"image"})):  # fmt: skip
        if special and (special not in fields or fields[special].kind not in kinds):
            raise ClaimError(f"{where}: “{special}” is not a {' or '.join(sorted(kinds))} field.")
    names = [one.name for one in resource.views]
    for view in resource.views:
        if not NAME.fullmatch(view.name) or names.count(view.name) > 1 or not view.fields <= known:
            raise ClaimError(f"{where}: the view “{view.name}” is taken, not well-formed, or filters by no field.")
    if resource.tree:
        _check_tree(where, resource.model, fields.get(resource.tree))
    sort = resource.sort.removeprefix("-")
    if sort != "created_at" and (sort not in fields or not fields[sort].sortable):
        raise ClaimError(f"{where}: cannot sort by “{sort}”: declare the field sortable.")


def _check_tree(where: str, model: type[Record], link: Field | None) -> None:
    if link is None or link.kind != "belongs_to" or link.target is None or link.target() is not model:
        raise ClaimError(f"{where}: a tree needs a belongs_to field to {model.__name__} itself.")
    if not link.is_nullable:
        raise ClaimError(f"{where}: something must be on top of a tree, so “{link.name}” cannot be required.")


def check_boards(resources: Mapping[str, Resource], plugin: str) -> None:
    """Of one plugin's resources: the lanes of a board over a relation are declared where it leads; what is summed can
    be."""
    by_model = {resource.model: resource for resource in resources.values()}
    for where, resource in resources.items():
        if not where.startswith(f"{plugin}."):
            continue
        fields = resource.model.__fields__
        _check_links(where, fields, resources)
        for name in resource.board_totals.split():
            if name not in fields or fields[name].kind not in ("money", "integer", "decimal"):
                raise ClaimError(f"{where}: “{name}” cannot be summed on the board.")
        if resource.lanes is not None:
            _check_lanes(where, resource.lanes, fields)
        if resource.colour and (resource.colour not in fields or fields[resource.colour].kind != "choice"):
            raise ClaimError(f"{where}: the colour “{resource.colour}” is no field of the kind choice.")
        field = fields[resource.board] if resource.board else None
        if field is not None and field.target is not None:
            target = by_model.get(field.target())
            if target is None or target.lanes is None:
                raise ClaimError(f"{where}: the records that “{resource.board}” leads to declare no lanes.")


def _check_links(where: str, fields: Mapping[str, Field], resources: Mapping[str, Resource]) -> None:
    """What a link leads to may be absent with its whole plugin, not by a slip of the pen."""
    installed = {key.partition(".")[0] for key in resources}
    for field in fields.values():
        if field.links and field.links not in resources and field.links.partition(".")[0] in installed:
            raise ClaimError(f"{where}: “{field.name}” links to “{field.links}”, which nobody declares.")


def _check_lanes(where: str, lanes: Lanes, fields: Mapping[str, Field]) -> None:
    wanted = (lanes.order, "integer"), (lanes.colour, "choice"), (lanes.weight, "integer"), (lanes.scope, "belongs_to")
    for name, kind in wanted:
        if name and (name not in fields or fields[name].kind != kind):
            raise ClaimError(f"{where}: lanes need “{name}” to be a field of the kind {kind}.")
    if lanes.scope and fields[lanes.scope].is_nullable:
        raise ClaimError(f"{where}: every lane needs a “{lanes.scope}”, or no board shows it.")


def _check_paths(where: str, resource: Resource) -> None:
    """Names that lead to other records: inline rows, search in them, related lists, the owner."""
    fields = resource.model.__fields__
    for name in resource.inlines.split():
        if name not in fields or fields[name].kind != "has_many":
            raise ClaimError(f"{where}: “{name}” is not a has_many field.")
    for path in (*resource.search.split(), *(clue.path for clue in resource.clues)):
        name, _dot, rest = path.partition(".")
        found = fields.get(name)
        target = found.target if found is not None and found.kind == "has_many" else None
        if found is None or (target is not None) != bool(rest) or (target and rest not in target().__fields__):
            raise ClaimError(f"{where}: cannot look into “{path}”.")
    if resource.owner_field and (
        resource.owner_field not in fields or fields[resource.owner_field].kind != "belongs_to"
    ):
        raise ClaimError(f"{where}: “{resource.owner_field}” is not a belongs_to field.")
    for related in resource.related:
        expected = "target_id" if related.via == "target" else related.via
        if expected not in related.resolve().__fields__:
            raise ClaimError(f"{where}: {related.resolve().__name__} has no field “{related.via}”.")


def _check_verbs(where: str, resource: Resource, roles: Collection[str]) -> None:
    allowed = {*VERBS, *(action.name for action in resource.actions)}
    for words in (resource.verbs, *resource.grants.values()):
        for verb in words.split():
            if verb not in allowed:
                raise ClaimError(f"{where}: “{verb}” is not a verb of this resource.")
    check_role_names(where, {*resource.grants, *resource.scopes}, roles)
    check_role_names(where, {one for action in resource.actions for one in action.roles}, roles)
    for scope in resource.scopes.values():
        if scope not in SCOPES:
            raise ClaimError(f"{where}: there is no row scope “{scope}”: {', '.join(SCOPES)}.")


def check_role_names(where: str, named: Collection[str], known: Collection[str]) -> None:
    """Raises ClaimError for a role that is not known."""
    if unknown := set(named) - set(known):
        raise ClaimError(f"{where}: there is no role “{min(unknown)}”.")


def _check_actions(where: str, actions: Iterable[Action]) -> None:
    names: set[str] = set()
    for action in actions:
        if not NAME.fullmatch(action.name) or "__" in action.name or action.name in {*VERBS, *names}:
            raise ClaimError(f"{where}: the action name “{action.name}” is not well-formed, taken or a standard verb.")
        names.add(action.name)


def check_jobs(plugin: Plugin, jobs: Sequence[Job]) -> None:
    """Jobs carry the plugin's name and have limits that can be kept."""
    names: set[str] = set()
    for job in jobs:
        check_name(plugin, job.name, names)
        if not 0.1 <= job.timeout <= LONGEST_JOB:
            raise ClaimError(f"{job.name}: timeout is a number of seconds, from 0.1 to {LONGEST_JOB}.")
        for name, least, most in (("attempts", 1, 1_000), ("keep_days", 0, 36_500)):
            if not isinstance(getattr(job, name), int) or not least <= getattr(job, name) <= most:
                raise ClaimError(f"{job.name}: {name} is a whole number from {least} to {most}.")
        if job.priority not in ("high", "normal", "low"):
            raise ClaimError(f"{job.name}: there is no priority “{job.priority}”.")


def check_schedules(plugin: Plugin, schedules: Sequence[Schedule], jobs: Collection[str]) -> None:
    """Schedules carry the plugin's name, enqueue its own jobs, and can be read."""
    names: set[str] = set()
    for schedule in schedules:
        check_name(plugin, schedule.name, names)
        if schedule.job not in jobs:
            raise ClaimError(f"{schedule.name}: the plugin declares no job “{schedule.job}”.")
        if schedule.zone != "tenant" and schedule.zone not in available_timezones():
            raise ClaimError(f"{schedule.name}: there is no time zone “{schedule.zone}”.")
        if schedule.catch_up not in ("skip", "once", "all"):
            raise ClaimError(f"{schedule.name}: “{schedule.catch_up}” is no way to catch up: skip, once or all.")
        if not _is_plain(schedule.args):
            raise ClaimError(f"{schedule.name}: its arguments are no plain JSON: texts, numbers, lists of them.")
        if not _is_cron(schedule.cron):
            raise ClaimError(f"{schedule.name}: “{schedule.cron}” is not a time that cron understands.")


def _is_plain(args: Sequence[Any]) -> bool:
    try:
        json.dumps([str(one) if isinstance(one, UUID) else one for one in args], allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _is_cron(words: str) -> bool:
    try:
        CronSim(words, utcnow())
    except CronSimError:
        return False
    return len(words.split()) == 5  # with seconds the library would read clock changes differently


def check_name(plugin: Plugin, name: str, names: set[str]) -> None:
    """A name of the form `<plugin>.<what>`, new among `names`, to which it is added."""
    owner, _dot, rest = name.partition(".")
    if owner != plugin.name or not NAME.fullmatch(rest):
        raise ClaimError(f"“{name}”: a name here must be “{plugin.name}.” and lower case letters, digits and _.")
    if name in names:
        raise ClaimError(f"{name} is declared twice.")
    names.add(name)


def check_notices(plugin: Plugin, notices: Sequence[Notice]) -> None:
    """Kinds of notices carry the plugin's name and come by channels of the house, or of plugins that may be absent."""
    names: set[str] = set()
    for notice in notices:
        check_name(plugin, notice.key, names)
        for word in notice.default.split():
            if word not in HOUSE_WAYS and "." not in word:
                ways = ", ".join(HOUSE_WAYS)
                raise ClaimError(
                    f"{notice.key}: “{word}” is no way to deliver a notice: {ways}, or a plugin's channel."
                )


SETTING_KINDS = frozenset(
    {"text", "long_text", "choice", "money", "integer", "decimal", "flag", "day", "moment", "json", "tags", "phone",
     "email", "url"}
)  # fmt: skip


def check_settings(plugin: Plugin, settings: Sequence[Field]) -> None:
    """Settings are fields with names, of kinds that stand alone; a secret one is text."""
    names: set[str] = set()
    for setting in settings:
        where = f"{plugin.name}: the setting “{setting.name}”"
        if not NAME.fullmatch(setting.name) or setting.name in names:
            raise ClaimError(f'{where} has no well-formed name of its own: text(name="sender").')
        if setting.kind not in SETTING_KINDS:
            raise ClaimError(f"{where} cannot be a {setting.kind} field.")
        if setting.secret and setting.kind not in ("text", "long_text"):
            raise ClaimError(f"{where} is secret, so it must be a text.")
        if setting.secret and not (plugin.needs.secrets or plugin.core):
            raise ClaimError(f"{where} is secret, and the manifest does not say so: needs=Needs(secrets=True).")
        names.add(setting.name)


def check_reach(plugin: Plugin | None, listeners: Iterable[Listener], always_on: Collection[str]) -> None:
    """Handlers of a plugin hear of its own records, the core's, those of plugins it requires or says it reads."""
    for one in listeners:
        if plugin is None or plugin.core or one.plugin != plugin.name:
            continue
        name = one.handler.event_name
        other = name.partition(".")[0]
        is_open = other in {plugin.name, *plugin.requires, *always_on}
        if not is_open and not plugin.needs.reads(other, name.rpartition("_")[0]):
            words = f'needs=Needs(records=("{other}",))'
            raise ClaimError(f"The handler {one.key} hears of “{name}”, and the manifest does not say so: {words}.")


def check_extension(plugin: Plugin, kind: str, always_on: Collection[str]) -> None:
    """What adds to records of another plugin sees and may refuse them: the plugin requires it, or says so."""
    other = kind.partition(".")[0]
    is_open = other in {plugin.name, *plugin.requires, *always_on}
    if not plugin.core and not is_open and not plugin.needs.reads(other, kind):
        words = f'needs=Needs(records=("{kind}",))'
        raise ClaimError(f"{plugin.name} extends “{kind}”, and the manifest does not say so: {words}.")


def check_own_hooks(plugin: Plugin, hooks: Mapping[str, Any]) -> None:
    """Hooks that a plugin publishes for others carry its name: `garage_price`."""
    for name, hook in hooks.items():
        if getattr(hook, "tenantry_spec", {}).get("firstresult"):
            raise ClaimError(f"{plugin.name}: of its own hook “{name}” the answers of all are asked for.")
        if not name.startswith(f"{plugin.name}_"):
            raise ClaimError(f"{plugin.name}: its own hook “{name}” must be called “{plugin.name}_{name}”.")


def check_pages(plugin: Plugin, pages: Sequence[Page]) -> None:
    """Pages lie below the plugin's address and name one of its permissions."""
    for page in pages:
        if not page.path.startswith(f"/{plugin.name}/") or page.permission.partition(".")[0] != plugin.name:
            raise ClaimError(f"{plugin.name}: the page {page.path} or its permission lies outside its name.")


def check_steps(plugin: Plugin, steps: Sequence[Step]) -> None:
    """First steps have names of their own and lead to addresses inside the tenant."""
    names = [one.name for one in steps]
    for one in steps:
        if not NAME.fullmatch(one.name) or names.count(one.name) > 1:
            raise ClaimError(f"{plugin.name}: the step “{one.name}” is not well-formed or its name is taken.")
        if not one.path.startswith("/") or one.permission.count(".") != 2:
            raise ClaimError(f"{plugin.name}.{one.name}: it needs an address inside the tenant and a permission.")


def check_timelines(plugin: Plugin, timelines: Sequence[Timeline]) -> None:
    """Timelines carry the plugin's name and tell of its own rows."""
    names: set[str] = set()
    for one in timelines:
        check_name(plugin, one.name, names)
        check_record(plugin, one.model)
        field = one.model.__fields__.get(one.write)
        if one.write and (field is None or field.kind not in ("text", "long_text")):
            raise ClaimError(f"{one.name}: “{one.write}” is not a text of {one.model.__name__}.")
