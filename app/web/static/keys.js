// Keys for people who sit here all day, and the sheet that tells them (?). They sleep while somebody types, and can be
// switched off on the sheet.
(() => {
  "use strict";
  const { keep, show, fetchFragment } = window.tenantry;
  const PAIR = 1500;
  const page = document.documentElement.dataset;
  const link = document.querySelector("[data-keys]");
  const press = (selector) => { const found = document.querySelector(selector); found?.click(); return Boolean(found); };
  let dialog = null;
  let waiting = 0;

  async function sheet() {
    if (dialog?.open) return;
    const html = await fetchFragment(link.href).catch(() => null);
    if (html === null) { location.href = link.href; return; }
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "keys-sheet";
      dialog.setAttribute("aria-label", link.firstChild.textContent.trim());
      document.body.append(dialog);
    }
    show(dialog, html);
    const single = dialog.querySelector("[data-keys-on]");
    single.checked = !("silent" in page); // what was said a moment ago may still be on its way to the server
    single.addEventListener("change", ({ target }) => {
      if (target.checked) delete page.silent;
      else page.silent = "";
      keep("single-keys", { on: target.checked ? 1 : 0 });
    });
    dialog.showModal();
  }

  const rows = () => [...document.querySelectorAll("table.rows.main tbody tr, ul.gallery > li")];
  const title = (row) => row?.querySelector("th a, a.card-title") ?? row?.querySelector("a");
  const here = () => document.activeElement?.closest("table.rows.main tbody tr, ul.gallery > li");

  function step(by) {
    const every = rows();
    const at = every.indexOf(here());
    const next = every[at < 0 ? (by > 0 ? 0 : every.length - 1) : at + by];
    if (!next) return every.length > 0;
    title(next)?.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  function tick() {
    const box = here()?.querySelector('input[name="id"]');
    box?.click();
    return Boolean(box);
  }

  const open = (name) => {
    const details = document.querySelector(`[data-tray-name="${name}"]`);
    if (!details) return false;
    details.open = true;
    details.querySelector("summary").focus();
    return true;
  };

  function focus(selector) {
    const found = document.querySelector(selector);
    found?.focus();
    found?.select?.();
    return Boolean(found);
  }

  const SINGLE = {
    "?": () => { sheet(); return true; },
    j: () => step(1), k: () => step(-1), x: tick,
    "/": () => focus("main .search input"),
    f: () => press(".toolbar a[href*='/filters']"),
    n: () => press("main .page-actions a[href$='/add']"),
    e: () => press("main .page-actions a[href$='/edit']"),
    p: () => press("main .page-actions [data-pin] button"),
  };
  const places = () => [...document.querySelectorAll(".side-menu a")];
  const GO = {
    h: () => places()[0]?.click(),
    b: () => press(".bell"),
    r: () => open("desk"),
    d: () => open("downloads"),
  };

  document.addEventListener("keydown", (event) => {
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat && event.key !== "j" && event.key !== "k") return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable], dialog[open], [role=menu], [role=listbox]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if ("silent" in page && key !== "?") return;
    if (document.querySelector("[data-queue], .board") && key !== "?" && key !== "g" && !waiting) return;
    let done;
    if (waiting) {
      clearTimeout(waiting);
      waiting = 0;
      done = /^[1-9]$/.test(key) ? (places()[Number(key)]?.click(), true) : GO[key]?.() !== undefined;
    } else if (key === "g") {
      waiting = setTimeout(() => { waiting = 0; }, PAIR);
      done = true;
    } else done = SINGLE[key]?.();
    if (done) event.preventDefault();
  });
  link?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    sheet();
  });
})();
