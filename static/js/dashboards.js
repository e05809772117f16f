/* Filters of reports, and dashboards: full screen and paper. */
"use strict";
(function () {
  /* The two days count only between two days. */
  const days = (form) => {
    const period = form.querySelector("[name=period]");
    if (!period) return;
    form.querySelectorAll(".report-days").forEach((field) => { field.hidden = period.value !== "custom"; });
  };
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-report-filters]").forEach(days));
  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-report-filters]");
    if (form) days(form);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-full-screen], [data-print]");
    if (!button) return;
    if (button.hasAttribute("data-print")) window.print();
    else if (document.fullscreenElement) document.exitFullscreen();
    else document.querySelector("[data-dashboard]").requestFullscreen();
  });
})();
