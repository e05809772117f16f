/* What htmx's answers need around them: failures in words, lazy cards, announcements, focus. */
"use strict";
(function (crm) {
  const words = (key) => document.getElementById("toasts").dataset[key];

  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, headers, parameters } = event.detail;
    if (!elt.closest("[data-whole-page]") || elt.closest("[data-drawer]")) return;
    // The view answers with its whole page and hx-select picks the part; empty filters stay out of the address.
    delete headers["HX-Request"];
    for (const [name, value] of [...parameters.entries()]) if (value === "") parameters.delete(name);
  });

  const failed = (event, sentence) => {
    const lazy = event.detail.elt.closest("[data-lazy]");
    if (lazy && lazy === event.detail.elt) {
      const skeleton = lazy.querySelector(".skeleton");
      if (skeleton) skeleton.hidden = true;
      const error = lazy.querySelector(".lazy-error");
      error.hidden = false;
      error.querySelector("[data-lazy-reason]").textContent = sentence;
      lazy.setAttribute("aria-busy", "false");
      return;
    }
    // A poll that fails once tries again by itself; saying so every two seconds helps nobody.
    if (/every /.test(event.detail.elt.getAttribute("hx-trigger") || "")) return;
    crm.toast(sentence, "error");
  };
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (event.detail.xhr.getResponseHeader("HX-Trigger")) return;
    failed(event, words(status === 403 ? "denied" : status === 404 ? "gone" : "failed"));
  });
  document.addEventListener("htmx:sendError", (event) => failed(event, words("offline")));
  document.addEventListener("htmx:timeout", (event) => failed(event, words("offline")));

  document.addEventListener("click", (event) => {
    const retry = event.target.closest("[data-lazy-retry]");
    if (!retry) return;
    const lazy = retry.closest("[data-lazy]");
    lazy.querySelector(".lazy-error").hidden = true;
    lazy.querySelector(".skeleton").hidden = false;
    window.htmx.trigger(lazy, "retry");
  });

  let stepBefore = "";
  document.addEventListener("htmx:beforeSwap", (event) => { stepBefore = event.detail.target.dataset.step || ""; });
  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.elt;
    if (!(target instanceof Element)) return;
    const told = target.matches("[data-announce]") ? target : target.querySelector("[data-announce]");
    if (told) crm.announce(told.dataset.announce);
    const count = target.closest("[data-card]") && target.closest("[data-card]").querySelector(":scope [data-card-count]");
    if (count) {
      const place = count.closest("[data-card]").querySelector(".card-count");
      if (place) place.textContent = count.dataset.cardCount;
    }
    // What a card offers to do stands in its header.
    const act = target.closest("[data-card]") && target.querySelector("[data-card-action]");
    const bar = act && act.closest("[data-card]").querySelector(".card-actions");
    if (bar) bar.replaceChildren(act);
    // What an answer wants to be read or typed first: the summary of a refused form, the first field of a step.
    const first = target.matches("[data-autofocus]") ? target : target.querySelector("[data-autofocus]");
    if (first) first.focus();
    // A new step of a wizard is read from its heading on, although the button that was pressed is still there.
    else if (target.dataset.step && target.dataset.step !== stepBefore) {
      const heading = target.querySelector("h1, h2");
      if (heading) heading.focus({ preventScroll: true });
      const scroller = target.closest(".drawer-body");
      if (scroller) scroller.scrollTop = 0;
    }
  });

  // Where a swap removed the focused element, focus goes to what came in its place, not to the top of the page.
  let focusedId = "";
  let focusedInside = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const active = document.activeElement;
    focusedInside = Boolean(active && active !== document.body && event.detail.target.contains(active));
    focusedId = focusedInside ? active.id : "";
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!focusedInside || (document.activeElement && document.activeElement !== document.body)) return;
    focusedInside = false;
    const same = focusedId && document.getElementById(focusedId);
    if (same) {
      same.focus();
      return;
    }
    const root = event.detail.elt;
    if (!(root instanceof Element)) return;
    const stop = root.querySelector("[data-autofocus], h1, h2, h3") || root;
    if (!stop.hasAttribute("tabindex") && !stop.matches("a, button, input, select, textarea")) stop.setAttribute("tabindex", "-1");
    stop.focus({ preventScroll: true });
  });

  // Forms sent by the browser: the button shows that it works and can't be pressed twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post]")) return;
    form.classList.add("is-sending");
    setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((button) => { button.disabled = true; }), 0);
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("form.is-sending").forEach((form) => {
      form.classList.remove("is-sending");
      form.querySelectorAll("button[type=submit]").forEach((button) => { button.disabled = false; });
    });
  });
})(window.crm);
