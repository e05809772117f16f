/* Search and jump: / or Ctrl K. Records, what one can do, and places, chosen with the arrow keys. */
"use strict";
(function (crm) {
  const dialog = () => document.getElementById("palette");
  const field = () => document.getElementById("palette-input");
  const list = () => document.getElementById("palette-list");
  const options = () => [...list().querySelectorAll("[role=option]")];

  const choose = (index) => {
    const all = options();
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    const chosen = all[index];
    if (chosen) {
      field().setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else field().removeAttribute("aria-activedescendant");
  };

  // mode "create" is the menu behind the key c.
  crm.openPalette = (mode = "") => {
    if (!dialog() || dialog().open) return;
    document.querySelectorAll("dialog[open]").forEach((other) => other.close());
    const input = field();
    input.dataset.placeholderAll = input.dataset.placeholderAll || input.placeholder;
    input.placeholder = mode === "create" ? input.dataset.placeholderCreate : input.dataset.placeholderAll;
    if (document.getElementById("palette-mode").value !== mode) {
      document.getElementById("palette-mode").value = mode;
      input.value = "";
      list().replaceChildren();
    }
    dialog().showModal();
    input.select();
    window.htmx.trigger(input, "open");
  };
  document.addEventListener("click", (event) => {
    const door = event.target.closest("[data-palette-open]");
    if (door && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      crm.openPalette();
    }
    // A panel opens beside the page, so the palette makes room for it.
    const option = event.target.closest("#palette-list [role=option]");
    if (option && option.matches("[data-drawer]")) dialog().close();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "palette-list") choose(0);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "palette-input" || event.isComposing) return;
    const all = options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") choose((at + 1) % all.length);
    else if (event.key === "ArrowUp") choose((at - 1 + all.length) % all.length);
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && all[at] && all[at].href && !all[at].matches("[data-drawer]")) window.open(all[at].href, "_blank", "noopener");
    else if (event.key === "Enter" && all[at]) all[at].click();
    // A search field would take the first Escape to empty itself.
    else if (event.key === "Escape") dialog().close();
    else return;
    event.preventDefault();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });

  // The page of a record tells the server that it was opened, once it is there: nobody waits for that.
  document.addEventListener("DOMContentLoaded", () => {
    if (!document.querySelector(".page-record") || !document.body.dataset.opened) return;
    crm.tell(document.body.dataset.opened, { path: window.location.pathname });
  });
})(window.crm);
