/* Tom Select for <select data-picker>. With data-url the options come from there: ?q=… -> [{"value", "text", "detail"}],
   or {"results": […]}. data-create allows new entries. */
"use strict";
(function (crm) {
  const line = (data, escape) => `<div>${escape(data.text)}${data.detail ? ` <span class="muted">${escape(data.detail)}</span>` : ""}</div>`;
  const dress = (select) => {
    if (select.tomselect) return;
    const url = select.dataset.url;
    const options = {
      maxOptions: 400,
      // A list that is here is narrowed at once: Enter right behind the last letter takes what was typed.
      refreshThrottle: url ? 300 : 0,
      create: select.dataset.create !== undefined,
      placeholder: select.dataset.placeholder || select.getAttribute("placeholder") || undefined,
      allowEmptyOption: false,
      plugins: select.multiple ? ["remove_button"] : [],
      render: { option: line, item: line },
      onChange: () => select.dispatchEvent(new Event("picker:change", { bubbles: true })),
    };
    if (url) {
      Object.assign(options, {
        valueField: "value",
        labelField: "text",
        searchField: [],
        preload: "focus",
        loadThrottle: 200,
        score: () => () => 1,
        load: (query, done) => {
          const address = new URL(url, window.location.origin);
          address.searchParams.set("q", query);
          fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" })
            .then((answer) => (answer.ok ? answer.json() : []))
            .then((found) => done(Array.isArray(found) ? found : found.results || []))
            .catch(() => done());
        },
      });
    }
    const picker = new window.TomSelect(select, options);
    // The label names Tom Select's own field now; the select behind it is for the form alone.
    select.setAttribute("aria-hidden", "true");
    // It would go on naming an option that is gone.
    picker.on("dropdown_close", () => picker.control_input.removeAttribute("aria-activedescendant"));
    if (url) picker.on("type", () => picker.clearOptions());
  };
  crm.dressPicker = dress; // for who has fetched the library
  const fetchAndDress = async (select) => {
    // Its place is kept; where the library does not come, the browser's own list is there.
    select.classList.add("picker-waits");
    await crm.library("tomSelect").finally(() => select.classList.remove("picker-waits"));
    if (select.isConnected) dress(select);
  };
  // Most pickers stand in forms that nobody opens.
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      fetchAndDress(target).catch(() => { /* the browser's own list stays */ });
    }
  }, { rootMargin: "400px" });
  // Those below cards are seen by all and used by few: they wait for a hand that comes near.
  const late = (select) => {
    if (select.tomselect || select.classList.contains("form-select")) return;
    select.classList.add("form-select");
    if (select.options[0] && !select.options[0].value) select.options[0].label = select.dataset.placeholder || "";
    let begun = false;
    const near = async (event) => {
      if (begun) return;
      begun = true;
      const focused = event.type === "focusin";
      select.classList.remove("form-select");
      await fetchAndDress(select).catch(() => { begun = false; });
      if (focused && select.tomselect) select.tomselect.focus();
    };
    for (const name of ["pointerover", "focusin"]) select.form.addEventListener(name, near);
  };
  const begin = (select) => (select.closest(".card-adder") ? late(select) : seen.observe(select));
  const dressAll = (root) => {
    if (root.matches && root.matches("select[data-picker]")) begin(root);
    root.querySelectorAll("select[data-picker]").forEach(begin);
  };
  dressAll(document);
  document.addEventListener("htmx:load", (event) => dressAll(event.detail.elt));
})(window.crm);
