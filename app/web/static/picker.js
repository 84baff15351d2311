// Search as you type among related rows: an ARIA combobox laid over a plain <select>, which keeps the value.
// data-picker: address answering `?q=` with {results: [{id, label, hint}], more}. data-create: address that takes
// {label} by POST and answers {id, label}.
(() => {
  "use strict";
  const { all, fill, sendJson, words } = window.tenantry;
  const WAIT = 180;
  let serial = 0;

  function element(tag, attributes, text) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text) made.textContent = text;
    return made;
  }

  function picker(select) {
    if (select.disabled || select.dataset.ready) return;
    select.dataset.ready = "1";
    const id = `picker-${++serial}`;
    const label = select.id && document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    const box = element("span", { class: "picker-box" });
    const input = element("input", {
      type: "text", role: "combobox", id: select.id, autocomplete: "off", spellcheck: "false", dir: "auto",
      "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list", placeholder: words.type,
    });
    for (const name of ["aria-describedby", "aria-invalid", "aria-label", "autofocus"]) {
      if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
    }
    if (select.required) input.setAttribute("aria-required", "true");
    const clear = element("button", { type: "button", class: "picker-clear", "aria-label": words.clear }, "×");
    const list = element("div", { id, role: "listbox", class: "picker-list" });
    list.setAttribute("aria-label", label ? label.textContent : select.getAttribute("aria-label") || "");
    list.hidden = true;
    select.removeAttribute("id");
    select.required = false;
    select.hidden = true;
    box.append(input, clear);
    select.after(box, list);

    let entries = [];
    let at = -1;
    let timer = 0;
    let asked = 0;
    let current = "";
    const follow = () => {
      current = select.selectedOptions[0]?.value ? select.selectedOptions[0].textContent : "";
      input.value = current;
      clear.hidden = !current;
    };
    follow();
    select.addEventListener("change", follow); // a draft that is taken back chooses too

    const close = () => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const open = () => { list.hidden = false; input.setAttribute("aria-expanded", "true"); };
    const note = (text) => { list.replaceChildren(element("div", { class: "picker-note", role: "status" }, text)); entries = []; open(); };

    function choose(value, text) {
      select.replaceChildren(element("option", { value: "" }), element("option", { value, selected: "" }, text));
      if (!value) select.replaceChildren(element("option", { value: "", selected: "" }));
      current = text;
      input.value = text;
      clear.hidden = !value;
      close();
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }

    async function create(text) {
      const answer = await sendJson(select.dataset.create, { label: text }).catch(() => null);
      const made = answer && (await answer.json().catch(() => null));
      if (answer?.ok && made?.id) choose(made.id, made.label);
      else note(made?.detail || words.failed);
    }

    function activate(index) {
      entries.forEach((entry, place) => entry.node.setAttribute("aria-selected", String(place === index)));
      at = index;
      if (index < 0) return;
      input.setAttribute("aria-activedescendant", entries[index].node.id);
      entries[index].node.scrollIntoView({ block: "nearest" });
    }

    function render(found, text) {
      list.replaceChildren();
      entries = found.results.map((row) => {
        const node = element("div", { role: "option" });
        node.append(element("bdi", {}, row.label));
        if (row.hint) node.append(element("bdi", { class: "hint-text" }, row.hint));
        return { node, pick: () => choose(row.id, row.label) };
      });
      const isKnown = found.results.some((row) => row.label.toLowerCase() === text.toLowerCase());
      if (select.dataset.create && text && !isKnown) {
        const node = element("div", { role: "option", class: "create" }, fill(select.dataset.createLabel || words.create, { name: text }));
        entries.push({ node, pick: () => create(text) });
      }
      entries.forEach((entry, index) => {
        entry.node.id = `${id}-${index}`;
        entry.node.addEventListener("mousedown", (event) => { event.preventDefault(); entry.pick(); });
        list.append(entry.node);
      });
      if (!found.results.length) list.prepend(element("div", { class: "picker-note", role: "status" }, words.nothing));
      if (found.more) list.append(element("div", { class: "picker-note" }, words.more));
      open();
      activate(found.results.length && text ? 0 : -1);
    }

    async function search() {
      const text = input.value === current ? "" : input.value.trim();
      const mine = ++asked;
      const href = new URL(select.dataset.picker, location.href);
      href.searchParams.set("q", text);
      if (list.hidden) note(words.searching);
      try {
        const answer = await fetch(href, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(String(answer.status));
        const found = await answer.json();
        if (mine === asked && document.activeElement === input) render(found, text);
      } catch {
        if (mine === asked) note(words.failed);
      }
    }

    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, WAIT); });
    input.addEventListener("click", () => { if (list.hidden) search(); });
    input.addEventListener("blur", () => {
      clearTimeout(timer);
      asked += 1;
      if (input.value === "" && current) choose("", "");
      else input.value = current;
      close();
    });
    input.addEventListener("keydown", (event) => {
      const isOpen = !list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (!isOpen) search();
        else if (entries.length) activate((at + (event.key === "ArrowDown" ? 1 : -1) + entries.length) % entries.length);
      } else if (event.key === "Enter" && isOpen) {
        if (at >= 0) entries[at].pick();
      } else if (event.key === "Escape" && isOpen) {
        input.value = current;
        close();
      } else return;
      event.preventDefault();
    });
    clear.addEventListener("click", () => { choose("", ""); input.focus(); });
    select.form?.addEventListener("reset", () => choose("", ""));
  }

  document.addEventListener("tenantry:added", (event) => all(event.detail, "select[data-picker]").forEach(picker));
})();
