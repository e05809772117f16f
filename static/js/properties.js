/* The editor of choices of a custom property. */
"use strict";
(function () {
  const arm = () => {
    document.querySelectorAll("[data-choice-rows]:not([data-armed])").forEach((list) => {
      list.dataset.armed = "yes";
      window.Sortable.create(list, { draggable: "[data-choice-row]", handle: ".property-grip", animation: 120 });
    });
  };
  document.addEventListener("DOMContentLoaded", arm);
  document.addEventListener("htmx:load", arm);

  const add = (editor, after) => {
    const row = editor.querySelector("[data-choice-template]").content.firstElementChild.cloneNode(true);
    if (after) after.after(row);
    else editor.querySelector("[data-choice-rows]").append(row);
    row.querySelector("[name=choice_label]").focus();
  };

  document.addEventListener("click", (event) => {
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
