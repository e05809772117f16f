/* Search and jump: / or Ctrl K. Records, places and the pages seen last, chosen with the arrow keys. */
"use strict";
(function (crm) {
  const KEEP = 6;
  const dialog = () => document.getElementById("palette");
  const field = () => document.getElementById("palette-input");
  const list = () => document.getElementById("palette-list");
  const options = () => [...list().querySelectorAll("[role=option]")];

  const recent = () => {
    try {
      const pages = JSON.parse(crm.storage.get("recent") || "[]");
      return Array.isArray(pages) ? pages.filter((page) => typeof page.url === "string" && page.url.startsWith("/") && !page.url.startsWith("//")) : [];
    } catch { return []; }
  };
  const remember = () => {
    const heading = document.querySelector(".page-record h1");
    if (!heading) return;
    const crumb = document.querySelector(".crumbs a");
    const page = { url: window.location.pathname, title: heading.textContent.trim(), detail: crumb ? crumb.textContent.trim() : "" };
    crm.storage.set("recent", JSON.stringify([page, ...recent().filter((each) => each.url !== page.url)].slice(0, KEEP)));
  };

  const choose = (index) => {
    const all = options();
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    const chosen = all[index];
    if (chosen) {
      field().setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else field().removeAttribute("aria-activedescendant");
  };
  const showRecent = () => {
    const pages = recent().filter((page) => page.url !== window.location.pathname);
    const places = list().querySelector("[data-palette-places]");
    if (field().value.trim() || !pages.length || !places) return;
    const group = document.getElementById("palette-recent").content.firstElementChild.cloneNode(true);
    const pattern = places.querySelector("[role=option]");
    pages.forEach((page, index) => {
      const option = pattern.cloneNode(true);
      option.id = `palette-recent-${index}`;
      option.href = page.url;
      option.querySelector("use").setAttribute("href", option.querySelector("use").getAttribute("href").replace(/#.*/, "#history"));
      option.querySelector(".palette-option-title").textContent = page.title;
      option.querySelector(".palette-option-detail").textContent = page.detail;
      group.append(option);
    });
    list().prepend(group);
  };

  crm.openPalette = () => {
    if (!dialog() || dialog().open) return;
    document.querySelectorAll("dialog[open]").forEach((other) => other.close());
    dialog().showModal();
    field().select();
    window.htmx.trigger(field(), "open");
  };
  document.addEventListener("click", (event) => {
    const door = event.target.closest("[data-palette-open]");
    if (!door || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    crm.openPalette();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "palette-list") return;
    showRecent();
    choose(0);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "palette-input") return;
    const all = options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") choose((at + 1) % all.length);
    else if (event.key === "ArrowUp") choose((at - 1 + all.length) % all.length);
    else if (event.key === "Enter" && all[at]) all[at].click();
    else return;
    event.preventDefault();
  });
  document.addEventListener("DOMContentLoaded", remember);
})(window.crm);
