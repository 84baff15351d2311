// Cards move between lanes by drag or by their own select; the server is told at once and a refusal moves them back.
(() => {
  "use strict";
  const { all, fill, sendJson, words } = window.tenantry;

  function board(root) {
    const status = document.querySelector("[data-board-status]");
    const href = root.dataset.board;
    if (!href) return;
    let dragged = null;
    const say = (text) => { status.textContent = text; };

    async function move(card, lane) {
      const from = card.closest("[data-lane]");
      if (from === lane) return;
      const home = card.nextElementSibling;
      const select = card.querySelector("[data-move]");
      lane.querySelector("ul").prepend(card);
      if (select) select.value = lane.dataset.lane;
      card.setAttribute("aria-busy", "true");
      const body = { value: lane.dataset.lane, version: Number(card.dataset.version) };
      const answer = await sendJson(href.replace("{id}", card.dataset.card), body).catch(() => null);
      const told = answer && (await answer.json().catch(() => null));
      card.removeAttribute("aria-busy");
      if (answer?.ok) {
        card.dataset.version = told?.version ?? card.dataset.version;
        say(fill(root.dataset.moved, { lane: lane.getAttribute("aria-label") }));
        return;
      }
      from.querySelector("ul").insertBefore(card, home);
      if (select) select.value = from.dataset.lane;
      const reason = told?.detail || root.dataset.failed || words.failed;
      say(reason);
      refuse(reason);
    }

    function refuse(reason) {
      document.querySelector(".flash[data-board-refusal]")?.remove();
      const note = document.createElement("p");
      note.className = "flash flash-bad";
      note.dataset.boardRefusal = "";
      note.setAttribute("role", "alert");
      note.textContent = reason;
      root.before(note);
    }

    root.addEventListener("dragstart", (event) => {
      dragged = event.target.closest("[data-card]");
      if (!dragged) return;
      event.dataTransfer.setData("text/plain", dragged.dataset.card);
      event.dataTransfer.effectAllowed = "move";
      dragged.classList.add("moving");
    });
    root.addEventListener("dragend", () => {
      dragged?.classList.remove("moving");
      dragged = null;
      root.querySelectorAll(".over").forEach((lane) => lane.classList.remove("over"));
    });
    root.addEventListener("dragover", (event) => {
      const lane = event.target.closest("[data-lane]");
      if (!dragged || !lane) return;
      event.preventDefault();
      root.querySelectorAll(".over").forEach((other) => other.classList.toggle("over", other === lane));
      lane.classList.add("over");
    });
    root.addEventListener("drop", (event) => {
      const lane = event.target.closest("[data-lane]");
      if (!dragged || !lane) return;
      event.preventDefault();
      move(dragged, lane);
    });
    root.addEventListener("change", (event) => {
      if (!event.target.matches("[data-move]")) return;
      const lane = root.querySelector(`[data-lane="${CSS.escape(event.target.value)}"]`);
      if (lane) move(event.target.closest("[data-card]"), lane).then(() => event.target.focus());
    });
    // Shift and an arrow move the card that has the focus to the neighbouring lane.
    root.addEventListener("keydown", (event) => {
      if (!event.shiftKey || !["ArrowLeft", "ArrowRight"].includes(event.key) || event.target.matches("select")) return;
      const card = event.target.closest("[data-card]");
      if (!card) return;
      event.preventDefault();
      const isForward = (event.key === "ArrowRight") === (document.documentElement.dir !== "rtl");
      const lane = card.closest("[data-lane]");
      const next = isForward ? lane.nextElementSibling : lane.previousElementSibling;
      if (next?.matches("[data-lane]")) move(card, next).then(() => event.target.focus());
    });
  }

  document.addEventListener("tenantry:added", (event) => all(event.detail, "[data-board]").forEach(board));
})();
