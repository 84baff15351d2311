// What is under way shows how far it is: the block is fetched again until it no longer asks for it. Without scripts the
// page is simply loaded again by hand.
(() => {
  "use strict";
  const PAUSE = 1500;

  async function refresh(block) {
    try {
      const answer = await fetch(block.dataset.refresh, { headers: { "X-Fragment": "1" } });
      if (!answer.ok || answer.redirected) return;
      const holder = document.createElement("template");
      holder.innerHTML = await answer.text();
      const fresh = holder.content.querySelector("div");
      if (!fresh) return;
      if (block.contains(document.activeElement)) document.getElementById("content").focus();
      block.replaceWith(fresh);
      if (fresh.dataset.refresh) setTimeout(refresh, PAUSE, fresh);
    } catch {
      setTimeout(refresh, PAUSE * 4, block);
    }
  }

  for (const block of document.querySelectorAll("[data-refresh]")) setTimeout(refresh, PAUSE, block);
})();
