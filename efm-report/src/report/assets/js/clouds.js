// Where points started, where they arrived, and fresh points of the target, in data units.

function drawClouds() {
  const shown = selected().filter(({ run }) => run.clouds);
  const holder = open("clouds", "cloud-plots", shown.length > 0);
  if (!holder) return;
  const pick = (points, axis) => points.filter((_, at) => at % 2 === axis);
  for (const { run, index } of shown) {
    const { clouds } = run, node = el("div", { class: "plot cloud" });
    const [[x0, x1], [y0, y1]] = clouds.range;
    const within = (at) => clouds.transported[at] >= x0 && clouds.transported[at] <= x1 && clouds.transported[at + 1] >= y0 && clouds.transported[at + 1] <= y1;
    let outside = 0;
    for (let at = 0; at < clouds.transported.length; at += 2) outside += within(at) ? 0 : 1;
    const note = outside ? el("p", { class: "note", text: `${outside} of ${clouds.transported.length / 2} transported points lie outside the picture.` }) : null;
    holder.append(el("div", { class: "panel" }, heading(run, index), node, note));
    const layer = (points, name, tint, symbol, more) => ({
      type: "scatter", mode: "markers", x: pick(points, 0), y: pick(points, 1), name, hoverinfo: "skip",
      marker: { size: small() ? 4 : 5, color: tint, symbol, opacity: 0.6 }, ...more,
    });
    const traces = [
      layer(clouds.source, "source", colour("source"), "circle", { visible: "legendonly" }),
      layer(clouds.target, "target", colour("target"), "diamond-open"),
      layer(clouds.transported, "transported", colour("moved"), "cross"),
    ];
    const label = `${clouds.transported.length / 2} transported points over ${clouds.target.length / 2} fresh points of the target`;
    draw(node, label, traces, {
      showlegend: true, xaxis: { title: clouds.axes[0], range: clouds.range[0] },
      yaxis: { title: clouds.axes[1], range: clouds.range[1], scaleanchor: "x", scaleratio: 1 },
      dragmode: small() ? false : "zoom",
    });
  }
}
