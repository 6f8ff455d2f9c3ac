// Where points started, where they arrived, and fresh points of the target, in data units.

function drawClouds() {
  const shown = selected().filter(({ run }) => run.clouds);
  const holder = open("clouds", "cloud-plots", shown.length > 0);
  if (!holder) return;
  const pick = (points, axis) => points.filter((_, at) => at % 2 === axis);
  for (const { run, index } of shown) {
    const { clouds } = run, node = el("div", { class: "plot cloud" });
    holder.append(el("div", { class: "panel" }, heading(run, index), node));
    const layer = (points, name, tint, symbol, more) => ({
      type: "scatter", mode: "markers", x: pick(points, 0), y: pick(points, 1), name, hoverinfo: "skip",
      marker: { size: 4, color: tint, symbol, opacity: 0.6 }, ...more,
    });
    const traces = [
      layer(clouds.source, "source", colour("source"), "circle", { visible: "legendonly" }),
      layer(clouds.target, "target", colour("target"), "diamond-open"),
      layer(clouds.transported, "transported", colour("moved"), "cross"),
    ];
    const label = `${clouds.transported.length / 2} transported points over ${clouds.target.length / 2} fresh points of the target`;
    draw(node, label, traces, {
      showlegend: true, xaxis: { title: clouds.axes[0] }, yaxis: { title: clouds.axes[1], scaleanchor: "x", scaleratio: 1 },
      dragmode: small() ? false : "zoom",
    });
  }
}
