// A value is changed where it is shown, and what changed with it is shown again. Without scripts the link leads to the
// whole form.
(() => {
  "use strict";
  const { all, show, fetchFragment, editInline, words } = window.tenantry;
  const say = (text) => { document.querySelector("[data-detail-status]").textContent = text; };

  function edit(link) {
    const held = link.parentElement.querySelector("[data-value]");
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (link.parentElement.querySelector("form")) return;
      editInline(link.dataset.edit, {
        say, saved,
        place: (form) => link.after(form),
        opened: () => { held.hidden = link.hidden = true; },
        closed: () => { held.hidden = link.hidden = false; link.focus(); },
        failed: () => { location.href = link.href; },
      });
    });
  }

  function saved(told) {
    document.querySelector(".page-head h1")?.replaceWith(told.querySelector("h1"));
    for (const one of told.querySelectorAll("[data-saved]")) {
      document.querySelector(`[data-field="${CSS.escape(one.dataset.saved)}"] [data-value]`)?.replaceChildren(...one.childNodes);
    }
    document.dispatchEvent(new CustomEvent("tenantry:saved"));
  }

  // --- the timeline --------------------------------------------------------------------------------------------
  function timeline(place) {
    if (place.dataset.begun) return; // what is shown in it is told of as added, and it with it
    place.dataset.begun = "1";
    const load = (href) => {
      place.setAttribute("aria-busy", "true");
      return fetchFragment(href)
        .then((html) => show(place, html), () => say(words.failed))
        .finally(() => place.removeAttribute("aria-busy"));
    };
    place.addEventListener("click", async (event) => {
      const link = event.target.closest("[data-kind], [data-older] a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const line = link.closest("[data-older]");
      if (!line) {
        await load(link.href);
        place.querySelector("[data-kind][aria-current]")?.focus();
        return;
      }
      const html = await fetchFragment(link.href).catch(() => null);
      if (html === null) return say(words.failed);
      const holder = document.createElement("template");
      holder.innerHTML = html;
      const entries = [...holder.content.querySelectorAll(".entry")];
      place.querySelector(".entries").append(...entries);
      const older = holder.content.querySelector("[data-older]");
      if (older) line.replaceWith(older);
      else line.remove();
      entries[0]?.querySelector("a")?.focus();
    });
    document.addEventListener("tenantry:saved", () => {
      if (!place.querySelector("textarea")?.value) load(place.dataset.timeline);
    });
    load(place.dataset.timeline);
  }

  document.addEventListener("tenantry:added", (event) => {
    all(event.detail, "[data-edit]").forEach(edit);
    all(event.detail, "[data-timeline]").forEach(timeline);
  });
})();
