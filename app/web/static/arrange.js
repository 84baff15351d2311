// Lines in an order that somebody chooses: dragged by their grips, or moved by buttons. Rows of a form say their order in a
// control of their own, which the keyboard reaches.
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

  const HOW = { handle: ".grip", animation: 120, ghostClass: "moving", fallbackClass: "lifted" };
  function grip() {
    const made = document.createElement("span");
    made.className = "grip";
    return made;
  }

  function arrange(form) {
    const rows = form.querySelector("ol");
    for (const row of rows.children) {
      const movers = document.createElement("span");
      movers.append(mover(row, words.up, "↑", -1), mover(row, words.down, "↓", 1));
      row.prepend(grip());
      row.append(movers);
    }
    new window.Sortable(rows, { ...HOW, forceFallback: true });
  }

  // Rows of a form: their numbers go up by tens, so that one can be typed in between.
  const STEP = 10;
  const positions = (body) => [...body.querySelectorAll('input[name$="-position"]')];
  function ordered(group) {
    const body = group.querySelector("tbody");
    new window.Sortable(body, { ...HOW, onEnd: () => positions(body).forEach((input, at) => {
      input.value = String((at + 1) * STEP);
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }) });
  }
  function orderedRow(row) {
    row.querySelector(".row-end").prepend(grip());
    if (!row.classList.contains("new")) return;
    const others = positions(row.parentElement).filter((input) => !row.contains(input)).map((input) => Number(input.value) || 0);
    if (others.length) row.querySelector('input[name$="-position"]').value = String(Math.max(...others) + STEP);
  }

  document.addEventListener("tenantry:added", ({ detail }) => {
    all(detail, "[data-columns]").forEach(arrange);
    all(detail, "[data-ordered]").forEach(ordered);
    all(detail, "[data-ordered] tbody tr").forEach(orderedRow);
  });
})();
