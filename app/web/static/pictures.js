// A picture in a form is uploaded as soon as it is chosen, dropped on its control or pasted into it; what is sent with the
// form is its key. Without scripts the file goes with the form, and a tick takes the picture out.
(() => {
  "use strict";
  const { all, token, words } = window.tenantry;

  // The answer of the server, or {error}.
  async function upload(address, file) {
    const body = new FormData();
    body.append("file", file, file.name || "picture");
    const answer = await fetch(address.replace(/\/$/, ""), { method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" } }).catch(() => null);
    return (await answer?.json().catch(() => null)) ?? {};
  }

  const imageOf = (list) => [...(list?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? list?.files?.[0];

  function control(field) {
    const key = field.querySelector("input[type=hidden]");
    const file = field.querySelector("input[type=file]");
    const shown = field.querySelector("[data-picture-shown]");
    const status = field.querySelector("[data-picture-status]");
    const tick = field.querySelector("[data-picture-remove]");
    if (file.disabled) return;
    let asked = 0;
    status.textContent = field.dataset.empty;

    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "button plain small";
    remove.textContent = tick?.textContent ?? words.remove;
    remove.hidden = !tick;
    tick?.remove();
    field.querySelector(".picture-ways").insertBefore(remove, status);

    function put(value, html) {
      key.value = value;
      shown.replaceChildren(...(html ? [html] : []));
      file.value = "";
      key.dispatchEvent(new Event("change", { bubbles: true }));
    }

    async function take(chosen) {
      if (!chosen) return;
      const mine = ++asked;
      status.textContent = field.dataset.busy;
      field.setAttribute("aria-busy", "true");
      field.classList.remove("refused");
      const told = await upload(field.dataset.picture, chosen);
      if (mine !== asked) return;
      field.removeAttribute("aria-busy");
      file.value = "";
      if (!told.key) {
        field.classList.add("refused");
        status.textContent = told.error ?? field.dataset.failed;
        return;
      }
      const image = new Image(told.width, told.height);
      image.src = told.src;
      image.alt = "";
      put(told.key, image);
      remove.hidden = file.getAttribute("aria-required") === "true";
      status.textContent = field.dataset.done;
    }

    remove.addEventListener("click", () => { asked += 1; put("", null); remove.hidden = true; status.textContent = field.dataset.removed; file.focus(); });
    file.addEventListener("change", () => take(file.files[0]));
    field.addEventListener("paste", (event) => { const found = imageOf(event.clipboardData); if (found) { event.preventDefault(); take(found); } });
    landing(field, take);
  }

  // Where a file may be dropped.
  function landing(place, take) {
    const holdsFile = (event) => event.dataTransfer?.types.includes("Files");
    place.addEventListener("dragover", (event) => { if (holdsFile(event)) { event.preventDefault(); place.classList.add("landing"); } });
    place.addEventListener("dragleave", (event) => { if (!place.contains(event.relatedTarget)) place.classList.remove("landing"); });
    place.addEventListener("drop", (event) => {
      place.classList.remove("landing");
      if (!holdsFile(event)) return;
      event.preventDefault();
      take(imageOf(event.dataTransfer));
    });
  }

  window.tenantry.pictures = { upload, landing };
  document.addEventListener("tenantry:added", (event) => all(event.detail, "[data-picture]").forEach(control));
})();
