// A gallery is walked by arrows as the eye sees it, and a picture that is dropped on a card becomes the card's. Preview,
// ticks and menus are those of lists. Without scripts the cards are links.
(() => {
  "use strict";
  const { all, fill, token, pictures } = window.tenantry;
  const isRtl = () => document.documentElement.dir === "rtl";

  const link = (card) => card.querySelector("a.card-title");
  const place = (card) => { const box = card.getBoundingClientRect(); return { top: box.top, middle: (box.left + box.right) / 2 }; };

  // The card above or below: of the nearest row in that direction the one that stands closest.
  function across(cards, from, down) {
    const here = place(from);
    const beyond = cards.map((card) => ({ card, ...place(card) })).filter((one) => (down ? one.top > here.top + 1 : one.top < here.top - 1));
    if (!beyond.length) return null;
    const row = down ? Math.min(...beyond.map((one) => one.top)) : Math.max(...beyond.map((one) => one.top));
    const near = beyond.filter((one) => Math.abs(one.top - row) < 2);
    return near.sort((a, b) => Math.abs(a.middle - here.middle) - Math.abs(b.middle - here.middle))[0].card;
  }

  function target(cards, from, key) {
    const at = cards.indexOf(from);
    const ahead = isRtl() ? "ArrowLeft" : "ArrowRight";
    const behind = isRtl() ? "ArrowRight" : "ArrowLeft";
    if (key === ahead) return cards[at + 1];
    if (key === behind) return cards[at - 1];
    if (key === "Home") return cards[0];
    if (key === "End") return cards.at(-1);
    return across(cards, from, key === "ArrowDown");
  }

  function gallery(list) {
    const cards = () => [...list.querySelectorAll("li[data-id]")];
    const status = list.parentElement.querySelector("[data-gallery-status]");
    const say = (text, isBad) => { status.textContent = text; status.classList.toggle("bad", Boolean(isBad)); };

    list.addEventListener("keydown", (event) => {
      const card = event.target.closest("li[data-id]");
      if (!card || event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
      if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
      event.preventDefault();
      const next = target(cards(), card, event.key);
      if (!next) return;
      link(next).focus();
      next.scrollIntoView({ block: "nearest" });
    });

    async function set(card, file) {
      if (!file || card.getAttribute("aria-busy")) return;
      card.setAttribute("aria-busy", "true");
      say(list.dataset.busy);
      const told = await pictures.upload(list.dataset.pictures, file);
      const failure = told.key ? await save(card, told) : told.error ?? list.dataset.failed;
      card.removeAttribute("aria-busy");
      say(failure || fill(list.dataset.done, { card: link(card).textContent.trim() }), failure);
    }

    // As one field of a record is saved anywhere: what somebody else has put there meanwhile is not overwritten.
    async function save(card, told) {
      const body = new URLSearchParams({ [list.dataset.field]: told.key, _version: card.dataset.version, _was: card.dataset.key, csrf_token: token });
      const address = list.dataset.set.replace("{id}", card.dataset.id);
      const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
      const said = await answer?.json().catch(() => null);
      if (!answer?.ok || !said?.html) return said?.detail ?? list.dataset.failed;
      const image = new Image(told.width, told.height);
      image.src = told.src;
      image.alt = "";
      card.querySelector(".shot-frame").replaceChildren(image);
      card.dataset.version = said.version;
      card.dataset.key = told.key;
      return "";
    }

    if (list.dataset.set) cards().forEach((card) => pictures.landing(card, (file) => set(card, file)));
  }

  document.addEventListener("tenantry:added", (event) => all(event.detail, "[data-gallery]").forEach(gallery));
})();
