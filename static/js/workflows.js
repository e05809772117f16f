/* The builder of workflows: steps move by drag and by keyboard, forms ask again when a choice decides what else is
   asked, names go into texts. */
"use strict";
(function (crm) {
  const builder = () => document.getElementById("builder");
  let focusStep = "";

  const act = (step, name, values) => {
    const address = builder().dataset.move.replace("STEP", encodeURIComponent(step)).replace(/move\/$/, `${name}/`);
    focusStep = name === "remove" ? "" : step;
    return window.htmx.ajax("POST", address, { source: builder(), target: builder(), swap: "none", values });
  };

  const arm = () => {
    if (!builder() || !builder().querySelector("[data-grip]")) return;
    builder().querySelectorAll("[data-lane]:not([data-armed])").forEach((lane) => {
      lane.dataset.armed = "yes";
      window.Sortable.create(lane, {
        group: "steps",
        draggable: "[data-step]",
        handle: "[data-grip]",
        animation: 120,
        onEnd: (event) => {
          if (event.from === event.to && event.oldDraggableIndex === event.newDraggableIndex) return;
          act(event.item.dataset.step, "move", { lane: event.to.dataset.lane, index: event.newDraggableIndex });
        },
      });
    });
  };
  document.addEventListener("DOMContentLoaded", arm);
  document.addEventListener("htmx:load", arm);
  // Dragging leaves styles on steps; htmx would carry them over, which the page's policy refuses.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "builder") return;
    event.detail.target.querySelectorAll("[style]").forEach((element) => element.removeAttribute("style"));
  });
  // What was refused is drawn again as it is kept.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig && /\/move\/$/.test(event.detail.requestConfig.path)) {
      document.body.dispatchEvent(new CustomEvent("builder:changed"));
    }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!focusStep || !(event.detail.elt instanceof Element) || event.detail.elt.id !== "builder") return;
    const moved = document.getElementById(`open-${focusStep}`);
    focusStep = "";
    if (moved) moved.focus();
  });

  document.addEventListener("keydown", (event) => {
    const title = event.target.closest && event.target.closest("[data-step] .flow-title");
    if (!title || !builder() || !builder().querySelector("[data-grip]") || !title.id.startsWith("open-")) return;
    const step = title.closest("[data-step]").dataset.step;
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      act(step, event.key === "ArrowUp" ? "up" : "down");
    } else if (event.key === "Delete") {
      event.preventDefault();
      title.closest(".flow-card").querySelector("[data-step-act=remove]").click();
    }
  });
  document.addEventListener("click", (event) => {
    const mover = event.target.closest("[data-step-act]");
    if (mover && mover.dataset.stepAct !== "remove") focusStep = mover.closest("[data-step]").dataset.step;
    const insert = event.target.closest("[data-insert]");
    if (insert) {
      const field = document.getElementById(insert.dataset.into);
      field.setRangeText(`{{ ${insert.dataset.insert} }}`, field.selectionStart, field.selectionEnd, "end");
      insert.closest("details").open = false;
      field.focus();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-step-asks]")) return;
    const form = event.target.form;
    const again = event.target.id;
    const values = { ...Object.fromEntries(new FormData(form).entries()), asks: "1" };
    window.htmx.ajax("POST", form.action, { target: "#drawer-body", swap: "innerHTML", values }).then(() => {
      const same = document.getElementById(again);
      if (same) same.focus();
    });
  });
})(window.crm);
