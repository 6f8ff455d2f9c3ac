// Planes parallel to the plates: what the field is there, exact and learned.

const QUANTITIES = {
  strength: { name: "Field strength |E|, logarithmic", unit: "" },
  tilt: { name: "Tilt from the z axis, exact", unit: "°" },
  tilt_learned: { name: "Tilt from the z axis, learned", unit: "°" },
  angle: { name: "Angle between learned and exact", unit: "°" },
};

const nearestSlice = (slices, share) => {
  const z = share * slices.gap;
  return slices.heights.reduce((best, height, k) => (Math.abs(height - z) < Math.abs(slices.heights[best] - z) ? k : best), 0);
};

/** Values of slice k from 0 to 1. */
function quantity(slices, name, k) {
  const cells = slices.size * slices.size;
  slices.decoded = slices.decoded || {};
  slices.decoded[name] = slices.decoded[name] || bytes(slices[name].values);
  return Array.from(slices.decoded[name].subarray(k * cells, (k + 1) * cells), (value) => value / 255);
}

/** Arrows of slice k: parts of the unit direction along the plates. */
function arrows(slices, name, k) {
  slices.decoded = slices.decoded || {};
  slices.decoded[name] = slices.decoded[name] || new Int8Array(bytes(slices[name]).buffer);
  const count = 2 * slices.coarse * slices.coarse;
  return slices.decoded[name].subarray(k * count, (k + 1) * count);
}

function paint(canvas, slices, name, share) {
  const k = nearestSlice(slices, share), n = slices.size, values = quantity(slices, name, k);
  const pixels = new ImageData(n, n);
  values.forEach((value, at) => {
    // The first row of the grid is the lowest one.
    const [row, column] = [n - 1 - Math.floor(at / n), at % n];
    pixels.data.set([...heat(value), 255], 4 * (row * n + column));
  });
  const small = document.createElement("canvas");
  small.width = small.height = n;
  small.getContext("2d").putImageData(pixels, 0, 0);
  const side = canvas.width, context = canvas.getContext("2d");
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, side, side);
  const learned = name.endsWith("learned") || name === "angle";
  const source = learned && slices.arrows_learned ? "arrows_learned" : "arrows";
  if (!slices[source]) return k;
  const field = arrows(slices, source, k), coarse = slices.coarse, pitch = side / coarse;
  let longest = 1;
  for (let at = 0; at < field.length; at += 2) longest = Math.max(longest, Math.hypot(field[at], field[at + 1]));
  for (const [width, tint] of [[4.5, "rgba(0,0,0,0.55)"], [2, "#ffffff"]]) {
    context.lineWidth = width;
    context.strokeStyle = tint;
    context.lineCap = "round";
    context.beginPath();
    for (let j = 0; j < coarse; j++) {
      for (let i = 0; i < coarse; i++) {
        const [dx, dy] = [field[2 * (j * coarse + i)] / longest, -field[2 * (j * coarse + i) + 1] / longest];
        const [x, y] = [(i + 0.5) * pitch, (coarse - 0.5 - j) * pitch], reach = 1.1 * pitch;
        const [fromX, fromY, toX, toY] = [x - 0.5 * reach * dx, y - 0.5 * reach * dy, x + 0.5 * reach * dx, y + 0.5 * reach * dy];
        context.moveTo(fromX, fromY);
        context.lineTo(toX, toY);
        const size = reach * Math.hypot(dx, dy);
        if (size < 5) continue;
        const turn = Math.atan2(dy, dx), head = Math.min(7, 0.4 * size);
        for (const side of [-1, 1]) {
          context.moveTo(toX, toY);
          context.lineTo(toX - head * Math.cos(turn + 0.5 * side), toY - head * Math.sin(turn + 0.5 * side));
        }
      }
    }
    context.stroke();
  }
  return k;
}

function drawSlices() {
  const shown = selected().filter(({ run }) => run.slices);
  const holder = open("slices", "slice-plots", shown.length > 0);
  if (!holder) return;
  for (const { run, index } of shown) {
    const row = el("div", { class: "tiles" });
    for (const name of Object.keys(QUANTITIES).filter((other) => run.slices[other])) {
      const canvas = el("canvas", { width: 560, height: 560, role: "img" });
      const legend = el("div", { class: "scale" }, el("span"), el("i"), el("span"));
      row.append(el("div", { class: "tile", "data-run": index, "data-name": name }, el("h3", { text: QUANTITIES[name].name }), canvas, legend));
    }
    const [a0, a1, b0, b1] = run.slices.extent.map(short);
    const place = `${run.slices.axes[0]} from ${a0} to ${a1} to the right, ${run.slices.axes[1]} from ${b0} to ${b1} upwards, scaled units`;
    holder.append(el("div", { class: "panel" }, heading(run, index), row, el("p", { class: "note", text: place })));
  }
  sliced();
}

/** Paints the slices again at the height of their slider. */
function sliced() {
  const share = Number(byId("slice-height").value) / 1000, seen = new Set();
  byId("slice-plots").querySelectorAll(".tile").forEach((tile) => {
    const slices = state.data.runs[Number(tile.dataset.run)].slices, canvas = tile.querySelector("canvas");
    const { name } = tile.dataset, { name: title, unit } = QUANTITIES[name];
    const k = paint(canvas, slices, name, share), [low, high] = [slices[name].low[k], slices[name].high[k]];
    const [from, bar, to] = tile.querySelector(".scale").children;
    from.textContent = short(low) + unit;
    to.textContent = short(high) + unit;
    bar.style.background = `linear-gradient(to right, ${CIVIDIS.join(", ")})`;
    const height = short(slices.heights[k]);
    canvas.setAttribute("aria-label", `${title} in the plane z = ${height}, from ${short(low)} to ${short(high)}${unit}`);
    seen.add(height);
  });
  byId("slice-out").textContent = `z = ${[...seen].join(", ")}`;
}
