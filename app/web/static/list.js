// A list that is sorted, filtered, searched or paged is fetched by htmx and put in place of the old one; address and
// Back work as ever, and what cannot be swapped is simply opened. Without scripts the same links and forms work.
(() => {
  "use strict";
  const LIST = "list";
  let typed = null;
  let isBehind = false;
  let held = "";

  const box = () => document.getElementById("list-q");
  const hasList = (html) => html.includes(`id="${LIST}"`);

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status >= 400 || !hasList(xhr.responseText)) {
      event.detail.shouldSwap = false;
      location.assign(xhr.responseURL);
      return;
    }
    const input = box();
    held = like(document.activeElement);
    typed = document.activeElement === input ? { value: input.value, at: input.selectionEnd } : null;
  });

  // What does the same in the new list as what had the focus in the old one.
  function like(one) {
    if (!one?.closest(`#${LIST}`)) return "";
    const column = one.closest("th[data-column]")?.dataset.column;
    if (column) return `th[data-column="${CSS.escape(column)}"] a`;
    if (one.rel) return `.pager [rel="${one.rel}"], .pager [rel]`;
    const place = [".tabs", ".sizes"].find((name) => one.closest(name));
    return place ? `${place} [aria-current]` : "h1";
  }

  // Whoever cannot see the new list hears how long it is, and stands where they stood.
  function goOnThere(list) {
    document.querySelector("[data-list-status]").textContent = (list.querySelector(".pager .count") ?? list.querySelector(".empty-title"))?.textContent ?? "";
    if (!held || typed || document.activeElement !== document.body) return;
    const place = list.querySelector(held) ?? list.querySelector("h1");
    if (place.matches("h1")) place.tabIndex = -1;
    place.focus({ preventScroll: true });
  }

  // One request at a time. Somebody who goes on typing meanwhile keeps what they typed, and is answered next.
  function goOnTyping() {
    const input = box();
    if (!typed || !input) return;
    isBehind = input.value !== typed.value;
    input.value = typed.value;
    input.focus();
    input.setSelectionRange(typed.at, typed.at);
    typed = null;
  }

  document.addEventListener("htmx:afterSwap", () => {
    const list = document.getElementById(LIST);
    if (!list || "ready" in list.dataset) return;
    list.dataset.ready = "";
    window.tenantry.attach(list);
    goOnThere(list);
    goOnTyping();
  });
  // Only now does htmx know the new form.
  document.addEventListener("htmx:afterSettle", () => {
    if (!isBehind) return;
    isBehind = false;
    window.htmx.trigger(box().form, "search");
  });
  // What a row has no room for is told whole to whoever points at it.
  document.addEventListener("pointerover", (event) => {
    const cell = event.target.closest?.("table.rows.main tbody > tr > :is(th, td)");
    if (!cell || cell.querySelector("form")) return;
    if (cell.scrollWidth > cell.clientWidth) cell.title = cell.innerText.trim();
    else cell.removeAttribute("title");
  });
  document.addEventListener("htmx:sendError", (event) => location.assign(event.detail.pathInfo.finalRequestPath));
})();
