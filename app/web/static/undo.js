// What was done can be undone for a while: the note floats over the page, waits while somebody is at it, and Ctrl-Z
// presses its button. Without scripts it stands in the page.
(() => {
  "use strict";
  const LASTS = 15000;
  const toast = document.querySelector("[data-undo-toast]");
  if (!toast) return;
  const close = toast.querySelector("[data-close]");
  let timer = 0;
  const wait = () => { clearTimeout(timer); timer = setTimeout(() => toast.remove(), LASTS); };
  const stay = () => clearTimeout(timer);
  close.hidden = false;
  close.addEventListener("click", () => { toast.remove(); document.getElementById("content").focus(); });
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stay);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, wait);
  document.addEventListener("visibilitychange", () => (document.hidden ? stay() : wait()));
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== "z") return;
    if (!toast.isConnected || event.target.closest("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    toast.querySelector("form").requestSubmit();
  });
  wait();
})();
