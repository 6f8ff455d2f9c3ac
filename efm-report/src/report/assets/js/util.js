// Small helpers: elements, numbers, colours. Text goes in through textContent only, so names from files stay text.

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "text") node.textContent = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}

const byId = (id) => document.getElementById(id);

/** Shows a section or hides it, and empties what it holds. */
function open(section, holder, shown) {
  byId(section).hidden = !shown;
  const node = byId(holder);
  node.replaceChildren();
  return shown ? node : null;
}

/** Four significant digits, plain between 0.0001 and a million. */
function short(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (!isFinite(value)) return String(value);
  if (size < 1e-4 || size >= 1e6) return value.toExponential(2).replace("e+", "e");
  return String(Number(value.toPrecision(4)));
}

/** 3725 → "1 h 2 min". */
function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 100) return `${Number(seconds.toPrecision(3))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** "#rrggbb" with an opacity. */
function faint(hex, opacity) {
  const part = (at) => parseInt(hex.slice(at, at + 2), 16);
  return `rgba(${part(1)},${part(3)},${part(5)},${opacity})`;
}

/** Bytes of a base64 text. */
function bytes(text) {
  const raw = atob(text);
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

// Runs differ by colour, by dash and by mark: colour is never alone.
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];
const MARKS = ["circle", "square", "triangle-up", "diamond", "cross", "x"];
const runColour = (index) => colour(`run${index % 6}`);

/** Dark to bright, even to the eye and to colour-blind eyes: cividis (Nuñez, Anderton, Renslow, 2018), in nine steps. */
const CIVIDIS = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8779", "#a69d75", "#c4b56c", "#fee838"];

function heat(share) {
  const at = Math.min(Math.max(share, 0), 1) * (CIVIDIS.length - 1);
  const low = Math.min(Math.floor(at), CIVIDIS.length - 2);
  const part = (hex, k) => parseInt(hex.slice(1 + 2 * k, 3 + 2 * k), 16);
  return [0, 1, 2].map((k) => {
    const [a, b] = [part(CIVIDIS[low], k), part(CIVIDIS[low + 1], k)];
    return Math.round(a + (at - low) * (b - a));
  });
}
