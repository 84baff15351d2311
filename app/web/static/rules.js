// Form rules while somebody types: fields are shown, marked as required, closed, narrowed and filled in as the conditions
// say, which are those of lists (`app/screens/ruling`). The server holds to the same rules, whatever happens here.
(() => {
  "use strict";
  const { all } = window.tenantry;
  const LATIN = (digit) => String(digit.charCodeAt(0) % 16);

  // --- what a form holds -------------------------------------------------------------------------------------------
  const controls = (form, name) => [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  const isHeld = (control) => control.type !== "checkbox" || control.checked;
  const text = (form, name) => controls(form, name).filter(isHeld).at(-1)?.value.trim() ?? "";
  function number(words) {
    const plain = words.replace(/[٠-٩۰-۹]/g, LATIN).replace("٫", ".").replace(/[\s,٬]/g, "");
    return plain === "" ? NaN : Number(plain);
  }
  function money(form, name) {
    const amount = text(form, name);
    return amount === "" ? "" : `${amount} ${text(form, `${name}-currency`)}`.trim();
  }
  function parts(words) {
    const [, amount, code] = words.match(/^(.*?)\s*([A-Za-z]{3})?$/);
    return [number(amount), (code ?? "").toUpperCase()];
  }

  // --- whether a condition holds -------------------------------------------------------------------------------------
  const COMPARE = {
    is: (value, wanted) => value === wanted[0],
    is_not: (value, wanted) => value !== wanted[0],
    one_of: (value, wanted) => wanted.includes(value),
    none_of: (value, wanted) => !wanted.includes(value),
    at_least: (value, wanted) => value >= wanted[0],
    at_most: (value, wanted) => value <= wanted[0],
    before: (value, wanted) => value < wanted[0],
    after: (value, wanted) => value > wanted[0],
    between: (value, wanted) => wanted.some((one) => one <= value) && wanted.some((one) => value <= one),
    contains: (value, wanted) => value.includes(wanted[0]),
    starts: (value, wanted) => value.startsWith(wanted[0]),
  };
  const tags = (words) => words.split(/[,،]/).map((one) => one.trim()).filter(Boolean);
  function holds(form, test) {
    const value = test.kind === "money" ? money(form, test.field) : text(form, test.field);
    if (test.operator === "empty") return (value === "") === (test.values[0] === "true");
    if (value === "") return ["is_not", "none_of"].includes(test.operator);
    if (test.operator === "has") return tags(value).includes(test.values[0]);
    if (["integer", "decimal"].includes(test.kind)) return COMPARE[test.operator](number(value), test.values.map(number));
    if (test.kind === "money") {
      const wanted = test.values.map(parts), [amount, code] = parts(value);
      return wanted.every((one) => one[1] === code) && COMPARE[test.operator](amount, wanted.map((one) => one[0]));
    }
    if (test.kind === "moment") {  // as long as what it is compared with: a day, a minute
      const length = Math.min(...test.values.map((one) => one.length));
      return COMPARE[test.operator](value.slice(0, length), test.values.map((one) => one.slice(0, length)));
    }
    return COMPARE[test.operator](value.toLowerCase(), test.values.map((one) => one.toLowerCase()));
  }
  const anyHolds = (form, groups) => groups.some((group) => group.every((test) => holds(form, test)));

  // --- what is done to a field -----------------------------------------------------------------------------------------
  const place = (form, name) => controls(form, name)[0]?.closest(".field");
  function require(form, name, isAsked) {
    const field = place(form, name);
    const label = field?.querySelector("label, .label");
    if (!label || (label.querySelector(".required") && !("byRule" in field.dataset))) return;
    label.querySelector(".required")?.remove();
    delete field.dataset.byRule;
    if (isAsked) {
      field.dataset.byRule = "";
      label.append(Object.assign(document.createElement("span"), { className: "required", textContent: "*", ariaHidden: "true" }));
    }
    for (const control of field.querySelectorAll("input:not([type=hidden]), select, textarea")) control.ariaRequired = isAsked ? "true" : null;
  }
  function close(form, name, isClosed) {
    const field = place(form, name);
    if (!field || field.classList.contains("closed") === isClosed) return;
    field.classList.toggle("closed", isClosed);
    for (const control of field.querySelectorAll("input:not([type=hidden]), select, textarea")) {
      const isLine = control.matches("textarea, input:not([type=checkbox], [type=radio])");
      if (isLine) control.readOnly = isClosed;
      else control.disabled = isClosed;
      if (control.tomselect) control.tomselect[isClosed ? "lock" : "unlock"]();
    }
  }
  // What is chosen stays until something else is; the rest of the list is as the rules allow.
  function narrow(form, name, allowed) {
    const select = controls(form, name).find((one) => one.tagName === "SELECT");
    for (const option of select?.options ?? []) {
      const isOut = allowed !== null && option.value !== "" && !allowed.includes(option.value) && !option.selected;
      if (option.disabled === isOut) continue;
      option.disabled = option.hidden = isOut;
      const known = select.tomselect?.options[option.value];
      if (known) select.tomselect.updateOption(option.value, { ...known, disabled: isOut });
    }
  }
  function fillIn(form, name, value) {
    const control = controls(form, name).at(-1);
    const offered = form.elements["_offered"];
    if (!control || (control.type === "checkbox" ? control.checked : control.value !== "")) return;
    if (control.type === "checkbox") control.checked = value === "true";
    else if (form.elements[`${name}-currency`]) [control.value, form.elements[`${name}-currency`].value] = value.split(" ");
    else if (control.tomselect) control.tomselect.setValue(value, true);
    else control.value = value;
    if (offered && !offered.value.split(" ").includes(name)) offered.value = `${offered.value} ${name}`.trim();
  }

  // --- all rules of a form ---------------------------------------------------------------------------------------------
  function rule(form) {
    const rules = JSON.parse(form.dataset.rules);
    const isNew = !form.elements["_version"];
    const named = (deed) => [...new Set(rules.flatMap((one) => one.then).filter((one) => one.do === deed).map((one) => one.field))];
    // What a record begins with is filled in; of one that is there, only what comes to hold by a change.
    const held = rules.map((one) => !isNew && anyHolds(form, one.when));

    function settle() {
      rules.forEach((one, at) => {
        const now = anyHolds(form, one.when);
        if (now && !held[at]) for (const done of one.then) if (done.do === "default") fillIn(form, done.field, done.values[0]);
        held[at] = now;
      });
      const at = (deed, name) => rules.flatMap((one, place) => one.then.filter((done) => done.do === deed && done.field === name).map((done) => [held[place], done]));
      for (const name of new Set([...named("show"), ...named("hide")])) {
        const shown = at("show", name), field = place(form, name);
        if (field) field.hidden = at("hide", name).some(([is]) => is) || (shown.length > 0 && !shown.some(([is]) => is));
      }
      for (const name of named("require")) require(form, name, at("require", name).some(([is]) => is));
      for (const name of named("readonly")) {
        const isNeeded = at("require", name).some(([is]) => is) && !place(form, name)?.dataset.was;
        close(form, name, at("readonly", name).some(([is]) => is) && !isNeeded);
      }
      for (const name of named("narrow")) {
        const lists = at("narrow", name).filter(([is]) => is).map(([, done]) => done.values);
        const both = lists.reduce((before, one) => { const left = before.filter((value) => one.includes(value)); return left.length ? left : before; }, lists[0] ?? []);
        narrow(form, name, lists.length ? both : null);
      }
    }
    for (const name of named("readonly")) if (place(form, name)) place(form, name).dataset.was = text(form, name);
    form.addEventListener("input", settle);
    form.addEventListener("change", settle);
    settle();
  }

  function conditional(field) {
    const form = field.closest("form");
    const when = JSON.parse(field.dataset.showIf);
    const update = () => { field.hidden = !anyHolds(form, when); };
    form.addEventListener("change", update);
    update();
  }

  document.addEventListener("tenantry:added", ({ detail }) => {
    all(detail, "[data-show-if]").forEach(conditional);
    all(detail, "form[data-rules]").forEach(rule);
  });
})();
