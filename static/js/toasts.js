/* Short notices at the lower right. Calm ones go after five seconds unless pointed at; errors stay until closed. */
"use strict";
window.crm = window.crm || {};
(function (crm) {
  const SECONDS = 5;
  const SECONDS_TO_ACT = 10;
  const levels = { debug: "info", danger: "error", error: "error", warning: "warning", success: "success", info: "info" };

  // `action` is a button: {label, url}, posted by htmx.
  crm.toast = (text, level, action) => {
    const region = document.getElementById("toasts");
    if (!region || !text) return;
    const kind = levels[level] || "info";
    const list = region.querySelector(kind === "error" ? "[data-toasts-alarm]" : "[data-toasts-calm]");
    const line = document.getElementById("toast").content.firstElementChild.cloneNode(true);
    const icon = document.getElementById("toast-icons").content.querySelector(`[data-level="${kind}"]`);
    line.dataset.level = kind;
    line.querySelector(".toast-icon").append(icon.firstElementChild.cloneNode(true));
    line.querySelector(".toast-text").textContent = text;
    if (action) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-sm toast-action";
      button.textContent = action.label;
      button.addEventListener("click", () => {
        line.remove();
        window.htmx.ajax("POST", action.url, { source: document.body, swap: "none" }).catch(() => {});
      });
      line.querySelector(".toast-text").after(button);
    }
    for (const same of list.children) if (same.querySelector(".toast-text").textContent === text) same.remove();
    list.append(line);
    while (list.children.length > 4) list.firstElementChild.remove();
    if (kind === "error") return;
    let timer;
    const start = () => { timer = setTimeout(() => line.remove(), (action ? SECONDS_TO_ACT : SECONDS) * 1000); };
    const pause = () => clearTimeout(timer);
    line.addEventListener("mouseenter", pause);
    line.addEventListener("mouseleave", start);
    line.addEventListener("focusin", pause);
    line.addEventListener("focusout", start);
    start();
  };

  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-toast-close]");
    if (close) close.closest(".toast-line").remove();
  });
  // HX-Trigger: {"toast": {"level": …, "text": …}} from a view, {"toasts": {"items": […]}} from Django's messages.
  document.addEventListener("toast", (event) => crm.toast(event.detail.text, event.detail.level, event.detail.action));
  document.addEventListener("toasts", (event) => event.detail.items.forEach((item) => crm.toast(item.text, item.level.split(" ").pop())));
  document.addEventListener("DOMContentLoaded", () => {
    for (const message of document.querySelectorAll("#messages > li")) crm.toast(message.textContent, message.dataset.level.split(" ").pop());
  });

  crm.announce = (text) => {
    const region = document.getElementById("announcer");
    if (!region) return;
    region.textContent = "";
    setTimeout(() => { region.textContent = text; }, 60);
  };
})(window.crm);
