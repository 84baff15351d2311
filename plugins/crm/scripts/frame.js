// In the form that another website shows: says how high it is, whenever that changes.
(() => {
  "use strict";
  if (window.parent === window) return;
  const tell = () => window.parent.postMessage({ tenantryFormHeight: document.body.scrollHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
  addEventListener("load", tell);
})();
