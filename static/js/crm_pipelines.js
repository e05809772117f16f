/* Order of pipelines and stages: by drag, or by buttons that keep the focus. */
"use strict";
(function () {
  const ids = (table) => [...table.querySelectorAll("[data-id]")].map((row) => row.dataset.id);
  const send = (table, values) =>
    window.htmx.ajax("POST", table.dataset.order, { target: "#order", swap: "outerHTML", source: table, values });
  const arm = () => {
    document.querySelectorAll("[data-order-rows]:not([data-armed])").forEach((rows) => {
      rows.dataset.armed = "yes";
      window.Sortable.create(rows, {
        draggable: "[data-id]",
        handle: "[data-grip]",
        animation: 120,
        onEnd: (event) => {
          if (event.oldIndex !== event.newIndex) send(rows.closest("table"), { id: ids(rows) });
        },
      });
    });
  };
  document.addEventListener("DOMContentLoaded", arm);
  document.addEventListener("htmx:load", arm);
  // Dragging leaves styles on rows; htmx would carry them over, which the page's policy refuses.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "order") return;
    event.detail.target.querySelectorAll("[style]").forEach((element) => element.removeAttribute("style"));
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-order-move]");
    if (!button) return;
    const table = button.closest("table");
    send(table, { id: ids(table), move: button.value, by: button.dataset.orderMove }).then(() => {
      const same = document.getElementById(button.id);
      const other = document.getElementById(button.id.replace(/^(up|down)/, (way) => (way === "up" ? "down" : "up")));
      if (same && !same.disabled) same.focus();
      else if (other) other.focus();
    });
  });
})();
