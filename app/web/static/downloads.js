// The tray of downloads is asked how far exports are only while one runs: its own page, or the tray, says that one does,
// and the next pages remember it until all are done.
(() => {
  "use strict";
  const { show, fetchFragment } = window.tenantry;
  const own = document.documentElement.dataset.own;
  const tray = document.querySelector('[data-tray-name="downloads"]');
  if (!own || !tray) return;
  const BUSY = `tenantry.downloads.${own}`;
  const PAUSE = 2000;
  const mark = tray.querySelector("[data-tray-mark]");
  const body = tray.querySelector("[data-tray-body]");
  const status = document.createElement("span");
  status.className = "for-readers";
  status.setAttribute("role", "status");
  tray.after(status);
  let timer = 0;

  const isBusy = () => { try { return localStorage.getItem(BUSY) === "1"; } catch { return false; } };
  const remember = (busy) => { try { if (busy) localStorage.setItem(BUSY, "1"); else localStorage.removeItem(BUSY); } catch { /* a browser that keeps nothing */ } };

  function follow() {
    clearTimeout(timer);
    remember(true);
    mark.hidden = false;
    mark.classList.add("running");
    timer = setTimeout(look, PAUSE);
  }

  function settle(list) {
    if (list.hasAttribute("data-busy")) { follow(); return; }
    if (isBusy()) {
      remember(false);
      mark.hidden = tray.open;
      mark.classList.remove("running");
      status.textContent = list.dataset.ready;
    }
  }

  async function look() {
    if (document.hidden) { timer = setTimeout(look, PAUSE); return; }
    try {
      const holder = document.createElement("template");
      holder.innerHTML = await fetchFragment(tray.dataset.tray);
      const list = holder.content.querySelector("[data-downloads]");
      if (tray.open && !body.contains(document.activeElement)) show(body, list.outerHTML);
      settle(list);
    } catch {
      timer = setTimeout(look, PAUSE * 4);
    }
  }

  document.addEventListener("tenantry:tray", (event) => {
    if (event.detail !== tray) return;
    if (!isBusy()) mark.hidden = true;
    settle(body.querySelector("[data-downloads]"));
  });
  if (isBusy() || document.querySelector('[data-refresh*="/transfer/exports/"]')) follow();
})();
