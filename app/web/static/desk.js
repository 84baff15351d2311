// One's own work: trays that are fetched when they are opened, records seen last, pins. What is remembered are keys of
// records alone; what they are called is said anew each time, and only to whoever may read them.
(() => {
  "use strict";
  const { all, show, fetchFragment, token, words } = window.tenantry;
  const own = document.documentElement.dataset.own;
  if (!own) return;

  const kept = (name) => { try { return JSON.parse(localStorage.getItem(name)) ?? []; } catch { return []; } };

  function seen(element) {
    const body = new URLSearchParams({ key: element.dataset.record, csrf_token: token });
    fetch(element.dataset.seen, { method: "POST", body, keepalive: true }).catch(() => { /* it is not among the recent ones, then */ });
  }

  // The page that one is on is no news to its reader.
  function hereQuery() {
    const here = document.querySelector("[data-record]")?.dataset.record;
    return here ? `here=${encodeURIComponent(here)}` : "";
  }

  function tray(details) {
    const body = details.querySelector("[data-tray-body]");
    details.addEventListener("toggle", async () => {
      if (!details.open) return;
      body.setAttribute("aria-busy", "true");
      const query = details.dataset.trayName === "desk" ? hereQuery() : "";
      try {
        show(body, await fetchFragment(details.dataset.tray + (query && `?${query}`)));
        document.dispatchEvent(new CustomEvent("tenantry:tray", { detail: details }));
      } catch {
        body.textContent = words.failed;
      }
      body.removeAttribute("aria-busy");
    });
  }

  // What a page can do without comes after it.
  function load(place) {
    fetchFragment(place.dataset.load).then((html) => show(place, html), () => place.remove());
  }

  function pin(form) {
    const button = form.querySelector("button");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      const body = new URLSearchParams(new FormData(form, button));
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
      if (!answer?.ok) { form.submit(); return; }
      const isOn = button.value === "1";
      button.value = isOn ? "0" : "1";
      button.setAttribute("aria-pressed", String(isOn));
    });
  }

  // Drafts of forms (draft.js) go when the page that follows shows that the form was saved, or its person signs out.
  const drafts = () => { try { return Object.keys(localStorage).filter((key) => key.startsWith("tenantry.draft.")); } catch { return []; } };
  if (!document.querySelector("[data-guard]")) {
    for (const key of drafts()) if (kept(key).sent) localStorage.removeItem(key);
  }
  document.addEventListener("submit", (event) => {
    if (!event.target.matches('form[action$="/logout/"]')) return;
    for (const key of drafts()) if (key.startsWith(`tenantry.draft.${own}.`)) localStorage.removeItem(key);
  });

  document.addEventListener("tenantry:added", (event) => {
    all(event.detail, "[data-record]").forEach(seen);
    all(event.detail, "[data-tray]").forEach(tray);
    all(event.detail, "[data-pin]").forEach(pin);
    all(event.detail, "[data-load]").filter((one) => one !== event.detail).forEach(load);
  });
})();
