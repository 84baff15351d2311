// Branches of a tree open in place: what is below a record is fetched when it is opened first. Arrows go from record to
// record, open and close.
(() => {
  "use strict";
  const { all, fetchFragment, words } = window.tenantry;
  const isRtl = document.documentElement.dir === "rtl";
  const status = document.querySelector("[data-tree-status]");
  const say = (text) => { status.textContent = text; status.classList.toggle("bad", Boolean(text)); };
  const twistOf = (node) => node.querySelector(":scope > .node-line > button.twist");
  const belowOf = (node) => node.querySelector(":scope > .below");
  const nodeOf = (element) => element?.closest("[data-node]");
  const focusOn = (node) => (node ? (twistOf(node) ?? node.querySelector(".node-title")).focus() : undefined);

  async function fetched(href) {
    const holder = document.createElement("template");
    holder.innerHTML = await fetchFragment(href);
    return holder.content.querySelector("[data-tree]");
  }

  // The link to the page of a branch becomes the button that opens it here.
  function twist(link) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "twist";
    button.dataset.href = link.href;
    button.setAttribute("aria-label", link.getAttribute("aria-label"));
    button.setAttribute("aria-expanded", String("open" in link.dataset));
    button.append(...link.childNodes);
    link.replaceWith(button);
  }
  const twists = (root) => all(root, "a[data-twist]").forEach(twist);

  async function open(button) {
    const node = nodeOf(button);
    if (button.getAttribute("aria-busy")) return;
    if (!belowOf(node)) {
      button.setAttribute("aria-busy", "true");
      const found = await fetched(button.dataset.href).catch(() => null);
      button.removeAttribute("aria-busy");
      if (!found) return say(words.failed);
      found.className = "below";
      found.removeAttribute("data-tree");
      twists(found);
      node.append(found);
    }
    say("");
    belowOf(node).hidden = false;
    button.setAttribute("aria-expanded", "true");
  }
  function close(button) {
    belowOf(nodeOf(button)).hidden = true;
    button.setAttribute("aria-expanded", "false");
  }
  const isOpen = (button) => button?.getAttribute("aria-expanded") === "true";

  // Further records find their places: what is there already takes in what it has below. Returns what is new, in order.
  function graft(list, nodes) {
    return [...nodes].flatMap((one) => {
      const there = list.querySelector(`:scope > [data-node="${one.dataset.node}"]`);
      if (!there) return list.append(one), [one];
      const [old, fresh] = [belowOf(there), belowOf(one)];
      if (!fresh) return [];
      if (old) return graft(old.querySelector(".nodes"), fresh.querySelector(".nodes").children);
      there.append(fresh);
      twistOf(there).setAttribute("aria-expanded", "true");
      return [...fresh.querySelector(".nodes").children];
    });
  }

  async function more(link) {
    const line = link.closest("[data-more]");
    if (line.getAttribute("aria-busy")) return;
    line.setAttribute("aria-busy", "true");
    const found = await fetched(link.href).catch(() => null);
    line.removeAttribute("aria-busy");
    if (!found) return say(words.failed);
    say("");
    twists(found);
    const fresh = graft(line.parentElement.querySelector(":scope > .nodes"), found.querySelector(".nodes").children);
    const next = found.querySelector(":scope > [data-more]");
    if (next) line.replaceWith(next);
    else line.remove();
    focusOn(fresh[0]);
  }

  function press(event, root) {
    const node = nodeOf(event.target);
    if (!node || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const button = twistOf(node);
    const seen = () => [...root.querySelectorAll("[data-node]")].filter((one) => one.checkVisibility());
    const step = (by) => { const nodes = seen(); focusOn(nodes[nodes.indexOf(node) + by]); };
    const deeper = () => (isOpen(button) ? focusOn(belowOf(node).querySelector("[data-node]")) : button && open(button));
    const higher = () => (isOpen(button) ? close(button) : focusOn(nodeOf(node.parentElement)));
    const keys = { ArrowDown: () => step(1), ArrowUp: () => step(-1), ArrowRight: isRtl ? higher : deeper, ArrowLeft: isRtl ? deeper : higher };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  for (const root of document.querySelectorAll("[data-tree]")) {
    twists(root);
    root.addEventListener("keydown", (event) => press(event, root));
    root.addEventListener("click", (event) => {
      const button = event.target.closest("button.twist");
      if (button) return void (isOpen(button) ? close(button) : open(button));
      const link = event.target.closest("[data-more] a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      more(link);
    });
  }
})();
