"""The orchard: a plugin of the tests that implements every hook there is, each with something small that works."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import click
from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.sdk import (
    Action,
    Card,
    Channel,
    Contact,
    Dataset,
    Dialect,
    Event,
    Extension,
    Feature,
    Field,
    Handler,
    Hit,
    Incoming,
    Job,
    Measure,
    Metric,
    Needs,
    Notice,
    Outgoing,
    Page,
    Part,
    PaymentProvider,
    Permission,
    Plugin,
    Record,
    Report,
    Resource,
    Role,
    Schedule,
    Step,
    Tenant,
    TenantInfo,
    Timeline,
    WebhookIn,
    _,
    access,
    ask,
    attach_file,
    enqueue,
    files_of,
    hookimpl,
    hookspec,
    integer,
    note,
    open_file,
    publish,
    reach,
    session,
    text,
    timeline_rows,
)
from tests.plugins_for_tests.orchard import barter, lists
from tests.plugins_for_tests.orchard.models import Harvest, Tree

plugin = Plugin(
    "orchard",
    title="Orchard",
    version="1.0",
    summary="Trees",
    requires=("contacts",),
    order=220,
    needs=Needs(records=("market",), files=True),
)
allowed: dict[str, int] = {}
"""What `allowance` answers; a test fills it."""


@dataclass(frozen=True)
class TreePicked(Event, name="orchard.tree_picked"):
    """Fruit was picked from a tree."""

    tree_id: Annotated[UUID, "The tree."]


@hookspec
def orchard_price(tree: Tree) -> int | None:
    """What somebody would pay for the fruit of a tree."""
    raise NotImplementedError


@hookimpl(optionalhook=True)
def crm_sources() -> dict[str, str]:
    return {"orchard_register": "Register of growers"} if said_of else {}


@hookimpl(optionalhook=True)
def crm_look_up(record: Record) -> dict[str, Any] | None:
    return said_of.get(str(record))


said_of: dict[str, dict[str, Any]] = {}
"""What the register says by people's names; a test fills it."""


# Declarations --------------------------------------------------------------------------------------------------------


@hookimpl
def resources() -> list[Resource]:
    return [
        Resource(
            Tree,
            list="name owner stall",
            search="name",
            actions=(
                Action("pick", "Pick", pick),
                Action("appraise", "Appraise", appraise, on="row"),
                Action("label", "Print a label", label, on="row"),
            ),
            timeline=True,
            before_delete=keep_old_trees,
        )
    ]


def keep_old_trees(tree: Tree) -> None:
    if tree.name.startswith("Ancient"):
        raise ValueError("An ancient tree stays.")


def pick(rows: Sequence[Tree]) -> str:
    for tree in rows:
        session.add(Harvest(tree_id=tree.id))
        publish(TreePicked(tree.id), aggregate=tree)
    return f"{len(rows)} picked."


def appraise(rows: Sequence[Tree]) -> str:
    offers = [offer for tree in rows for offer in ask("orchard_price", tree=tree)]
    return f"Offers: {sorted(offers)}"


def label(rows: Sequence[Tree]) -> str:
    """Hangs a label on the tree, unless it has one, and says what stands on it."""
    (tree,) = rows
    kept = files_of(tree) or [attach_file(tree, io.BytesIO(f"{tree.name}, 1 crate".encode()), "label.txt")]
    with open_file(tree, kept[0].id) as written:
        return f"On {kept[0].name}: {written.read().decode()}"


@hookimpl
def extensions() -> list[Extension]:
    fields = (integer(name="crates", label="Crates in stock"),)
    actions = (Action("deliver", "Deliver", deliver),)
    return [Extension("market.stall", fields=fields, columns="crates", actions=actions, before_save=check_stall,
                      before_delete=keep_stocked)]  # fmt: skip


def deliver(rows: Sequence[Any]) -> str:
    for stall in rows:
        stall.custom_fields = {**stall.custom_fields, "orchard__crates": 12}
    return "Delivered."


