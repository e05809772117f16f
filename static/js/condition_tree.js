/* Conditions as a tree of nodes for the editor: from JSON and back. A node is a group, a row, or some: records of an
   association with a group of its own. Each remembers the places that it had in the JSON, for the server's sentences. */
"use strict";
window.crm = window.crm || {};
(function (crm) {
  let made = 0;
  const group = (parts, every = true, negated = false) => ({ id: ++made, type: "group", every, negated, parts });
  const row = () => ({ id: ++made, type: "row", field: "", op: "", value: undefined });
  const at = (node, place) => Object.assign(node, { places: [...(node.places || []), JSON.stringify(place)] });
  const read = (part, place) => {
    if (!part || typeof part !== "object") return at(row(), place);
    for (const key of ["all", "any"]) {
      if (Array.isArray(part[key])) return at(group(part[key].map((each, index) => read(each, [...place, key, index])), key === "all"), place);
    }
    if ("not" in part) {
      const inner = read(part.not, [...place, "not"]);
      if (inner.type === "group" && !inner.negated) return at(Object.assign(inner, { negated: true }), place);
      return at(group([inner], true, true), place);
    }
    for (const key of ["some", "none"]) {
      if (!(key in part)) continue;
      const where = part.where && Object.keys(part.where).length ? read(part.where, [...place, "where"]) : group([]);
      return at({ id: ++made, type: "some", path: String(part[key]), none: key === "none", where: where.type === "group" ? where : group([where]) }, place);
    }
    return at(Object.assign(row(), { field: String(part.field || ""), op: String(part.op || ""), value: part.value }), place);
  };
  const written = (node) => {
    if (node.type === "group") {
      const plain = { [node.every ? "all" : "any"]: node.parts.map(written) };
      return node.negated ? { not: plain } : plain;
    }
    if (node.type === "some") {
      const found = { [node.none ? "none" : "some"]: node.path };
      if (node.where.parts.length) found.where = written(node.where);
      return found;
    }
    const found = { field: node.field, op: node.op };
    if (node.value !== undefined && node.value !== null) found.value = node.value;
    return found;
  };
  const copied = (node) => read(JSON.parse(JSON.stringify(written(node))), ["copy"]);

  crm.conditionTree = { group, row, read, written, copied, nextId: () => ++made };
})(window.crm);
