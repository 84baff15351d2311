// Cards move between lanes by mouse, by touch, by keyboard and by menu; the server is told at once. What it refuses goes
// back; what it asks for is asked in a dialog; what was moved can be undone.
(() => {
  "use strict";
  const { all, fill, sendJson, show, fetchFragment, openMenu, words } = window.tenantry;
  const isRtl = document.documentElement.dir === "rtl";
  const LIFT = 6; // pixels the mouse goes before a card is lifted
  const HOLD = 300; // milliseconds a finger rests on a card before it is lifted
  const EDGE = 48; // pixels from the edge of the board within which it scrolls while a card is carried, and around an empty lane

  const number = new Intl.NumberFormat(`${document.documentElement.lang || "en"}-u-nu-latn`);
  const laneOf = (card) => card.closest("[data-lane]");
  const label = (lane) => lane.getAttribute("aria-label");
  const title = (card) => card.querySelector(".card-title").textContent.trim();
  const focusOn = (card) => card?.querySelector(".card-title").focus();
  const make = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    return holder.content;
  };

  function board(root) {
    const status = document.querySelector("[data-board-status]");
    const dialog = document.getElementById("move-dialog");
    const href = root.dataset.board;
    const lanes = [...root.querySelectorAll("[data-lane]")];
    const laneCalled = (value) => lanes.find((lane) => lane.dataset.lane === value);
    const wanted = new Map(); // where a card is to go next, asked for while its last move is under way: by its id
    let undo = null;

    // --- what is said ------------------------------------------------------------------------------------------
    function say(text, { isBad = false, again = null } = {}) {
      undo = again;
      const line = document.createElement("span");
      line.textContent = text;
      status.classList.toggle("bad", isBad);
      status.replaceChildren(line);
      if (!again) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button plain";
      button.textContent = root.dataset.undo;
      button.addEventListener("click", () => again());
      status.append(button);
    }

    // --- counts and totals -------------------------------------------------------------------------------------
    let asking = 0;
    async function totals() {
      if (!root.dataset.totals) return;
      const mine = ++asking;
      const found = await fetchFragment(root.dataset.totals).then(make).catch(() => null);
      if (!found || mine !== asking) return;
      for (const one of found.querySelectorAll("[data-total-of]")) {
        const place = document.querySelector(`[data-total="${CSS.escape(one.dataset.totalOf)}"]`);
        place?.replaceChildren(...one.childNodes);
        const count = place?.closest("[data-lane]")?.querySelector("[data-count]");
        if (count) count.textContent = one.dataset.count;
      }
    }
    function recount(lane, step) {
      const count = lane.querySelector("[data-count]");
      if (!count.dataset.n) return;
      count.dataset.n = String(Number(count.dataset.n) + step);
      count.textContent = number.format(Number(count.dataset.n));
    }

    // --- moving ------------------------------------------------------------------------------------------------
    function place(card, lane, before = lane.querySelector("ul").firstElementChild) {
      const hadFocus = card.contains(document.activeElement);
      const from = laneOf(card);
      lane.querySelector("ul").insertBefore(card, before);
      if (from !== lane) { recount(from, -1); recount(lane, 1); }
      if (hadFocus) focusOn(card);
    }
    function renew(card, html) {
      const fresh = make(html).querySelector("[data-card]");
      if (!fresh) return card;
      const hadFocus = card.contains(document.activeElement);
      card.replaceWith(fresh);
      if (hadFocus) focusOn(fresh);
      return fresh;
    }

    async function move(card, lane, isUndo = false) {
      const from = laneOf(card);
      if (card.getAttribute("aria-busy")) return void wanted.set(card.dataset.card, lane);
      if (from === lane) return;
      const back = card.nextElementSibling;
      place(card, lane);
      card.setAttribute("aria-busy", "true");
      const body = { value: lane.dataset.lane, version: Number(card.dataset.version) };
      const answer = await sendJson(href.replace("{id}", card.dataset.card), body).catch(() => null);
      await settle({ card, lane, from, back, isUndo }, answer);
    }

    async function settle(step, answer) {
      const told = answer && (await answer.json().catch(() => null));
      const next = wanted.get(step.card.dataset.card);
      wanted.delete(step.card.dataset.card);
      step.card.removeAttribute("aria-busy");
      if (answer?.ok) return arrived(step, told, next);
      if (answer?.status === 409 && told?.lane !== undefined) return overtaken(step, told);
      place(step.card, step.from, step.back?.isConnected ? step.back : null);
      if (told?.form) return ask(step, told.form);
      say(told?.detail || root.dataset.failed || words.failed, { isBad: true });
    }
    function arrived({ card, lane, from, isUndo }, told, next) {
      const fresh = told?.card ? renew(card, told.card) : card;
      if (told?.version) fresh.dataset.version = told.version;
      const text = fill(isUndo ? root.dataset.undone : root.dataset.moved, { card: title(fresh), lane: label(lane) });
      const back = () => move(root.querySelector(`[data-card="${fresh.dataset.card}"]`) ?? fresh, from, true);
      say(text, { again: isUndo ? null : back });
      if (next && next !== lane) return move(fresh, next);
      totals();
    }
    function overtaken({ card, from }, told) {
      place(card, laneCalled(told.lane ?? "") ?? from);
      const fresh = told.card ? renew(card, told.card) : card;
      fresh.dataset.version = told.version;
      say(told.detail, { isBad: true });
      totals();
    }

    // --- what a record asks for before it moves ----------------------------------------------------------------
    function ask(step, html) {
      show(dialog, html);
      const form = dialog.querySelector("form");
      const isOver = new AbortController();
      const close = () => { isOver.abort(); dialog.close(); focusOn(step.card); };
      form.querySelector("[data-close]").addEventListener("click", close);
      dialog.addEventListener("cancel", () => isOver.abort(), { signal: isOver.signal });
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        event.stopPropagation();
        const body = new URLSearchParams(new FormData(form));
        const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
        close();
        if (answer?.ok) place(step.card, step.lane);
        await settle(step, answer);
      });
      if (!dialog.open) dialog.showModal();
      dialog.querySelector("[autofocus]:not([hidden]), input:not([type=hidden], [hidden]), select:not([hidden]), textarea")?.focus();
    }

    // --- the keyboard ------------------------------------------------------------------------------------------
    function neighbour(lane, isForward, isUsable) {
      const step = isForward ? 1 : -1;
      for (let at = lanes.indexOf(lane) + step; at >= 0 && at < lanes.length; at += step) {
        if (isUsable(lanes[at])) return lanes[at];
      }
      return null;
    }
    function walk(card, key) {
      const lane = laneOf(card);
      if (key === "ArrowDown") return focusOn(card.nextElementSibling) ?? (card.nextElementSibling ? null : lane.querySelector("[data-more] a")?.focus());
      if (key === "ArrowUp") return focusOn(card.previousElementSibling);
      const isForward = (key === "ArrowRight") !== isRtl;
      const next = neighbour(lane, isForward, (one) => one.querySelector("[data-card]"));
      const at = [...lane.querySelectorAll("[data-card]")].indexOf(card);
      const cards = next ? [...next.querySelectorAll("[data-card]")] : [];
      return focusOn(cards[Math.min(at, cards.length - 1)]);
    }
    root.addEventListener("keydown", (event) => {
      const card = event.target.closest("[data-card]");
      if (!card || event.altKey) return;
      const isArrow = event.key.startsWith("Arrow");
      if (event.ctrlKey || event.metaKey) {
        if (event.key.toLowerCase() === "z" && undo) { event.preventDefault(); undo(); }
      } else if (isArrow && !event.shiftKey) {
        event.preventDefault();
        walk(card, event.key);
      } else if (href && event.shiftKey && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
        event.preventDefault();
        const next = neighbour(wanted.get(card.dataset.card) ?? laneOf(card), (event.key === "ArrowRight") !== isRtl, () => true);
        if (next) move(card, next);
      } else if (href && event.key.toLowerCase() === "m" && !event.shiftKey) {
        event.preventDefault();
        menu(card);
      }
    });

    function menu(card) {
      const list = document.getElementById("lane-menu").content.firstElementChild.cloneNode(true);
      const opener = card.querySelector("[data-move]");
      list.setAttribute("aria-label", opener.getAttribute("aria-label"));
      const here = laneOf(card).dataset.lane;
      list.querySelectorAll("[data-to]").forEach((item) => {
        if (item.dataset.to === here) item.setAttribute("aria-current", "true");
        item.addEventListener("click", () => {
          const lane = laneCalled(item.dataset.to);
          openMenu(null);
          focusOn(card);
          if (lane) move(card, lane);
        });
      });
      openMenu(list, opener);
    }

    // --- further cards -----------------------------------------------------------------------------------------
    root.addEventListener("click", async (event) => {
      const opener = event.target.closest("[data-move]");
      if (opener) return menu(opener.closest("[data-card]"));
      const link = event.target.closest("[data-more] a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const line = link.closest("[data-more]");
      const lane = laneOf(line);
      const found = await fetchFragment(link.href).then(make).catch(() => null);
      if (!found) return say(words.failed, { isBad: true });
      const cards = [...found.querySelectorAll("[data-card]")].filter((one) => !root.querySelector(`[data-card="${one.dataset.card}"]`));
      lane.querySelector("ul").append(...cards);
      const more = found.querySelector("[data-more]");
      if (more) line.replaceWith(more);
      else line.remove();
      focusOn(cards[0]);
    });
    totals();
    if (!href) return;

    // --- mouse and touch, by Sortable: where a card is dropped is where it is asked to go -------------------------
    let lifted = null;
    function drop({ item, from, to }) {
      const { back, isDropped } = lifted;
      lifted = null;
      root.classList.remove("carrying");
      status.replaceChildren();
      from.insertBefore(item, back);
      if (isDropped && to !== from) move(item, laneOf(to));
    }
    for (const lane of lanes) {
      new window.Sortable(lane.querySelector("ul"), {
        group: "cards", sort: false, direction: "vertical", draggable: "[data-card]", filter: "button, [aria-busy]", preventOnFilter: false,
        delay: HOLD, delayOnTouchOnly: true, touchStartThreshold: LIFT, forceFallback: true, fallbackOnBody: true, fallbackTolerance: LIFT,
        emptyInsertThreshold: EDGE, scrollSensitivity: EDGE, scrollSpeed: 14, bubbleScroll: true, ghostClass: "moving", fallbackClass: "ghost",
        onStart({ item }) {
          lifted = { back: item.nextElementSibling, isDropped: true };
          root.classList.add("carrying");
          say(fill(root.dataset.lifted, { card: title(item) }));
        },
        onEnd: drop,
      });
    }
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !lifted) return;
      lifted.isDropped = false;
      document.dispatchEvent(new PointerEvent("pointerup"));
    });
    root.addEventListener("contextmenu", (event) => { if (event.pointerType === "touch" && event.target.closest("[data-card]")) event.preventDefault(); });
  }

  document.addEventListener("tenantry:added", (event) => all(event.detail, "[data-board]").forEach(board));
})();
