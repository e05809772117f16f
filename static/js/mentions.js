/* Names of colleagues behind an @ in a <textarea data-mentions="address">: offered while one types, taken by Enter. */
"use strict";
(function (crm) {
  // An @ at the beginning of a word, and up to two words behind it, in front of the caret.
  const BEGUN = /(?:^|[\s([,;:“"'])@([^\s@]{0,40}(?: [^\s@]{1,40})?)$/;
  const list = document.createElement("div");
  list.id = "mention-list";
  list.className = "mention-list";
  list.setAttribute("role", "listbox");
  let field = null;
  let asked = "";
  let timer = 0;

  const options = () => [...list.children];
  const chosen = () => options().findIndex((option) => option.getAttribute("aria-selected") === "true");
  const begun = () => {
    const found = field && field.selectionStart === field.selectionEnd && BEGUN.exec(field.value.slice(0, field.selectionStart));
    return found ? found[1] : null;
  };
  const close = () => {
    window.clearTimeout(timer);
    asked = "";
    list.remove();
    if (!field) return;
    field.removeAttribute("aria-activedescendant");
    field.removeAttribute("aria-controls");
    field = null;
  };
  const choose = (at) => {
    options().forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    field.setAttribute("aria-activedescendant", options()[at].id);
    options()[at].scrollIntoView({ block: "nearest" });
  };
  const show = (people) => {
    if (!people.length) {
      list.remove();
      return;
    }
    list.replaceChildren(
      ...people.map((person, at) => {
        const option = document.createElement("div");
        option.id = `mention-${at}`;
        option.className = "mention-option";
        option.setAttribute("role", "option");
        option.dataset.value = person.value;
        const detail = document.createElement("span");
        detail.className = "muted";
        detail.textContent = person.detail;
        option.append(person.text, " ", detail);
        return option;
      }),
    );
    list.setAttribute("aria-label", field.dataset.mentionsLabel || "");
    field.after(list);
    list.style.top = `${field.offsetTop + field.offsetHeight + 2}px`;
    list.style.left = `${field.offsetLeft}px`;
    field.setAttribute("aria-controls", list.id);
    choose(0);
    crm.announce(`${list.getAttribute("aria-label")}: ${people.map((person) => person.text).join(", ")}`);
  };
  const ask = () => {
    const words = begun();
    if (words === null) {
      close();
      return;
    }
    if (words === asked && list.isConnected) return;
    asked = words;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      const address = new URL(field.dataset.mentions, window.location.origin);
      address.searchParams.set("q", words);
      fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" })
        .then((answer) => (answer.ok ? answer.json() : { results: [] }))
        .then((found) => field && begun() === words && show(found.results))
        .catch(() => close());
    }, 120);
  };
  const take = (option) => {
    const at = field.selectionStart - begun().length;
    field.setRangeText(`${option.dataset.value} `, at, field.selectionStart, "end");
    const taken = field;
    close();
    taken.focus();
    taken.dispatchEvent(new Event("input", { bubbles: true }));
  };

  document.addEventListener("input", (event) => {
    if (!event.target.matches("textarea[data-mentions]")) return;
    field = event.target;
    ask();
  });
  document.addEventListener("keydown", (event) => {
    if (!field || event.target !== field || !list.isConnected || event.isComposing) return;
    const count = options().length;
    if (event.key === "ArrowDown") choose((chosen() + 1) % count);
    else if (event.key === "ArrowUp") choose((chosen() - 1 + count) % count);
    else if (event.key === "Enter" || event.key === "Tab") take(options()[chosen()]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  // Not "click": the field would have lost its focus and caret by then.
  document.addEventListener("pointerdown", (event) => {
    const option = event.target.closest(".mention-option");
    if (!option) return;
    event.preventDefault();
    take(option);
  });
  document.addEventListener("focusout", (event) => {
    if (event.target === field) close();
  });
})(window.crm);
