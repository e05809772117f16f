/* The side panel, the confirmation dialog and menus. Focus goes in, stays in, and returns. */
"use strict";
window.crm = window.crm || {};
(function (crm) {
  const shell = () => document.getElementById("shell");
  const drawer = () => document.getElementById("drawer");
  let opener = null;

  const FOCUSABLE = "[autofocus], [data-autofocus], input:not([type=hidden]):not([disabled]), select:not([disabled]), textarea:not([disabled]), button:not([disabled]):not([data-drawer-close]), a[href]";

  crm.focusInto = (root) => {
    const target = root.querySelector("[autofocus], [data-autofocus]") || root.querySelector(FOCUSABLE) || root;
    target.focus({ preventScroll: target === root });
  };

  crm.openDrawer = (from) => {
    const panel = drawer();
    if (!panel || !panel.hidden) return;
    opener = from || document.activeElement;
    document.getElementById("drawer-body").replaceChildren(document.getElementById("drawer-waiting").content.cloneNode(true));
    panel.hidden = false;
    document.querySelector("[data-drawer-back]").hidden = false;
    shell().inert = true;
    panel.focus();
  };

  crm.closeDrawer = () => {
    const panel = drawer();
    if (!panel || panel.hidden) return;
    panel.hidden = true;
    document.querySelector("[data-drawer-back]").hidden = true;
    document.getElementById("drawer-body").replaceChildren();
    shell().inert = false;
    if (opener && opener.isConnected) opener.focus();
    else if (opener && opener.id && document.getElementById(opener.id)) document.getElementById(opener.id).focus();
    else document.getElementById("main").focus();
    opener = null;
    document.body.dispatchEvent(new CustomEvent("drawer:closed"));
  };

  crm.drawerIsOpen = () => Boolean(drawer() && !drawer().hidden);

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.closest("[data-drawer]")) crm.openDrawer(event.detail.elt);
  });
  // An answer that leads into the panel although the request did not open it, such as a form that asks for more first.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "drawer-body" || !event.detail.shouldSwap) return;
    const focused = document.activeElement;
    crm.openDrawer(focused && focused !== document.body ? focused : event.detail.requestConfig.elt);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "drawer-body") return;
    const heading = event.detail.target.querySelector("h1, h2");
    if (heading) drawer().setAttribute("aria-label", heading.textContent.trim());
    crm.focusInto(event.detail.target);
  });
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      if (event.detail.elt.closest("[data-drawer]")) crm.closeDrawer();
    });
  }
  document.addEventListener("drawer:close", crm.closeDrawer);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-drawer-close], [data-drawer-back]")) crm.closeDrawer();
    const closer = event.target.closest("[data-dialog-close]");
    if (closer) closer.closest("dialog").close();
    if (event.target instanceof HTMLDialogElement) event.target.close("no");
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      const chosen = event.target.closest(".menu-line, .menu-panel > a, .menu-panel > button, .menu-panel > form > button");
      if (!menu.contains(event.target) || (chosen && menu.contains(chosen))) menu.open = false;
    }
  });

  // Focus stays in the panel: past its last control comes its first one.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || !crm.drawerIsOpen() || document.querySelector("dialog[open]")) return;
    const stops = [...drawer().querySelectorAll("a[href], button, input, select, textarea, summary, iframe, [tabindex='0']")].filter(
      (each) => !each.disabled && each.type !== "hidden" && each.getClientRects().length,
    );
    if (!stops.length) return;
    const first = stops[0];
    const last = stops[stops.length - 1];
    const inside = drawer().contains(document.activeElement);
    if (event.shiftKey && (document.activeElement === first || document.activeElement === drawer() || !inside)) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && (document.activeElement === last || !inside)) {
      event.preventDefault();
      first.focus();
    }
  });

  // Returns a promise of true or false.
  crm.confirm = ({ title, text, label, tone }) => {
    const dialog = document.getElementById("confirm-dialog");
    const heading = dialog.querySelector("#confirm-title");
    const yes = dialog.querySelector("[data-confirm-yes]");
    heading.textContent = title || heading.dataset.fallback;
    dialog.querySelector("#confirm-text").textContent = text || "";
    yes.textContent = label || yes.dataset.fallback;
    yes.className = tone && tone !== "danger" ? "btn btn-primary" : "btn btn-danger";
    const before = document.activeElement;
    dialog.returnValue = "no";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener(
        "close",
        () => {
          if (before && before.isConnected) before.focus();
          resolve(dialog.returnValue === "yes");
        },
        { once: true },
      );
    });
  };

  const asked = (element) => ({
    title: element.dataset.confirm,
    text: element.dataset.confirmText,
    label: element.dataset.confirmLabel,
    tone: element.dataset.confirmTone,
  });

  // A form or button with data-confirm, sent by the browser.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.matches("[hx-post], [hx-delete], [hx-put], [hx-patch]")) return;
    if (form.dataset.confirmed) {
      delete form.dataset.confirmed;
      return;
    }
    event.preventDefault();
    const submitter = event.submitter;
    if (await crm.confirm(asked(form))) {
      form.dataset.confirmed = "yes";
      form.requestSubmit(submitter && submitter.isConnected ? submitter : null);
    }
  });

  // The same for htmx: hx-confirm="…" or data-confirm on the element.
  document.addEventListener("htmx:confirm", async (event) => {
    const element = event.detail.elt;
    const question = event.detail.question;
    if (!question && !element.dataset.confirm) return;
    event.preventDefault();
    const words = element.dataset.confirm ? asked(element) : { title: question, tone: element.dataset.confirmTone || "accent" };
    if (await crm.confirm(words)) event.detail.issueRequest(true);
  });
})(window.crm);
