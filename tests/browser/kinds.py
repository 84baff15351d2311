"""Every kind of page there is, and what opens on them: each by the address where it is found, `{contact}` and the like
being keys of what `furnished` made. `tests/browser/test_page_kinds.py` looks at all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import expect

from tests.browser.looking import NARROW, SIZES, WIDE

KINDS = {
    "start": "",
    "list": "contacts/contact/",
    "list-filtered": "contacts/contact/?full_name.contains=a",
    "list-nothing-found": "contacts/contact/?q=zzzz",
    "list-empty": "garage/vehicle/",
    "list-of-leads": "crm/lead/",
    "filters": "contacts/contact/filters",
    "columns": "contacts/contact/columns",
    "save-view": "contacts/contact/views/new",
    "detail": "contacts/contact/{contact}",
    "history": "contacts/contact/{contact}/history",
    "delete": "contacts/contact/{contact}/delete",
    "form": "contacts/contact/add",
    "form-of-a-copy": "contacts/contact/add?_copy={contact}",
    "form-filled-in": "contacts/contact/{contact}/edit",
    "form-of-everything": "garage/vehicle/add",
    "form-with-rows": "garage/repair/add",
    "trash": "contacts/contact/trash",
    "report": "contacts/contact/report?by=source",
    "reports": "reports/all/",
    "figures": "reports/data/crm.forecasting",
    "board": "crm/lead/board",
    "board-of-a-choice": "contacts/company/board",
    "calendar": "crm/lead/calendar",
    "gallery": "contacts/contact/gallery",
    "gallery-of-logos": "contacts/company/gallery",
    "gallery-empty": "garage/vehicle/gallery",
    "gallery-nothing-found": "contacts/contact/gallery?q=zzzz",
    "tree": "garage/part/tree",
    "tree-sought": "garage/part/tree?q=valve",
    "tree-branch": "garage/part/tree/{part}",
    "lead": "crm/lead/{lead}",
    "today": "crm/today/",
    "week": "crm/calendar/",
    "free-times": "crm/free-times/",
    "calendar-address": "crm/calendar-feed/",
    "arrange": "reports/cards/",
    "pinned": "desk/records",
    "keys": "desk/keys",
    "downloads": "transfer/exports/tray",
    "import": "transfer/imports/new?resource=contacts.contact",
    "imports": "transfer/import/",
    "export": "transfer/exports/new?resource=contacts.contact",
    "exports": "transfer/export/",
    "import-mapped": "transfer/imports/{planned}/plan",
    "import-tried": "transfer/imports/{tried}",
    "import-brought": "transfer/imports/{brought}",
    "import-taken-back": "transfer/imports/{kept}",
    "import-kept": "transfer/imports/{kept}/kept",
    "export-written": "transfer/exports/{export}",
    "archive": "transfer/exports/archive",
    "duplicates": "merging/duplicates",
    "merged": "merging/merges/{merge}",
    "file": "files/add?target_type=contacts.contact&target_id={contact}",
    "report-saved": "reports/saved/new?source=crm.forecasting",
    "records-behind": "reports/data/crm.forecasting/records",
    "payment-providers": "payments/providers/",
    "plan": "plans/plan/",
    "team": "console/team/add",
    "form-with-offers": "webhooks/endpoint/add",
    "form-of-a-rule": "console/access_rule/add",
    "plugins": "console/plugins/",
    "plugin": "console/plugins/crm",
    "docs": "console/docs/",
    "why-not": "console/why/",
    "layouts": "console/layouts/",
    "layout": "console/layouts/crm.lead/agent",
    "form-rules": "console/form-rules/",
    "form-rule": "console/form-rules/new?kind=crm.lead",
    "members": "console/member/",
    "brand": "console/branding/",
    "custom-field": "console/custom_field/add",
    "access-rules": "console/access_rule/",
    "audit": "console/audit_entry/",
    "jobs": "console/job/",
    "events": "events/event/",
    "event": "events/event/{event}",
    "event-types": "events/types/",
    "endpoint": "webhooks/endpoint/add",
    "mail-account": "messaging/email_account/add",
    "notifications": "messaging/notifications",
    "notification-settings": "messaging/notifications/settings",
    "search": "search?q=nora",
    "search-nothing-found": "search?q=zzzz",
    "profile": "profile/",
    "not-found": "contacts/contact/nowhere",
}
EXPECTED = {"not-found": 404}

PLATFORM = {
    "users": "users/list/",
    "user": "users/add",
    "user-filled-in": "users/edit/{account}",
    "roles": "roles/list/",
    "role": "roles/show/{role}",
    "permissions": "permissions/list/",
    "operator-plugins": "operator/plugins",
    "operator-plugin": "operator/plugins/crm",
    "operator-leaving": "operator/plugins/crm/leaving",
    "operator-jobs": "operator/jobs/",
    "quarantine": "operator/quarantine",
    "organisations": "tenants/",
    "operator-profile": "profile/",
    "sign-out": "logout/",
}
DOORS = {
    "sign-in-by-all-ways": "login/",
    "sign-in-signed-out-of-a-proxy": "login/?out=1",
    "sign-in-by-link": "login/link/once",
}
"""Pages in front of the door, where every way in is switched on (`tests/browser/test_ways_in.py`)."""
STRANGERS = {
    "capture-form": "t/{tenant}/crm/public/form/{form}",
    "pay": "t/{tenant}/payments/public/pay/{pay}",
    "unsubscribe": "{out}",
}
"""Pages of a tenant for people who have no account."""
FAILURES = (403, 404, 405, 409, 413, 422, 429, 500, 503)


@dataclass(frozen=True)
class Opening:
    """Something that opens on a page: where, how, what is there then, and on which widths of windows it does."""

    path: str
    open: Callable[[Any], object]
    shown: str
    sizes: tuple[dict[str, int], ...] = SIZES
    expects: int | None = None


def click(selector: str) -> Callable[[Any], object]:
    return lambda page: page.locator(selector).first.click()


def press(*keys: str) -> Callable[[Any], object]:
    return lambda page: [page.keyboard.press(key) for key in keys]


def _ask_for_nora(page: Any) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("nora")
    expect(page.locator("[role=option]", has_text=re.compile("Haddad"))).to_be_visible()


def _preview(page: Any) -> None:
    page.locator("table.main tbody th a").first.focus()
    page.keyboard.press("Space")


def _tick(page: Any) -> None:
    page.locator("table.main tbody input[name=id]").first.check()


def _pick(page: Any) -> None:
    page.locator("main [role=combobox]").first.press_sequentially("ش")


def _delete(page: Any) -> None:
    _tick(page)
    page.locator('[formaction$="/bulk-delete"]').click()
    page.get_by_role("main").locator(".form-end button").click()
    page.locator("[data-undo-toast]").hover()  # it waits while somebody is at it


def _with_two(action: str) -> Callable[[Any], object]:
    """Ticks two rows and presses a button of the bar below them."""

    def do(page: Any) -> None:
        for box in page.locator("table.main tbody input[name=id]").all()[:2]:
            box.check()
        page.locator(f".bulk [formaction*='{action}']").first.click()

    return do


def _overtaken(page: Any) -> None:
    """Somebody else saves the form that is open."""
    page.evaluate("""async () => {
      const { form } = document.querySelector("[data-save]");
      const typed = new FormData(form);
      typed.set("position", `Theirs ${Date.now()}`);
      typed.set("_confirmed", "1");
      await fetch(form.action, { method: "POST", body: typed });
    }""")
    page.locator("#f-position").fill("Mine")
    page.locator("[data-save]").first.click()


def _to_lost(page: Any) -> None:
    page.locator(".card-move").first.click()
    page.locator(".floating [role=menuitem]").last.click()


def _mention(page: Any) -> None:
    page.locator("textarea[data-mentions]").press_sequentially("@ow")


def _change_value(page: Any) -> None:
    page.locator("td.number").first.dblclick()


def _to_the_leaves(page: Any) -> None:
    """By the keyboard, from branch to branch."""
    page.locator(".twist[aria-expanded]").first.focus()
    forward = "ArrowLeft" if page.locator("html").get_attribute("dir") == "rtl" else "ArrowRight"
    for depth in (1, 2):
        page.keyboard.press(forward)
        expect(page.locator(".below")).to_have_count(depth)
        page.keyboard.press(forward)


OPENINGS = {
    "menu-of-a-row": Opening("contacts/contact/", click(".row-menu"), ".floating [role=menuitem]"),
    "menu-of-more-actions": Opening("contacts/contact/", click(".page-actions .menu summary"), ".page-actions [open]"),
    "menu-of-the-account": Opening("contacts/contact/", click(".account summary"), ".account[open]"),
    "filters-open": Opening("contacts/contact/", click("a[data-panel][href*='/filters']"), "#panel [data-filters]"),
    "columns-open": Opening("contacts/contact/", click("a[data-panel][href*='/columns']"), "#panel [data-columns]"),
    "save-view-open": Opening("contacts/contact/?q=zenobia", click("a[data-panel][href*='/views/new']"), "#panel form"),
    "ticked": Opening("contacts/contact/", _tick, ".bulk.on"),
    "preview": Opening("contacts/contact/", _preview, ".peek [data-peek-title]"),
    "palette": Opening("crm/lead/{lead}", press("Control+k"), "[role=listbox] [role=option]", (WIDE,)),
    "palette-found": Opening("contacts/contact/", _ask_for_nora, "[role=listbox] [role=option]", (WIDE,)),
    "sheet-of-keys": Opening("contacts/contact/", press("?"), "dialog.keys-sheet[open]"),
    "tray-of-records": Opening("contacts/contact/", click("[data-tray-name=desk] summary"), ".tray-list"),
    "tray-of-downloads": Opening("crm/lead/", click("[data-tray-name=downloads] summary"), ".tray[open] .tray-list"),
    "drawer": Opening("contacts/contact/", click(".top label[for=drawer]"), ".side .side-menu a", (NARROW,)),
    "question": Opening("", click(".first-steps form button"), "dialog#confirm[open]"),
    "picker": Opening("contacts/contact/add", _pick, "main [role=option]"),
    "undo-toast": Opening("contacts/contact/?q=zenobia", _delete, "[data-undo-toast]"),
    "mentions": Opening("crm/lead/{lead}", _mention, "[role=listbox] [role=option]"),
    "cell": Opening("crm/lead/", _change_value, ".cell-form input:visible", (WIDE,)),
    "lanes": Opening("crm/lead/board", click(".card-move"), ".floating [role=menuitem]"),
    "tree-opened": Opening("garage/part/tree", _to_the_leaves, ".below .below .node-title"),
    "bulk-edit": Opening("contacts/contact/?q=zenobia", _with_two("/bulk-edit"), ".bulk-field"),
    "compare": Opening("contacts/contact/?q=zenobia", _with_two("/merging/new"), "main table.conflict, main .compare"),
    "conflict": Opening("contacts/contact/{contact}/edit", _overtaken, "main table.conflict", expects=409),
    "asked-before-a-move": Opening("crm/lead/board", _to_lost, "dialog[open] form", expects=422),
    "action": Opening("crm/lead/{lead}", click("form[action*='/actions/lose'] button"), "main form .targets"),
    "errors": Opening("garage/repair/add", click("[data-save]"), ".summary", expects=422),
}  # fmt: skip
