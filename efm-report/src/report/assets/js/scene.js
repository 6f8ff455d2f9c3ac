// The capacitor in space: z runs to the right, x and y span the plates. Points travel along their lines with the slider.

/** Where a line is when the slider stands at `share` of the gap; lines that loop are run through by their length. */
function onLine(line, share, scene) {
  const count = line.length / 3;
  if (count === 0) return [null, null, null];
  const at = (k) => [line[3 * k], line[3 * k + 1], line[3 * k + 2]];
  const mix = (k, part) => at(k).map((value, axis) => value + part * (at(k + 1)[axis] - value));
  if (scene.forward) {
    const z = share * scene.gap;
    if (z <= line[2]) return at(0);
    for (let k = 0; k + 1 < count; k++) {
      const [low, high] = [line[3 * k + 2], line[3 * k + 5]];
      if (z <= high) return mix(k, high > low ? (z - low) / (high - low) : 0);
    }
    return at(count - 1);
  }
  const where = share * (count - 1), k = Math.min(Math.floor(where), count - 2);
  return k < 0 ? at(0) : mix(k, where - k);
}

function travellers(scene, share) {
  const places = scene.lines.map((line) => onLine(line, share, scene));
  return [2, 0, 1].map((axis) => places.map((place) => place[axis]));
}

function plate(z, box, tint, name) {
  const [a, b] = box;
  return {
    type: "mesh3d", x: [z, z, z, z], y: [a[0], a[1], a[1], a[0]], z: [b[0], b[0], b[1], b[1]], i: [0, 0], j: [1, 2], k: [2, 3],
    color: tint, opacity: 0.13, hoverinfo: "skip", name, showlegend: false, flatshading: true, lighting: { ambient: 1, diffuse: 0 },
  };
}

function cloud3(points, z, tint, symbol, name) {
  const pick = (axis) => points.filter((_, at) => at % 2 === axis);
  return {
    type: "scatter3d", mode: "markers", x: pick(0).map(() => z), y: pick(0), z: pick(1), name,
    marker: { size: small() ? 1.8 : 2.4, color: tint, symbol, opacity: 0.75, line: { width: 0 } }, hoverinfo: "skip",
  };
}

/** All lines in one trace, with a break between two; `chosen` says which. */
function threads(scene, chosen, style, name) {
  const [x, y, z, tint] = [[], [], [], []];
  scene.lines.forEach((line, index) => {
    if (!chosen(index)) return;
    for (let at = 0; at < line.length; at += 3) {
      x.push(line[at + 2]);
      y.push(line[at]);
      z.push(line[at + 1]);
      tint.push(Math.min(Math.max(line[at + 2] / scene.gap, 0), 1));
    }
    x.push(null);
    y.push(null);
    z.push(null);
    tint.push(0);
  });
  return { type: "scatter3d", mode: "lines", x, y, z, name, hoverinfo: "skip", connectgaps: false, showlegend: false, line: style(tint) };
}

/** The field strength in the plane at the height of the slider. */
function sheet(run, share) {
  const slices = run.slices;
  if (!state.sheet || !slices || !slices.strength) return null;
  const k = nearestSlice(slices, share), n = slices.size, [a0, a1, b0, b1] = slices.extent;
  const step = (low, high, i) => low + ((high - low) * i) / (n - 1);
  const rows = Array.from({ length: n }, (_, j) => j);
  const values = quantity(slices, "strength", k);
  return {
    type: "surface", showscale: false, hoverinfo: "skip", opacity: 0.72, name: "field strength", showlegend: false,
    x: rows.map(() => rows.map(() => slices.heights[k])), y: rows.map(() => rows.map((i) => step(a0, a1, i))),
    z: rows.map((j) => rows.map(() => step(b0, b1, j))), surfacecolor: rows.map((j) => rows.map((i) => values[j * n + i])),
    cmin: 0, cmax: 1, colorscale: CIVIDIS.map((hex, i) => [i / (CIVIDIS.length - 1), hex]),
    lighting: { ambient: 1, diffuse: 0, specular: 0 },
  };
}

function sceneTraces(run, share) {
  const scene = run.scene, [source, target, middle] = ["source", "target", "middle"].map(colour);
  const lost = (index) => scene.lost.includes(index);
  const scale = [[0, source], [0.5, middle], [1, target]];
  const traces = [
    plate(0, scene.box, source, "source plate"),
    plate(scene.gap, scene.box, target, "target plate"),
    cloud3(scene.source, 0, source, "circle", "source, charge +"),
    cloud3(scene.target, scene.gap, target, "diamond", "target, charge −"),
    threads(scene, (index) => !lost(index), (tint) => ({ width: 2.2, color: tint, colorscale: scale, cmin: 0, cmax: 1 }), "field lines"),
    {
      type: "scatter3d", mode: "markers", ...Object.fromEntries(travellers(scene, share).map((values, k) => ["xyz"[k], values])),
      name: "transported points", hoverinfo: "skip",
      marker: { size: small() ? 2.6 : 3, color: colour("ink"), symbol: "circle", opacity: 0.95, line: { width: 0 } },
    },
  ];
  if (scene.lost.length) {
    traces.push({ ...threads(scene, lost, () => ({ width: 3, color: colour("ink"), dash: "dot" }), "lost lines"), showlegend: true });
  }
  const plane = sheet(run, share);
  if (plane) traces.push(plane);
  return traces;
}

