/* Index pages: chosen rows and the bar over them, cells that change in place, columns and views in one's own order. */
"use strict";
(function (crm) {
  const bar = () => document.querySelector("[data-bulk]");
  const boxes = () => [...document.querySelectorAll("[data-row-check]")];
  const all = () => document.querySelector("[data-bulk-all]");
  let last = null;

  const tell = () => {
    const form = bar();
    if (!form) return;
    const every = boxes();
    const chosen = every.filter((box) => box.checked);
    every.forEach((box) => box.closest("tr").classList.toggle("is-chosen", box.checked));
    const page = document.querySelector("[data-page-check]");
    page.checked = chosen.length > 0 && chosen.length === every.length;
    page.indeterminate = chosen.length > 0 && chosen.length < every.length;
    form.hidden = !chosen.length;
    const whole = all();
    if (whole && !chosen.length) whole.checked = false;
    form.querySelector("[data-bulk-count]").textContent = whole && whole.checked ? whole.parentElement.textContent.trim() : String(chosen.length);
  };

  document.addEventListener("click", (event) => {
    const box = event.target.closest("[data-row-check]");
    if (box) {
      const every = boxes();
      // With Shift all rows since the last one follow.
      if (event.shiftKey && last && every.includes(last)) {
        const [from, to] = [every.indexOf(last), every.indexOf(box)].sort((a, b) => a - b);
        every.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
      }
      last = box;
      tell();
    }
    if (event.target.closest("[data-bulk-clear]")) {
      boxes().forEach((each) => { each.checked = false; });
      tell();
    }
    if (event.target.closest("[data-list-changed]")) document.body.dispatchEvent(new CustomEvent("list:changed"));
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      navigator.clipboard.writeText(copy.dataset.copy).then(
        () => crm.toast(copy.dataset.copied, "success"),
        () => window.prompt(copy.textContent.trim(), copy.dataset.copy),
      );
    }
    const cancel = event.target.closest("[data-cell-cancel]");
    if (cancel) revert(cancel.closest("[data-cell-form]"));
    const mover = event.target.closest("[data-line-move]");
    if (mover) move(mover.closest("li"), mover.dataset.lineMove === "up" ? -1 : 1);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-page-check]")) {
      boxes().forEach((each) => { each.checked = event.target.checked; });
      tell();
    }
    if (event.target.matches("[data-bulk-all]")) tell();
    if (event.target.matches("[data-asks-again]")) {
      const form = event.target.closest("form");
      const values = Object.fromEntries(new FormData(form).entries());
      window.htmx.ajax("POST", form.action, { target: "#drawer-body", swap: "innerHTML", values: { ...values, again: "1" } });
    }
  });
  // Esc clears what is chosen when nothing else is open.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest("[data-cell-form]")) {
      event.preventDefault();
      revert(event.target.closest("[data-cell-form]"));
      return;
    }
    const line = event.target.closest(".columns-list li");
    if (line && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      move(line, event.key === "ArrowUp" ? -1 : 1);
      const box = line.querySelector("input");
      if (box) box.focus();
      return;
    }
    if (line && !event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const next = event.key === "ArrowUp" ? line.previousElementSibling : line.nextElementSibling;
      const box = next && next.querySelector("input:not([disabled])");
      if (box) {
        event.preventDefault();
        box.focus();
      }
    }
  });

  const move = (line, step) => {
    const other = step < 0 ? line.previousElementSibling : line.nextElementSibling;
    if (!other || other.classList.contains("columns-fixed")) return;
    if (step < 0) other.before(line);
    else other.after(line);
    const places = [...line.parentElement.children];
    crm.announce(`${line.textContent.trim()}: ${places.indexOf(line) + 1} / ${places.length}`);
  };
  const revert = (form) => {
    const cell = form.closest("td");
    window.htmx.ajax("GET", form.dataset.back, { target: cell, swap: "outerHTML" }).then(() => {});
    crm.cellToFocus = form.dataset.back;
  };

  // A drag ends in the order of the hidden fields; the list of views is kept at once.
  const sortables = () => {
    document.querySelectorAll("[data-sortable]").forEach((list) => {
      if (list.dataset.armed) return;
      list.dataset.armed = "yes";
      crm.library("sortable").then(() => window.Sortable.create(list, {
        handle: "[data-grip]",
        draggable: "li:not(.columns-fixed)",
        animation: 120,
        onEnd: () => {
          list.querySelectorAll("[style]").forEach((each) => each.removeAttribute("style"));
          const done = list.closest("form").querySelector("[data-order-done]");
          if (done) list.closest("form").requestSubmit(done);
        },
      }));
    });
  };
  document.addEventListener("htmx:afterSettle", (event) => {
    sortables();
    tell();
    const form = event.detail.elt instanceof Element && event.detail.elt.querySelector("[data-cell-form]");
    const field = form && form.querySelector("input:not([type=hidden]), select, textarea");
    if (field) {
      field.focus();
      if (field.select) field.select();
    } else if (crm.cellToFocus) {
      const pencil = document.querySelector(`[data-cell-edit][hx-get^="${CSS.escape(crm.cellToFocus)}"]`);
      crm.cellToFocus = "";
      if (pencil) pencil.focus();
    }
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = event.detail.requestConfig && event.detail.requestConfig.elt.closest && event.detail.requestConfig.elt.closest("[data-cell-form]");
    if (!form) return;
    // A saved cell comes back as a whole cell, a refused one as its form.
    if (event.detail.xhr.status < 300) {
      event.detail.swapOverride = "outerHTML";
      crm.cellToFocus = form.dataset.back;
    }
  });
  document.addEventListener("dblclick", (event) => {
    const cell = event.target.closest("td.cell-edit");
    const pencil = cell && !event.target.closest("a, button, input, select") && cell.querySelector("[data-cell-edit]");
    if (pencil) pencil.click();
  });
  // The export is a download: the page stays, so the panel is closed by hand.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-export]")) setTimeout(() => crm.closeDrawer(), 400);
  });
  document.addEventListener("DOMContentLoaded", tell);
  window.addEventListener("pageshow", tell);
})(window.crm);
