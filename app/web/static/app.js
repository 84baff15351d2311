// What every page can do with scripts on. Each behaviour is switched on by a data attribute; without scripts the same
// markup works as plain links and forms. `attach(root)` runs on the page and on every fragment added later.
(() => {
  "use strict";
  const words = document.getElementById("words").dataset;
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const dialog = document.getElementById("confirm");
  const page = document.documentElement.dataset;
  document.documentElement.classList.add("js");

  const all = (root, selector) => [...(root.matches?.(selector) ? [root] : []), ...root.querySelectorAll(selector)];
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");

  async function fetchFragment(href) {
    const answer = await fetch(href, { headers: { "X-Fragment": "1" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    return answer.text();
  }

  // What goes with the person to any browser. Outside a tenant nobody has a desk.
  function keep(what, values) {
    if (!page.desk) return;
    const body = new URLSearchParams({ ...values, csrf_token: token });
    fetch(`${page.desk}/${what}`, { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } }).catch(() => { /* it is as before, then */ });
  }

  async function sendJson(href, body) {
    return fetch(href, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token, Accept: "application/json" },
      body: JSON.stringify(body),
    });
  }

  function show(target, html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    target.replaceChildren(holder.content);
    attach(target);
  }

  // --- questions before a POST -----------------------------------------------------------------------------------
  function ask(question) {
    document.getElementById("confirm-words").textContent = question;
    dialog.returnValue = "no";
    dialog.showModal();
    return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const button = event.submitter;
    const question = button?.dataset.confirm || form.dataset.confirm;
    if (question && !form.dataset.confirmed) {
      event.preventDefault();
      if (!(await ask(question))) return;
      form.dataset.confirmed = "1";
      form.requestSubmit(button);
      delete form.dataset.confirmed;
      return;
    }
  });

  // --- panels and related lists fetched when they are opened -----------------------------------------------------
  function panelLink(link) {
    const panel = document.getElementById("panel");
    if (!panel) return;
    link.setAttribute("aria-expanded", "false");
    link.setAttribute("role", "button");
    link.addEventListener("click", async (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const wasOpen = link.getAttribute("aria-expanded") === "true";
      document.querySelectorAll("[data-panel]").forEach((other) => other.setAttribute("aria-expanded", "false"));
      panel.hidden = true;
      if (wasOpen) return;
      try {
        show(panel, await fetchFragment(link.href));
      } catch {
        location.href = link.href;
        return;
      }
      panel.hidden = false;
      link.setAttribute("aria-expanded", "true");
      panel.querySelector("select:not([hidden]), input:not([type=hidden]), button")?.focus();
      const close = () => { panel.hidden = true; link.setAttribute("aria-expanded", "false"); link.focus(); };
      panel.onkeydown = (key) => { if (key.key === "Escape" && !key.defaultPrevented) close(); };
      panel.querySelector("[data-close]")?.addEventListener("click", (click) => { click.preventDefault(); close(); });
    });
    link.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); link.click(); } });
  }

  function lazy(details) {
    const load = async () => {
      if (!details.open || details.dataset.loaded) return;
      details.dataset.loaded = "1";
      const target = details.querySelector("[data-target]");
      target.setAttribute("aria-busy", "true");
      try {
        show(target, await fetchFragment(details.dataset.fetch));
      } catch {
        delete details.dataset.loaded;
        target.textContent = words.failed;
      }
      target.removeAttribute("aria-busy");
    };
    details.addEventListener("toggle", load);
    load(); // one that is open from the start
  }

  // --- ticked rows -----------------------------------------------------------------------------------------------
  function list(form) {
    const bar = form.querySelector("[data-bulk]");
    const head = form.querySelector("[data-tick-all]");
    if (!bar || !head) return;
    const boxes = [...form.querySelectorAll('input[name="id"]')];
    const count = bar.querySelector(".bulk-count");
    const every = bar.querySelector("[data-all]");
    let last = null;
    const update = () => {
      const ticked = boxes.filter((box) => box.checked).length;
      head.checked = ticked === boxes.length;
      head.indeterminate = ticked > 0 && ticked < boxes.length;
      bar.classList.toggle("on", ticked > 0);
      count.textContent = ticked === 1 ? count.dataset.one : fill(count.dataset.many, { n: ticked });
      if (every) {
        every.hidden = ticked !== boxes.length;
        if (every.hidden) every.querySelector("input").checked = false;
      }
    };
    const untick = bar.querySelector("[data-untick]");
    untick.hidden = false;
    untick.addEventListener("click", () => { boxes.forEach((box) => { box.checked = false; }); update(); head.focus(); });
    head.disabled = false;
    head.addEventListener("change", () => { boxes.forEach((box) => { box.checked = head.checked; }); update(); });
    boxes.forEach((box, index) => box.addEventListener("click", (event) => {
      if (event.shiftKey && last !== null) {
        const [from, to] = [Math.min(last, index), Math.max(last, index)];
        boxes.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
      }
      last = index;
      update();
    }));
    update();
  }

  // --- many rows changed alike: what somebody fills in is meant ---------------------------------------------------
  function bulkEdit(form) {
    form.querySelectorAll(".bulk-field").forEach((part) => {
      const box = part.querySelector('[name="change"]');
      const meant = (event) => { if (event.target !== box) box.checked = true; };
      part.addEventListener("input", meant);
      part.addEventListener("change", meant);
    });
  }

  // --- menus -----------------------------------------------------------------------------------------------------
  let floating = null;
  function closeFloating(focusBack) {
    if (!floating) return;
    floating.menu.remove();
    floating.opener.setAttribute("aria-expanded", "false");
    if (focusBack) floating.opener.focus();
    floating = null;
  }
  // A menu beside what opened it, worked with the arrow keys; without a menu the open one is closed.
  function openMenu(menu, opener) {
    closeFloating();
    if (!menu) return;
    menu.classList.add("floating");
    document.getElementById("content").append(menu);
    const place = opener.getBoundingClientRect();
    const size = menu.getBoundingClientRect();
    const isRtl = document.documentElement.dir === "rtl";
    const wanted = isRtl ? place.left : place.right - size.width;
    menu.style.left = Math.max(8, Math.min(wanted, innerWidth - size.width - 8)) + "px";
    menu.style.top = (place.bottom + size.height + 8 > innerHeight ? Math.max(8, place.top - size.height - 4) : place.bottom + 4) + "px";
    opener.setAttribute("aria-expanded", "true");
    floating = { menu, opener };
    const items = [...menu.querySelectorAll("[role=menuitem]")];
    items[0]?.focus();
    menu.addEventListener("keydown", (key) => {
      const at = items.indexOf(document.activeElement);
      if (key.key === "ArrowDown") items[(at + 1) % items.length].focus();
      else if (key.key === "ArrowUp") items[(at - 1 + items.length) % items.length].focus();
      else if (key.key === "Home") items[0].focus();
      else if (key.key === "End") items.at(-1).focus();
      else if (key.key === "Escape" || key.key === "Tab") { closeFloating(true); if (key.key === "Tab") return; }
      else return;
      key.preventDefault();
    });
  }
  function rowMenu(link) {
    const pattern = document.getElementById("row-menu");
    if (!pattern) return;
    link.setAttribute("role", "button");
    link.setAttribute("aria-haspopup", "menu");
    link.addEventListener("keydown", (event) => { if (event.key === " " || event.key === "ArrowDown") { event.preventDefault(); link.click(); } });
    link.addEventListener("click", (event) => {
      event.preventDefault();
      if (floating?.opener === link) return closeFloating();
      const menu = pattern.content.firstElementChild.cloneNode(true);
      const id = link.closest("[data-id]").dataset.id;
      menu.querySelectorAll("[href]").forEach((item) => item.setAttribute("href", item.getAttribute("href").replace("{id}", id)));
      menu.querySelectorAll("[action]").forEach((item) => item.setAttribute("action", item.getAttribute("action").replace("{id}", id)));
      openMenu(menu, link);
    });
  }
  addEventListener("scroll", () => closeFloating(), { passive: true, capture: true });
  document.addEventListener("click", (event) => {
    if (floating && !floating.menu.contains(event.target) && !floating.opener.contains(event.target)) closeFloating();
    document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.querySelector("details.menu[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
      const drawer = document.getElementById("drawer");
      if (drawer?.checked) { drawer.checked = false; drawer.focus(); }
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      const save = document.querySelector("[data-save]");
      if (save) { event.preventDefault(); save.form.requestSubmit(save); }
    }
  });

  // --- forms -----------------------------------------------------------------------------------------------------
  function inline(group) {
    const body = group.querySelector("tbody");
    const table = group.querySelector("table");
    const pattern = group.querySelector("template");
    const onRemove = (box) => {
      const row = box.closest("tr");
      row.classList.toggle("removed", box.checked);
      if (row.classList.contains("new")) {
        row.remove();
        table.classList.toggle("empty", !body.children.length);
        group.querySelector("[data-add]").focus();
      }
    };
    group.addEventListener("change", (event) => { if ("remove" in event.target.dataset) onRemove(event.target); });
    group.querySelector("[data-add]").addEventListener("click", (event) => {
      event.preventDefault();
      const number = Number(group.dataset.next);
      group.dataset.next = String(number + 1);
      const holder = document.createElement("template");
      holder.innerHTML = pattern.innerHTML.replaceAll("{n}", String(number));
      const row = holder.content.firstElementChild;
      row.classList.add("new");
      body.append(row);
      table.classList.remove("empty");
      attach(row);
      row.querySelector("input:not([type=hidden], [hidden]), select:not([hidden]), textarea")?.focus();
    });
  }

  function filters(form) {
    form.querySelectorAll("[data-operator]").forEach((select) => {
      const update = () => {
        const takes = select.selectedOptions[0]?.dataset.takes ?? "one";
        const shown = takes === "none" || !select.value ? 0 : takes === "two" ? 2 : 1;
        select.parentElement.querySelectorAll("[data-value]").forEach((value) => {
          value.hidden = Number(value.dataset.value) > shown;
        });
      };
      select.addEventListener("change", update);
      update();
    });
    // What is empty stays out of the address.
    form.addEventListener("submit", () => {
      form.querySelectorAll(".filter").forEach((filter) => {
        const select = filter.querySelector("[data-operator]");
        const controls = [...filter.querySelectorAll("[data-value]:not([hidden]) :is(input, select)[name]")];
        const takes = select.selectedOptions[0]?.dataset.takes;
        const isSet = (control) => control.type === "checkbox" ? control.checked : control.value !== "";
        const used = select.value && (takes === "none" || controls.some(isSet));
        filter.querySelectorAll("[data-value][hidden] :is(input, select)").forEach((control) => { control.disabled = true; });
        if (!used) filter.disabled = true;
      });
    });
  }

  // --- groups of the menu stay as somebody left them ---------------------------------------------------------------
  const turned = (page.turned ?? "").split(" ");
  function group(details) {
    const name = details.dataset.group, isHere = details.querySelector("[aria-current]") !== null;
    const usual = !details.classList.contains("set-up");
    details.open = isHere || turned.includes(name) !== usual;
    // Opened for the place one is at, it stays as it was elsewhere.
    details.querySelector("summary").addEventListener("click", () => keep("turn", { group: name, on: details.open === usual ? 1 : 0 }));
  }

  // --- on a phone the cells of a hand-written table stand below each other, and say what they are --------------------
  function labels(table) {
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.textContent.trim());
    for (const row of table.tBodies[0]?.rows ?? []) {
      [...row.cells].forEach((cell, at) => { if (heads[at] && cell.tagName === "TD" && !("label" in cell.dataset)) cell.dataset.label = heads[at]; });
    }
  }

  const BEHAVIOURS = {
    "[data-group]": group, "table.table": labels,
    "[data-panel]": panelLink, "details[data-fetch]": lazy, "[data-list]": list,
    ".row-menu": rowMenu, "[data-bulk-edit]": bulkEdit, "[data-inline]": inline,
    "[data-filters]": filters, "[data-focus]": (element) => element.focus(),
  };
  function attach(root) {
    for (const [selector, behaviour] of Object.entries(BEHAVIOURS)) all(root, selector).forEach(behaviour);
    document.dispatchEvent(new CustomEvent("tenantry:added", { detail: root }));
  }
  window.tenantry = { all, ask, attach, fill, keep, sendJson, show, fetchFragment, openMenu, token, words };
  if (document.readyState === "complete") attach(document.body);
  else document.addEventListener("DOMContentLoaded", () => attach(document.body));
})();
