/* Filter chips: what is chosen shows on the chip, ranges become one value, Clear empties. */
"use strict";
(function () {
  const form = (element) => element.closest("form[data-filters]");
  const tell = (chip) => {
    const value = chip.querySelector("[data-chip-value]");
    let text = "";
    if (chip.matches("[data-range]")) {
      const lowest = chip.querySelector("[data-range-lowest]").value;
      const highest = chip.querySelector("[data-range-highest]").value;
      text = lowest || highest ? `${lowest || "…"} – ${highest || "…"}` : "";
      chip.querySelector("[data-range-value]").value = lowest || highest ? `${lowest}..${highest}` : "";
    } else {
      text = [...chip.querySelectorAll("input[type=checkbox]:checked")].map((box) => box.parentElement.textContent.trim()).join(", ");
    }
    value.textContent = text;
    chip.toggleAttribute("data-set", Boolean(text));
  };
  const tellReset = (filters) => {
    const reset = filters.querySelector("[data-filters-reset]");
    if (!reset) return;
    const search = [...filters.querySelectorAll("[data-list-search]")].some((field) => field.value);
    reset.hidden = !(search || filters.querySelector(".chip[data-set]"));
  };

  // Runs before htmx hears of the change (capture), so that a range is one value by then.
  document.addEventListener("change", (event) => {
    const chip = event.target.closest(".chip");
    if (!chip || !form(chip)) return;
    if (event.target.matches("[data-chip-find]")) { event.stopPropagation(); return; }
    tell(chip);
  }, true);
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-chip-find]")) {
      const wanted = event.target.value.trim().toLowerCase();
      event.target.closest(".chip-panel").querySelectorAll(".chip-option").forEach((option) => {
        option.hidden = !option.textContent.toLowerCase().includes(wanted);
      });
    }
    if (form(event.target)) tellReset(form(event.target));
  });
  document.addEventListener("change", (event) => { if (event.target.closest && form(event.target)) tellReset(form(event.target)); });
  document.addEventListener("keydown", (event) => {
    // Enter in the small search of a chip must not send the form.
    if (event.key === "Enter" && event.target.matches("[data-chip-find]")) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const clear = event.target.closest("[data-chip-clear]");
    if (!clear) return;
    const chip = clear.closest(".chip");
    chip.querySelectorAll("input").forEach((field) => {
      if (field.type === "checkbox") field.checked = false;
      else field.value = "";
    });
    tell(chip);
    const first = chip.querySelector("input:not([data-chip-find])");
    if (first) first.dispatchEvent(new Event("change", { bubbles: true }));
    chip.open = false;
    chip.querySelector("summary").focus();
  });
})();
