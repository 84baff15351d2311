// Colleagues offered while their name is typed after an @: arrows choose, Enter or Tab takes, Escape leaves it as typed.
// data-mentions: address answering `?q=` with {results: [{id, label, hint}]}.
(() => {
  "use strict";
  const { all } = window.tenantry;
  const WAIT = 150;
  const BEGUN = /(?:^|[^\p{L}\p{N}._@-])@([\p{L}\p{N}][^@\n]{0,60})$/u;
  let serial = 0;

  function mentions(box) {
    const list = document.createElement("div");
    list.id = `mentions-${++serial}`;
    list.className = "picker-list";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", box.getAttribute("placeholder") ?? "");
    list.hidden = true;
    const holder = document.createElement("div");
    holder.className = "picker";
    box.before(holder);
    holder.append(box, list);
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", list.id);

    let at = 0;
    let timer = 0;
    let asked = 0;
    const begun = () => BEGUN.exec(box.value.slice(0, box.selectionStart))?.[1];

    function close() {
      clearTimeout(timer);
      asked += 1;
      list.hidden = true;
      box.removeAttribute("aria-activedescendant");
    }
    function activate(index) {
      at = index;
      [...list.children].forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
      box.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    }
    function take(name) {
      const end = box.selectionStart;
      box.setRangeText(`${name} `, end - begun().length, end, "end");
      box.dispatchEvent(new Event("input", { bubbles: true }));
      close();
      box.focus();
    }
    function option(row, place) {
      const one = document.createElement("div");
      one.id = `${list.id}-${place}`;
      one.setAttribute("role", "option");
      const name = document.createElement("bdi");
      name.textContent = row.label;
      one.append(name);
      one.addEventListener("mousedown", (event) => { event.preventDefault(); take(row.label); });
      return one;
    }
    async function search() {
      const words = begun();
      if (!words) return close();
      const mine = ++asked;
      const href = new URL(box.dataset.mentions, location.href);
      href.searchParams.set("q", words);
      const answer = await fetch(href, { headers: { Accept: "application/json" } }).catch(() => null);
      const found = answer?.ok ? await answer.json().catch(() => null) : null;
      if (mine !== asked) return;
      if (!found?.results.length || found.results.some((row) => row.label === words.trim())) return close();
      list.replaceChildren(...found.results.slice(0, 8).map(option));
      list.hidden = false;
      activate(0);
    }

    box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, WAIT); });
    box.addEventListener("blur", close);
    box.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      const count = list.children.length;
      if (event.key === "ArrowDown") activate((at + 1) % count);
      else if (event.key === "ArrowUp") activate((at + count - 1) % count);
      else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") take(list.children[at].textContent);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  document.addEventListener("tenantry:added", (event) => all(event.detail, "textarea[data-mentions]").forEach(mentions));
})();
