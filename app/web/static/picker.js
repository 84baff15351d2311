// Choices by Tom Select, laid over plain controls that keep the value and work without scripts: relations that are
// searched on the server, long and multiple selects, tags.
// data-beside: the name of the control whose value is sent along; only what is then offered can be chosen.
// data-picker, data-tags: address answering `?q=` with {results: [{id, label, hint}], more}. data-create: address that
// takes {label} by POST and answers {id, label}.
(() => {
  "use strict";
  const { all, fill, sendJson, words } = window.tenantry;
  const WAIT = 180; // milliseconds without a key before it is searched
  const LONG = 15; // options from which on a select is searched in
  const LIST_SEPARATOR = /[,،]/;

  function node(tag, text, looks = "") {
    const made = document.createElement(tag);
    if (looks) made.className = looks;
    made.append(text);
    return made;
  }

  // A choice in a list, and a chosen one: names of any direction, and what tells namesakes apart.
  function option({ label, hint }) {
    const made = node("div", node("bdi", label));
    if (hint) made.append(node("bdi", hint, "hint-text"));
    return made;
  }
  const item = ({ label }) => node("div", node("bdi", label));

  const USUAL = {
    valueField: "id", labelField: "label", searchField: ["label"], maxOptions: null, openOnFocus: false, shouldOpen: true,
    refreshThrottle: 0, loadThrottle: null, hidePlaceholder: true,
    controlInput: '<input type="text" autocomplete="off" spellcheck="false" dir="auto">',
  };
  const render = (control) => ({
    option, item, no_results: null, loading: null,
    option_create: ({ input }) => Object.assign(node("div", fill(control.dataset.createLabel || words.create, { name: input }), "create"),
      { role: "option", id: `${control.tomselect.inputId}-create` }),
  });

  async function answered(control, text, signal) {
    const href = new URL(control.dataset.picker || control.dataset.tags, location.href);
    href.searchParams.set("q", text);
    const { beside } = control.dataset;
    if (beside) href.searchParams.set("beside", control.form?.elements[beside]?.value ?? "");
    const answer = await fetch(href, { headers: { Accept: "application/json" }, signal }).catch(() => null);
    return answer?.ok && (await answer.json().catch(() => null));
  }

  // What the server finds. Until it has answered nothing of before can be chosen or made.
  function remote(control, note) {
    let found = new Set();
    let asking = null;
    function ask(text, done) {
      asking?.drop();
      this.isAsking = true;
      found = new Set();
      note(words.searching);
      const stop = new AbortController();
      const timer = setTimeout(async () => {
        const told = await answered(control, text, stop.signal);
        if (stop.signal.aborted) return;
        asking = null;
        this.isAsking = false;
        this.clearOptions();
        found = new Set((told?.results ?? []).map((one) => one.id));
        done(told?.results ?? []);
        note(!told ? words.failed : told.more ? words.more : found.size ? "" : words.nothing);
      }, text ? WAIT : 0);
      asking = { drop: () => { clearTimeout(timer); stop.abort(); asking = null; this.isAsking = false; this.loading -= 1; } };
    }
    return {
      settings: { load: ask, score: () => (one) => (found.has(one.id) ? 1 : 0), diacritics: false },
      attach(select) {
        select.on("dropdown_open", () => { if (!select.inputValue()) select.load(""); });
        select.on("dropdown_close", () => asking?.drop());
      },
    };
  }

  const isKnown = (select, text) => Object.values(select.options).some((one) => one.label.toLowerCase() === text.toLowerCase());
  function creating(control, note) {
    async function create(text, done) {
      const answer = await sendJson(control.dataset.create, { label: text }).catch(() => null);
      const made = answer && (await answer.json().catch(() => null));
      done(answer?.ok && made?.id ? made : null);
      if (!answer?.ok) note(made?.detail || words.failed);
    }
    return { create, createFilter(text) { return !this.isAsking && !isKnown(this, text); } };
  }

  // A tag is a name that may be new. What was typed counts, chosen or not.
  function tagging(control) {
    if (control.dataset.beside) return { delimiter: ",", splitOn: null, create: false };
    return {
      delimiter: ",", splitOn: LIST_SEPARATOR, createOnBlur: true,
      create: (text) => ({ id: text, label: text }),
      createFilter(text) { return !LIST_SEPARATOR.test(text) && !isKnown(this, text); },
    };
  }

  function picker(control) {
    if (control.disabled || control.readOnly || control.tomselect) return;
    const isTags = "tags" in control.dataset;
    const isRemote = isTags || "picker" in control.dataset;
    const isMany = isTags || control.multiple;
    const { id, required } = control;
    const had = document.activeElement === control || control.autofocus;
    const status = node("div", "", "picker-note");
    status.setAttribute("role", "status");
    const note = (text) => { status.textContent = text; };
    if (isTags) control.value = control.value.split(LIST_SEPARATOR).map((one) => one.trim()).filter(Boolean).join(",");
    const search = isRemote ? remote(control, note) : null;
    const select = new window.TomSelect(control, {
      ...USUAL, ...search?.settings, ...(control.dataset.create && creating(control, note)), ...(isTags && tagging(control)),
      render: render(control), maxItems: isMany ? null : 1, closeAfterSelect: !isMany, clearAfterSelect: true, allowEmptyOption: !isRemote && !isMany,
      placeholder: words.type, plugins: isMany ? { remove_button: { title: words.clear } } : [],
    });
    const { control_input: input, wrapper, dropdown } = select;
    dropdown.append(status);
    wrapper.dir = document.documentElement.dir;

    // The control that is seen takes the name, the words and the state of the one that keeps the value.
    const label = id && document.querySelector(`label[for="${CSS.escape(input.id)}"]`);
    control.hidden = true;
    control.required = false;
    if (id) {
      control.removeAttribute("id");
      input.id = id;
      label?.setAttribute("for", id);
    }
    if (!label) select.dropdown_content.setAttribute("aria-label", input.getAttribute("aria-label") || words.type);
    if (required) input.setAttribute("aria-required", "true");
    if (control.hasAttribute("aria-invalid")) input.setAttribute("aria-invalid", control.getAttribute("aria-invalid"));
    const clear = isMany || !isRemote ? null : clearButton(select);
    const described = control.getAttribute("aria-describedby") ?? "";
    function describe() {
      const chosen = [...select.control.querySelectorAll("[data-ts-item]")];
      chosen.forEach((one, at) => { one.id = `${select.inputId}-chosen-${at}`; });
      const ids = [described, ...chosen.map((one) => one.id)].join(" ").trim();
      if (ids) input.setAttribute("aria-describedby", ids);
      else input.removeAttribute("aria-describedby");
      if (clear) clear.hidden = !chosen.length;
    }
    describe();

    const open = () => { if (!select.isOpen) select.refreshOptions(true); };
    select.on("change", describe);
    select.on("dropdown_open", () => note(""));
    select.on("type", (text) => {
      wrapper.classList.toggle("typing", Boolean(text));
      if (!isRemote) note(select.currentResults.items.length ? "" : words.nothing);
    });
    select.on("dropdown_close", () => wrapper.classList.remove("typing"));
    search?.attach(select);
    if (control.dataset.beside && select.items.length) nameChosen(select, control);
    let wasOpen = false;
    select.control.addEventListener("mousedown", () => { wasOpen = select.isOpen; }, { capture: true });
    select.control.addEventListener("click", () => { if (!wasOpen) open(); });
    input.addEventListener("keydown", (event) => { if (["ArrowDown", "ArrowUp"].includes(event.key)) open(); });

    // A draft that is taken back, or a form that is reset, chooses too.
    const follow = () => {
      const now = isTags ? control.value : [...control.selectedOptions].map((one) => one.value).filter(Boolean).join("\n");
      if (now !== (isTags ? select.getValue() : [select.getValue()].flat().filter(Boolean).join("\n"))) { select.sync(); describe(); }
    };
    control.addEventListener("change", follow);
    control.form?.addEventListener("reset", () => setTimeout(follow));
    if (had) input.focus();
  }

  // The text holds names alone: what they are called is asked for.
  async function nameChosen(select, control) {
    const told = await answered(control, "");
    (told?.results ?? []).filter((one) => select.items.includes(one.id)).forEach((one) => select.updateOption(one.id, one));
  }

  function clearButton(select) {
    const button = node("button", "×", "picker-clear");
    button.type = "button";
    button.setAttribute("aria-label", words.clear);
    button.addEventListener("click", () => { select.clear(); select.focus(); });
    select.wrapper.append(button);
    return button;
  }

  // A table of rows scrolls sideways, which would cut a list off: there the browser's own opens above everything.
  const isLong = (select) => (select.multiple || select.options.length > LONG) && !select.matches("[data-operator], .inline-rows select");
  document.addEventListener("tenantry:added", ({ detail }) => {
    all(detail, "select[data-picker], input[data-tags]").forEach(picker);
    all(detail, "select:not([data-picker])").filter(isLong).forEach(picker);
  });
})();
