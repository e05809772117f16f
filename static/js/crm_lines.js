/* The line items editor: rows go up, down and away; what they come to is asked from the server. */
"use strict";
(function () {
  const tell = (rows) => {
    const table = rows && rows.closest("table");
    if (table) window.htmx.trigger(table, "lines:changed");
  };
  const nextFocus = (row) => {
    const near = row.nextElementSibling || row.previousElementSibling;
    return near ? near.querySelector("input:not([type=hidden])") : document.querySelector("[data-lines-editor] [data-line-picker]");
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-line-up], [data-line-down], [data-line-remove]");
    if (!button) return;
    const row = button.closest("[data-line]");
    const rows = row.parentElement;
    if (button.matches("[data-line-up]") && row.previousElementSibling) rows.insertBefore(row, row.previousElementSibling);
    if (button.matches("[data-line-down]") && row.nextElementSibling) rows.insertBefore(row.nextElementSibling, row);
    if (button.matches("[data-line-remove]")) {
      const focus = nextFocus(row);
      row.remove();
      if (focus) focus.focus();
    } else button.focus();
    tell(rows);
  });
  // A row that has just come in: its first field gets the focus, the picker is ready for the next product.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "line-rows") return;
    const picker = document.querySelector("[data-line-picker]");
    if (picker && picker.tomselect) picker.tomselect.clear(true);
    const rows = event.detail.target;
    const name = rows.lastElementChild && rows.lastElementChild.querySelector("input:not([type=hidden])");
    const quantity = rows.lastElementChild && rows.lastElementChild.querySelector("[name=quantity]");
    const field = name && name.value ? quantity : name;
    if (field) {
      field.focus();
      field.select();
    }
    tell(rows);
  });
  // Enter in a row must not press a button by chance; it goes to the same field of the next row.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-line] input")) return;
    event.preventDefault();
    const next = event.target.closest("[data-line]").nextElementSibling;
    const same = next && next.querySelector(`[name=${event.target.name}]`);
    if (same) same.focus();
  });
})();
