/* Custom properties in the settings: order by drag or by buttons, and the editor of choices. */
"use strict";
(function () {
  const refresh = (table, values) =>
    window.htmx.ajax("POST", table.dataset.propertiesOrder, { target: "#properties", swap: "outerHTML", source: table, values });
  const ids = (table) => [...table.querySelectorAll("[data-property]")].map((row) => row.dataset.property);

  const arm = () => {
    document.querySelectorAll("[data-properties-group]:not([data-armed])").forEach((group) => {
      group.dataset.armed = "yes";
      const table = group.closest("table");
      window.Sortable.create(group, {
        draggable: "[data-property]",
        handle: ".property-grip",
        animation: 120,
        onEnd: (event) => {
          if (event.oldIndex !== event.newIndex) refresh(table, { id: ids(table) });
        },
      });
    });
    document.querySelectorAll("[data-choice-rows]:not([data-armed])").forEach((list) => {
      list.dataset.armed = "yes";
      window.Sortable.create(list, { draggable: "[data-choice-row]", handle: ".property-grip", animation: 120 });
    });
  };
  document.addEventListener("DOMContentLoaded", arm);
  document.addEventListener("htmx:load", arm);
  // Dragging leaves styles on rows; htmx would carry them over, which the page's policy refuses.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "properties") return;
    event.detail.target.querySelectorAll("[style]").forEach((element) => element.removeAttribute("style"));
  });

  const add = (editor, after) => {
    const row = editor.querySelector("[data-choice-template]").content.firstElementChild.cloneNode(true);
    if (after) after.after(row);
    else editor.querySelector("[data-choice-rows]").append(row);
    row.querySelector("[name=choice_label]").focus();
  };

  document.addEventListener("click", (event) => {
    const move = event.target.closest("[data-move]");
    if (move) {
      event.preventDefault();
      const table = move.closest("table");
      refresh(table, { id: ids(table), move: move.value, by: move.dataset.move }).then(() => {
        const same = document.getElementById(move.id);
        const other = document.getElementById(move.id.replace(/^(up|down)/, (way) => (way === "up" ? "down" : "up")));
        if (same && !same.disabled) same.focus();
        else if (other) other.focus();
      });
      return;
    }
    const editor = event.target.closest("[data-choices]");
    if (!editor) return;
    const row = event.target.closest("[data-choice-row]");
    if (event.target.closest("[data-choice-add]")) add(editor);
    else if (event.target.closest("[data-choice-remove]")) {
      const next = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      if (next) next.querySelector("[name=choice_label]").focus();
    } else if (event.target.closest("[data-choice-up]") && row.previousElementSibling) {
      row.previousElementSibling.before(row);
      row.querySelector("[data-choice-up]").focus();
    } else if (event.target.closest("[data-choice-down]") && row.nextElementSibling) {
      row.nextElementSibling.after(row);
      row.querySelector("[data-choice-down]").focus();
    }
  });
  // Enter in a choice begins the next one instead of sending the form.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-choices] [name=choice_label]")) return;
    event.preventDefault();
    add(event.target.closest("[data-choices]"), event.target.closest("[data-choice-row]"));
  });
})();
