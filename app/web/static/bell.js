// The count at the bell follows what happens elsewhere: asked once a minute, while somebody looks at the page.
(() => {
  "use strict";
  const EVERY = 60000;
  const counts = document.querySelectorAll("[data-count]");
  if (!counts.length) return;

  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch(counts[0].dataset.count, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) return;
      const { unread } = await answer.json();
      const words = unread > 99 ? "99+" : unread ? String(unread) : "";
      for (const count of counts) count.textContent = words;
    } catch {
      // Offline: the next minute may be better.
    }
  }

  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
})();
