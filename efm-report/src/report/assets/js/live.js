// While a run goes on, its server says what is new; a page from a file is not live.

function status(text, on) {
  const node = byId("status");
  node.hidden = false;
  node.textContent = text;
  node.classList.toggle("off", !on);
}

function listen() {
  const source = new EventSource(`events?seen=${state.data.seen}`);
  source.addEventListener("runs", (event) => {
    const data = JSON.parse(event.data);
    state.data = { ...state.data, ...data };
    state.selected = state.selected.filter((index) => index < data.runs.length);
    if (state.selected.length === 0) state.selected = [0];
    chips();
    render();
  });
  source.addEventListener("log", (event) => {
    const { index, log, pace, state: words } = JSON.parse(event.data);
    const run = state.data.runs[index];
    if (!run) return;
    Object.assign(run, { log, pace, state: words });
    drawSummary();
    drawCurves();
  });
  source.onopen = () => status("live", true);
  source.onerror = () => status(source.readyState === EventSource.CLOSED ? "ended" : "waiting for efm watch", false);
}
