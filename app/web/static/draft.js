// What is typed into a form is not lost. Leaving a changed form by a link asks first, in a dialog of ours; a draft is kept
// in this browser, for this person and this form alone, and offered when the form is opened again after a crash. Secrets
// and files are never kept; a draft goes when the form is saved, thrown away, after a week, or when its person signs out.
(() => {
  "use strict";
  const { all, ask, words } = window.tenantry;
  const own = document.documentElement.dataset.own;
  const STEM = "tenantry.draft.";
  const WEEK = 7 * 24 * 3600 * 1000;
  const PAUSE = 400;
  const UNKEPT = ["csrf_token", "_was", "_version", "next", "_confirmed"];

  const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
  const write = (key, draft) => { try { localStorage.setItem(key, JSON.stringify(draft)); } catch { /* a browser that keeps nothing */ } };
  const drop = (key) => { try { localStorage.removeItem(key); } catch { /* the same */ } };

  function keys() {
    try { return Object.keys(localStorage).filter((key) => key.startsWith(STEM)); } catch { return []; }
  }

  // A form that was sent and is not shown again was saved.
  function tidy(shown) {
    for (const key of keys()) {
      const draft = read(key);
      if (!draft || Date.now() - draft.at > WEEK || (draft.sent && key !== shown)) drop(key);
    }
  }

  const controls = (form) => [...form.elements].filter((one) =>
    one.name && !UNKEPT.includes(one.name) && !one.disabled && !["file", "password", "submit", "button"].includes(one.type));
  const entry = (one) => [one.name, ["checkbox", "radio"].includes(one.type) ? `${one.value}:${one.checked}` : one.multiple
    ? [...one.selectedOptions].map((option) => option.value).join("\n") : one.value];

  // A picker knows the names of what it has shown: the chosen one is kept with its name.
  const labels = (form) => Object.fromEntries([...form.querySelectorAll("select[data-picker]")].filter((one) => one.value)
    .map((one) => [one.name, one.selectedOptions[0].textContent]));

  function put(form, draft) {
    const wanted = new Map(draft.values);
    for (const one of controls(form)) {
      const value = wanted.get(one.name);
      if (["checkbox", "radio"].includes(one.type)) {
        const found = draft.values.find(([name, text]) => name === one.name && text.startsWith(`${one.value}:`));
        if (found) one.checked = found[1] === `${one.value}:true`;
      } else if (value !== undefined && one.type !== "hidden") {
        if (one.matches("select[data-picker]") && value && ![...one.options].some((option) => option.value === value)) {
          one.add(new Option(draft.labels[one.name] ?? value, value));
        }
        if (one.multiple) for (const option of one.options) option.selected = value.split("\n").includes(option.value);
        else one.value = value;
      }
      one.dispatchEvent(new Event("input", { bubbles: true }));
      one.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  function guard(form) {
    const key = `${STEM}${own}.${location.pathname}`;
    const text = () => JSON.stringify(controls(form).map(entry));
    const start = text();
    const isChanged = () => "dirty" in form.dataset || text() !== start;
    let timer = 0;
    let leaving = false;

    const hidden = (name) => form.elements[name]?.value ?? "";
    const keep = () => {
      if (!own || text() === start) { if (!("dirty" in form.dataset)) drop(key); return; }
      write(key, { at: Date.now(), version: hidden("_version"), was: hidden("_was"), values: controls(form).map(entry), labels: labels(form) });
    };
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, PAUSE); });
    form.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(keep, PAUSE); });
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      clearTimeout(timer);
      leaving = true;
      const draft = read(key);
      if (event.submitter?.name === "again") drop(key);
      else if (draft) write(key, { ...draft, sent: true });
    });
    addEventListener("pageshow", () => { leaving = false; });
    addEventListener("pagehide", () => { if (!leaving && isChanged()) keep(); });
    addEventListener("beforeunload", (event) => { if (!leaving && isChanged()) event.preventDefault(); });
    document.addEventListener("click", async (event) => {
      const link = event.target.closest("a[href]");
      if (!link || link.target || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (link.getAttribute("href").startsWith("#") || !isChanged()) return;
      event.preventDefault();
      if (!(await ask(words.leave))) return;
      clearTimeout(timer);
      leaving = true;
      drop(key);
      location.href = link.href;
    });

    const draft = own && read(key);
    tidy(key);
    if (!draft || "dirty" in form.dataset) return; // what was typed is on the page
    if (JSON.stringify(draft.values) === start || Date.now() - draft.at > WEEK) drop(key);
    else offer(form, draft, key);
  }

  function offer(form, draft, key) {
    const note = document.getElementById("draft-note").content.firstElementChild.cloneNode(true);
    const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(draft.at);
    note.querySelector("[data-when]").textContent = when;
    note.querySelector("[data-take]").addEventListener("click", () => {
      // As it was when it was opened, so that what others saved meanwhile is shown and not overwritten.
      for (const [name, value] of [["_version", draft.version], ["_was", draft.was]]) {
        if (form.elements[name] && value) form.elements[name].value = value;
      }
      put(form, draft);
      note.remove();
      form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    });
    note.querySelector("[data-drop]").addEventListener("click", () => { drop(key); note.remove(); document.getElementById("content").focus(); });
    form.before(note);
  }

  document.addEventListener("tenantry:added", (event) => all(event.detail, "[data-guard]").forEach(guard));
})();
