/* The deals board: cards are dragged from stage to stage; the select on each card does the same by keyboard. */
"use strict";
(function () {
  const move = (card, stage) => {
    window.htmx.ajax("POST", card.dataset.move, { target: "#board", swap: "outerHTML", source: card, values: { stage } });
  };
  const arm = (board) => {
    if (!board || !board.hasAttribute("data-board") || board.dataset.armed) return;
    board.dataset.armed = "yes";
    // Sortable clones the card that is dragged although nothing here shows the clone; a clone of an element with
    // styles set by script is an inline style to the browser's policy, which refuses and reports it.
    board.querySelectorAll(".board-card").forEach((card) => {
      card.cloneNode = () => document.createElement("li");
    });
    board.querySelectorAll("[data-stage]").forEach((list) => {
      window.Sortable.create(list, {
        group: "deals",
        sort: false,
        draggable: ".board-card",
        filter: "select, form",
        preventOnFilter: false,
        animation: 120,
        delay: 150,
        delayOnTouchOnly: true,
        ghostClass: "board-ghost",
        onEnd: (event) => {
          if (event.to !== event.from) move(event.item, event.to.dataset.stage);
        },
      });
    });
  };
  const armAll = () => arm(document.getElementById("board"));
  document.addEventListener("DOMContentLoaded", armAll);
  document.addEventListener("htmx:load", armAll);
  // A move that was refused or lost: the card must not stay where it is not.
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      if (event.detail.elt.closest(".board-card")) window.setTimeout(() => window.location.reload(), 1500);
    });
  }
})();
