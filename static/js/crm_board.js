/* The deals board: cards are dragged from stage to stage; the select on each card does the same by keyboard. */
"use strict";
(function () {
  const move = (card, stage) => {
    window.htmx.ajax("POST", card.dataset.move, { target: "#board", swap: "outerHTML", source: card, values: { stage } });
  };
  const arm = (board) => {
    if (!board || !board.hasAttribute("data-board") || board.dataset.armed) return;
    board.dataset.armed = "yes";
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
  // htmx carries the attributes of elements with the same id over to what it swaps in; the styles that dragging left
  // on the cards would be inline styles then, which the page's policy refuses.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "board") return;
    event.detail.target.querySelectorAll("[style]").forEach((element) => element.removeAttribute("style"));
  });
  // A move that was refused or lost: the card must not stay where it is not.
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      if (event.detail.elt.closest(".board-card")) window.setTimeout(() => window.location.reload(), 1500);
    });
  }
})();
