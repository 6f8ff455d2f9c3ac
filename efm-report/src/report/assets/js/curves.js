// Loss, gradient norm, learning rate and throughput over the steps; all selected runs in one picture each.

/** Exponential mean of the logarithms over about a fiftieth of the log. */
function smooth(values) {
  const weight = Math.min(1, 50 / Math.max(values.length, 1));
  let mean = null;
  return values.map((value) => {
    if (!(value > 0)) return null;
    mean = mean === null ? Math.log(value) : mean + weight * (Math.log(value) - mean);
    return Math.exp(mean);
  });
}

const positive = (values) => values.map((value) => (value > 0 ? value : null));

function curveTraces(kind) {
  return selected().filter(({ run }) => run.log && run.log.step.length).flatMap(({ run, index }) => {
    const log = run.log, tint = runColour(index), dash = DASHES[index % 6], alone = state.selected.length === 1;
    const line = (values, more) => ({
      type: "scatter", mode: "lines", x: log.step, y: values, name: alone ? "training, smoothed" : run.name, legendgroup: run.name, line: { color: tint, dash, width: 2 },
      hovertemplate: `step %{x}<br>%{y:.4g}<extra></extra>`, ...more,
    });
    const raw = (values) => line(positive(values), { showlegend: false, hoverinfo: "skip", hovertemplate: null, line: { color: faint(tint, 0.3), width: 1 } });
    if (kind === "loss") {
      const checked = log.validation.map((value, at) => [log.step[at], value]).filter(([, value]) => value !== null);
      const validation = {
        type: "scatter", mode: "markers", x: checked.map(([step]) => step), y: checked.map(([, value]) => value),
        name: alone ? "validation" : `${run.name}, validation`, legendgroup: run.name, marker: { size: 7, color: tint, symbol: `${MARKS[index % 6]}-open`, line: { width: 2 } },
        hovertemplate: `validation at step %{x}<br>%{y:.4g}<extra></extra>`,
      };
      return checked.length ? [raw(log.loss), line(smooth(log.loss)), validation] : [raw(log.loss), line(smooth(log.loss))];
    }
    if (kind === "norm") return log.norm.some((value) => value > 0) ? [raw(log.norm), line(smooth(log.norm))] : [];
    if (kind === "rate") return [line(log.rate)];
    return run.pace ? [line(run.pace.speed, { x: run.pace.step, line: { color: tint, dash, width: 1.6 } })] : [];
  });
}

const CURVES = [
  ["loss", "loss", "log", "Training loss over the steps, faint as it was and strong smoothed; validation loss as open marks."],
  ["norm", "norm of the gradient", "log", "Norm of the gradient before clipping over the steps."],
  ["rate", "learning rate", "linear", "Learning rate over the steps."],
  ["pace", "steps per second", "linear", "Throughput over the steps."],
];

function drawCurves() {
  const section = byId("training"), holder = byId("curves");
  const any = selected().some(({ run }) => run.log && run.log.step.length);
  section.hidden = !any;
  if (!any) return;
  for (const [kind, title, scale, label] of CURVES) {
    const traces = curveTraces(kind);
    let panel = byId(`curve-${kind}`);
    if (traces.length === 0) {
      if (panel) panel.remove();
      continue;
    }
    if (!panel) {
      panel = el("div", { class: "panel", id: `curve-${kind}` }, el("h3", { text: title }), el("div", { class: "plot curve" }));
      holder.append(panel);
    }
    const ends = selected().map(({ run }) => run.steps || 0);
    const range = state.data.live && Math.max(...ends) > 0 ? { range: [0, Math.max(...ends)] } : {};
    draw(panel.querySelector(".plot"), label, traces, {
      xaxis: { title: "step", ...range }, yaxis: { title: "", type: scale, rangemode: scale === "linear" ? "tozero" : "normal", exponentformat: "power" },
      showlegend: kind === "loss" && traces.length > 2, legend: { orientation: "h", y: -0.24, x: 0, font: { color: colour("ink"), size: 11 }, bgcolor: "rgba(0,0,0,0)" },
      margin: { l: 56, r: 12, t: 6, b: 38 }, dragmode: small() ? false : "zoom",
    });
  }
}
