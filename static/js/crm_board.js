/* The deals board: cards are dragged from stage to stage. By keyboard: Alt and an arrow key move the card that has the
   focus, m opens the list of stages on it. Folded columns are remembered. */
"use strict";
(function (crm) {
  let dragged = null;

  const move = (card, stage) => {
    const values = { stage, seen: card.dataset.seen };
    // What failed is said by the listeners below.
    window.htmx.ajax("POST", card.dataset.move, { target: "#board", swap: "outerHTML", source: card, values }).catch(() => {});
  };
  // Where the card that was dragged last came from.
  const putBack = () => {
    if (!dragged) return;
    dragged.from.insertBefore(dragged.card, dragged.before && dragged.before.isConnected ? dragged.before : null);
    dragged.card.removeAttribute("style");
    dragged = null;
  };
  const folded = (board) => JSON.parse(crm.storage.get(`board-${board.dataset.pipeline}`) || "[]");
  const showFold = (column, fold) => {
    column.classList.toggle("is-folded", fold);
    column.querySelector("[data-fold]").setAttribute("aria-expanded", String(!fold));
  };
  const arm = (board) => {
    if (!board || board.dataset.armed) return;
    board.dataset.armed = "yes";
    const hidden = folded(board);
    board.querySelectorAll("[data-column]").forEach((column) => showFold(column, hidden.includes(column.dataset.column)));
    if (!board.hasAttribute("data-board")) return;
    board.querySelectorAll("[data-stage]").forEach((list) => {
      window.Sortable.create(list, {
        group: "deals",
        sort: false,
        draggable: ".board-card",
        filter: "select, form, .board-more",
        preventOnFilter: false,
        animation: 120,
        delay: 150,
        delayOnTouchOnly: true,
        ghostClass: "board-ghost",
        onEnd: (event) => {
          if (event.to === event.from) return;
          dragged = { card: event.item, from: event.from, before: event.from.children[event.oldIndex] || null };
          move(event.item, event.to.dataset.stage);
        },
      });
    });
  };
  const armAll = () => arm(document.getElementById("board"));
  document.addEventListener("DOMContentLoaded", armAll);
  document.addEventListener("htmx:load", armAll);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fold]");
    if (!button) return;
    const board = document.getElementById("board");
    const column = button.closest("[data-column]");
    const fold = !column.classList.contains("is-folded");
    showFold(column, fold);
    const others = folded(board).filter((each) => each !== column.dataset.column);
    crm.storage.set(`board-${board.dataset.pipeline}`, JSON.stringify(fold ? [...others, column.dataset.column] : others));
  });

  document.addEventListener("keydown", (event) => {
    const card = event.target.closest && event.target.closest(".board-card[data-move]");
    if (!card || event.defaultPrevented || event.target.matches("select") || document.querySelector("dialog[open]")) return;
    if (event.altKey && !event.ctrlKey && !event.metaKey && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      event.preventDefault();
      const lists = [...document.querySelectorAll("#board [data-stage]")];
      const next = lists[lists.indexOf(card.closest("[data-stage]")) + (event.key === "ArrowRight" ? 1 : -1)];
      if (next) move(card, next.dataset.stage);
    } else if (event.key === "m" && !event.altKey && !event.ctrlKey && !event.metaKey) {
      if (crm.storage.get("shortcuts") === "off") return;
      event.preventDefault();
      const stages = card.querySelector("select");
      stages.focus();
      try { stages.showPicker(); } catch { /* older browsers open it with Space */ }
    }
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    // The stage asks for something first: the card goes back to where it is until that is answered.
    if (target.id === "drawer-body") {
      document.querySelectorAll("#board form.board-move").forEach((form) => form.reset());
      putBack();
    }
    if (target.id !== "board") return;
    dragged = null;
    // htmx carries the attributes of elements with the same id over to what it swaps in; the styles that dragging left
    // on the cards would be inline styles then, which the page's policy refuses.
    target.querySelectorAll("[style]").forEach((element) => element.removeAttribute("style"));
  });
  // A move that was refused or lost: the card must not stay where it is not. What a server refuses, the board may be
  // too old for; one that can't be reached has nothing newer to show.
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      if (!event.detail.elt.closest(".board-card")) return;
      putBack();
      document.querySelectorAll("#board form.board-move").forEach((form) => form.reset());
      if (failure === "htmx:responseError") window.htmx.trigger(document.body, "board:changed");
    });
  }
})(window.crm);
