// A list in which somebody arranges things: dragged by its grips, or moved by buttons.
(() => {
  "use strict";
  const { all, words } = window.tenantry;

  function mover(row, label, symbol, step) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "mover";
    button.textContent = symbol;
    button.setAttribute("aria-label", `${label}: ${row.querySelector("label").textContent.trim()}`);
    button.addEventListener("click", () => {
      const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
      if (other) { if (step < 0) other.before(row); else other.after(row); }
      button.focus();
    });
    return button;
  }

  function arrange(form) {
    const rows = form.querySelector("ol");
    for (const row of rows.children) {
      const grip = document.createElement("span");
      grip.className = "grip";
      const movers = document.createElement("span");
      movers.append(mover(row, words.up, "↑", -1), mover(row, words.down, "↓", 1));
      row.prepend(grip);
      row.append(movers);
    }
    new window.Sortable(rows, { handle: ".grip", forceFallback: true, animation: 120, ghostClass: "moving", fallbackClass: "lifted" });
  }

  document.addEventListener("tenantry:added", ({ detail }) => all(detail, "[data-columns]").forEach(arrange));
})();
