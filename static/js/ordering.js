/* The order of rows: by drag, or by buttons that keep the focus. Around the rows is an element with data-order (the
   address) and data-order-target (what the answer replaces); rows have data-id and a data-grip. */
"use strict";
(function () {
  const rows = (list) => [...list.querySelectorAll(":scope > [data-id]")];
  const send = (list, values) =>
    window.htmx.ajax("POST", list.dataset.order, {
      target: list.dataset.orderTarget,
      swap: "outerHTML",
      source: list,
      values: { id: rows(list).map((row) => row.dataset.id), ...values },
    });
  const arm = () => {
    document.querySelectorAll("[data-order]:not([data-armed])").forEach((list) => {
      list.dataset.armed = "yes";
      window.Sortable.create(list, {
        draggable: ">[data-id]",
        handle: "[data-grip]",
        animation: 120,
        onEnd: (event) => {
          if (event.oldDraggableIndex !== event.newDraggableIndex) send(list);
        },
      });
    });
  };
  document.addEventListener("DOMContentLoaded", arm);
  document.addEventListener("htmx:load", arm);
  // Dragging leaves styles on rows; htmx would carry them over, which the page's policy refuses.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.querySelector("[data-order]")) {
      event.detail.target.querySelectorAll("[style]").forEach((element) => element.removeAttribute("style"));
    }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-order-move]");
    if (!button) return;
    event.preventDefault();
    const list = button.closest("[data-id]").parentElement;
    send(list, { move: button.value, by: button.dataset.orderMove }).then(() => {
      const same = document.getElementById(button.id);
      const other = document.getElementById(button.id.replace(/^(up|down)/, (way) => (way === "up" ? "down" : "up")));
      if (same && !same.disabled) same.focus();
      else if (other) other.focus();
    });
  });
})();
