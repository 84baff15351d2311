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

    // What was typed stays, and what is wrong is said beside it.
    function complain(form, text) {
      const line = form.querySelector("[data-complaint]") ?? document.createElement("p");
      line.className = "error";
      line.dataset.complaint = "";
      line.textContent = text;
      form.querySelector(".form-end").before(line);
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
      if (answer?.status === 401) { form.submit(); return; } // the sign-in page keeps what was typed, and sends it on
      form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
      const detail = told?.detail || words.failed;
      if (told?.form) ask(holder, told.form);
      else complain(form, detail);
      say(detail);
    }
  }

  window.tenantry.editInline = editInline;
})();
