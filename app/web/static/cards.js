// The cards of the start page come each by itself, so that a slow one keeps nobody waiting for the others.
(() => {
  "use strict";

  async function load(card) {
    card.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(card.dataset.card, { headers: { "X-Fragment": "1" } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const holder = document.createElement("template");
      holder.innerHTML = await answer.text();
      const title = card.querySelector("h2");
      card.replaceChildren(...(holder.content.querySelector("h2") ? [] : [title]), holder.content);
    } catch {
      card.querySelector("p").textContent = document.getElementById("words").dataset.failed;
    }
    card.removeAttribute("aria-busy");
  }

  for (const card of document.querySelectorAll("[data-card]")) load(card);
})();
