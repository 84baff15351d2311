"""The console: screens of a tenant's admins, declared by the same hooks as any vertical."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.branding.models import TenantBrand
from app.console import demo, members, plugins, rules
from app.console.added_fields import REBUILD, search_added_fields
from app.console.audit import audit_entry, audit_jobs, audit_schedules
from app.console.brand import check_brand
from app.console.form_rules.checking import check_form_rule
from app.console.jobs import job_resource
from app.console.layouts.checking import check_layout
from app.console.teams import add_to_team_action, team, team_member
from app.console.versions import version_jobs, version_notices
from app.data import Field
from app.features.access_rules import AccessRule
from app.features.models import UserCapability
from app.files.jobs import sweep_files
from app.files.pictures.jobs import make_thumbnails
from app.host import (
    Action,
    Beside,
    Feature,
    Handler,
    Job,
    Notice,
    Page,
    Plugin,
    Related,
    Resource,
    Schedule,
    Section,
    Step,
    hookimpl,
)
from app.host.custom_fields import CustomFieldDef
from app.host.form_rules import FormRule
from app.host.layouts import Layout
from app.search.rebuild import rebuild_job
from app.search.tags import Tag, rename_tag
from app.tenancy.models import EVERY_ROLE, Membership, MembershipRole, TeamMember, Tenant, TenantPlugin

plugin = Plugin("console", title=_l("Settings"), icon="settings", order=900, core=True)

_ADMINS = {"owner": "read create update delete export import", "admin": "read create update delete export import"}
_KEEPERS = {
    "owner": "read update export",
    "admin": "read update export",
    "manager": "read",
    "agent": "read",
    "viewer": "read",
}
_ROLE = Field("choice", label=_l("Role"), required=True, choices=EVERY_ROLE)


@hookimpl
def resources() -> list[Resource]:
    return [
        _member(), _member_role(), team(), team_member(), _plugin(), _custom_field(), _access_rule(),
        _layout(), _form_rule(), _capability(), _tag(), _brand(), job_resource(), audit_entry(),
    ]  # fmt: skip


@hookimpl
def features() -> list[Feature]:
    return [
        Feature(
            "console.audit_log", _l("Audit log"), kind="capability", covers="console.audit_entry",
            help=_l("Taken from a member, the log is out of their sight, whatever their roles allow."),
        )
    ]  # fmt: skip


@hookimpl
def jobs() -> list[Job]:
    return [
        *audit_jobs(),
        Job("console.make_thumbnails", make_thumbnails, _l("Make the sizes of a picture")),
        Job("console.sweep_files", sweep_files, _l("Tidy up stored files"), priority="low", unique=True),
        Job(REBUILD, rebuild_job, _l("Write the search index again"), timeout=3600, priority="low"),
        *version_jobs(),
    ]


@hookimpl
def notices() -> list[Notice]:
    return version_notices()


@hookimpl
def handlers() -> list[Handler]:
    names = ("console.plugin_created", "console.plugin_updated")
    return [Handler(name, search_added_fields, f"search_{name.rpartition('_')[2]}") for name in names]


@hookimpl
def pages() -> list[Page]:
    return [
        Page("/console/branding/", _l("Brand"), "console.brand.update", icon="star", order=15),
        Page("/console/plugins/", _l("Plugins"), "console.plugin.read", icon="puzzle", order=20),
        Page("/console/docs/", _l("Documentation"), "console.plugin.read", icon="info", order=25),
        Page("/console/layouts/", _l("Layouts"), "console.layout.update", icon="table", order=32),
        Page("/console/form-rules/", _l("Form rules"), "console.form_rule.update", icon="forms", order=34),
        Page("/console/why/", _l("Why not?"), "console.access_rule.read", icon="shield", order=45),
    ]


@hookimpl
def first_steps() -> list[Step]:
    second = select(Membership.id).where(Membership.is_active).offset(1)
    return [
        Step(
            "colleague", _l("Bring a colleague in"), "/console/member/", "console.member.read", lambda: second, order=90
        )
    ]


@hookimpl
def schedules() -> list[Schedule]:
    return [*audit_schedules(), Schedule("console.sweep_files", "console.sweep_files", "40 3 * * *")]


@hookimpl
def demo_data(tenant: Tenant) -> None:
    demo.fill()


def _member() -> Resource:
    return Resource(
        Membership,
        name="member",
        title=_l("Member"),
        plural=_l("Members"),
        list="name reports_to email is_active is_owner joined_at",
        form="reports_to",
        search="name email",
        sort="name",
        tree="reports_to",
        tree_beside=Beside(_l("Roles"), members.roles_of),
        verbs="read update export",
        grants=_KEEPERS,
        before_save=members.check_superior,
        related=(Related(MembershipRole, "membership", _l("Roles")), Related(TeamMember, "membership", _l("Teams"))),
        actions=(
            Action(
                "give_role", _l("Give a role"), members.give_role, roles=(), on="both", icon="user-plus",
                parameters={"role": _ROLE, "until": Field("moment", label=_l("Until"))},
            ),
            Action(
                "take_role", _l("Take a role"), members.take_role, roles=(), on="both", icon="user-minus",
                parameters={"role": _ROLE},
            ),
            add_to_team_action(),
            Action(
                "remove", _l("Remove from the tenant"), members.remove, roles=(), on="both", danger=True,
                confirm=_l("They lose access at once and their sessions here end."), icon="user-x",
            ),
        ),
        picker="email",
        custom_fields=False,
        icon="users",
        order=10,
    )  # fmt: skip


def _member_role() -> Resource:
    return Resource(
        MembershipRole,
        name="member_role",
        title=_l("Role of a member"),
        plural=_l("Roles of members"),
        list="membership role expires_at created_at",
        verbs="read",
        grants={"owner": "read", "admin": "read"},
        menu=False,
        custom_fields=False,
    )


def _plugin() -> Resource:
    return Resource(
        TenantPlugin,
        name="plugin",
        title=_l("Plugin"),
        plural=_l("Plugins"),
        list="plugin_key state plugin_version pin created_at",
        form="plugin_key state",
        grants=_ADMINS,
        verbs="read create update",
        before_save=plugins.check_plugin,
        custom_fields=False,
        menu=False,  # the page of cards stands there instead
        icon="puzzle",
        order=20,
    )


def _custom_field() -> Resource:
    return Resource(
        CustomFieldDef,
        name="custom_field",
        title=_l("Custom field"),
        plural=_l("Custom fields"),
        list="resource label key kind required position",
        form="resource key label kind options links required position",
        sort="resource",
        grants=_ADMINS,
        before_save=rules.check_custom_field,
        custom_fields=False,
        icon="forms",
        order=30,
    )


def _access_rule() -> Resource:
    return Resource(
        AccessRule,
        name="access_rule",
        title=_l("Access rule"),
        plural=_l("Access rules"),
        list="role resource row_scope hidden readonly",
        form="role resource row_scope hidden readonly",
        grants=_ADMINS,
        before_save=rules.check_access_rule,
        custom_fields=False,
        icon="lock",
        order=40,
    )


def _layout() -> Resource:
    return Resource(
        Layout,
        name="layout",
        title=_l("Layout"),
        plural=_l("Layouts"),
        list="resource role position updated_at",
        form="resource role position published draft",
        sort="-created_at",
        grants=_ADMINS,
        before_save=check_layout,
        custom_fields=False,
        everywhere=False,
        menu=False,  # the page on which they are arranged stands there instead
        icon="table",
    )


def _form_rule() -> Resource:
    return Resource(
        FormRule,
        name="form_rule",
        title=_l("Form rule"),
        plural=_l("Form rules"),
        list="name resource is_active position updated_at",
        form="name resource is_active position conditions effects",
        sort="-created_at",
        grants=_ADMINS,
        before_save=check_form_rule,
        custom_fields=False,
        everywhere=False,
        menu=False,  # the page on which they are made stands there instead
        icon="forms",
    )


def _capability() -> Resource:
    return Resource(
        UserCapability,
        name="capability",
        title=_l("Capability"),
        plural=_l("Capabilities"),
        list="membership feature_key enabled created_at",
        form="membership feature_key enabled",
        grants=_ADMINS,
        before_save=rules.check_capability,
        custom_fields=False,
        icon="shield",
        order=42,
    )


def _brand() -> Resource:
    return Resource(
        TenantBrand,
        name="brand",
        title=_l("Brand"),
        plural=_l("Brand"),
        list="display_name accent accent_dark paper_size",
        sections=(
            Section(_l("Name and colours"), "display_name accent accent_dark"),
            Section(_l("E-mails and paper"), "mail_footer paper_header paper_footer paper_size"),
        ),
        verbs="read update",
        grants={"owner": "read update", "admin": "read update"},
        before_save=check_brand,
        custom_fields=False,
        everywhere=False,
        menu=False,  # the page with logo and samples stands there instead
        icon="star",
    )


def _tag() -> Resource:
    return Resource(
        Tag,
        title=_l("Tag"),
        plural=_l("Tags"),
        list="name colour created_at",
        search="name",
        sort="name",
        verbs="read create update",
        grants={**_ADMINS, "manager": "read create update", "agent": "read create", "viewer": "read"},
        actions=(
            Action(
                "rename", _l("Rename everywhere"), rename_tag, roles=("manager",), on="row", icon="edit",
                parameters={"name": Field("text", label=_l("New name"), required=True, max_length=60)},
            ),
        ),
        form="name colour",
        custom_fields=False,
        icon="tag",
        order=50,
    )  # fmt: skip
