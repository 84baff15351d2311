// A value is changed where it is shown: its control is fetched, sent alone, and what changed with it is shown again.
// Enter saves, Escape leaves it as it was. Without scripts the link leads to the whole form.
(() => {
  "use strict";
  const { all, show, fetchFragment, words } = window.tenantry;
  const say = (text) => { document.querySelector("[data-detail-status]").textContent = text; };

  function edit(link) {
    const held = link.parentElement.querySelector("[data-value]");
    link.addEventListener("click", async (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (link.parentElement.querySelector("form")) return;
      const html = await fetchFragment(link.dataset.edit).catch(() => null);
      if (html === null) { location.href = link.href; return; }
      const place = document.createElement("div");
      held.hidden = link.hidden = true;
      link.after(place);
      ask(place, html);
    });

    function close(place) {
      place.remove();
      held.hidden = link.hidden = false;
      link.focus();
    }

    function ask(place, html) {
      show(place, html);
      const form = place.querySelector("form");
      form.querySelector("[data-close]").addEventListener("click", () => close(place));
      form.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !event.defaultPrevented) { event.preventDefault(); close(place); }
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
      });
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        event.stopPropagation();
        send(place, form, event.submitter);
      });
      form.querySelector("[aria-invalid=true], .field input:not([type=hidden]), .field select, .field textarea")?.focus();
    }

    async function send(place, form, submitter) {
      const body = new URLSearchParams(new FormData(form, submitter));
      form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
      const told = answer && (await answer.json().catch(() => null));
      if (answer?.ok && told?.html) {
        close(place);
        saved(told);
        return;
      }
      form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
      say(told?.detail || words.failed);
      if (told?.form) ask(place, told.form);
    }
  }

  function saved(told) {
    const holder = document.createElement("template");
    holder.innerHTML = told.html;
    document.querySelector(".page-head h1")?.replaceWith(holder.content.querySelector("h1"));
    for (const one of holder.content.querySelectorAll("[data-saved]")) {
      document.querySelector(`[data-field="${CSS.escape(one.dataset.saved)}"] [data-value]`)?.replaceChildren(...one.childNodes);
    }
    say(told.detail);
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
