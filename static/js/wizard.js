/* The invoice wizard: buttons of lines, focus on a field that the server names, and nothing typed is ever lost:
   what has not reached the server yet is kept in this tab and offered again. */
"use strict";
(function (crm) {
  const wizard = () => document.getElementById("wizard");
  const form = () => document.getElementById("wizard-form");
  const PREFIX = "wizard:";
  const SILENT = new Set(["csrfmiddlewaretoken", "seen", "step", "digest", "line"]);

  const key = () => {
    const root = wizard();
    return root && root.dataset.draft && root.dataset.step ? PREFIX + root.dataset.draft + ":" + root.dataset.step : "";
  };
  const typed = () => {
    const values = {};
    const fields = form() ? [...form().elements].filter((each) => each.name && !SILENT.has(each.name)) : [];
    for (const field of fields) {
      if (field.type === "radio" && !field.checked) continue;
      values[field.name] = field.type === "checkbox" ? field.checked : field.value;
    }
    return values;
  };
  const remember = () => {
    try { if (key()) sessionStorage.setItem(key(), JSON.stringify(typed())); } catch { /* a full store loses the copy, not the form */ }
  };
  const forget = (name = key()) => { if (name) sessionStorage.removeItem(name); };

  let unsaved = false;
  document.addEventListener("input", (event) => {
    if (!event.target.form || event.target.form.id !== "wizard-form") return;
    unsaved = true;
    remember();
  });
  document.addEventListener("change", (event) => {
    if (event.target.form && event.target.form.id === "wizard-form") { unsaved = true; remember(); }
  });

  // What the server has taken needs no copy. Only an answer to the newest request says that it has everything.
  let newest = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    const path = event.detail.requestConfig.path;
    if (!/\/invoice-drafts\//.test(path) || event.detail.requestConfig.verb === "get") return;
    event.detail.xhr.wizardKey = key();
    event.detail.xhr.wizardTyped = JSON.stringify(typed());
    newest = event.detail.xhr.wizardTyped;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const xhr = event.detail.xhr;
    if (!xhr || !xhr.wizardKey) return;
    const refused = !(xhr.status < 300 || xhr.status === 422) || xhr.getResponseHeader("HX-Redirect");
    // Another window was faster: nothing was saved.
    const elsewhere = (xhr.responseText || "").includes("take-theirs");
    if (!refused && !elsewhere && xhr.wizardTyped === newest) {
      unsaved = false;
      forget(xhr.wizardKey);
    }
  });

  const put = (values) => {
    for (const field of form().elements) {
      if (!field.name || SILENT.has(field.name) || !(field.name in values)) continue;
      if (field.type === "checkbox") field.checked = values[field.name];
      else if (field.type === "radio") field.checked = field.value === values[field.name];
      else field.value = values[field.name];
    }
    form().dispatchEvent(new Event("input", { bubbles: true }));
    form().dispatchEvent(new Event("change", { bubbles: true }));
  };
  const offer = () => {
    const notice = document.getElementById("wizard-typed");
    const kept = key() && sessionStorage.getItem(key());
    if (!notice || !kept) return;
    const now = typed();
    const before = JSON.parse(kept);
    const lost = Object.keys(before).some((name) => name in now && now[name] !== before[name]);
    if (lost) notice.hidden = false;
    else forget();
  };
  let acts = Promise.resolve();
  let waiting = 0; // acts that were asked for and not answered
  let ready = null; // the wizard that stands there, once its buttons work
  let leaving = ""; // the button that was pressed meanwhile
  document.addEventListener("click", (event) => {
    const restore = event.target.closest("[data-typed-restore]");
    const discard = event.target.closest("[data-typed-forget], [data-forget-typed]");
    if (restore) put(JSON.parse(sessionStorage.getItem(key()) || "{}"));
    if (discard) forget();
    if (restore || discard) document.getElementById("wizard-typed").hidden = true;

    const act = event.target.closest("[data-line]");
    if (act && wizard()) {
      // Its own element asks, so that an autosave can't push it out of the form's queue; it carries what is typed.
      // One after the other: what the first one answers is what the second one has to carry.
      const values = { action: act.dataset.line };
      if (act.dataset.searched) values.searched = act.dataset.searched;
      waiting += 1;
      acts = acts.then(() => wizard() && window.htmx.ajax("POST", wizard().dataset.linesUrl, {
        source: "#wizard-act", target: "#wizard", swap: "outerHTML", values,
      })).catch(() => { /* failed: a toast says so */ }).then(() => { waiting -= 1; leave(); });
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    // Without what was asked for, nobody wants to go on.
    if (event.target.id === "wizard-act" && !event.detail.successful) leaving = "";
  });

  // An answer may replace a button between its press and its release; the browser then clicks nothing.
  let pressed = null;
  document.addEventListener("pointerdown", (event) => {
    pressed = event.target.closest("#wizard button[id]");
  });
  document.addEventListener("pointerup", (event) => {
    const before = pressed;
    pressed = null;
    if (!before || before.isConnected) return;
    const under = document.elementFromPoint(event.clientX, event.clientY);
    const now = under && under.closest("#wizard button[id]");
    if (!now || now.id !== before.id) return;
    if (now.dataset.line) now.click();
    else { leaving = now.id; leave(); }
  });

  // Files that were chosen and not added yet go along: whoever leaves the step means them.
  const chosen = () => [...document.querySelectorAll("#wizard .file-form")].find((each) => each.elements.file.files.length);
  // Who leaves the step while an act is under way leaves with what it answers, not with what stood there before.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#wizard-next, #wizard-previous, #wizard-create, .wizard-step > button");
    const files = button && chosen();
    if (!button || (!waiting && !files)) return;
    event.preventDefault();
    event.stopPropagation();
    leaving = button.id;
    if (!files || files.dataset.adding) return;
    files.dataset.adding = "yes";
    waiting += 1;
    files.requestSubmit();
  }, true);
  document.addEventListener("htmx:afterRequest", (event) => {
    const files = event.detail.requestConfig.elt; // its place on the page has the answer by now
    if (!files.dataset.adding) return;
    delete files.dataset.adding;
    if (!event.detail.successful) leaving = ""; // a toast says why; the files stay chosen
    waiting -= 1;
    ready = wizard();
    leave();
  });
  const leave = () => {
    // Only a wizard that is ready knows what its buttons do.
    const button = leaving && !waiting && ready === wizard() && document.getElementById(leaving);
    if (!button) return;
    leaving = "";
    button.click();
  };

  // A tab that is closed still sends what was typed last.
  window.addEventListener("pagehide", () => {
    if (!unsaved || !form()) return;
    fetch(form().getAttribute("hx-post"), { method: "POST", body: new FormData(form()), keepalive: true, credentials: "same-origin" });
  });

  // The choices that all lines share come once; each line has only what is chosen there.
  const furnish = () => {
    for (const select of document.querySelectorAll("#wizard select[data-options]")) {
      const chosen = select.value;
      select.replaceChildren(document.getElementById(select.dataset.options).content.cloneNode(true));
      select.value = chosen;
      if (select.selectedIndex < 0) select.selectedIndex = 0;
      select.removeAttribute("data-options");
    }
  };
  // So do the buttons of all lines.
  const equip = () => {
    const acts = document.getElementById("line-acts");
    for (const place of document.querySelectorAll("#wizard [data-acts-of]:empty")) {
      place.append(acts.content.cloneNode(true));
      for (const button of place.children) {
        const verb = button.dataset.line;
        const key = place.dataset.actsOf;
        button.id = `${verb}-${key}`;
        button.dataset.line = `${verb}:${key}`;
        button.setAttribute("aria-label", button.getAttribute("aria-label").replace("{name}", () => place.dataset.name));
      }
    }
    const lines = document.querySelectorAll("#wizard [data-acts-of]");
    if (!lines.length) return;
    lines[0].firstElementChild.disabled = true;
    lines[lines.length - 1].children[1].disabled = true;
  };
  const arrive = () => {
    const root = wizard();
    if (!root) return;
    furnish();
    equip();
    const target = root.dataset.focus && document.getElementById(root.dataset.focus);
    if (target) {
      for (let closed = target.closest("details:not([open])"); closed; closed = closed.parentElement.closest("details:not([open])")) closed.open = true;
      target.focus();
      // As the tab key does: what is typed replaces the proposed figure.
      if (target.matches("input:not([type=date])")) target.select();
      root.removeAttribute("data-focus");
    }
    offer();
  };
  document.addEventListener("DOMContentLoaded", arrive);
  document.addEventListener("htmx:afterSettle", (event) => {
    const element = event.detail.elt;
    if (!(element instanceof Element) || !(element.id === "wizard" || element.querySelector("#wizard"))) return;
    arrive();
    if (element !== wizard()) return;
    ready = element;
    leave();
  });
})(window.crm);
