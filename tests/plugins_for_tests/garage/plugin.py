"""The garage: a plugin of the tests, with everything that a declaration can hold."""

from __future__ import annotations

from app.identity.principal import TenantInfo
from app.sdk import (
    Action,
    Card,
    Choice,
    Dataset,
    Feature,
    Field,
    Job,
    Measure,
    Member,
    Needs,
    Plugin,
    Ratio,
    Record,
    Related,
    Report,
    Resource,
    Schedule,
    Section,
    Tenant,
    Timeline,
    belongs_to,
    choice,
    day,
    hookimpl,
    integer,
    money,
)
from tests.plugins_for_tests.garage import parts, services, visits
from tests.plugins_for_tests.garage.models import Diary, Door, Repair, Vehicle

plugin = Plugin("garage", title="Garage", version="1.0", requires=("contacts",), order=200, needs=Needs(secrets=True))

_COLUMNS = "plate fuel state price insured seen_at labels owner"
_FINISH = {
    "remark": Field("text", label="Remark", required=True, max_length=100),
    "cost": Field("money", label="Cost"),
    "on": Field("day", label="On"),
    "hours": Field("integer", label="Hours", minimum=0, maximum=1000),
    "rate": Field("decimal", label="Rate", precision=6, scale=2),
    "paid": Field("flag", label="Paid"),
    "mechanic": Field("belongs_to", label="Mechanic", target=lambda: Member),
    "labels": Field("tags", label="Labels"),
    "how": Field("choice", label="How", choices=(Choice("well"), Choice("badly"))),
}


@hookimpl
def resources() -> list[Resource]:
    return [_vehicle(), _repair(), _diary(), *visits.resources(), *parts.resources()]


@hookimpl
def records() -> list[type[Record]]:
    return [Door, visits.VisitStep]


@hookimpl
def timelines() -> list[Timeline]:
    return visits.timelines()


@hookimpl
def jobs() -> list[Job]:
    return [
        Job("garage.nothing", services.do_nothing, "Nothing at all"),
        Job("garage.wash", services.wash, "Wash vehicles", attempts=3),
        Job("garage.once", services.wash, "Wash once", attempts=1),
        Job("garage.steps", services.steps, "Wash in steps"),
        Job("garage.inspect", services.inspect, "Inspect", unique=True),
        Job("garage.dawdle", services.dawdle, "Dawdle", timeout=1),
        Job("garage.unsure", services.refuse, "Unsure", unique=True),
        Job("garage.ignore", services.ignore, "Ignore", timeout=1, attempts=1),
        Job("garage.count", services.count, "Count"),
        Job("garage.mark", services.mark, "Mark"),
        Job("garage.shout", services.shout, "Shout"),
    ]


@hookimpl
def schedules() -> list[Schedule]:
    return [Schedule("garage.nightly", "garage.nothing", "30 2 * * *")]


@hookimpl
def features() -> list[Feature]:
    return [
        Feature("garage.diaries", "Diaries", covers="garage.diary garage.shout", help="What mechanics note."),
        Feature("garage.figures", "Figures", covers="garage.states garage.costs"),
        Feature("garage.express", "Express repairs", kind="flag", covers="garage.repair.finish"),
        Feature("garage.valet", "Valet", False, kind="flag"),
        Feature("garage.scrapping", "Scrapping", kind="capability", covers="garage.vehicle.scrap"),
    ]


@hookimpl
def enabled(tenant: Tenant) -> None:
    services.start(tenant)


@hookimpl
def disabled(tenant: Tenant) -> None:
    services.stop(tenant)


@hookimpl
def upgrading(tenant: Tenant, before: str, after: str) -> None:
    services.upgrade(tenant, before, after)


@hookimpl
def tenant_closed(tenant: Tenant) -> None:
    services.close(tenant)


@hookimpl
def entitled(tenant: TenantInfo, plugin: str, feature: str) -> str | None:
    return services.plan_of(tenant, feature or plugin)


@hookimpl
def settings() -> list[Field]:
    return [
        Field("text", "greeting", label="Greeting", max_length=40, default="Welcome"),
        Field("integer", "bays", label="Bays", required=True, minimum=1, default=2),
        Field("choice", "tone", label="Tone", choices=(Choice("kind"), Choice("curt"))),
        Field("flag", "open_on_sunday", label="Open on Sunday", default=False),
        Field("money", "hourly_rate", label="Hourly rate"),
        Field("text", "api_key", label="API key", secret=True, max_length=200),
    ]


def _vehicle() -> Resource:
    return Resource(
        Vehicle,
        list=_COLUMNS,
        search="plate mail hotline history",
        sections=(
            Section("What", "plate vin fuel battery state insured stolen labels"),
            Section("Figures", "price odometer balance consumption weight registered_on seen_at equipment history"),
            Section("Who", "owner keeper sister hotline mail page photo device"),
        ),
        inlines="doors",
        related=(Related(Repair, "vehicle", "Repairs"),),
        actions=(Action("scrap", "Scrap", services.scrap, roles=("manager",), danger=True, confirm="Really?"),),
        board="state",
        calendar="registered_on",
        gallery="photo",
        picker="fuel",
        quick_create="plate",
        before_save=services.check_vehicle,
        warn=services.doubt_vehicle,
        order=10,
    )


def _repair() -> Resource:
    return Resource(
        Repair,
        list="number vehicle status cost starts_at",
        search="number remark",
        sort="-number",
        actions=(
            Action("finish", "Finish", services.finish, parameters=_FINISH),
            Action("reopen", "Open again", services.reopen, on="row", applies=lambda repair: repair.status == "done"),
        ),
        before_save=services.number_repair,
        board="status",
        calendar="starts_at",
        order=20,
    )


def _diary() -> Resource:
    return Resource(
        Diary,
        plural="Diaries",
        list="title created_at",
        search="title",
        row_rule=lambda person: Diary.created_by == person.uid,
        order=30,
    )


@hookimpl
def datasets() -> list[Dataset]:
    return [
        Dataset(
            "work",
            "Work",
            Repair,
            services.work,
            columns={
                "status": choice("booked", "in_work", "done", label="Status"),
                "fuel": choice("petrol", "diesel", "electric", label="Fuel"),
                "vehicle": belongs_to(Vehicle, label="Vehicle"),
                "day": day(label="Day"),
                "cost": money(label="Cost"),
                "paid": money(label="Paid"),
                "finished": integer(label="Finished"),
            },
            measures=(
                Measure("all", "Repairs"),
                Measure("finished_ones", "Finished", "sum", "finished"),
                Ratio("rate", "Finished of all", "finished_ones", "all"),
                Measure("costs", "Costs", "sum", "cost"),
                Measure("paid_ones", "Paid", "sum", "paid"),
                Ratio("paid_rate", "Paid of costs", "paid_ones", "costs"),
            ),
            stems={"paid": "cost"},
            by="fuel",
            show="all rate",
        )
    ]


@hookimpl
def reports() -> list[Report]:
    return [
        Report("by_state", "Vehicles by state", Vehicle, by="state", measures="count sum.price", chart="donut"),
        Report("costs", "Costs by fuel", "work", by="fuel status", measures="costs", chart="stacked"),
        Report("new", "New vehicles", Vehicle, measures="count"),
    ]


@hookimpl
def cards() -> list[Card]:
    return [
        Card("new", "New vehicles", report="new", show="number", period="created_at.this_month", size="small"),
        Card("states", "States", report="by_state"),
        Card("costs", "Costs", report="costs", show="table"),
        Card("latest", "Latest repairs", records=Repair, where="status.is=booked"),
    ]
