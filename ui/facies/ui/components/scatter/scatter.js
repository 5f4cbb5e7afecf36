// A map: points to zoom, pan, colour, hover and enclose. Needs dom.js and all other files of this folder.
// Positions and colours come from the service by address. View, hidden categories and the lasso live here; Python hears
// one `action` per deed: `lasso` (with `polygon`, in map coordinates, and `shown`), `open` (with `index`), `clear`.

const memory = new WeakMap();
const READ = { u1: Uint8Array, u2: Uint16Array, f4: Float32Array };
const REACH_PX = 12; // how near a point must be to the pointer
const STEP_PX = 3; // between two corners of a lasso
const TOOLS = [
  ["move", "Move (m)", "Drag to move, wheel to zoom"],
  ["lasso", "Lasso (l)", "Draw around points; with Shift at any time"],
];

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let view = memory.get(parentElement);
  if (!view) memory.set(parentElement, (view = new Scatter(parentElement)));
  view.send = (type, more = {}) => setTriggerValue("action", { type, ...more, at: Date.now() });
  view.update(data);
  return endOf(parentElement, () => {
    view.release();
    memory.delete(parentElement);
  });
}

class Scatter {
  constructor(parent) {
    this.tool = "move";
    this.corners = null; // of the lasso that is being drawn, in pixels
    this.polygon = null; // of the lasso that was drawn, in map coordinates
    this.view = null; // {x, y, k}: middle in map coordinates, pixels per unit
    this.canvas = element("canvas", { class: "points", "aria-hidden": "true" });
    this.outline = document.createElementNS(SVG, "svg");
    this.outline.setAttribute("class", "outline");
    this.outline.setAttribute("aria-hidden", "true");
    this.outline.append(document.createElementNS(SVG, "path"));
    this.tip = element("div", { class: "tip", hidden: true });
    this.note = element("p", { class: "note", role: "status" });
    this.area = element("div", { class: "area", tabindex: "0", role: "application", onkeydown: (event) => this.key(event) }, this.canvas, this.outline, this.tip, this.note);
    this.legend = new Legend(() => this.recolour());
    this.bar = element("div", { class: "tools", role: "toolbar", "aria-label": "Map" });
    this.root = element("div", { class: "root scatter" }, element("div", { class: "left" }, this.bar, this.area), this.legend.root);
    parent.append(this.root);
    this.listen();
    this.paintBar();
    this.begin();
  }

  begin() {
    this.points = new Points(this.canvas);
    this.painter = new Painter(this.points, () => this.look(), (isWhole) => (this.root.dataset.drawn = isWhole ? "whole" : "part"));
    if (this.points.gl) return;
    this.points = null;
    this.root.classList.add("plain");
    this.say("This browser draws no WebGL 2, so the map is a plainer chart, above.");
  }

  listen() {
    this.area.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.area.addEventListener("pointerdown", (event) => this.down(event));
    this.area.addEventListener("pointermove", (event) => this.move(event));
    this.area.addEventListener("pointerup", (event) => this.up(event));
    this.area.addEventListener("pointercancel", () => this.stop());
    this.area.addEventListener("pointerleave", () => this.hideTip());
    this.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.canvas.addEventListener("webglcontextrestored", () => this.restore());
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(this.area);
    this.night = matchMedia("(prefers-color-scheme: dark)");
    this.onNight = () => this.draw();
    this.night.addEventListener("change", this.onNight);
  }

