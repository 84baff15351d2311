// Columns of a list as wide and in the order that somebody wants them: the edge of a head is dragged, or moved by arrows;
// a head is dragged to another place, or moved by Shift and an arrow on its edge. Each change is kept for the person.
(() => {
  "use strict";
  const { all, fill } = window.tenantry;
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const STEP = 16;
  const NARROWEST = 60;
  const WIDEST = 900;
  const isRtl = document.documentElement.dir === "rtl";
  const onPhone = matchMedia("(max-width: 47.99rem)");

  const heads = (table) => [...table.querySelectorAll("thead th[data-column]")];

  function setWidth(head, width) {
    const bounded = Math.round(Math.min(Math.max(width, NARROWEST), WIDEST));
    head.dataset.width = String(bounded);
    head.style.inlineSize = `${bounded}px`;
    head.querySelector("[role=separator]")?.setAttribute("aria-valuenow", String(bounded));
  }

  // From the first touch on every column is as wide as it is now, so that only the one that is touched changes.
  function fix(table) {
    if (table.classList.contains("sized")) return;
    const measured = heads(table).map((head) => [head, Number(head.dataset.width) || head.offsetWidth]);
    table.classList.add("sized");
    measured.forEach(([head, width]) => setWidth(head, width));
  }

  // One save after the other: the last change is to be the last that arrives.
  let saved = Promise.resolve();
  function save(table) {
    saved = saved.then(() => send(table));
    return saved;
  }

  function send(table) {
    const body = new URLSearchParams({ csrf_token: token });
    for (const [name, value] of new URL(table.dataset.arrange, location.href).searchParams) if (name !== "columns") body.append(name, value);
    for (const head of heads(table)) {
      body.append("columns", head.dataset.column);
      if (Number(head.dataset.width)) body.append(`width.${head.dataset.column}`, head.dataset.width);
    }
    const address = new URL(table.dataset.arrange, location.href);
    return fetch(address.pathname, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true })
      .then((answer) => (answer.ok ? answer.json() : null), () => null);
  }

  // The columns of a saved view are part of its address, from which the view can keep them.
  function saveOrder(table) {
    save(table).then((told) => { if (told) history.replaceState(null, "", told.href); });
  }

  function move(table, head, target, isAfter) {
    const from = head.cellIndex;
    const to = target.cellIndex;
    if (from === to) return;
    for (const row of table.rows) {
      const cell = row.cells[from];
      const other = row.cells[to];
      if (isAfter) other.after(cell);
      else other.before(cell);
    }
    const form = table.closest("[data-cells]");
    if (!form) return;
    const known = new Map(form.dataset.cells.split(" ").map((name) => [name.replace("!", ""), name]));
    form.dataset.cells = heads(table).map((one) => known.get(one.dataset.column)).join(" ");
  }

  function edge(table, head) {
    const handle = document.createElement("span");
    for (const [name, value] of Object.entries({
      class: "column-edge", role: "separator", tabindex: "0", "aria-orientation": "vertical", "aria-valuemin": String(NARROWEST),
      "aria-valuemax": String(WIDEST), "aria-valuenow": head.dataset.width || String(head.offsetWidth),
      "aria-label": fill(table.dataset.wide, { column: head.textContent.trim() }),
    })) handle.setAttribute(name, value);
    head.append(handle);

    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      fix(table);
      handle.setPointerCapture(event.pointerId);
      const [start, width] = [event.clientX, Number(head.dataset.width)];
      const drag = (moved) => setWidth(head, width + (moved.clientX - start) * (isRtl ? -1 : 1));
      handle.addEventListener("pointermove", drag);
      handle.addEventListener("lostpointercapture", () => { handle.removeEventListener("pointermove", drag); save(table); }, { once: true });
    });
    handle.addEventListener("click", (event) => event.preventDefault());
    handle.addEventListener("keydown", (event) => {
      const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!side || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const step = side * (isRtl ? -1 : 1);
      if (event.shiftKey) {
        const every = heads(table);
        const target = every[every.indexOf(head) + step];
        if (!target) return;
        move(table, head, target, step > 0);
        handle.focus();
        saveOrder(table);
      } else {
        fix(table);
        setWidth(head, Number(head.dataset.width) + step * STEP);
        save(table);
      }
    });
  }

  // Sortable moves the head; the cells below follow when it is dropped. Of lists across it knows those that begin at the
  // left alone, and heads are as high as each other: told that they lie below each other, it goes by the head beneath.
  function draggable(table) {
    const row = table.tHead.rows[0];
    let before = [];
    new window.Sortable(row, {
      draggable: "th[data-column]", direction: "vertical", delay: 300, delayOnTouchOnly: true, ghostClass: "moving",
      onStart: () => { before = [...row.cells]; },
      onEnd({ item }) {
        const [from, to] = [before.indexOf(item), item.cellIndex];
        if (from === to) return;
        row.replaceChildren(...before);
        move(table, item, before[to], to > from);
        saveOrder(table);
      },
    });
  }

  function arrange(table) {
    if (onPhone.matches || !heads(table).length) return;
    if (heads(table).some((head) => Number(head.dataset.width))) fix(table);
    for (const head of heads(table)) edge(table, head);
    draggable(table);
  }

  document.addEventListener("tenantry:added", (event) => all(event.detail, "table[data-arrange]").forEach(arrange));
})();
