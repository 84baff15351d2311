// A layout is arranged by dragging, also with a finger, and by arrows; the order of the lines is what the form sends. Without
// this script the same buttons ask the server.
(() => {
  "use strict";
  const { all } = window.tenantry;
  const HOW = { handle: ".grip", animation: 120, ghostClass: "moving", fallbackClass: "lifted", forceFallback: true, filter: "[hidden]" };
  const seen = (list) => [...list.children].filter((one) => !one.hidden);

  function touched(form) { form.dispatchEvent(new Event("change", { bubbles: true })); }

  // Over the edge of its section a field goes into the next one.
  function moveLine(line, step) {
    const list = line.parentElement, lines = seen(list);
    const other = lines[lines.indexOf(line) + step];
    if (other) return step < 0 ? other.before(line) : other.after(line);
    const lists = [...line.closest("form").querySelectorAll("[data-sections] [data-fields]")];
    const next = lists.includes(list) ? lists[lists.indexOf(list) + step] : null;
    if (next) { if (step < 0) next.append(line); else next.prepend(line); }
  }

  function moveSection(section, step) {
    const other = step < 0 ? section.previousElementSibling : section.nextElementSibling;
    if (other) { if (step < 0) other.before(section); else other.after(section); }
  }

  function layout(form) {
    form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-move]");
      if (!button) return;
      event.preventDefault();
      const step = Number(button.dataset.move), line = button.closest("li");
      if (line) moveLine(line, step);
      else moveSection(button.closest("[data-section]"), step);
      button.focus();
      touched(form);
    });
    // Alt and an arrow do the same wherever one is in a line.
    form.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      const line = event.target.closest("[data-fields] li");
      if (!step || !event.altKey || !line) return;
      event.preventDefault();
      moveLine(line, step);
      event.target.focus();
      touched(form);
    });
    form.addEventListener("change", ({ target }) => {
      if (target.name?.startsWith("place.")) target.closest("li").classList.toggle("is-out", target.value === "none");
    });
    for (const list of form.querySelectorAll("[data-fields]")) {
      const group = list.closest("[data-sections]") ? "fields" : undefined;
      new window.Sortable(list, { ...HOW, group, onEnd: () => touched(form) });
    }
  }

  document.addEventListener("tenantry:added", ({ detail }) => all(detail, "form[data-layout]").forEach(layout));
})();
