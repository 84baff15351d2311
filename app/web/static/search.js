// The search box of the frame as an ARIA combobox: records by kind, places and new records as somebody types.
// Ctrl-K (or ⌘K) goes to it from anywhere. Without this script the form leads to the page of results.
(() => {
  "use strict";
  const { all, words } = window.tenantry;
  const WAIT = 150;

  function element(tag, attributes, text) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text) made.textContent = text;
    return made;
  }

  // What the page one is on can do is on the page: its buttons, by their words.
  function onThisPage(typed) {
    const wanted = typed.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const items = [...document.querySelectorAll("main :is(.page-head .page-actions, .timeline .adding) :is(a, button:not(.pin))")]
      .map((button) => ({ label: button.textContent.trim(), press: () => button.click() }))
      .filter((item) => item.label && wanted.every((word) => item.label.toLocaleLowerCase().includes(word)));
    return items.length ? [{ title: words.actions, items, more: null }] : [];
  }

  function finder(input) {
    const form = input.form;
    const list = element("div", { id: "find-list", role: "listbox", class: "picker-list find-list", "aria-label": input.getAttribute("aria-label") });
    const status = element("span", { class: "for-readers", role: "status" });
    list.hidden = true;
    form.append(list, status);
    for (const [name, value] of Object.entries({
      role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list",
      "aria-keyshortcuts": "Control+K",
    })) input.setAttribute(name, value);

    let options = [];
    let at = -1;
    let timer = 0;
    let asked = 0;

    const close = () => {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const open = () => { list.hidden = false; input.setAttribute("aria-expanded", "true"); };
    const note = (text) => {
      options = [];
      list.replaceChildren(element("div", { class: "picker-note" }, text));
      status.textContent = text;
      open();
    };

    function activate(index) {
      options.forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
      at = index;
      if (index < 0) { input.removeAttribute("aria-activedescendant"); return; }
      input.setAttribute("aria-activedescendant", options[index].id);
      options[index].scrollIntoView({ block: "nearest" });
    }

    function option(item) {
      const node = element("a", { role: "option", ...(item.href ? { href: item.href } : {}), id: `find-${options.length}`, tabindex: "-1", "aria-selected": "false" });
      node.append(element("bdi", {}, item.label));
      if (item.hint) node.append(element("bdi", { class: "hint-text" }, item.hint));
      if (item.press) node.addEventListener("click", () => { close(); item.press(); });
      options.push(node);
      return node;
    }

    function render(groups) {
      if (!groups.length) { note(words.nothing); return; }
      options = [];
      list.replaceChildren(...groups.map((group, number) => {
        const holder = element("div", { role: "group", "aria-labelledby": `find-group-${number}` });
        holder.append(element("div", { class: "picker-note", id: `find-group-${number}`, role: "presentation" }, group.title));
        holder.append(...group.items.map(option));
        if (group.more) {
          const more = option(group.more);
          more.classList.add("create");
          holder.append(more);
        }
        return holder;
      }));
      status.textContent = String(options.length);
      open();
      activate(input.value.trim() ? 0 : -1);
    }

    async function search() {
      const mine = ++asked;
      const href = new URL(form.getAttribute("action") + "/suggest", location.href);
      href.searchParams.set("q", input.value.trim());
      if (list.hidden) note(words.searching);
      try {
        const answer = await fetch(href, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(String(answer.status));
        const found = await answer.json();
        if (mine === asked && document.activeElement === input) render([...onThisPage(input.value), ...found.groups]);
      } catch {
        if (mine === asked) note(words.failed);
      }
    }

    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, WAIT); });
    input.addEventListener("focus", () => { if (list.hidden) search(); });
    form.addEventListener("focusout", (event) => {
      if (form.contains(event.relatedTarget)) return;
      clearTimeout(timer);
      asked += 1;
      close();
    });
    list.addEventListener("mousedown", (event) => event.preventDefault());
    input.addEventListener("keydown", (event) => {
      const isOpen = !list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (!isOpen) search();
        else if (options.length) activate((at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length);
      } else if (event.key === "Home" && isOpen && options.length && event.ctrlKey) activate(0);
      else if (event.key === "End" && isOpen && options.length && event.ctrlKey) activate(options.length - 1);
      else if (event.key === "Enter" && isOpen && at >= 0) {
        if (event.ctrlKey || event.metaKey) window.open(options[at].href, "_blank", "noopener");
        else options[at].click();
      } else if (event.key === "Escape" && isOpen) close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      const drawer = document.getElementById("drawer");
      if (drawer && !input.checkVisibility({ checkVisibilityCSS: true })) drawer.checked = true;
      input.focus();
      input.select();
    });
  }

  document.addEventListener("tenantry:added", (event) => all(event.detail, "[data-find]").forEach(finder));
})();
