/* The editor of conditions: nested groups over the JSON text of a form field, which stays what is sent.
   What can be compared comes from the server (core.conditions.description). */
"use strict";
(function (crm) {
  const MANY = "some:";
  const { group, row, read, written, copied, nextId } = crm.conditionTree;

  const element = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((each) => each !== null && each !== undefined));
    return made;
  };
  const options = (pairs, chosen) => pairs.map(([value, label]) => {
    const option = element("option", { value }, label);
    option.selected = String(value) === String(chosen ?? "");
    return option;
  });

  class Editor {
    constructor(root) {
      this.text = root.querySelector("[data-conditions-text]");
      this.place = root.querySelector("[data-conditions-editor]");
      this.count = root.querySelector("[data-conditions-count]");
      this.url = root.dataset.countUrl;
      this.icons = root.querySelector("[data-conditions-icons]").content;
      this.config = JSON.parse(root.querySelector("script[type='application/json']").textContent);
      this.words = this.config.words;
      this.clear = root.closest("form") && root.closest("form").querySelector("[data-conditions-clear]");
      this.properties = {};
      this.pending = [];
      let given;
      try {
        given = this.text.value.trim() ? JSON.parse(this.text.value) : {};
      } catch {
        return; // Not JSON: the text stays as it is, with the server's sentence beside it.
      }
      delete given.version;
      const tree = Object.keys(given).length ? read(given, []) : group([]);
      this.root = tree.type === "group" ? tree : group([tree]);
      this.problems = this.config.problems.map((each) => ({ place: JSON.stringify(each.place), text: each.text }));
      if (this.clear) this.clear.addEventListener("click", () => { this.root = group([]); this.draw({ add: this.root.id }); });
      this.place.addEventListener("keydown", (event) => this.pressed(event));
      this.text.hidden = true;
      this.place.hidden = false;
      this.count.hidden = false;
      // Where a condition is one of many settings, an empty one asks for nothing.
      if (!this.root.parts.length && !root.closest("[data-conditions-optional]")) this.root.parts.push(row());
      this.draw();
      const wrong = this.place.querySelector("[aria-invalid='true']");
      if (wrong) this.focusOn(wrong);
    }

    icon(name) { return this.icons.querySelector(`.of-${name}`).cloneNode(true); }

    /* What can be compared from an object on: its own properties, those of what it belongs to, its associations. */
    choicesOf(objectType) {
      if (this.properties[objectType]) return this.properties[objectType];
      const found = { groups: new Map(), fields: new Map(), many: new Map() };
      const put = (label, value, text) => {
        if (!found.groups.has(label)) found.groups.set(label, []);
        found.groups.get(label).push([value, text]);
      };
      const walk = (type, path, labels, seen) => {
        const known = this.config.objects[type];
        const named = (label) => [...labels, label].join(": ");
        for (const field of known.fields) {
          found.fields.set(path + field.name, field);
          put(labels.length ? labels.join(": ") : field.group || known.label, path + field.name, named(field.label));
        }
        for (const relation of known.relations) {
          if (relation.many) found.many.set(path + relation.name, { ...relation, label: named(relation.label) });
          else if (seen.length < this.config.hops && !seen.includes(relation.target)) {
            walk(relation.target, `${path}${relation.name}.`, [...labels, relation.label], [...seen, relation.target]);
          }
        }
      };
      walk(objectType, "", [], [objectType]);
      for (const [path, relation] of found.many) put(this.words.associated, MANY + path, relation.label);
      this.properties[objectType] = found;
      return found;
    }

    draw(focus) {
      this.place.querySelectorAll("select").forEach((select) => { if (select.tomselect) select.tomselect.destroy(); });
      this.pending = [];
      this.rows = 0;
      this.place.replaceChildren(this.drawGroup(this.root, null, this.config.root, 0));
      this.pending.forEach((dress) => dress());
      this.changed();
      if (focus && focus.add) this.focusOn(this.place.querySelector(`[data-node="${focus.add}"] > .condition-foot > button`));
      else if (focus) {
        const row = this.place.querySelector(`[data-node="${focus.node}"]`);
        this.focusOn(row && (row.querySelector(`[data-part="${focus.part}"]`) || row.querySelector("select, input, button")), focus.open);
      }
    }

    /* A list that opens by itself covers what is below it: only where somebody is about to choose. */
    focusOn(target, open = false) {
      if (!target) return;
      const picker = target.tomselect;
      if (!picker) { target.focus(); return; }
      picker.settings.openOnFocus = open;
      picker.focus();
      setTimeout(() => { picker.settings.openOnFocus = true; }, 50);
    }

    changed() {
      this.text.value = this.root.parts.length ? JSON.stringify(written(this.root)) : "";
      this.text.dispatchEvent(new Event("change", { bubbles: true }));
      if (this.clear) this.clear.hidden = !this.root.parts.length;
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => {
        if (!this.count.isConnected) return;
        window.htmx.ajax("POST", this.url, { source: this.count, target: this.count, swap: "innerHTML", values: { condition: this.text.value } });
      }, 350);
    }

    labelled(control, label) {
      control.id = control.id || `condition-${nextId()}`;
      return [element("label", { class: "visually-hidden", for: control.id }, label), control];
    }

    picker(select) {
      select.dataset.picker = "";
      this.pending.push(() => {
        crm.dressPicker(select);
        select.tomselect.on("dropdown_open", (list) => list.scrollIntoView({ block: "nearest" }));
      });
      return select;
    }

    button(name, act, more = {}) {
      const made = element("button", { type: "button", class: "btn btn-icon btn-sm btn-ghost", "aria-label": this.words[name], title: this.words[name], ...more }, this.icon(name));
      made.addEventListener("click", act);
      return made;
    }

    drawGroup(node, parent, objectType, depth) {
      const list = element("div", { class: "condition-list" });
      node.parts.forEach((part, index) => {
        if (index) list.append(element("span", { class: "condition-joint", "aria-hidden": "true" }, node.every ? this.words.and : this.words.or));
        list.append(part.type === "group" ? this.drawGroup(part, node, objectType, depth + 1) : this.drawRow(part, node, objectType, depth));
      });
      const modes = [["all", this.words.all], ["any", this.words.any], ["not_all", this.words.not_all], ["not_any", this.words.not_any]];
      const mode = element("select", { class: "form-select form-select-sm condition-mode", "data-part": "mode" }, ...options(modes, `${node.negated ? "not_" : ""}${node.every ? "all" : "any"}`));
      mode.addEventListener("change", () => {
        node.negated = mode.value.startsWith("not_");
        node.every = mode.value.endsWith("all");
        this.draw({ node: node.id, part: "mode" });
      });
      const nested = parent !== null;
      const head = element("div", { class: "condition-head" }, ...this.labelled(mode, this.words.mode), nested ? this.actions(node, parent, depth) : null);
      const add = element("button", { type: "button", class: "btn btn-sm" }, this.icon("add"), this.words.add);
      add.addEventListener("click", () => this.append(node, row()));
      const addGroup = element("button", { type: "button", class: "btn btn-sm btn-ghost" }, this.icon("group"), this.words.add_group);
      addGroup.addEventListener("click", () => this.append(node, group([row()], !node.every)));
      return element(
        "div", { class: `condition-group${nested ? " is-nested" : ""}`, role: "group", "aria-label": this.words.group, "data-node": node.id },
        head, node.parts.length ? list : element("p", { class: "muted condition-nothing" }, this.words.nothing),
        element("div", { class: "condition-foot" }, add, depth < this.config.deepest - 3 ? addGroup : null), this.problemOf(node),
      );
    }

    append(node, part) {
      node.parts.push(part);
      this.draw({ node: part.type === "group" ? part.parts[0].id : part.id, part: "property", open: true });
    }

    problemOf(node) {
      const found = this.problems.find((each) => (node.places || []).includes(each.place));
      if (!found) return null;
      return element("p", { class: "field-error", id: `condition-problem-${node.id}` }, this.icon("problem"), element("span", {}, found.text));
    }

    drawRow(node, parent, objectType, depth) {
      const known = this.choicesOf(objectType);
      const value = node.type === "some" ? MANY + node.path : node.field;
      const property = element("select", { class: "form-select", "data-part": "property", "data-placeholder": this.words.choose }, element("option", { value: "" }, this.words.choose));
      for (const [label, pairs] of known.groups) property.append(element("optgroup", { label }, ...options(pairs, value)));
      if (value && ![...property.options].some((each) => each.value === value)) property.append(...options([[value, this.words.unknown]], value));
      property.addEventListener("change", () => this.chose(node, parent, known, property.value));
      const problem = this.problemOf(node);
      if (problem) {
        property.setAttribute("aria-invalid", "true");
        property.setAttribute("aria-describedby", problem.id);
      }
      const parts = element("div", { class: "condition-parts" }, element("div", { class: "condition-property" }, ...this.labelled(this.picker(property), this.words.property)));
      if (node.type === "some") {
        const none = element("select", { class: "form-select", "data-part": "operator" }, ...options([["some", this.words.some], ["none", this.words.none]], node.none ? "none" : "some"));
        none.addEventListener("change", () => { node.none = none.value === "none"; this.changed(); });
        parts.append(element("div", { class: "condition-operator" }, ...this.labelled(none, this.words.operator)));
      } else if (known.fields.has(node.field)) parts.append(...this.drawComparison(node, known.fields.get(node.field)));
      const label = this.words.row.replace("%s", String(++this.rows));
      const drawn = element("div", { class: `condition-row${problem ? " is-wrong" : ""}`, role: "group", "aria-label": label, "data-node": node.id }, parts, this.actions(node, parent, depth), problem);
      const relation = node.type === "some" && known.many.get(node.path);
      if (relation) drawn.append(this.drawGroup(node.where, null, relation.target, depth + 2));
      return drawn;
    }

    chose(node, parent, known, value) {
      const index = parent.parts.indexOf(node);
      if (value.startsWith(MANY)) parent.parts[index] = { id: node.id, type: "some", path: value.slice(MANY.length), none: false, where: group([row()]) };
      else {
        const field = known.fields.get(value);
        const before = node.type === "row" && known.fields.get(node.field);
        const kept = before && field && before.kind === field.kind && !["choice", "multi_choice", "record"].includes(field.kind);
        const op = field ? this.config.operators[field.kind][0].name : "";
        parent.parts[index] = { id: node.id, type: "row", field: value, op: kept ? node.op : op, value: kept ? node.value : undefined };
      }
      this.draw({ node: node.id, part: "operator" });
    }

    drawComparison(node, field) {
      const operators = this.config.operators[field.kind];
      const operator = operators.find((each) => each.name === node.op) || operators[0];
      node.op = operator.name;
      const select = element("select", { class: "form-select", "data-part": "operator" }, ...options(operators.map((each) => [each.name, each.label]), node.op));
      select.addEventListener("change", () => {
        const next = operators.find((each) => each.name === select.value);
        if (next.shape !== operator.shape) {
          const one = Array.isArray(node.value) ? node.value[0] : node.value;
          node.value = next.shape === "list" && operator.shape === "one" && one ? [one] : next.shape === "one" && operator.shape === "list" ? one : undefined;
        }
        node.op = next.name;
        this.draw({ node: node.id, part: "operator" });
      });
      const value = element("div", { class: `condition-value is-${operator.shape}` }, ...this.drawValue(node, field, operator.shape));
      return [element("div", { class: "condition-operator" }, ...this.labelled(select, this.words.operator)), value];
    }

    drawValue(node, field, shape) {
      const set = (value) => { node.value = value; this.changed(); };
      if (shape === "nothing") { node.value = undefined; return []; }
      if (shape === "period") return this.drawPeriod(node, set);
      if (shape === "range") {
        const pair = Array.isArray(node.value) ? node.value : ["", ""];
        const put = (index) => (value) => { pair[index] = value || null; set([...pair]); };
        return [...this.input(field, pair[0], put(0), this.words.from), ...this.input(field, pair[1], put(1), this.words.to)];
      }
      if (field.kind === "checkbox") {
        if (node.value === undefined) node.value = true;
        const select = element("select", { class: "form-select" }, ...options([["true", this.words.yes], ["false", this.words.no]], String(node.value)));
        select.addEventListener("change", () => set(select.value === "true"));
        return this.labelled(select, this.words.value);
      }
      const pairs = field.kind === "user" ? this.config.people : field.choices;
      if (!pairs && !field.url && shape === "one") return this.input(field, node.value, set, this.words.value);
      return this.drawPicker(node, field, pairs, shape === "list", set);
    }

    input(field, value, set, label) {
      const kind = { date: "date", datetime: String(value || "").includes("T") ? "datetime-local" : "date" }[field.kind] || "text";
      const shown = kind === "datetime-local" ? String(value).slice(0, 16) : value ?? "";
      const made = element("input", { class: "form-control", type: kind, value: shown, autocomplete: "off", maxlength: kind === "text" ? 1000 : null, inputmode: ["number", "money"].includes(field.kind) ? "decimal" : null, "data-part": "value", placeholder: kind === "text" ? label : null });
      made.addEventListener("input", () => set(made.value));
      made.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && !made.form.querySelector("[type=submit]")) event.preventDefault();
      });
      return this.labelled(made, label);
    }

    drawPeriod(node, set) {
      const value = node.value && node.value.period ? node.value : { period: "this_month" };
      node.value = value;
      const counted = (name) => this.config.periods.some(([each, , days]) => each === name && days);
      const select = element("select", { class: "form-select", "data-part": "value" }, ...options(this.config.periods, value.period));
      select.addEventListener("change", () => {
        node.value = counted(select.value) ? { period: select.value, days: value.days || "7" } : { period: select.value };
        this.draw({ node: node.id, part: "value" });
      });
      const made = this.labelled(select, this.words.period);
      if (!counted(value.period)) return made;
      const days = element("input", { class: "form-control condition-days", type: "number", min: 0, max: 36500, value: value.days ?? 7 });
      days.addEventListener("input", () => set({ period: value.period, days: days.value }));
      return [...made, ...this.labelled(days, this.words.days)];
    }

    drawPicker(node, field, pairs, multiple, set) {
      const chosen = (multiple ? (Array.isArray(node.value) ? node.value : []) : [node.value]).filter((each) => each !== undefined && each !== null && each !== "").map(String);
      const listed = pairs ? [...pairs] : [];
      for (const each of chosen) {
        if (!listed.some(([value]) => value === each)) listed.push([each, this.config.names[`${field.kind === "user" ? "user" : field.target}:${each}`] || each]);
      }
      const select = element("select", { class: "form-select", multiple, "data-placeholder": multiple && chosen.length ? " " : this.words.pick, "data-part": "value", "data-url": field.url || null, "data-create": !pairs && !field.url });
      if (!multiple) select.append(element("option", { value: "" }, this.words.pick));
      for (const [value, label] of listed) {
        const option = element("option", { value }, label);
        if (chosen.includes(value)) { option.selected = true; option.setAttribute("selected", ""); }
        select.append(option);
      }
      select.addEventListener("change", () => set(multiple ? [...select.selectedOptions].map((each) => each.value) : select.value));
      if (multiple || field.url || listed.length > 10) this.picker(select);
      return this.labelled(select, this.words.value);
    }

    actions(node, parent, depth) {
      const lines = [["duplicate", () => this.duplicate(node, parent)], ["up", () => this.shift(node, parent, -1)], ["down", () => this.shift(node, parent, 1)], ["indent", () => this.indent(node, parent, depth)], ["outdent", () => this.outdent(node, parent)]];
      const panel = element("div", { class: "menu-panel" }, ...lines.map(([name, act]) => {
        const line = element("button", { type: "button", class: "menu-line" }, this.icon(name), element("span", {}, this.words[name]));
        line.addEventListener("click", act);
        return line;
      }));
      const menu = element("details", { class: "menu menu-end", "data-menu": true }, element("summary", { class: "btn btn-icon btn-sm btn-ghost", "aria-label": this.words.more, title: this.words.more, "data-part": "more" }, this.icon("more")), panel);
      return element("div", { class: "condition-actions" }, menu, this.button("remove", () => this.remove(node, parent), { "data-part": "remove" }));
    }

    parentOf(wanted, from = this.root) {
      for (const part of from.parts) {
        if (part === wanted) return from;
        const inner = part.type === "group" ? part : part.type === "some" ? part.where : null;
        const found = inner && (inner === wanted ? null : this.parentOf(wanted, inner));
        if (found) return found;
      }
      return null;
    }

    duplicate(node, parent) {
      const made = copied(node);
      parent.parts.splice(parent.parts.indexOf(node) + 1, 0, made);
      this.draw({ node: made.id, part: "property" });
    }

    remove(node, parent) {
      const index = parent.parts.indexOf(node);
      parent.parts.splice(index, 1);
      const next = parent.parts[index] || parent.parts[index - 1];
      this.draw(next ? { node: next.id, part: "remove" } : { add: parent.id });
      crm.announce(this.words.removed);
    }

    shift(node, parent, step) {
      const index = parent.parts.indexOf(node);
      const next = Math.min(Math.max(index + step, 0), parent.parts.length - 1);
      parent.parts.splice(next, 0, ...parent.parts.splice(index, 1));
      this.draw({ node: node.id, part: "more" });
    }

    indent(node, parent, depth) {
      const index = parent.parts.indexOf(node);
      const before = parent.parts[index - 1];
      if (before && before.type === "group") {
        parent.parts.splice(index, 1);
        before.parts.push(node);
      } else if (depth < this.config.deepest - 3) parent.parts[index] = group([node], !parent.every);
      this.draw({ node: node.id, part: "more" });
    }

    outdent(node, parent) {
      const above = this.parentOf(parent);
      if (!above) { this.draw({ node: node.id, part: "more" }); return; }
      parent.parts.splice(parent.parts.indexOf(node), 1);
      above.parts.splice(above.parts.indexOf(parent) + 1, 0, node);
      if (!parent.parts.length) above.parts.splice(above.parts.indexOf(parent), 1);
      this.draw({ node: node.id, part: "more" });
    }

    /* Alt and an arrow move the condition that has the focus. */
    pressed(event) {
      if (!event.altKey || event.ctrlKey || event.metaKey || !event.key.startsWith("Arrow")) return;
      const drawn = event.target.closest(".condition-row, .condition-group.is-nested");
      const node = drawn && this.find(Number(drawn.dataset.node));
      const parent = node && this.parentOf(node);
      if (!parent) return;
      event.preventDefault();
      const act = { ArrowUp: () => this.shift(node, parent, -1), ArrowDown: () => this.shift(node, parent, 1), ArrowRight: () => this.indent(node, parent, 1), ArrowLeft: () => this.outdent(node, parent) };
      act[event.key]();
    }

    find(id, from = this.root) {
      if (from.id === id) return from;
      const inner = from.type === "group" ? from.parts : from.type === "some" ? [from.where] : [];
      for (const part of inner) {
        const found = this.find(id, part);
        if (found) return found;
      }
      return null;
    }
  }

  const start = (root) => {
    if (root.dataset.ready) return;
    root.dataset.ready = "yes";
    // The focus goes through the pickers of a row as it is drawn.
    crm.library("tomSelect").then(() => new Editor(root), () => { delete root.dataset.ready; });
  };
  const startAll = (root) => {
    if (root.matches && root.matches("[data-conditions]")) start(root);
    root.querySelectorAll("[data-conditions]").forEach(start);
  };
  document.addEventListener("DOMContentLoaded", () => startAll(document));
  document.addEventListener("htmx:load", (event) => startAll(event.detail.elt));
})(window.crm);
