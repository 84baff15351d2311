// Charts by ECharts, from what the server says of them (app/reports/charts). ECharts itself is fetched when a page shows
// one. Colours are those of the style sheet, and follow it when it turns dark; sides follow the direction of the page.
(() => {
  "use strict";
  const { all, words } = window.tenantry;
  const root = document.documentElement;
  const isRtl = root.dir === "rtl";
  const [START, END] = isRtl ? ["right", "left"] : ["left", "right"];
  const ROW = 34; // pixels of a bar across with its space
  const TALL = 270; // pixels of a chart that has no rows
  const NARROW = 480;
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  // A text of its own direction within another, and a whole one in the page's.
  const apart = (text) => `\u2068${text}\u2069`;
  const written = (text) => (isRtl ? `\u2067${text}\u2069` : text);

  function axisNumbers(unit) {
    const how = unit === "%" ? { style: "percent", maximumFractionDigits: 1 }
      : { notation: "compact", maximumFractionDigits: 1, ...(unit && { style: "currency", currency: unit }) };
    const format = new Intl.NumberFormat(`${root.lang || "en"}-u-nu-latn`, how);
    return (value) => written(format.format(unit === "%" ? value / 100 : value));
  }

  // What the style sheet says: a colour as it is now, light or dark.
  function colours(place) {
    const probe = place.appendChild(document.createElement("i"));
    const named = (name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    const found = { ink: named("--ink"), soft: named("--soft"), line: named("--line"), paper: named("--raised") };
    const tones = {};
    for (const tone of ["blue", "teal", "amber", "purple", "green", "pink", "orange", "red", "yellow", "grey"]) tones[tone] = named(`--chart-${tone}`);
    probe.remove();
    return { ...found, tones };
  }

  function options(data, look, width) {
    const how = { data, look, width, isNarrow: width < NARROW, number: axisNumbers(data.unit), tone: (name) => look.tones[name] ?? look.tones.blue };
    const made = { bars: across, columns: upright, lines: upright, ring, funnel }[data.kind](how);
    return {
      animationDuration: 300,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 13, color: look.ink },
      tooltip: tooltip(how), ...made,
    };
  }

  // --- parts of all kinds ----------------------------------------------------------------------------------------
  function tooltip({ data, look }) {
    const isOfPlace = data.kind !== "ring" && data.kind !== "funnel";
    const line = (name, point) => (name ? `${apart(name)}: ${apart(point.words)}` : apart(point.words));
    return {
      trigger: isOfPlace ? "axis" : "item", renderMode: "richText", confine: true,
      axisPointer: { type: data.kind === "lines" ? "line" : "shadow", shadowStyle: { color: look.ink, opacity: 0.05 }, lineStyle: { color: look.soft } },
      backgroundColor: look.paper, borderColor: look.line, textStyle: { color: look.ink, fontSize: 13 },
      formatter: (hovered) => {
        if (!isOfPlace) return [data.places[hovered.dataIndex], data.kind === "funnel" ? data.ends[hovered.dataIndex] : hovered.data.words].map(apart).map(written).join("\n");
        const inOrder = data.series.map(({ name }) => hovered.find((one) => one.seriesName === name)).filter(Boolean);
        const found = inOrder.filter((one) => one.data.value);
        const lines = (found.length ? found : inOrder.slice(0, 1)).map((one) => line(data.series.length > 1 ? one.seriesName : "", one.data));
        return [apart(data.places[hovered[0].dataIndex]), ...lines].map(written).join("\n");
      },
    };
  }

  const drawn = ({ tone }, series) => series.points.map((point) => ({ ...point, itemStyle: { color: tone(point.tone || series.tone) } }));
  const named = (how) => drawn(how, how.data.series[0]).map((point, at) => ({ ...point, name: how.data.places[at] }));
  const labels = (look, more) => ({ color: look.soft, fontSize: 12, formatter: (text) => written(apart(text)), ...more });
  const valueAxis = ({ data, look, number }, more) => ({
    type: "value", axisLabel: { color: look.soft, fontSize: 12, formatter: number, hideOverlap: true }, splitLine: { lineStyle: { color: look.line } },
    minInterval: data.unit || data.series.some((one) => one.points.some((point) => !Number.isInteger(point.value))) ? 0 : 1, ...more,
  });

  // --- the kinds -------------------------------------------------------------------------------------------------
  function across(how) {
    const { data, look, width, isNarrow } = how;
    const bare = { type: "category", inverse: true, axisTick: { show: false }, axisLine: { show: false } };
    const room = Math.min(width * (isNarrow ? 0.32 : 0.26), 220);
    return {
      grid: { top: 4, bottom: 4, left: 4, right: 4, containLabel: true },
      xAxis: valueAxis(how, { inverse: isRtl, splitNumber: isNarrow ? 2 : 5 }),
      yAxis: [
        { ...bare, position: START, data: data.places, axisLabel: labels(look, { color: look.ink, width: room, overflow: "truncate", interval: 0 }) },
        { ...bare, position: END, data: data.ends, axisPointer: { show: false }, axisLabel: labels(look, { color: look.ink, fontWeight: 600, interval: 0, width: room, overflow: "truncate" }) },
      ],
      series: bars(how, { barMaxWidth: 18 }),
    };
  }

  function bars(how, more) {
    const { data, tone } = how;
    return data.series.map((one) => ({
      type: "bar", name: one.name, stack: data.isStacked ? "all" : undefined, color: tone(one.tone), barMinHeight: data.isStacked ? 0 : 2,
      itemStyle: { borderRadius: data.isStacked ? 0 : 2 }, data: drawn(how, one), ...more,
    }));
  }

  function upright(how) {
    const { data, look, tone } = how;
    const lines = () => data.series.map((one) => ({
      type: "line", name: one.name, color: tone(one.tone), symbol: "circle", symbolSize: 7, showSymbol: one.points.length <= 62,
      lineStyle: { width: 2 }, data: drawn(how, one), triggerLineEvent: false,
    }));
    const columns = bars(how, { barMaxWidth: 48 });
    return {
      grid: { top: 16, bottom: 4, left: 4, right: 12, containLabel: true },
      xAxis: { type: "category", inverse: isRtl, data: data.places, boundaryGap: data.kind !== "lines", axisTick: { show: false },
        axisLine: { lineStyle: { color: look.line } }, axisLabel: labels(look, { hideOverlap: true }) },
      yAxis: valueAxis(how, { position: START, splitNumber: 4 }),
      series: data.kind === "lines" ? lines() : isRtl && !data.isStacked ? columns.reverse() : columns, // beside each other by side
    };
  }

  function ring(how) {
    const { data, look } = how;
    return {
      series: [{
        type: "pie", radius: ["58%", "92%"], clockwise: !isRtl, label: { show: false },
        itemStyle: { borderColor: look.paper, borderWidth: 2 }, data: named(how),
      }],
    };
  }

  function funnel(how) {
    const { data, look, width, isNarrow } = how;
    const share = isNarrow ? 0.42 : 0.55;
    return {
      series: [{
        type: "funnel", sort: "none", gap: 2, min: 0, minSize: 0, top: 8, bottom: 8, width: `${share * 100}%`, [START]: 4, [END]: "auto",
        itemStyle: { borderWidth: 0 },
        label: { position: END, color: look.ink, width: width * (1 - share) - 48, overflow: "truncate", lineHeight: 17,
          formatter: ({ dataIndex }) => written(`${apart(data.places[dataIndex])}\n${apart(data.ends[dataIndex])}`) },
        labelLine: { length: 16, lineStyle: { color: look.line } },
        data: named(how),
      }],
    };
  }

  // --- on the page -----------------------------------------------------------------------------------------------
  let engine = null;
  function fetched(address) {
    engine ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = address;
      script.addEventListener("load", () => done(window.echarts));
      script.addEventListener("error", failed);
      document.head.append(script);
    });
    return engine;
  }

  function height({ kind, places, series, isStacked }) {
    if (kind === "bars") return places.length * Math.max(ROW, isStacked ? 0 : series.length * 14) + 28;
    return kind === "funnel" ? Math.max(places.length * 46, 120) : TALL;
  }

  // Without what the reader put out of sight: whole series, of a ring single places.
  function inSight(data, hidden) {
    if (!hidden.size) return data;
    const isKept = (_, at) => !hidden.has(at);
    if (data.kind !== "ring") return { ...data, series: data.series.filter(isKept) };
    const series = data.series.map((one) => ({ ...one, points: one.points.filter(isKept) }));
    return { ...data, places: data.places.filter(isKept), series };
  }

  // The legend is HTML: it wraps, it has the page's direction, and the keyboard reaches it.
  function legend(data, hidden, draw) {
    const [first] = data.series;
    const entries = data.kind === "ring" ? data.places.map((name, at) => [name, first.points[at].tone, first.points[at].words])
      : data.kind === "funnel" || data.series.length < 2 ? [] : data.series.map((one) => [one.name, one.tone]);
    if (!entries.length) return [];
    const list = document.createElement("ul");
    list.className = "chart-legend";
    list.append(...entries.map(([name, tone, value], at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", "true");
      const key = document.createElement("span");
      key.className = `chart-key tone-${tone}`;
      button.append(key, ...[name, value].filter(Boolean).map((text, place) => {
        const words = document.createElement("bdi");
        words.textContent = text;
        words.className = place ? "note" : "";
        return words;
      }));
      button.addEventListener("click", () => {
        if (!hidden.delete(at)) hidden.add(at);
        button.setAttribute("aria-pressed", String(!hidden.has(at)));
        draw();
      });
      const line = document.createElement("li");
      line.append(button);
      return line;
    }));
    return [list];
  }

  const shown = new Set();
  async function chart(figure) {
    const data = JSON.parse(figure.dataset.chart);
    const plane = figure.querySelector("[data-plane]");
    plane.style.blockSize = `${height(data)}px`;
    // Texts are measured once, so their letters have to be there.
    const [echarts] = await Promise.all([fetched(figure.dataset.engine), document.fonts.ready]).catch(() => []);
    if (!echarts) { figure.replaceWith(words.failed); return; }
    const made = echarts.init(plane, null, { renderer: "svg" });
    const hidden = new Set();
    const draw = (isMoving = !still.matches) => made.setOption({ animation: isMoving, ...options(inSight(data, hidden), colours(figure), made.getWidth()) }, true);
    figure.append(...legend(data, hidden, draw));
    new ResizeObserver(() => { made.resize(); draw(false); }).observe(plane);
    made.on("click", ({ data: point, event }) => {
      if (!point?.href) return;
      const { ctrlKey, metaKey } = event.event;
      if (ctrlKey || metaKey) open(point.href, "_blank", "noopener");
      else location.href = point.href;
    });
    shown.add({ figure, made, draw });
  }

  function redraw() {
    for (const one of shown) {
      if (one.figure.isConnected) { one.draw(); continue; }
      one.made.dispose();
      shown.delete(one);
    }
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(root, { attributeFilter: ["data-bs-theme"] });

  // Paper is white and as wide as paper; where there is less room yet, what is drawn shrinks (charts.css).
  const PAPER = 660;
  addEventListener("beforeprint", () => {
    root.style.colorScheme = "light";
    for (const { figure, made, draw } of shown) {
      made.resize({ width: Math.min(PAPER, made.getWidth()) });
      draw(false);
      figure.querySelector("svg").setAttribute("viewBox", `0 0 ${made.getWidth()} ${made.getHeight()}`);
    }
  });
  addEventListener("afterprint", () => {
    root.style.colorScheme = "";
    for (const { figure, made, draw } of shown) {
      figure.querySelector("svg").removeAttribute("viewBox");
      made.resize({ width: "auto" });
      draw(false);
    }
  });

  document.addEventListener("tenantry:added", (event) => all(event.detail, "[data-chart]").forEach(chart));
})();
