/* The menu at the left, theme and density, cards that fold. */
"use strict";
(function (crm) {
  const root = document.documentElement;

  const tellFold = () => {
    const folded = root.classList.contains("sidebar-folded");
    document.querySelectorAll("[data-sidebar-fold]").forEach((button) => button.setAttribute("aria-expanded", String(!folded)));
  };
  crm.foldSidebar = () => {
    const folded = root.classList.toggle("sidebar-folded");
    // A cookie, so that the server writes the class and nothing jumps.
    document.cookie = `sidebar=${folded ? "folded" : "open"};path=/;max-age=31536000;samesite=lax`;
    tellFold();
  };
  const showSidebar = (open) => {
    const bar = document.getElementById("sidebar");
    bar.classList.toggle("is-open", open);
    document.querySelector("[data-sidebar-back]").hidden = !open;
    const burger = document.querySelector("[data-sidebar-open]");
    burger.setAttribute("aria-expanded", String(open));
    if (open) bar.querySelector("a").focus();
    else burger.focus();
  };
  crm.closeSidebar = () => {
    const bar = document.getElementById("sidebar");
    if (!bar || !bar.classList.contains("is-open")) return false;
    showSidebar(false);
    return true;
  };

  const storage = {
    get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* a private window keeps nothing */ } },
  };
  crm.storage = storage;
  // A small fact for the server, whose answer nobody waits for.
  crm.tell = (address, values) => {
    const headers = JSON.parse(document.body.getAttribute("hx-headers"));
    fetch(address, { method: "POST", body: new URLSearchParams(values), headers, keepalive: true, credentials: "same-origin" }).catch(() => {});
  };

  const foldCard = (card, folded) => {
    const toggle = card.querySelector("[data-card-toggle]");
    const body = card.querySelector(".card-body");
    if (!toggle || !body) return;
    toggle.setAttribute("aria-expanded", String(!folded));
    body.hidden = folded;
  };
  const restoreCards = (within) => {
    within.querySelectorAll("[data-card]").forEach((card) => {
      // A record page knows from the server what its reader folded.
      const page = card.closest("[data-card-layout]");
      const folded = page ? page.dataset.foldedCards.split(" ").includes(card.dataset.card) : storage.get(`card:${card.dataset.card}`) === "folded";
      foldCard(card, folded);
    });
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-sidebar-fold]")) crm.foldSidebar();
    if (event.target.closest("[data-sidebar-open]")) showSidebar(true);
    if (event.target.closest("[data-sidebar-back]")) showSidebar(false);
    const toggle = event.target.closest("[data-card-toggle]");
    if (toggle) {
      const card = toggle.closest("[data-card]");
      const folded = toggle.getAttribute("aria-expanded") === "true";
      foldCard(card, folded);
      if (!card.closest("[data-card-layout]")) storage.set(`card:${card.dataset.card}`, folded ? "folded" : "open");
    }
    const preference = event.target.closest("[data-preference] button");
    if (preference) {
      const group = preference.closest("[data-preference]");
      root.dataset[group.dataset.preference] = preference.value;
      group.querySelectorAll("button").forEach((each) => each.setAttribute("aria-pressed", String(each === preference)));
    }
    const filler = event.target.closest("[data-fill]");
    if (filler) {
      for (const [id, value] of Object.entries(JSON.parse(filler.dataset.fill))) document.getElementById(id).value = value;
    }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt instanceof Element) restoreCards(event.detail.elt);
  });
  document.addEventListener("DOMContentLoaded", () => {
    tellFold();
    restoreCards(document);
  });
})(window.crm);
