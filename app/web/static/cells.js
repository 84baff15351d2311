// Cells of a list are changed where they stand: by a pencil that comes with the pointer or the focus, or by a double
// click. With the keyboard the pencil stands behind the row's name, and arrows move it. `data-cells` names the columns;
// those that may be changed end in “!”. Without scripts the row's menu leads to the whole form.
(() => {
  "use strict";
  const { all, fill, editInline } = window.tenantry;
  const isRtl = document.documentElement.dir === "rtl";

  function list(form) {
    const columns = () => form.dataset.cells.split(" "); // they can be moved
    const status = form.querySelector("[data-cells-status]");
    const pencil = form.querySelector("[data-cell-pencil]");
    const say = (text) => { status.textContent = text; };
    const rows = () => [...form.querySelectorAll("tr[data-id]")];
    const cellsOf = (row) => [...row.cells].filter((one) => !one.matches(".tick-cell, .end-cell"));
    const nameOf = (cell) => columns()[cellsOf(cell.parentElement).indexOf(cell)] ?? "";
    const labelOf = (cell) => cell.dataset.label ?? cell.closest("table").tHead.rows[0].cells[cell.cellIndex].innerText.trim();
    const isEditable = (cell) => nameOf(cell).endsWith("!") && !cell.querySelector("form");

    function put(cell) {
      if (!cell || !isEditable(cell)) return false;
      if (pencil.parentElement !== cell) cell.append(pencil); // moved under the pointer it would lose the click
      pencil.hidden = false;
      pencil.querySelector("[data-words]").textContent = fill(form.dataset.edit, { field: labelOf(cell) });
      return true;
    }

    function open(cell) {
      const name = nameOf(cell).slice(0, -1);
      const row = cell.parentElement;
      if (cell.classList.contains("being-edited")) return; // asked for twice
      cell.classList.add("being-edited");
      const address = `${form.dataset.base}${row.dataset.id}`;
      form.append(pencil);
      pencil.hidden = true;
      const held = [...cell.childNodes];
      editInline(`${address}/field/${encodeURIComponent(name)}`, {
        say,
        place: (box) => { box.className = "cell-form"; cell.append(box); },
        opened: () => cell.replaceChildren(),
        closed: () => { cell.replaceChildren(...held); cell.classList.remove("being-edited"); put(cell); pencil.focus(); },
        saved: (told) => saved(row, told),
        failed: () => { location.href = `${address}/edit`; },
      });
    }

    function saved(row, told) {
      for (const [at, cell] of cellsOf(row).entries()) {
        const fresh = told.querySelector(`[data-saved="${CSS.escape((columns()[at] ?? "").replace("!", ""))}"]`);
        if (!fresh) continue;
        const place = cell.matches("th") ? cell.querySelector("a") : cell;
        place.replaceChildren(...fresh.childNodes);
        if (cell.contains(document.activeElement) || !pencil.isConnected) put(cell);
      }
      pencil.focus();
    }

    function step(key) {
      const cell = pencil.closest("td, th");
      const row = cell?.parentElement;
      if (!row) return;
      const sideways = key === "ArrowLeft" || key === "ArrowRight";
      if (sideways) {
        const able = cellsOf(row).filter(isEditable);
        const by = (key === "ArrowRight") === isRtl ? -1 : 1;
        put(able[(able.indexOf(cell) + by + able.length) % able.length]);
      } else {
        const near = rows()[rows().indexOf(row) + (key === "ArrowDown" ? 1 : -1)];
        if (near) put(near.cells[cell.cellIndex]);
      }
      pencil.focus();
    }

    form.addEventListener("pointermove", (event) => put(event.target.closest("tbody td, tbody th")));
    form.addEventListener("focusin", (event) => {
      const row = event.target.closest("tr[data-id]");
      if (row && event.target.closest("th") && !row.querySelector("form")) put(cellsOf(row).find(isEditable));
    });
    form.addEventListener("dblclick", (event) => {
      const cell = event.target.closest("tbody td, tbody th");
      if (!cell || event.target.closest("a, .cell-form") || !isEditable(cell)) return;
      event.preventDefault();
      open(cell);
    });
    pencil.addEventListener("click", () => open(pencil.closest("td, th")));
    pencil.addEventListener("keydown", (event) => {
      if (!event.key.startsWith("Arrow")) return;
      event.preventDefault();
      step(event.key);
    });
  }

  document.addEventListener("tenantry:added", (event) => all(event.detail, "form[data-cells]").forEach(list));
})();