def check_stall(stall: Any, is_new: bool) -> None:
    if (stall.custom_fields or {}).get("orchard__crates") == 5000:
        raise ValueError("No stall holds 5,000 crates.")


def keep_stocked(stall: Any) -> None:
    crates = (stall.custom_fields or {}).get("orchard__crates")
    if crates == 3999:
        raise RuntimeError("a rule that breaks")
    if crates == 4000:
        raise ValueError("There are crates in this stall.")


@hookimpl
def records() -> list[type[Record]]:
    return [Harvest]


@hookimpl
def jobs() -> list[Job]:
    return [Job("orchard.water", lambda run: "watered", "Water the trees")]


@hookimpl
def schedules() -> list[Schedule]:
    return [Schedule("orchard.mornings", "orchard.water", "30 5 * * *")]


@hookimpl
def events() -> list[type[Event]]:
    return [TreePicked]


@hookimpl
def handlers() -> list[Handler]:
    return [Handler(TreePicked, count_picked), Handler("market.stall_created", greet_stall, "greet_stall")]


def count_picked(event: TreePicked, occurrence: Any) -> None:
    note("orchard.counted", details={"tree": str(event.tree_id)})


def greet_stall(event: Any, occurrence: Any) -> None:
    note("orchard.greeted", details={"stall": str(event.id)})


@hookimpl
def webhooks_in() -> list[WebhookIn]:
    return [WebhookIn("scale", lambda incoming, secret: None, lambda: ["secret"], weighed, lambda *given: None)]


def weighed(incoming: Incoming) -> list[Part]:
    return []


@hookimpl
def datasets() -> list[Dataset]:
    columns = {"crates": integer(label="Crates")}
    return [Dataset("picked", "Picked", Tree, picked_rows, columns, (Measure("crates", "Crates", "sum", "crates"),))]


def picked_rows(person: Any) -> Any:
    rows = select(Harvest.crates.label("crates"), Harvest.tree_id.label("record_id"))
    return rows.where(*person.conditions(Tree), Tree.id == Harvest.tree_id)


@hookimpl
def reports() -> list[Report]:
    return [Report("trees", "Trees", Tree), Report("crates", "Crates", "picked", measures="crates")]


@hookimpl
def cards() -> list[Card]:
    return [Card("trees", "Trees", report="trees", show="number", usual=False)]


@hookimpl
def first_steps() -> list[Step]:
    return [Step("tree", "Plant a tree", "/orchard/tree/add", "orchard.tree.create", Tree)]


@hookimpl
def pages() -> list[Page]:
    return [Page("/orchard/map", "Map", "orchard.map.open")]


@hookimpl
def permissions() -> list[Permission]:
    return [Permission("orchard.map.open", "Open the map", ("manager",))]


@hookimpl
def roles() -> list[Role]:
    mine = {"orchard.tree": "read pick", "orchard.map": "open", "market.stall": "read orchard__deliver"}
    return [Role("orchard.picker", "Picker", mine, like="viewer", summary="Picks what is ripe.")]


pages_of_its_own = Blueprint("orchard_map", __name__, template_folder="templates")


@pages_of_its_own.get("/orchard/map")
@access("orchard.map.open")
def map_page() -> str:
    trees = select(Tree.id, Tree.name).where(*reach(Tree).conditions()).order_by(Tree.name).limit(50)
    return render_template("orchard/map.html", trees=session.execute(trees).all())


@pages_of_its_own.post("/orchard/map")
@access("orchard.map.open")
def water() -> Response:
    enqueue("orchard.water")
    session.commit()
    flash(_("They will be watered."), "success")
    return redirect(f"{request.script_root}/orchard/map", 303)


@hookimpl
def blueprints() -> list[Blueprint]:
    return [pages_of_its_own]


@hookimpl
def metrics() -> list[Metric]:
    return [Metric("trees", "Trees", of=Tree)]


@hookimpl
def timelines() -> list[Timeline]:
    return [
        Timeline(
            "orchard.harvests", "Harvests", Harvest, harvests, lambda facts: f"{facts['crates']} crates", href=no_page
        )
    ]


