/* Record pages: properties that change where they stand, cards that stay folded. */
"use strict";
(function (crm) {
  let backTo = "";

  const revert = (form) => {
    const row = form.closest(".property");
    backTo = row.id;
    window.htmx.ajax("GET", form.dataset.back, { target: row, swap: "outerHTML" });
  };
  document.addEventListener("click", (event) => {
    const cancel = event.target.closest("[data-property-cancel]");
    if (cancel) revert(cancel.closest("[data-property-form]"));
    // What is folded is kept for this kind of record, not for this browser.
    const page = event.target.closest("[data-card-layout]");
    if (page && event.target.closest("[data-card-toggle]")) {
      setTimeout(() => {
        const folded = [...page.querySelectorAll("[data-card]")].filter((card) => card.querySelector("[data-card-toggle][aria-expanded=false]"));
        const values = { folding: "1", folded: folded.map((card) => card.dataset.card) };
        page.dataset.foldedCards = values.folded.join(" ");
        window.htmx.ajax("POST", page.dataset.cardLayout, { source: document.body, swap: "none", values });
      }, 0);
    }
  });
  document.addEventListener("dblclick", (event) => {
    const value = event.target.closest(".property-row dd");
    const pencil = value && !event.target.closest("a, button, input, select, textarea") && value.querySelector("[data-property-edit]");
    if (pencil) pencil.click();
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest && event.target.closest("[data-property-form]");
    if (!form) return;
    if (event.key === "Escape" && !event.target.closest(".dropdown-active")) {
      event.preventDefault();
      revert(form);
    }
    // In a text of several lines Enter is a line; with Ctrl or ⌘ it saves. A select saves with Enter like a field.
    const saves = event.target.matches("textarea") ? event.ctrlKey || event.metaKey : event.target.matches("select");
    if (event.key === "Enter" && saves) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt.closest && event.detail.elt.closest("[data-property-form]");
    if (form) backTo = form.closest(".property").id;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const place = event.detail.elt;
    if (!(place instanceof Element) || !place.matches(".property")) return;
    const field = place.querySelector("[data-property-form] :is(input:not([type=hidden]), select, textarea)");
    if (field) {
      field.focus();
      if (field.select) field.select();
    } else if (backTo && backTo === place.id) {
      const pencil = place.querySelector("[data-property-edit]");
      if (pencil) pencil.focus();
      backTo = "";
    }
  });

  // All properties: the search and the switch hide rows and cards that have nothing left.
  const narrow = () => {
    const page = document.querySelector("[data-all-properties]");
    if (!page) return;
    const words = page.querySelector("[data-property-find]").value.trim().toLowerCase();
    const filled = page.querySelector("[data-property-filled]").checked;
    let any = false;
    page.querySelectorAll("[data-property-row]").forEach((row) => {
      const named = row.querySelector("dt").textContent.toLowerCase().includes(words);
      row.hidden = !named || (filled && row.dataset.empty !== undefined);
      any = any || !row.hidden;
    });
    page.querySelectorAll(".property-group-card").forEach((card) => { card.hidden = !card.querySelector("[data-property-row]:not([hidden])"); });
    page.querySelector("[data-property-none]").hidden = any;
  };
  document.addEventListener("input", (event) => { if (event.target.matches("[data-property-find], [data-property-filled]")) narrow(); });
})(window.crm);
