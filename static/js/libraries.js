/* Libraries that few pages need, fetched when the first one asks: crm.library("sortable").then(...). Their addresses are
   in <meta name="libraries">. */
"use strict";
(function (crm) {
  const addresses = document.querySelector("meta[name=libraries]").dataset;
  const begun = {};
  const added = (tag, values) => new Promise((done, failed) => {
    const element = Object.assign(document.createElement(tag), values);
    element.addEventListener("load", () => done());
    element.addEventListener("error", () => { element.remove(); failed(new Error(`${values.src || values.href} did not load`)); });
    // A style goes before ours, which have the last word.
    const first = document.querySelector("link[rel=stylesheet]");
    if (tag === "link") first.after(element);
    else document.head.append(element);
  });
  crm.library = (name) => {
    if (!begun[name]) {
      const style = addresses[`${name}Style`];
      const parts = [added("script", { src: addresses[`${name}Script`] })];
      if (style) parts.push(added("link", { rel: "stylesheet", href: style }));
      begun[name] = Promise.all(parts);
      // Without the network the next one who asks tries again.
      begun[name].catch(() => { delete begun[name]; });
    }
    return begun[name];
  };
})(window.crm);
