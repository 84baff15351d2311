// The form of one field, opened where its value stands: fetched, sent alone, asked again when it is refused. Enter saves,
// Escape leaves it as it was. `editInline(href, {place, status, opened, closed, saved, failed})`.
(() => {
  "use strict";
  const { show, fetchFragment, words } = window.tenantry;

  async function editInline(href, { place, say, opened, closed, saved, failed }) {
    const html = await fetchFragment(href).catch(() => null);
    if (html === null) { failed(); return; }
    const holder = document.createElement("div");
    opened();
    place(holder);
    ask(holder, html);

    function close() {
      holder.remove();
      closed();
    }

    function ask(target, text) {
      show(target, text);
      const form = target.querySelector("form");
      form.querySelector("[data-close]").addEventListener("click", close);
      form.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !event.defaultPrevented) { event.preventDefault(); event.stopPropagation(); close(); }
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
      });
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        event.stopPropagation();
        send(form, event.submitter);
      });
      form.querySelector("[aria-invalid=true], .field input:not([type=hidden]), .field select:not([hidden]), .field textarea")?.focus();
    }

    async function send(form, submitter) {
      const body = new URLSearchParams(new FormData(form, submitter));
      form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
      const told = answer && (await answer.json().catch(() => null));
      if (answer?.ok && told?.html) {
        close();
        const fresh = document.createElement("template");
        fresh.innerHTML = told.html;
        saved(fresh.content);
        say(told.detail);
        return;
      }
      form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
      say(told?.detail || words.failed);
      if (told?.form) ask(holder, told.form);
    }
  }

  window.tenantry.editInline = editInline;
})();