def no_page(facts: Mapping[str, Any]) -> str:
    return ""


def harvests(record: Any) -> Any:
    rows = timeline_rows(Harvest, Harvest.created_at, crates=Harvest.crates)
    return rows.where(Harvest.tree_id == record.id) if isinstance(record, Tree) else None


@hookimpl
def notices() -> list[Notice]:
    return [Notice("orchard.frost", "Frost is coming")]


@hookimpl
def channels() -> list[Channel]:
    return [Channel("orchard.bell", "The bell in the yard", ring, lambda member: member.name, kind="phone")]


rung: list[Outgoing] = []
answers: list[Exception] = []
"""What the bell told, for a test to look at, and what it says instead the next times."""


def ring(message: Outgoing) -> str:
    rung.append(message)
    if answers:
        raise answers.pop(0)
    return f"ring {len(rung)}"


@hookimpl
def payment_providers() -> list[PaymentProvider]:
    parts = barter.start, barter.look, barter.refund, barter.verify, barter.secrets, barter.read
    return [PaymentProvider("orchard.barter", "Barter", *parts)]


@hookimpl
def dialects() -> list[Dialect]:
    return [lists.dialect()]


@hookimpl
def settings() -> list[Field]:
    return [text(name="gardener", label="Gardener", max_length=80)]


@hookimpl
def commands() -> list[click.Command]:
    return [click.Command("count", callback=lambda: None, help="Count trees.")]


# Life cycle ----------------------------------------------------------------------------------------------------------


@hookimpl
def enabled(tenant: Tenant) -> None:
    note("orchard.planted")


@hookimpl
def disabled(tenant: Tenant) -> None:
    note("orchard.closed")


@hookimpl
def upgrading(tenant: Tenant, before: str, after: str) -> None:
    note("orchard.upgraded", details={"before": before, "after": after})


@hookimpl
def tenant_closed(tenant: Tenant) -> None:
    note("orchard.left")


parted: list[str] = []
"""Tenants that `purging` was called for; a test may make it fail by `farewell`."""
farewell: list[Exception] = []


@hookimpl
def purging(tenant: Tenant) -> None:
    if farewell:
        raise farewell.pop()
    parted.append(tenant.slug)
    note("orchard.parted")


@hookimpl
def demo_data(tenant: Tenant) -> None:
    session.add(Tree(name="Old apple"))


# Contributions -------------------------------------------------------------------------------------------------------


@hookimpl
def features() -> list[Feature]:
    return [
        Feature("orchard.ladders", "Ladders", kind="flag"),
        Feature("orchard.mapping", "Mapping", covers="orchard.map.open"),
        Feature("orchard.counting", "Counting", covers="orchard.count_picked orchard.water orchard.crates"),
        Feature("orchard.trial", "Trial", kind="flag", covers="orchard.count_picked orchard.crates orchard.picked"),
        Feature("orchard.telling", "Telling", kind="capability", covers="orchard.harvests orchard.crates"),
    ]


@hookimpl
def entitled(tenant: TenantInfo, plugin: str, feature: str) -> str | None:
    return "Your plan counts nothing." if (feature, tenant.name) == ("orchard.counting", "Bare") else None


@hookimpl
def search_hits(words: str) -> list[Hit]:
    return [Hit("Map of the orchard", "/orchard/map", "Orchard")] if words.casefold() in "map of the orchard" else []


@hookimpl
def allowance(tenant: TenantInfo, metric: str) -> int | None:
    return allowed.get(metric)


# Privacy -------------------------------------------------------------------------------------------------------------


@hookimpl
def export_contact(contact: Contact) -> Mapping[str, Any]:
    return {"trees": list(session.scalars(select(Tree.name).where(Tree.owner_id == contact.id).order_by(Tree.name)))}


@hookimpl
def erase_contact(contact: Contact) -> list[UUID]:
    trees = session.scalars(select(Tree).where(Tree.owner_id == contact.id)).all()
    for tree in trees:
        tree.owner_id = None
    return [tree.id for tree in trees]
