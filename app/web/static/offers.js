// Lines of a text that are offered by words. data-offers: the id of the text, which keeps the value; ticks write their
// line into it, and what else it holds stays. A line that ends in * stands for all that begin alike.
(() => {
  "use strict";
  const { all } = window.tenantry;
  const linesOf = (text) => text.value.split("\n").map((line) => line.trim()).filter(Boolean);
  const covers = (line, name) => line !== name && line.endsWith("*") && name.startsWith(line.slice(0, -1));

  function offers(box) {
    const text = document.getElementById(box.dataset.offers);
    const ticks = [...box.querySelectorAll("input")];

    function show() {
      const lines = linesOf(text);
      ticks.forEach((tick) => {
        tick.disabled = lines.some((line) => covers(line, tick.value));
        tick.checked = tick.disabled || lines.includes(tick.value);
      });
      box.querySelectorAll("details").forEach((group) => {
        const chosen = [...group.querySelectorAll("input:checked")].filter((tick) => !tick.value.endsWith("*")).length;
        group.querySelector(".offer-count").textContent = chosen || "";
      });
    }

    box.addEventListener("change", ({ target }) => {
      const { value, checked } = target;
      const lines = linesOf(text).filter((line) => line !== value && !(checked && covers(value, line)));
      text.value = [...lines, ...(checked ? [value] : [])].join("\n");
      text.dispatchEvent(new Event("input", { bubbles: true }));
      text.dispatchEvent(new Event("change", { bubbles: true }));
    });
    text.addEventListener("input", show);
    text.addEventListener("change", show); // a draft that is taken back
    text.form?.addEventListener("reset", () => setTimeout(show));
    box.hidden = false;
    text.closest("details").open = text.getAttribute("aria-invalid") === "true";
    show();
  }

  document.addEventListener("tenantry:added", ({ detail }) => all(detail, "[data-offers]").forEach(offers));
})();
