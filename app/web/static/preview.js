// A row is looked at beside its list: Space on the row or the eye in it, arrows go on to the next and the one before,
// Escape leads back to the row. Without scripts the row's link opens the record.
(() => {
  "use strict";
  const { all, show, fetchFragment, words } = window.tenantry;
  let pane = null;
  let current = null;
  let asked = 0;

  function made() {
    pane = document.createElement("aside");
    pane.className = "peek";
    pane.hidden = true;
    document.getElementById("content").append(pane);
    pane.addEventListener("click", (event) => {
      const step = event.target.closest("[data-peek-step]");
      if (step) go(Number(step.dataset.peekStep));
      else if (event.target.closest("[data-peek-close]")) close();
    });
    pane.addEventListener("keydown", (event) => {
      if (event.target.closest("input, select, textarea")) return;
      if (event.key === "Escape") close();
      else if (event.key === "ArrowDown" || event.key === "j") go(1);
      else if (event.key === "ArrowUp" || event.key === "k") go(-1);
      else if (event.key === " " && !event.target.closest("button, a")) close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    return pane;
  }

  const ROW = "tbody tr[data-id], li[data-id]";
  const holder = (row) => row.closest("[data-preview]");
  const rows = (table) => [...table.querySelectorAll(ROW)];
  const link = (row) => row.querySelector("th a, a.card-title") ?? row.querySelector("a");

  async function look(row) {
    const mine = ++asked;
    const table = holder(row);
    const target = pane ?? made();
    current?.classList.remove("peeked");
    current = row;
    row.classList.add("peeked");
    row.scrollIntoView({ block: "nearest" });
    target.setAttribute("aria-label", `${table.dataset.peek}: ${link(row).textContent.trim()}`);
    target.setAttribute("aria-busy", "true");
    const html = await fetchFragment(table.dataset.preview.replace("{id}", row.dataset.id)).catch(() => null);
    if (mine !== asked) return;
    target.hidden = false;
    document.body.classList.add("peeking");
    if (html === null) target.textContent = words.failed;
    else show(target, html);
    target.removeAttribute("aria-busy");
    target.querySelector("[data-peek-title]")?.focus();
  }

  function go(step) {
    const every = rows(holder(current));
    const next = every[every.indexOf(current) + step];
    if (next) look(next);
  }

  function close() {
    asked += 1;
    pane.hidden = true;
    document.body.classList.remove("peeking");
    current.classList.remove("peeked");
    link(current).focus();
    current = null;
  }

  function list(table) {
    const words_ = table.dataset.peek;
    const eye = document.createElement("button");
    eye.type = "button";
    eye.className = "peek-open";
    for (const row of rows(table)) {
      const cell = row.querySelector("th, .shot-words");
      if (!cell) continue;
      const button = eye.cloneNode();
      button.setAttribute("aria-label", `${words_}: ${link(row).textContent.trim()}`);
      button.title = words_;
      cell.append(button);
    }
    table.addEventListener("click", (event) => {
      const button = event.target.closest(".peek-open");
      if (button) look(button.closest("[data-id]"));
    });
    table.addEventListener("keydown", (event) => {
      const row = event.target.closest(ROW);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && current && event.target.matches("th a, a.card-title")) { event.preventDefault(); go(step); return; } // before it came
      if (event.key !== " " || !row || event.target.closest("input, button, [role=button]")) return;
      event.preventDefault();
      look(row);
    });
  }

  document.addEventListener("tenantry:added", (event) => all(event.detail, "[data-preview]").forEach(list));
})();