  release() {
    this.watcher.disconnect();
    this.night.removeEventListener("change", this.onNight);
    this.points?.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  update(data) {
    if (data.version === this.version) return;
    this.version = data.version;
    this.data = data;
    if (!this.points) {
      if (!this.told) this.send("unsupported");
      this.told = true;
      return;
    }
    this.area.setAttribute("aria-label", data.label);
    this.legend.update(data.legend);
    if (data.cleared !== this.cleared) this.clear(false);
    this.cleared = data.cleared;
    this.load();
  }

  async load() {
    const { positions, column, type, count } = this.data;
    try {
      const isMoved = positions !== this.loaded;
      const isColoured = isMoved || column !== this.coloured;
      if (isMoved) this.say(`Loading ${count.toLocaleString()} points`);
      const [places, codes] = await Promise.all([isMoved && this.fetch(positions), isColoured && this.fetch(column)]);
      if (this.data.positions !== positions || this.data.column !== column) return; // others were asked for meanwhile
      if (isMoved) {
        this.loaded = positions;
        this.take(new Float32Array(places));
      }
      if (isColoured) {
        const values = new READ[type](codes);
        this.coloured = column;
        this.values = values;
        this.points.setValues(values);
      }
    } catch (error) {
      this.say(`The map could not be loaded: ${error.message}`);
      return;
    }
    this.say("");
    this.recolour();
    this.root.dataset.ready = this.data.version;
  }

  async fetch(path) {
    const answer = await fetch(webAddress(path));
    if (answer.ok) return answer.arrayBuffer();
    if (answer.status === 409) this.send("stale");
    throw new Error(`the service answered ${answer.status}`);
  }

  take(positions) {
    this.positions = positions;
    this.places = new Places(positions);
    this.points.setPositions(positions);
    this.resize();
    if (!this.view || this.shownMap !== this.data.map) this.reset();
    this.shownMap = this.data.map;
  }

  restore() {
    this.begin();
    if (!this.points || !this.positions) return;
    this.points.setPositions(this.positions);
    if (this.values) this.points.setValues(this.values);
    this.points.select(this.polygon);
    this.recolour();
  }

  resize() {
    const box = this.area.getBoundingClientRect();
    this.width = Math.max(1, box.width);
    this.height = Math.max(1, box.height);
    this.density = Math.min(2, devicePixelRatio || 1);
    this.canvas.width = Math.round(this.width * this.density);
    this.canvas.height = Math.round(this.height * this.density);
    this.draw();
  }

  reset() {
    if (!this.places) return;
    const { x0, y0, x1, y1 } = this.places;
    const k = 0.92 * Math.min(this.width / Math.max(x1 - x0, 1e-9), this.height / Math.max(y1 - y0, 1e-9));
    this.view = { x: (x0 + x1) / 2, y: (y0 + y1) / 2, k };
    this.least = k / 4;
    this.draw();
  }

  recolour() {
    if (!this.points) return;
    const numbers = this.data.legend.kind === "number";
    if (numbers) {
      const steps = Array.from({ length: 256 }, (_, at) => [...rampColour(at / 255), 215]);
      this.points.setPalette(new Uint8Array(steps.flat()));
    } else this.points.setPalette(this.legend.colours());
    this.draw();
    if (this.polygon) this.tell();
  }

  draw() {
    if (!this.points || !this.view) return;
    this.drawOutline();
    this.painter.paint();
  }

  look() {
    const { x, y, k } = this.view;
    const scale = [(2 * k) / this.width, (2 * k) / this.height];
    const crowd = Math.sqrt((this.width * this.height) / Math.max(1, this.points.count));
    const size = Math.max(2, Math.min(9, crowd * 0.35 * Math.sqrt(k / (this.least * 4)))) * this.density;
    const { kind, low, high } = this.data.legend;
    return { scale, shift: [-x * scale[0], -y * scale[1]], size, numbers: kind === "number", range: [low ?? 0, high ?? 1], less: [...this.shade(), 0.5] };
  }

  shade() {
    const ink = getComputedStyle(this.root).color.match(/[\d.]+/g)?.slice(0, 3).map(Number) ?? [120, 120, 120];
    return ink.map((value) => (0.45 * value + 0.55 * 128) / 255);
  }

  // --- places on the screen and on the map ---

  toMap(px, py) {
    return [this.view.x + (px - this.width / 2) / this.view.k, this.view.y - (py - this.height / 2) / this.view.k];
  }

  toScreen(x, y) {
    return [(x - this.view.x) * this.view.k + this.width / 2, this.height / 2 - (y - this.view.y) * this.view.k];
  }

  at(event) {
    const box = this.area.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  // --- moving ---

  wheel(event) {
    if (!this.view) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...this.at(event));
  }

  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.toMap(px, py);
    const k = Math.max(this.least, Math.min(this.view.k * factor, this.least * 4e4));
    this.view = { k, x: x - (px - this.width / 2) / k, y: y + (py - this.height / 2) / k };
    this.hideTip();
    this.draw();
  }

  pan(dx, dy) {
    this.view = { ...this.view, x: this.view.x - dx / this.view.k, y: this.view.y + dy / this.view.k };
    this.draw();
  }

  down(event) {
    if (!this.view || event.button !== 0) return;
    this.area.focus({ preventScroll: true });
    this.area.setPointerCapture(event.pointerId);
    this.last = this.begun = this.at(event);
    this.moved = false;
    this.corners = this.tool === "lasso" || event.shiftKey ? [this.last] : null;
    this.dragging = true;
    this.hideTip();
  }

  move(event) {
    const here = this.at(event);
    if (!this.dragging) {
      this.hover(here);
      return;
    }
    const [dx, dy] = [here[0] - this.last[0], here[1] - this.last[1]];
    this.moved ||= Math.hypot(here[0] - this.begun[0], here[1] - this.begun[1]) > STEP_PX;
    if (!this.corners) {
      this.pan(dx, dy);
      this.last = here;
    } else if (Math.hypot(dx, dy) >= STEP_PX) {
      this.corners.push(here);
      this.last = here;
      this.drawOutline();
    }
  }

