// The summary, the measures beside their floors, how lines ended, and how to make it again.

function drawSummary() {
  const holder = byId("summary");
  holder.replaceChildren();
  const columns = el("div", { class: "columns" });
  for (const { run, index } of selected()) {
    const facts = el("div", { class: "facts" });
    const fact = (value, name, more) => facts.append(el("div", { class: "fact" }, el("b", { text: value }), el("span", { text: name }), more || null));
    for (const measure of (run.measures || []).filter(({ floor }) => floor).slice(0, 2)) {
      fact(short(measure.value), measure.title, el("span", { text: `floor ${short(measure.floor.mean)}, ratio ${short(measure.value / measure.floor.mean)}` }));
    }
    if (run.landed !== null) fact(`${Number((100 * run.landed).toFixed(2))} %`, "of the lines landed", el("span", { text: `${run.line_count} lines` }));
    if (run.evaluations !== null) fact(short(run.evaluations), "evaluations per point");
    if (run.log && run.log.step.length) {
      const last = run.log.step.length - 1;
      fact(short(run.log.loss[last]), `loss at step ${run.log.step[last]}`, run.steps ? el("span", { text: `of ${run.steps}` }) : null);
    }
    if (run.seconds.train !== null) fact(duration(run.seconds.train), "to train");
    if (run.seconds.transport !== null) fact(duration(run.seconds.transport), "to transport");
    const panel = el("div", { class: "panel" }, heading(run, index), el("p", { text: run.headline }));
    if (run.about) panel.append(el("p", { class: "note", text: run.about }));
    if (run.state) panel.append(el("p", { class: "note", text: run.state }));
    panel.append(facts);
    if (run.missing.length) {
      const list = el("ul", { class: "missing" }, ...run.missing.map((text) => el("li", { text })));
      panel.append(el("details", {}, el("summary", { text: `${run.missing.length} part${run.missing.length > 1 ? "s" : ""} of this page missing` }), list));
    }
    columns.append(panel);
  }
  holder.append(columns);
}

function drawMeasures() {
  const shown = selected().filter(({ run }) => run.measures.length);
  const holder = open("measures", "measure-table", shown.length > 0);
  byId("numbers").replaceChildren();
  if (!holder) return;
  const several = shown.length > 1;
  const keys = [...new Set(shown.flatMap(({ run }) => run.measures.map(({ key }) => key)))];
  const head = el("tr", {}, el("th", { text: "measure", scope: "col" }));
  for (const { run } of shown) {
    for (const name of ["value", "floor", "ratio"]) head.append(el("th", { text: several ? `${run.name}: ${name}` : name, scope: "col" }));
  }
  const body = keys.map((key) => {
    const title = shown.flatMap(({ run }) => run.measures).find((measure) => measure.key === key).title;
    const row = el("tr", {}, el("td", { text: title }));
    for (const { run } of shown) {
      const found = run.measures.find((measure) => measure.key === key);
      const floor = found && found.floor;
      const value = el("td", { text: found ? short(found.value) : "–" });
      if (found && found.half !== null) value.append(el("small", { text: ` ± ${short(found.half)}` }));
      const base = el("td", { text: floor ? short(floor.mean) : "" });
      if (floor && floor.count > 1) base.append(el("small", { text: ` (${short(floor.min)} – ${short(floor.max)})` }));
      row.append(value, base, el("td", { text: floor && floor.mean > 0 ? (found.value / floor.mean).toFixed(2) : "" }));
    }
    return row;
  });
  holder.append(el("table", {}, el("thead", {}, head), el("tbody", {}, ...body)));
  const names = [...new Set(shown.flatMap(({ run }) => run.numbers.map(([key]) => key)))];
  const titles = el("tr", {}, el("th", { text: "key", scope: "col" }), ...shown.map(({ run }) => el("th", { text: run.name, scope: "col" })));
  const rows = names.map((key) => {
    const cell = ({ run }) => el("td", { text: (run.numbers.find(([other]) => other === key) || [key, ""])[1] });
    return el("tr", {}, el("td", {}, el("code", { text: key })), ...shown.map(cell));
  });
  byId("numbers").append(el("table", {}, el("thead", {}, titles), el("tbody", {}, ...rows)));
}

/** A table whose shares are also drawn. */
function shares(title, rows) {
  const most = Math.max(...rows.map(([, count]) => count), 1), total = rows.reduce((sum, [, count]) => sum + count, 0);
  const body = rows.map(([name, count]) => {
    const bar = el("i");
    bar.style.width = `${(100 * count) / most}%`;
    const share = total ? `${Number(((100 * count) / total).toFixed(2))} %` : "";
    return el("tr", {}, el("td", { text: name }), el("td", { text: String(count) }), el("td", { text: share }), el("td", {}, el("span", { class: "meter" }, bar)));
  });
  const head = el("tr", {}, ...[title, "lines", "share", ""].map((text) => el("th", { text, scope: "col" })));
  return el("div", { class: "scroll" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...body)));
}

function drawLines() {
  const shown = selected().filter(({ run }) => run.stops.length);
  const holder = open("lines", "line-plots", shown.length > 0);
  if (!holder) return;
  for (const { run, index } of shown) {
    const panel = el("div", { class: "panel" }, heading(run, index), shares("why lines ended", run.stops));
    if (run.effort) {
      const { from, to, counts, mean, most } = run.effort, width = (to - from) / counts.length;
      const rows = counts.map((count, at) => [`${Math.round(from + at * width)} to ${Math.round(from + (at + 1) * width)}`, count]);
      panel.append(el("p", { class: "note", text: `Evaluations of the field: ${short(mean)} per line in the mean, ${most} at most.` }));
      panel.append(shares("evaluations", rows));
    }
    holder.append(panel);
  }
}

function drawOrigins() {
  const holder = byId("origins");
  holder.replaceChildren();
  for (const { run, index } of selected()) {
    const panel = el("div", { class: "panel" }, heading(run, index));
    for (const [title, command] of run.commands) panel.append(el("h3", { text: title }), el("pre", { class: "command", tabindex: 0, text: command }));
    if (run.facts.length) {
      const rows = run.facts.map(([name, value]) => el("tr", {}, el("td", { text: name }), el("td", { class: "left", text: value })));
      panel.append(el("div", { class: "scroll" }, el("table", {}, el("tbody", {}, ...rows))));
    }
    if (run.config) {
      panel.append(el("details", {}, el("summary", { text: "Configuration, with every key" }), el("pre", { tabindex: 0, text: run.config })));
    }
    holder.append(panel);
  }
}

function drawImages() {
  const shown = selected().filter(({ run }) => run.pictures.length);
  const holder = open("images", "image-plots", shown.length > 0);
  if (!holder) return;
  for (const { run, index } of shown) {
    const figures = el("div", { class: "figures" }), panel = el("div", { class: "panel" }, heading(run, index), figures);
    for (const { name, caption, alt, src } of run.pictures) {
      figures.append(el("figure", { "data-name": name }, el("img", { src, alt, loading: "lazy" }), el("figcaption", { text: caption })));
    }
    holder.append(panel);
  }
}
