// The cards of the start page come each by itself, so that a slow one keeps nobody waiting for the others.
(() => {
  "use strict";
  const { all, attach, fetchFragment, words } = window.tenantry;

  async function load(card) {
    card.setAttribute("aria-busy", "true");
    try {
      const holder = document.createElement("template");
      holder.innerHTML = await fetchFragment(card.dataset.card);
      const title = card.querySelector("h2");
      card.replaceChildren(...(holder.content.querySelector("h2") ? [] : [title]), holder.content);
      attach(card);
    } catch {
      card.querySelector("p").textContent = words.failed;
    }
    card.removeAttribute("aria-busy");
  }

  document.addEventListener("tenantry:added", ({ detail }) => { if (detail === document.body) all(detail, "[data-card]").forEach(load); });
})();