  up(event) {
    if (!this.dragging) return;
    const corners = this.corners;
    const here = this.at(event);
    this.stop();
    if (!this.moved) this.open(here);
    else if (corners && corners.length >= 3) this.enclose(corners.map(([px, py]) => this.toMap(px, py)));
  }

  stop() {
    this.dragging = false;
    this.corners = null;
    this.drawOutline();
  }

  // --- points ---

  nearest([px, py]) {
    if (!this.places || !this.values) return -1;
    const codes = this.legend.hidden;
    const gone = this.data.gone_code;
    const counts = (point) => (gone === null ? Number.isFinite(this.values[point]) || Number.isNaN(this.values[point]) : this.values[point] !== gone && !codes.has(this.values[point]));
    return this.places.nearest(...this.toMap(px, py), REACH_PX / this.view.k, counts);
  }

  hover(here) {
    const point = this.nearest(here);
    if (point === this.hovered) return;
    this.hovered = point;
    this.hideTip(false);
    if (point < 0) return;
    const image = picture(`${this.data.points}/${point}/thumbnail`, { alt: "" });
    this.tip.replaceChildren(image, element("span", {}, this.nameAt(point)));
    const [px, py] = this.toScreen(this.positions[2 * point], this.positions[2 * point + 1]);
    this.tip.style.left = `${Math.min(px + 14, this.width - 150)}px`;
    this.tip.style.top = `${Math.max(4, Math.min(py - 60, this.height - 170))}px`;
    this.tip.hidden = false;
  }

  nameAt(point) {
    const value = this.values[point];
    if (this.data.legend.kind === "number") return Number.isNaN(value) ? "without one" : String(Number(value.toPrecision(6)));
    const entry = this.data.legend.entries.find((one) => one.code === value);
    return entry ? nameOf(entry) : "";
  }

  hideTip(forget = true) {
    this.tip.hidden = true;
    if (forget) this.hovered = -1;
  }

  open(here) {
    const point = this.nearest(here);
    if (point >= 0) this.send("open", { index: point });
  }

  // --- the lasso ---

  enclose(polygon) {
    this.polygon = polygon;
    this.tell();
    this.points.select(polygon);
    this.draw();
  }

  tell() {
    const rounded = this.polygon.map((corner) => corner.map((value) => Number(value.toPrecision(7))));
    this.send("lasso", { polygon: rounded, shown: this.legend.shown() });
  }

  clear(tell = true) {
    const had = this.polygon;
    this.polygon = null;
    this.points?.select(null);
    this.draw();
    if (had && tell) this.send("clear");
  }

  drawOutline() {
    const drawn = this.corners ?? this.polygon?.map(([x, y]) => this.toScreen(x, y));
    const path = drawn?.length ? `M${drawn.map((corner) => corner.map((value) => value.toFixed(1)).join(" ")).join("L")}Z` : "";
    this.outline.firstChild.setAttribute("d", path);
  }

  // --- keys and buttons ---

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.view) return;
    const step = 60;
    const deeds = {
      ArrowLeft: () => this.pan(step, 0),
      ArrowRight: () => this.pan(-step, 0),
      ArrowUp: () => this.pan(0, step),
      ArrowDown: () => this.pan(0, -step),
      "+": () => this.zoom(1.4),
      "=": () => this.zoom(1.4),
      "-": () => this.zoom(1 / 1.4),
      0: () => this.reset(),
      m: () => this.choose("move"),
      l: () => this.choose("lasso"),
      Escape: () => this.clear(),
      Enter: () => this.open([this.width / 2, this.height / 2]),
    };
    if (!(event.key in deeds)) return;
    deeds[event.key]();
    event.preventDefault();
    event.stopPropagation();
  }

  choose(tool) {
    this.tool = tool;
    this.paintBar();
  }

  paintBar() {
    const button = (words, title, onclick, more = {}) => element("button", { class: "quiet", type: "button", title, onclick, ...more }, words);
    const tools = TOOLS.map(([name, words, title]) => button(words, title, () => this.choose(name), { "aria-pressed": String(this.tool === name) }));
    const zooms = [
      button("+", "Zoom in (+)", () => this.view && this.zoom(1.4), { "aria-label": "Zoom in" }),
      button("\u2212", "Zoom out (-)", () => this.view && this.zoom(1 / 1.4), { "aria-label": "Zoom out" }),
      button("Whole map (0)", "Show all points", () => this.reset()),
      button("Clear lasso (Esc)", "Select nothing", () => this.clear()),
    ];
    this.bar.replaceChildren(...tools, element("span", { class: "gap" }), ...zooms);
    this.area.dataset.tool = this.tool;
  }

  say(words) {
    this.note.textContent = words;
    this.note.hidden = !words;
  }
}
