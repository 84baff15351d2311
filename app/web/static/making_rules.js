// While a form rule is made, another field or operator brings the controls for its values. Without this script a button does.
(() => {
  "use strict";
  const { all, attach } = window.tenantry;

  async function renew(form, name) {
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "renew");
    const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("form[data-making]");
    if (!fresh) return;
    form.replaceChildren(...document.importNode(fresh, true).childNodes);
    attach(form);
    form.querySelector(`[name="${CSS.escape(name)}"]`)?.focus();
  }

  document.addEventListener("tenantry:added", ({ detail }) => {
    all(detail, "form[data-making]").forEach((form) => {
      form.addEventListener("change", ({ target }) => { if ("renew" in target.dataset) renew(form, target.name); });
    });
  });
})();
