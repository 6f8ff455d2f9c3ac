// What is shown: the runs, which of them are selected, the height between the plates, the colours.

const state = { data: null, selected: [0], height: 0, playing: false, sheet: false };

const selected = () => state.selected.map((index) => ({ index, run: state.data.runs[index] })).filter(({ run }) => run);

/** Plots that are drawn, to be drawn again in other colours. */
const small = () => window.innerWidth <= 640;

function layout(extra) {
  const ink = colour("ink"), rule = colour("rule"), muted = colour("muted");
  const axis = (more) => ({
    gridcolor: rule, zerolinecolor: rule, linecolor: rule, tickcolor: rule, automargin: true,
    tickfont: { color: muted, size: 11 }, ...more, title: { text: more.title, font: { color: muted, size: 12 }, standoff: 8 },
  });
  const { xaxis = {}, yaxis = {}, ...rest } = extra;
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 54, r: 12, t: 10, b: 40 },
    font: { family: "system-ui, sans-serif", color: ink, size: 12 }, uirevision: "keep", showlegend: false,
    legend: { orientation: "h", y: -0.18, x: 0, font: { color: ink, size: 12 }, bgcolor: "rgba(0,0,0,0)", itemsizing: "constant" },
    hoverlabel: { font: { size: 12 } }, xaxis: axis(xaxis), yaxis: axis(yaxis), ...rest,
  };
}

/** A plot fills its place, also when others come beside it. */
const sizes = new ResizeObserver((entries) => requestAnimationFrame(() => {
  for (const { target, contentRect } of entries) {
    const { width } = target._fullLayout || {};
    if (width && contentRect.width > 0 && Math.abs(width - contentRect.width) > 1) Plotly.Plots.resize(target);
  }
}));

const CONFIG = { displaylogo: false, responsive: false, displayModeBar: false, scrollZoom: false };

/** Draws into a place that says in words what it shows. */
function draw(node, label, traces, extra, config) {
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", label);
  sizes.observe(node);
  return Plotly.react(node, traces, layout(extra), { ...CONFIG, ...config });
}

function chooseTheme(next) {
  const root = document.documentElement;
  if (next === "auto") root.removeAttribute("data-theme");
  else root.setAttribute("data-theme", next);
  byId("theme").lastElementChild.textContent = next;
  byId("theme").setAttribute("aria-label", `Colours: ${next}`);
}

/** A sample of a run's line: its dash and mark in its colour. */
function swatch(index) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("width", "26");
  svg.setAttribute("height", "10");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", "M0 5H26");
  line.setAttribute("fill", "none");
  line.style.stroke = `var(--run${index % 6})`;
  line.setAttribute("stroke-width", "3");
  line.setAttribute("stroke-dasharray", ["none", "7 4", "2 3", "7 3 2 3", "11 4", "11 3 2 3"][index % 6]);
  svg.append(line);
  return svg;
}

/** Chips that select runs; one run needs none. */
function chips() {
  const holder = byId("runs"), runs = state.data.runs;
  holder.hidden = runs.length < 2;
  holder.querySelectorAll(".chip").forEach((chip) => chip.remove());
  runs.forEach((run, index) => {
    const box = el("input", { type: "checkbox", checked: state.selected.includes(index), "data-run": index });
    box.addEventListener("change", () => {
      const chosen = [...holder.querySelectorAll("input:checked")].map((input) => Number(input.dataset.run));
      // One is always shown.
      if (chosen.length === 0) box.checked = true;
      else {
        state.selected = chosen;
        render();
      }
    });
    holder.append(el("label", { class: "chip" }, box, swatch(index), el("span", { text: run.name })));
  });
}

/** A column's heading where several runs stand side by side. */
const heading = (run, index) =>
  state.selected.length > 1 ? el("h3", {}, swatch(index), " ", el("span", { text: run.name })) : null;
