/* Single-key shortcuts. Silent while typing, with a modifier held, or when switched off in the help dialog. */
"use strict";
(function (crm) {
  const WAIT = 1200;
  let went = 0;

  const on = () => document.documentElement.dataset.shortcuts !== "off";
  const typing = (element) => element.isContentEditable || element.matches("input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select");
  const ROWS = ".table-data tbody tr, [data-row-line]";
  const linkOf = (row) => (row.matches("a[href]") ? row : row.querySelector("a[href]"));
  const rows = () => [...document.querySelectorAll(ROWS)].filter((row) => linkOf(row) && row.getClientRects().length);
  const target = (key) => document.querySelector(`[data-key="${key}"], [aria-keyshortcuts~="${key}"]:not([data-go])`);

  const moveRow = (step) => {
    const all = rows();
    if (!all.length) return false;
    const at = all.findIndex((row) => row.classList.contains("is-current"));
    const next = Math.min(Math.max(at + step, 0), all.length - 1);
    all.forEach((row, index) => row.classList.toggle("is-current", index === next));
    linkOf(all[next]).focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "nearest" });
    return true;
  };
  const pressInRow = (what) => {
    const row = document.querySelector(".table-data tbody tr.is-current");
    const button = row && row.querySelector(what);
    if (button) button.click();
    return Boolean(button);
  };
  // Space presses what has the focus; only on the row's own link does it mean the row.
  const onRow = (element) => element === document.body || element.matches(".row-link");
  const openHelp = () => {
    const dialog = document.getElementById("help-dialog");
    if (!dialog || dialog.open) return;
    dialog.querySelectorAll("[data-help-for]").forEach((line) => {
      const key = line.dataset.helpFor;
      const own = { x: "[data-row-check]", space: "[data-row-peek]" }[key];
      if (key === "j") line.hidden = !rows().length;
      else if (key === "e") line.hidden = !target(key) && !document.querySelector(".table-data tbody [data-row-edit]");
      else line.hidden = own ? !document.querySelector(`.table-data tbody ${own}`) : !target(key);
    });
    dialog.querySelector("[data-shortcuts-switch]").checked = on();
    dialog.showModal();
  };
  const escape = () => {
    const menu = document.querySelector("details[data-menu][open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
      return true;
    }
    if (document.querySelector("dialog[open]")) return false;
    if (crm.closeSidebar()) return true;
    if (crm.drawerIsOpen()) {
      crm.closeDrawer();
      return true;
    }
    return false;
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      crm.openPalette();
      return;
    }
    if (event.key === "Escape" && !event.defaultPrevented) {
      if (event.target.closest(".ts-wrapper.dropdown-active")) return;
      if (escape()) event.preventDefault();
      return;
    }
    if (!on() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]") || crm.drawerIsOpen()) return;
    const key = event.key.toLowerCase();
    let done = true;
    if (went && Date.now() - went < WAIT) {
      went = 0;
      const place = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
      if (place) place.click();
      else done = false;
    } else if (key === "g") went = Date.now();
    else if (key === "/") crm.openPalette();
    else if (key === "?") openHelp();
    else if (key === "[") crm.foldSidebar();
    else if (key === "j") done = moveRow(1);
    else if (key === "k") done = moveRow(-1);
    else if (key === "x") done = pressInRow("[data-row-check]");
    else if (key === " " && onRow(event.target)) done = pressInRow("[data-row-peek]");
    else if (key === "e" && pressInRow("[data-row-edit]")) done = true;
    else if (["c", "e", "n"].includes(key) && target(key)) target(key).click();
    else if (key === "c") crm.openPalette("create");
    else done = false;
    if (done) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help-open]")) openHelp();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-shortcuts-switch]")) return;
    const value = event.target.checked ? "on" : "off";
    document.documentElement.dataset.shortcuts = value;
    crm.tell(document.body.dataset.preferences, { shortcuts: value });
  });
})(window.crm);
