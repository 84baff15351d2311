// A list of things to work off by keyboard: J and K (or the arrows) move, a letter presses the button that bears it.
(() => {
  "use strict";
  const queue = document.querySelector("[data-queue]");
  if (!queue) return;
  const items = [...queue.querySelectorAll("[data-item]")];
  const link = (item) => item.querySelector("a");
  const here = () => items.findIndex((item) => item.contains(document.activeElement));

  function move(step) {
    const at = here();
    const next = items[at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + step))];
    if (next) { link(next).focus(); next.scrollIntoView({ block: "nearest" }); }
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog, details[open]")) return;
    const key = event.key.toLowerCase();
    if (key === "j" || event.key === "ArrowDown") move(1);
    else if (key === "k" || event.key === "ArrowUp") move(-1);
    else {
      const pressed = items[here()]?.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (!pressed) return;
      sessionStorage.setItem("queue", String(here()));
      pressed.click();
    }
    event.preventDefault();
  });

  // After something was done the page comes back: go on where one was.
  const kept = sessionStorage.getItem("queue");
  sessionStorage.removeItem("queue");
  if (kept !== null && items.length) link(items[Math.min(Number(kept), items.length - 1)]).focus();
})();