/** Index of the moving points among the traces. */
const MOVING = 5;

/** The plates are seen from the side, a little from above; from farther away where there is little room. */
function eye() {
  const away = small() || state.selected.length > 1 ? 1.6 : 1.12;
  return { x: 0.62 * away, y: -1.72 * away, z: 0.55 * away };
}

function drawScenes() {
  const shown = selected().filter(({ run }) => run.scene);
  const section = byId("capacitor"), holder = byId("scenes");
  section.hidden = shown.length === 0;
  const key = shown.map(({ index }) => index).join();
  if (holder.dataset.key !== key) {
    holder.querySelectorAll(".scene").forEach((node) => Plotly.purge(node));
    holder.replaceChildren();
    holder.dataset.key = key;
  }
  if (shown.length === 0) return;
  byId("scene-note").textContent = shown[0].run.scene.note;
  byId("sheet-label").hidden = !shown.some(({ run }) => run.slices && run.slices.strength);
  shown.forEach(({ run, index }, place) => {
    const scene = run.scene;
    let panel = holder.children[place];
    if (!panel) {
      panel = el("div", { class: "panel" }, heading(run, index), el("div", { class: "plot scene" }));
      holder.append(panel);
    }
    const node = panel.querySelector(".scene");
    const muted = colour("muted"), rule = colour("rule");
    const axis = (title, range) => ({
      title: { text: title, font: { size: 12, color: muted } }, range, color: muted, gridcolor: rule, zeroline: false, showspikes: false,
      backgroundcolor: "rgba(0,0,0,0)", tickfont: { size: 10, color: muted }, nticks: 5,
    });
    const [[a0, a1], [b0, b1]] = scene.box;
    const label = `The capacitor in space: source plate with ${scene.source.length / 2} charges at z = 0, target plate with ` +
      `${scene.target.length / 2} charges at z = ${short(scene.gap)}, ${scene.lines.length} field lines between them, ${scene.lost.length} lost.`;
    draw(node, label, sceneTraces(run, state.height), {
      showlegend: true, margin: { l: 0, r: 0, t: 0, b: 0 }, legend: {
        orientation: "h", x: 0, y: 0, xanchor: "left", yanchor: "bottom", font: { size: small() ? 10 : 12, color: colour("ink") },
        itemsizing: "constant", bgcolor: "rgba(0,0,0,0)",
      },
      scene: {
        domain: { y: [0.06, 1] }, dragmode: "turntable",
        xaxis: axis("z", scene.depth), yaxis: axis(scene.axes[0], [a0, a1]), zaxis: axis(scene.axes[1], [b0, b1]),
        aspectmode: "manual", aspectratio: { x: 1.75, y: 1, z: 1 }, uirevision: `scene${index}`,
        camera: { eye: eye(), up: { x: 0, y: 0, z: 1 }, center: { x: 0, y: 0, z: -0.06 } },
      },
    }, { scrollZoom: !small() });
  });
  moved();
}

/** Moves the points to where the slider stands. */
function moved() {
  const shown = selected().filter(({ run }) => run.scene);
  const heights = shown.map(({ run }) => `${short(state.height * run.scene.gap)}`);
  byId("height").value = Math.round(1000 * state.height);
  byId("height-out").textContent = `z = ${[...new Set(heights)].join(", ")}`;
  shown.forEach(({ run }, place) => {
    const node = byId("scenes").children[place].querySelector(".scene");
    const [x, y, z] = travellers(run.scene, state.height);
    if (state.sheet && run.slices) Plotly.react(node, sceneTraces(run, state.height), node.layout);
    else Plotly.restyle(node, { x: [x], y: [y], z: [z] }, [MOVING]);
  });
}

/** Seconds from plate to plate. */
const JOURNEY = 5;

function play() {
  state.playing = !state.playing;
  const button = byId("play");
  button.textContent = state.playing ? "❚❚ Pause" : "▶ Play";
  button.setAttribute("aria-pressed", state.playing);
  if (state.playing && state.height >= 1) state.height = 0;
  let last = null;
  const tick = (now) => {
    if (!state.playing) return;
    if (last === null) last = now;
    // Thirty pictures a second are enough.
    if (now - last >= 33) {
      state.height = Math.min(1, state.height + (now - last) / 1000 / JOURNEY);
      last = now;
      moved();
      if (state.height >= 1) return void play();
    }
    requestAnimationFrame(tick);
  };
  if (state.playing) requestAnimationFrame(tick);
}
