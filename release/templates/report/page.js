// The page of `release report`. Every text from the data reaches the page by `textContent`, never as markup; the charts get
// numbers, tags and our own words, and their expressions run in an interpreter, since the page's policy forbids `eval`.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const releases = data.releases; // newest version first
  const UNKNOWN = false; // a cell whose file or commit could not be read; null: the release has no such value
  const isNumber = (value) => typeof value === "number";
  const metrics = data.metrics.map((metric, at) => ({
    ...metric,
    at,
    whole: releases.every(({ values }) => !isNumber(values[at]) || Number.isInteger(values[at])),
    drawn: releases.some(({ values }) => isNumber(values[at])),
  }));
  const headline = metrics.filter((metric) => metric.headline && metric.drawn);
  const shown = new Set(headline.length ? headline : metrics.filter((metric) => metric.drawn).slice(0, 4));
  const usable = releases.filter((release) => release.withdrawn === null && !release.unknown);
  const latest = usable.find((release) => !release.prerelease) ?? usable[0];

  /** Return a new element; `attributes` are set as such, `children` are elements or text. */
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== null) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  /** Return a name in pieces between which a line may break. */
  const broken = (text) => text.split(/(?<=[./_:-])/).flatMap((piece, at) => (at ? [element("wbr"), piece] : [piece]));

  // Numbers as the command line prints them

  function places(value, most) {
    return (value + 0).toLocaleString("en-US", { minimumFractionDigits: most, maximumFractionDigits: most });
  }
  function decimal(value, whole) {
    const size = Math.abs(value);
    if (size >= 1e15 || (size > 0 && size < 0.00095)) return value.toExponential(3);
    if (whole || (size >= 2 && Number.isInteger(value))) return places(value, 0);
    return places(value, size < 100 ? 4 : size < 10000 ? 2 : 1);
  }
  function told(value, metric) {
    if (value === UNKNOWN) return "unknown";
    if (value === null || value === undefined) return "–";
    return isNumber(value) ? decimal(value, metric?.whole) : value;
  }
  function bytes(size) {
    let unit = 0;
    for (; size >= 999.5 && unit < 6; unit += 1) size /= 1000;
    return `${unit && size < 9.95 ? size.toFixed(1) : size.toFixed(0)} ${["B", "kB", "MB", "GB", "TB", "PB", "EB"][unit]}`;
  }
  const many = (count, noun) => `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;

  /** Return the change between two values: its text, and `better`, `worse`, `changed`, `unchanged`, `new`, `removed` or "". */
  function change(metric, before, after) {
    if (before === UNKNOWN || after === UNKNOWN) return { text: "", verdict: "unknown" };
    if (before === null || after === null) {
      return { text: "", verdict: before === after ? "" : before === null ? "new" : "removed" };
    }
    if (!isNumber(before) || !isNumber(after)) return { text: "", verdict: before === after ? "unchanged" : "changed" };
    const text = (after > before ? "+" : "") + decimal(after - before, metric.whole);
    if (before === after) return { text, verdict: "unchanged" };
    if (metric.better === "neither") return { text, verdict: "changed" };
    return { text, verdict: after > before === (metric.better === "up") ? "better" : "worse" };
  }
  const colour = ({ verdict }) => (verdict === "better" ? "good" : verdict === "worse" ? "bad" : "faint");

  /** Return the change of a metric since the release before; null if there is none on this page. */
  function sinceBefore(metric, release) {
    return release.before === null ? null : change(metric, releases[release.before].values[metric.at], release.values[metric.at]);
  }

  /** Return the release with the best value of a metric among those that may be used; undefined if nothing says which. */
  function best(metric) {
    if (metric.better === "neither") return undefined;
    const sign = metric.better === "up" ? 1 : -1;
    const found = usable.filter(({ values }) => isNumber(values[metric.at]));
    return found.reduce((top, each) => (top && sign * (top.values[metric.at] - each.values[metric.at]) >= 0 ? top : each), undefined);
  }

  // Head, notes and tiles

  function showHead() {
    document.title = `${data.project}: releases`;
    byId("title").textContent = data.project;
    byId("summary").textContent = `${many(releases.length, "release")}, ${many(metrics.length, "metric")}`;
    byId("program").textContent = `release ${data.program}`;
    byId("notes").append(...data.notes.map((note) => element("li", {}, note)));
    if (!latest) {
      byId("latest-text").textContent = releases.length ? "No release can be read and used." : "No releases yet.";
      return;
    }
    const before = latest.before === null ? "" : `, compared with ${releases[latest.before].tag}`;
    byId("latest-text").append(element("strong", {}, latest.tag), ` ${latest.date ?? ""} ${latest.message}`, element("span", { class: "faint" }, before));
    for (const metric of headline) {
      const since = sinceBefore(metric, latest);
      const top = best(metric);
      const moved = since && since.verdict ? `${since.text} ${since.verdict}` : "nothing to compare with";
      const of = top === latest ? "the best so far" : top ? `best ${told(top.values[metric.at], metric)} in ${top.tag}` : "";
      byId("tiles").append(
        element(
          "li",
          {},
          element("p", { class: "small" }, ...broken(metric.name)),
          element("p", { class: "value" }, told(latest.values[metric.at], metric)),
          element("p", { class: `small ${colour(since ?? {})}` }, moved),
          element("p", { class: "small faint" }, of),
        ),
      );
    }
  }

  // Charts: one for each chosen metric, drawn when it comes into view

  const oldestFirst = [...releases].reverse();
  const drawn = new Map(); // metric -> its figure and view

  function points(metric) {
    const size = releases.length > 120 ? 8 : releases.length > 40 ? 24 : 50;
    return oldestFirst.map((release) => {
      const value = release.values[metric.at];
      const worse = sinceBefore(metric, release)?.verdict === "worse";
      const kind = release.withdrawn !== null ? "yanked" : worse ? "worse" : "release";
      return { tag: release.tag, value: isNumber(value) ? value : null, kind, size: kind === "release" ? size : size * 1.6 };
    });
  }

  function draw(metric, plot) {
    const spec = JSON.parse(byId("chart").textContent);
    spec.data.values = points(metric);
    spec.datasets.gates = metric.limits.map(({ limit }) => ({ limit }));
    spec.encoding.x.scale.domain = oldestFirst.map(({ tag }) => tag);
    const parsed = vega.parse(vegaLite.compile(spec).spec, null, { ast: true });
    const loader = { load: () => Promise.reject(new Error("this page loads nothing")) };
    const view = new vega.View(parsed, {
      expr: vegaInterpreter.expressionInterpreter,
      loader,
      renderer: "svg",
      hover: false,
      container: plot,
      logLevel: vega.Error,
    });
    view.tooltip(() => {});
    return view.runAsync();
  }

  const inView = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (isIntersecting) render(target);
      }
    },
    { rootMargin: "300px" },
  );

  function render(figure) {
    inView.unobserve(figure);
    const chart = drawn.get(figure.metric);
    if (!chart || chart.started) return;
    chart.started = true;
    draw(figure.metric, figure.querySelector(".plot > div")).then((view) => {
      chart.view = view;
    });
  }

  /** Return what a chart says of a release, in one line each. */
  function sentence(metric, release) {
    const since = sinceBefore(metric, release);
    const value = `${metric.name} ${told(release.values[metric.at], metric)}`;
    const moved = since && since.verdict ? ` ${since.text} ${since.verdict}` : "";
    const marks = release.marks.length ? ` (${release.marks.join(", ")})` : "";
    return [`${release.tag}${marks} ${release.date ?? ""}`, value + moved, release.message].filter((line) => line.trim());
  }

  function point(figure, at) {
    const chart = drawn.get(figure.metric);
    const [mark, tip, plot] = [".here", ".tip", ".plot"].map((name) => figure.querySelector(name));
    const release = oldestFirst[at];
    if (!chart.view || !release) return;
    chart.at = at;
    const left = plot.offsetLeft + chart.view.origin()[0] + chart.view.scale("x")(release.tag);
    const lines = sentence(figure.metric, release);
    tip.replaceChildren(...lines.map((line) => element("div", {}, line)));
    mark.hidden = tip.hidden = false;
    mark.style.left = `${left}px`;
    mark.style.top = `${plot.offsetTop}px`;
    mark.style.height = `${plot.offsetHeight}px`;
    tip.style.top = `${plot.offsetTop + 8}px`;
    tip.style.left = `${left > figure.clientWidth / 2 ? Math.max(left - tip.offsetWidth - 10, 4) : left + 10}px`;
    plot.setAttribute("aria-valuenow", at);
    plot.setAttribute("aria-valuetext", lines.join(", "));
  }

  function listen(figure, plot) {
    const hide = () => figure.querySelectorAll(".here, .tip").forEach((each) => (each.hidden = true));
    const chart = drawn.get(figure.metric);
    plot.addEventListener("pointermove", (event) => {
      if (!chart.view) return;
      const x = event.clientX - plot.getBoundingClientRect().left - chart.view.origin()[0];
      const scale = chart.view.scale("x");
      const away = oldestFirst.map(({ tag }) => Math.abs(scale(tag) - x));
      point(figure, away.indexOf(Math.min(...away)));
    });
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
    plot.addEventListener("focus", () => plot.matches(":focus-visible") && point(figure, chart.at));
    plot.addEventListener("click", () => compareWithBefore(oldestFirst[chart.at]));
    plot.addEventListener("keydown", (event) => {
      const last = oldestFirst.length - 1;
      const to = { ArrowLeft: chart.at - 1, ArrowRight: chart.at + 1, ArrowDown: chart.at - 1, ArrowUp: chart.at + 1, Home: 0, End: last }[event.key];
      if (event.key === "Enter") compareWithBefore(oldestFirst[chart.at]);
      if (event.key === "Escape") hide();
      if (to === undefined) return;
      event.preventDefault();
      point(figure, Math.min(Math.max(to, 0), last));
    });
  }

  function figureOf(metric) {
    const last = oldestFirst.length - 1;
    const label = `${metric.name} over ${many(oldestFirst.length, "release")}; arrow keys read the values`;
    const slider = { role: "slider", tabindex: "0", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": last };
    const value = { "aria-valuenow": last, "aria-valuetext": sentence(metric, oldestFirst[last]).join(", ") };
    const inside = element("div", { "aria-hidden": "true" }); // Vega gives its container a role
    const plot = element("div", { class: "plot", ...slider, ...value }, inside);
    const top = best(metric);
    const gates = metric.limits.map(({ name, limit }) => `, ${name} ${told(limit, metric)}`).join("");
    const now = latest ? `latest ${told(latest.values[metric.at], metric)}` : "";
    const more = top && top !== latest ? `, best ${told(top.values[metric.at], metric)} in ${top.tag}` : top ? ", the best" : "";
    const figure = element(
      "figure",
      {},
      element("figcaption", {}, element("h3", {}, ...broken(metric.name)), element("p", { class: "faint" }, now + more + gates)),
      plot,
      element("div", { class: "here", hidden: "" }),
      element("div", { class: "tip", hidden: "" }),
    );
    figure.metric = metric;
    drawn.set(metric, { figure, view: null, started: false, at: last });
    listen(figure, plot);
    inView.observe(figure);
    return figure;
  }

  function showCharts() {
    const wanted = metrics.filter((metric) => shown.has(metric) && metric.drawn);
    for (const [metric, { figure, view }] of drawn) {
      if (shown.has(metric)) continue;
      view?.finalize();
      figure.remove();
      drawn.delete(metric);
    }
    byId("charts").replaceChildren(...(releases.length ? wanted : []).map((metric) => drawn.get(metric)?.figure ?? figureOf(metric)));
    byId("chosen").textContent = `(${wanted.length} of ${metrics.filter((metric) => metric.drawn).length})`;
  }

  function showChoices() {
    const boxes = metrics.filter((metric) => metric.drawn).map((metric) => {
      const box = element("input", { type: "checkbox" });
      const label = element("label", {}, box, element("span", {}, `${metric.file}: ${metric.key}`));
      box.checked = shown.has(metric);
      box.addEventListener("change", () => choose([[metric, box.checked]]));
      byId("choices").append(label);
      return { metric, box, label };
    });
    function choose(pairs) {
      for (const [metric, wanted] of pairs) shown[wanted ? "add" : "delete"](metric);
      for (const { metric, box } of boxes) box.checked = shown.has(metric);
      showCharts();
      showTable();
    }
    byId("find-metric").addEventListener("input", () => {
      for (const { metric, label } of boxes) label.hidden = !matches(`${metric.file}: ${metric.key}`, byId("find-metric").value);
    });
    byId("headline-only").addEventListener("click", () => choose(boxes.map(({ metric }) => [metric, headline.includes(metric)])));
    byId("all-found").addEventListener("click", () => choose(boxes.filter(({ label }) => !label.hidden).map(({ metric }) => [metric, true])));
  }

  const matches = (text, words) => words.toLowerCase().split(/\s+/).every((word) => text.toLowerCase().includes(word));

  // The table of releases

  const order = { key: "version", descending: true };

  function columns() {
    const text = (key) => ({ key, title: key, of: (release) => release[key] ?? "", text: (release) => release[key] ?? "" });
    const marks = { key: "marks", title: "marks", of: (release) => release.marks.join(), text: (release) => release.marks.join(", ") };
    return [
      { ...text("version"), of: (release) => -releases.indexOf(release) },
      text("date"),
      text("message"),
      ...metrics.filter((metric) => shown.has(metric)).map((metric) => ({
        key: metric,
        title: metric.name,
        number: true,
        of: (release) => release.values[metric.at],
        text: (release) => told(release.values[metric.at], metric),
        note: (release) => (release.values[metric.at] === UNKNOWN ? why(release, metric) : null),
        worse: (release) => sinceBefore(metric, release)?.verdict === "worse",
      })),
      ...(releases.some((each) => each.marks.length) ? [marks] : []),
    ];
  }
  function why(release, metric) {
    const file = Object.keys(release.unread).find((path) => metric.file === path || metric.file.startsWith(`${path}/`));
    return release.unknown ?? release.unread[file] ?? null;
  }

  function sorted(rows, { of, number }) {
    const sign = order.descending ? -1 : 1;
    const missing = (value) => number && !isNumber(value);
    return [...rows].sort((one, other) => {
      const [a, b] = [of(one), of(other)];
      if (missing(a) || missing(b)) return missing(a) - missing(b); // last in both directions
      return sign * (typeof a === "string" ? a.localeCompare(b) : a - b);
    });
  }

  function showTable() {
    const every = columns();
    const by = every.find(({ key }) => key === order.key) ?? every[0];
    byId("releases").tHead.rows[0].replaceChildren(
      ...every.map((column) => {
        const button = element("button", { type: "button" }, column.title);
        button.addEventListener("click", () => {
          order.descending = column === by ? !order.descending : Boolean(column.number || column.key === "version" || column.key === "date");
          order.key = column.key;
          const at = every.indexOf(column);
          showTable();
          byId("releases").tHead.rows[0].cells[at].firstChild.focus();
        });
        const direction = column === by ? (order.descending ? "descending" : "ascending") : null;
        return element("th", { scope: "col", class: column.number ? "number" : null, "aria-sort": direction }, button);
      }),
    );
    showRows(every, by);
  }

  function showRows(every = columns(), by = every.find(({ key }) => key === order.key) ?? every[0]) {
    const words = byId("search").value;
    const found = releases.filter((each) => matches([each.tag, each.date, each.message, ...each.marks].join(" "), words));
    byId("count").textContent = found.length === releases.length ? "" : `${found.length} of ${many(releases.length, "release")}`;
    byId("releases").tBodies[0].replaceChildren(...sorted(found, by).map((release) => rowOf(release, every)));
  }

  function rowOf(release, [, ...others]) {
    const name = element("button", { type: "button", title: "compare with the release before" }, release.tag);
    name.addEventListener("click", () => compareWithBefore(release));
    const cells = others.map((column) => {
      const worse = column.worse?.(release);
      const mark = [element("span", { "aria-hidden": "true" }, "\u25be "), element("span", { class: "unseen" }, "worse ")];
      const kind = (column.number ? "number" : column.key) + (worse ? " bad" : "");
      return element("td", { class: kind, title: column.note?.(release) ?? null }, ...(worse ? mark : []), column.text(release));
    });
    return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
  }

  // Two releases side by side

  function compareWithBefore(release) {
    byId("to").selectedIndex = releases.indexOf(release);
    byId("from").selectedIndex = release.before ?? Math.min(releases.indexOf(release) + 1, releases.length - 1);
    showComparison();
    byId("compare").scrollIntoView();
    byId("compare").focus({ preventScroll: true });
  }

  function sideOf(release) {
    const unread = Object.entries(release.unread).map(([file, reason]) => element("p", { class: "bad" }, `${file} cannot be read: ${reason}`));
    return element(
      "div",
      {},
      element("h3", {}, release.tag),
      element("p", {}, release.message),
      element("p", { class: "faint" }, [release.date ?? "no date", (release.commit ?? "").slice(0, 10), ...release.marks].filter(Boolean).join(" · ")),
      ...(release.withdrawn ? [element("p", { class: "bad" }, `${release.marks[0]}: ${release.withdrawn}`)] : []),
      ...(release.unknown ? [element("p", { class: "bad" }, `unknown: ${release.unknown}`)] : []),
      ...unread,
    );
  }

  function tableOf(title, head, rows, without) {
    const id = `compared-${title.replaceAll(" ", "-")}`;
    const heading = element("h3", { id }, title);
    if (!rows.length) return [heading, element("p", { class: "faint" }, without)];
    const cell = (text, at) => element("td", { class: title === "Metrics" && at ? "number" : "text" }, ...(at ? [text] : broken(text)));
    const body = rows.map(({ cells, kind }) => {
      const made = cells.map(cell);
      if (kind) made.at(-1).classList.add(kind);
      return element("tr", {}, ...made);
    });
    const top = head.map((text, at) => element("th", { scope: "col", class: title === "Metrics" && at ? "number" : null }, text));
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...top)), element("tbody", {}, ...body));
    return [heading, element("div", { class: "scroll", role: "region", "aria-labelledby": id, tabindex: "0" }, table)];
  }

  /** Return the rows of a group of things (parameters, data, inputs): name, what each side has, and how that differs. */
  function thingRows(group, from, to, all) {
    const sides = [from, to].map(({ things }) => new Map(things.map((at) => data.things[at]).filter(([of]) => of === group).map((thing) => [thing[1], thing])));
    const names = [...new Set([...sides[1].keys(), ...sides[0].keys()])];
    const text = (thing) => (thing ? [thing[2], ...(thing[3] === null ? [] : [bytes(thing[3])])].join(" · ") : "–");
    const rows = names.map((name) => {
      const [a, b] = sides.map((side) => side.get(name));
      const same = a && b && a[2] === b[2] && a[3] === b[3];
      return { cells: [name, text(a), text(b), same ? "" : !a ? "added" : !b ? "removed" : "changed"], same };
    });
    return rows.filter(({ same }) => all || !same);
  }

  function showComparison() {
    if (!releases.length) return;
    const [from, to] = ["from", "to"].map((id) => releases[byId(id).selectedIndex]);
    const all = !byId("differing").checked;
    const rows = metrics.map((metric) => {
      const [before, after] = [from.values[metric.at], to.values[metric.at]];
      const found = change(metric, before, after);
      const cells = [metric.name, told(before, metric), told(after, metric), found.text, found.verdict];
      return { cells, kind: colour(found), same: ["unchanged", ""].includes(found.verdict) };
    });
    const head = ["name", from.tag, to.tag, "difference"];
    const nothing = all ? "none" : "no difference";
    const compared = tableOf("Metrics", ["metric", from.tag, to.tag, "change", "verdict"], rows.filter(({ same }) => all || !same), nothing);
    const unknown = [from, to].filter(({ things }) => things === null).map(({ tag }) => tag);
    const groups = ["Parameters", "Data and models", "Made from"].flatMap((group) =>
      unknown.length
        ? tableOf(group, head, [], `unknown: ${unknown.join(" and ")} cannot be read here`)
        : tableOf(group, head, thingRows(group, from, to, all), nothing),
    );
    byId("comparison").replaceChildren(element("div", { class: "sides" }, sideOf(from), sideOf(to)), ...compared, ...groups);
  }

  function prepareComparison() {
    for (const id of ["from", "to"]) {
      byId(id).append(...releases.map(({ tag }) => element("option", {}, tag)));
      byId(id).addEventListener("change", showComparison);
    }
    byId("differing").addEventListener("change", showComparison);
    byId("swap").addEventListener("click", () => {
      const [from, to] = [byId("from"), byId("to")];
      [from.selectedIndex, to.selectedIndex] = [to.selectedIndex, from.selectedIndex];
      showComparison();
    });
    byId("to").selectedIndex = latest ? releases.indexOf(latest) : 0;
    byId("from").selectedIndex = latest?.before ?? Math.min(1, releases.length - 1);
  }

  // Light and dark; print

  function showTheme(theme) {
    document.documentElement.dataset.theme = theme;
    byId("theme").textContent = theme === "dark" ? "Light" : "Dark";
  }
  byId("theme").addEventListener("click", () => showTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  showTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  addEventListener("beforeprint", () => drawn.forEach(({ figure }) => render(figure)));

  showHead();
  showChoices();
  prepareComparison();
  showComparison();
  showTable();
  byId("search").addEventListener("input", () => showRows());
  addEventListener("load", showCharts); // the libraries stand below
})();
