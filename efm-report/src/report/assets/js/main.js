// Reads the data of the page and draws everything.

function render() {
  drawSummary();
  drawScenes();
  drawClouds();
  drawSlices();
  drawImages();
  drawCurves();
  drawMeasures();
  drawLines();
  drawOrigins();
}

state.data = JSON.parse(byId("data").textContent);
// Two runs fit beside each other; more are chosen by hand.
state.selected = state.data.runs.slice(0, 2).map((_, index) => index);
byId("footer").textContent = state.data.program;
chips();
render();

byId("play").addEventListener("click", play);
byId("height").addEventListener("input", (event) => {
  if (state.playing) play();
  state.height = Number(event.target.value) / 1000;
  moved();
});
byId("sheet").addEventListener("change", (event) => {
  state.sheet = event.target.checked;
  drawScenes();
});
byId("slice-height").addEventListener("input", sliced);
const THEMES = ["auto", "light", "dark"];
byId("theme").addEventListener("click", () => {
  const now = document.documentElement.getAttribute("data-theme") || "auto";
  chooseTheme(THEMES[(THEMES.indexOf(now) + 1) % 3]);
  render();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);
if (state.data.live) listen();
