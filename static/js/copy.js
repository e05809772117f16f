/* [data-copy] puts its text on the clipboard and says so. */
"use strict";
(function (crm) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    navigator.clipboard.writeText(button.dataset.copy).then(
      () => crm.toast(button.dataset.copied, "success"),
      () => {
        const field = button.parentElement.querySelector("input");
        if (field) field.select();
      },
    );
  });
})(window.crm);
