/* Draws the pictures of reports from the JSON beside them: colours of the theme, patterns beside colours, keys. */
"use strict";
(function (crm) {
  const drawn = new Set();
  const DASHES = ["solid", "dashed", "dotted", [8, 3, 2, 3]];
  const SYMBOLS = ["circle", "rect", "triangle", "diamond", "roundRect", "arrow"];
  const language = document.documentElement.lang || "en";

  /* light-dark() is only resolved in a used value, so an element is asked: a new one each time, because a colour that
     changes may be on its way (reduced motion shortens transitions, and thereby makes them). */
  const colours = (box) => {
    const of = (name) => {
      const probe = document.createElement("span");
      probe.style.color = `var(--${name})`;
      box.append(probe);
      const found = getComputedStyle(probe).color;
      probe.remove();
      return found;
    };
    return {
      text: of("text"), muted: of("muted"), line: of("line"), panel: of("panel"), raised: of("raised"),
      marks: [1, 2, 3, 4, 5, 6, 7, 8].map((place) => of(`chart-${place}`)),
    };
  };

  const short = (picture) => {
    const style = picture.money ? { style: "currency", currency: picture.unit, currencyDisplay: "narrowSymbol" } : {};
    const format = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1, ...style });
    const tail = picture.unit === "%" ? " %" : "";
    return (value) => format.format(value) + tail;
  };
  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

  const says = (picture, series, index) => {
    const each = picture.series[series];
    const name = picture.series.length > 1 && picture.kind !== "donut" ? ` · ${each.name}` : "";
    return `${picture.labels[index]}${name}: ${each.texts[index] || "–"}`;
  };

  /* Which series and index a mark of the chart stands for. */
  const place = (picture, mark) => ({ series: picture.kind === "donut" || picture.kind === "funnel" ? 0 : mark.seriesIndex, index: mark.dataIndex });

  const tooltip = (picture, colour) => ({
    renderMode: "richText", confine: true, backgroundColor: colour.raised, borderColor: colour.line, borderWidth: 1, padding: [8, 10],
    textStyle: { color: colour.text, fontFamily: "Inter, sans-serif", fontSize: 13 },
  });

  const many = (picture) => picture.series.length > 1;

  const legend = (picture, colour) => ({
    show: many(picture), type: "scroll", top: 0, left: 0, itemWidth: 18, itemHeight: 11, icon: picture.kind === "line" ? undefined : "roundRect",
    textStyle: { color: colour.text, fontFamily: "Inter, sans-serif" }, pageTextStyle: { color: colour.muted }, pageIconColor: colour.text, pageIconInactiveColor: colour.line,
  });

  const axes = (picture, colour, lying, width) => {
    const words = { color: colour.muted, fontFamily: "Inter, sans-serif", fontSize: 12 };
    const names = {
      type: "category", data: picture.labels, inverse: lying, axisTick: { show: false }, axisLine: { lineStyle: { color: colour.line } },
      axisLabel: { ...words, hideOverlap: true, formatter: (text) => cut(text, lying ? Math.max(10, Math.min(28, Math.floor(width / 28))) : 16) },
      boundaryGap: picture.kind !== "line" && picture.kind !== "area",
    };
    const values = { type: "value", axisLabel: { ...words, hideOverlap: true, formatter: short(picture) }, splitLine: { lineStyle: { color: colour.line } }, splitNumber: 4 };
    return lying ? { xAxis: values, yAxis: names } : { xAxis: names, yAxis: values };
  };

  const points = (each) => each.values.map((value, index) => ({ value, itemStyle: undefined, cursor: each.drill[index] ? "pointer" : "default" }));

  const columns = (picture, colour, width) => {
    const stacked = picture.kind === "stacked_bar" || picture.kind === "area";
    const bars = picture.kind === "bar" || picture.kind === "stacked_bar";
    const lying = bars && Math.max(0, ...picture.labels.map((label) => label.length)) > 12;
    const series = picture.series.map((each, at) => ({
      name: each.name, type: bars ? "bar" : "line", stack: stacked ? "all" : undefined, data: points(each), barMaxWidth: 36,
      itemStyle: bars && !stacked ? { borderRadius: lying ? [0, 3, 3, 0] : [3, 3, 0, 0] } : {},
      symbol: SYMBOLS[at % SYMBOLS.length], symbolSize: 7, showSymbol: picture.labels.length <= 60,
      lineStyle: { width: 2, type: DASHES[at % DASHES.length] }, areaStyle: picture.kind === "area" ? { opacity: many(picture) ? 0.55 : 0.18 } : undefined,
      emphasis: { focus: many(picture) ? "series" : "none" },
    }));
    return { ...axes(picture, colour, lying, width), series, grid: { top: many(picture) ? 40 : 16, left: 4, right: 18, bottom: 4, containLabel: true } };
  };

  const spark = (picture) => ({
    xAxis: { type: "category", show: false, boundaryGap: false, data: picture.labels }, yAxis: { type: "value", show: false, scale: true },
    grid: { top: 8, bottom: 8, left: 4, right: 4 },
    series: [{ type: "line", data: points(picture.series[0]), symbolSize: 6, lineStyle: { width: 2 }, areaStyle: { opacity: 0.12 } }],
  });

  const donut = (picture, colour, width) => ({
    legend: {
      type: "scroll", textStyle: { color: colour.text, fontFamily: "Inter, sans-serif" }, formatter: (text) => cut(text, 26),
      pageTextStyle: { color: colour.muted }, ...(width > 520 ? { orient: "vertical", right: 8, top: "middle" } : { bottom: 0 }),
    },
    series: [{
      type: "pie", radius: ["50%", "78%"], center: width > 520 ? ["32%", "50%"] : ["50%", "44%"], minAngle: 2, itemStyle: { borderColor: colour.panel, borderWidth: 2 },
      label: { show: false }, data: picture.labels.map((name, index) => ({ name, value: Math.max(0, picture.series[0].values[index] || 0), cursor: picture.series[0].drill[index] ? "pointer" : "default" })),
    }],
  });

  /* A funnel is bars around the middle: what is missing to the widest lies on both sides of each. */
  const funnel = (picture, colour) => {
    const each = picture.series[0];
    const widest = Math.max(...each.values, 0);
    const names = { color: colour.muted, fontFamily: "Inter, sans-serif", fontSize: 12, formatter: (text) => cut(text, 20) };
    return {
      xAxis: { type: "value", show: false, max: widest || 1 }, grid: { top: 8, bottom: 8, left: 4, right: 80, containLabel: true },
      yAxis: { type: "category", inverse: true, data: picture.labels, axisTick: { show: false }, axisLine: { show: false }, axisLabel: names },
      series: [
        { type: "bar", stack: "all", silent: true, itemStyle: { color: "transparent", decal: { symbol: "none" } }, data: each.values.map((value) => (widest - value) / 2), barCategoryGap: "18%", tooltip: { show: false }, emphasis: { disabled: true } },
        { type: "bar", stack: "all", data: points(each), itemStyle: { borderRadius: 3, color: colour.marks[0] }, label: { show: true, position: "right", color: colour.text, fontFamily: "Inter, sans-serif", formatter: (mark) => each.texts[mark.dataIndex] } },
      ],
    };
  };

  const option = (picture, box, width) => {
    const colour = colours(box);
    const drawing = { donut, funnel, number: spark }[picture.kind] || columns;
    const patterned = picture.kind === "donut" || (many(picture) && picture.kind !== "line");
    return {
      color: colour.marks,
      backgroundColor: "transparent",
      animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
      animationDuration: 250,
      aria: { enabled: true, label: { enabled: false }, decal: { show: patterned } },
      legend: legend(picture, colour),
      tooltip: { ...tooltip(picture, colour), trigger: "item", formatter: (mark) => { const at = place(picture, mark); return says(picture, at.series, at.index); } },
      ...drawing(picture, colour, width),
    };
  };

  const follow = (picture, at) => {
    const address = picture.series[at.series] && picture.series[at.series].drill[at.index];
    if (address) window.location.assign(address);
  };

  /* Arrow keys go along the marks, up and down change the series, Enter opens the records. */
  const keys = (box, chart, picture) => {
    const at = { series: 0, index: -1 };
    const show = () => {
      const series = picture.kind === "funnel" ? 1 : picture.kind === "donut" ? 0 : at.series;
      chart.dispatchAction({ type: "downplay" });
      chart.dispatchAction({ type: "highlight", seriesIndex: series, dataIndex: at.index });
      chart.dispatchAction({ type: "showTip", seriesIndex: series, dataIndex: at.index });
      crm.announce(says(picture, at.series, at.index));
    };
    box.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const other = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) at.index = Math.min(Math.max(at.index + step, 0), picture.labels.length - 1);
      else if (event.key === "Home") at.index = 0;
      else if (event.key === "End") at.index = picture.labels.length - 1;
      else if (other && many(picture)) at.series = Math.min(Math.max(at.series + other, 0), picture.series.length - 1);
      else if (event.key === "Enter" && at.index >= 0) { event.preventDefault(); follow(picture, at); return; } else return;
      event.preventDefault();
      at.index = Math.max(at.index, 0);
      show();
    });
    box.addEventListener("focus", () => { if (box.matches(":focus-visible")) crm.announce(box.dataset.hint); });
    box.addEventListener("blur", () => { chart.dispatchAction({ type: "hideTip" }); chart.dispatchAction({ type: "downplay" }); });
  };

  const draw = (box) => {
    if (box.dataset.drawn || !window.echarts) return;
    box.dataset.drawn = "yes";
    const picture = JSON.parse(box.nextElementSibling.textContent);
    const chart = window.echarts.init(box, null, { renderer: "canvas" });
    const paint = () => chart.setOption(option(picture, box, box.clientWidth), { notMerge: true });
    paint();
    chart.on("click", (mark) => follow(picture, place(picture, mark)));
    keys(box, chart, picture);
    const watch = new ResizeObserver(() => {
      if (!box.isConnected) { watch.disconnect(); chart.dispose(); drawn.delete(kept); return; }
      chart.resize();
      paint();
    });
    const kept = { box, chart, picture, paint };
    watch.observe(box);
    drawn.add(kept);
  };

  /* The picture as a file: drawn anew in a fixed size, with its title and what has to be said about it. */
  const save = (button) => {
    const box = button.closest("[data-report-page]").querySelector("[data-chart]");
    const kept = [...drawn].find((each) => each.box === box);
    if (!kept) return;
    const colour = colours(box);
    const stage = document.createElement("div");
    stage.className = "report-stage";
    document.body.append(stage);
    const chart = window.echarts.init(stage, null, { renderer: "canvas", width: 1200, height: 675 });
    const made = option(kept.picture, box, 1200);
    chart.setOption({
      ...made, animation: false, backgroundColor: colour.panel,
      title: { text: kept.picture.title, subtext: kept.picture.notes.join("  ·  "), left: 24, top: 16, itemGap: 8, textStyle: { color: colour.text, fontSize: 20, lineHeight: 28, fontFamily: "Inter, sans-serif" }, subtextStyle: { color: colour.muted, lineHeight: 18, fontFamily: "Inter, sans-serif" } },
      grid: { ...made.grid, top: 120, left: 24, right: 90, bottom: 24 }, legend: { ...made.legend, top: kept.picture.kind === "donut" ? "middle" : 78, left: kept.picture.kind === "donut" ? undefined : 20 },
    });
    stage.querySelector("canvas").toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = button.dataset.savePicture;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      chart.dispose();
      stage.remove();
    });
  };

  const drawAll = (root) => {
    if (root.matches && root.matches("[data-chart]")) draw(root);
    root.querySelectorAll("[data-chart]").forEach(draw);
  };
  /* The builder asks only what counts: the period of dates, the days of a period of one's own. */
  const fit = (form) => {
    form.querySelectorAll("[data-report-group]").forEach((group) => {
      const by = group.querySelector("select");
      group.querySelector(".report-bucket").hidden = !by.dataset.dated.split(" ").includes(by.value);
    });
    form.querySelector("[data-report-custom]").hidden = form.elements.range.value !== "custom";
  };
  document.addEventListener("DOMContentLoaded", () => {
    const form = document.getElementById("report-form");
    if (!form) return;
    fit(form);
    form.addEventListener("change", () => fit(form));
  });
  document.addEventListener("click", (event) => {
    const narrow = event.target.closest("[data-narrow]");
    if (!narrow) return;
    const range = document.getElementById("report-form").elements.range;
    range.value = narrow.dataset.narrow;
    range.dispatchEvent(new Event("change", { bubbles: true }));
  });
  const repaint = () => drawn.forEach((each) => each.paint());
  document.addEventListener("DOMContentLoaded", () => drawAll(document));
  document.addEventListener("htmx:load", (event) => drawAll(event.detail.elt));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-save-picture]");
    if (button) save(button);
  });
  new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  crm.drawReports = drawAll;
})(window.crm);
