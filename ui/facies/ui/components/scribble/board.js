// The board: picture, overlay and strokes on one canvas, with all that a person does to them.

const TELL_MS = 300;
const SIMPLER_PX = 0.35; // of the screen
const WIDTHS = [1, 2, 3, 5, 7, 9, 12, 16, 20, 25, 32, 40, 50, 65, 80, 100];

class Board {
  constructor(parent, data) {
    const { width, height } = data.picture;
    this.path = data.picture.path;
    this.view = new View(width, height);
    this.tool = "draw";
    this.width = Math.max(3, Math.min(40, WIDTHS.find((one) => one >= Math.min(width, height) / 60) ?? 9));
    this.overlay = "preview";
    this.opacity = 0.5;
    this.kind = "linear";
    this.places = [];
    this.place = -1;
    this.photo = this.layer(data.picture.tiles, (level, row, column) => `${data.picture.tiles.path}/${level}/${row}/${column}`);
    this.previewer = new Previewer({ path: this.path, changed: () => this.named(), say: (what, words) => this.sayPreview(what, words) });
    this.classes = new Classes({ changed: (list) => this.changeClasses(list), chosen: () => this.chose() });
    this.bar = new ToolBar(this);
    this.overview = new Overview(this.view, this.photo, (y) => this.look(width / 2, y));
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.note = element("p", { class: "note", role: "status", "aria-label": "What goes on" });
    this.area = element("div", { class: "area", tabindex: "0", role: "application", "aria-label": `Drawing on ${data.picture.name}, ${width} by ${height} pixels` }, this.canvas);
    this.root = element("div", { class: "root scribble" }, this.bar.root, element("div", { class: "middle" }, this.overview.canvas, this.area, this.classes.root), this.note);
    parent.append(this.root);
    this.gestures = new Gestures(this);
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(this.area);
    this.saver = new Saver({
      drawing: data.drawing,
      picture: this.path,
      kept: (what, told) => this.kept(what, told),
      say: (what, words) => this.saySaved(what, words),
      refused: (words) => this.refused(words),
    });
    this.load();
  }

  layer(tiles, address, make) {
    const { width, height } = this.view.picture;
    return new Tiles({ address, size: tiles.size, levels: tiles.levels, width, height, make, changed: () => this.draw() });
  }

  get hasResult() {
    return Boolean(this.result);
  }

  update(data) {
    if (data.version === this.version) return;
    this.version = data.version;
    this.data = data;
    if (this.saver.isIdle || !this.classes.list.length) this.classes.update(data.classes);
    if (data.result !== this.resultPath) this.showResult(data.result, data.picture.tiles);
    if (this.loaded !== undefined && data.loaded !== this.loaded) this.load();
    this.loaded = data.loaded;
    this.places = data.places;
    if (data.go.number !== this.gone) {
      this.gone = data.go.number;
      if (data.go.place !== null) this.goTo(data.go.place);
    }
    this.bar.paint();
    this.draw();
  }

  showResult(path, tiles) {
    this.result?.release();
    this.resultPath = path;
    this.result = path ? this.layer(tiles, (level, row, column) => `${path}/${level}/${row}/${column}`, (bitmap) => new Named(bitmap)) : null;
    if (path) this.overlay = "result";
    else if (this.overlay.startsWith("result")) this.overlay = "preview";
  }

  async load() {
    const turn = (this.loads = (this.loads ?? 0) + 1);
    const isOver = () => this.released || turn !== this.loads; // a later answer counts alone
    clearTimeout(this.loading);
    this.acknowledged = 0;
    this.say("Loading the strokes");
    let told;
    try {
      const path = `${this.path}/strokes`;
      const answer = await fetch(webAddress(path));
      told = await answer.json();
      if (!answer.ok) throw new Error(told.detail);
    } catch (error) {
      if (isOver()) return;
      this.say(`The strokes could not be loaded, so nothing can be drawn yet: ${error.message}`);
      this.loading = setTimeout(() => this.load(), 3000);
      return;
    }
    if (isOver()) return;
    if (told.revision < this.acknowledged) return this.load(); // a stroke was kept since they were read
    this.strokes = new Strokes(told.strokes);
    this.root.dataset.revision = told.revision;
    for (const change of this.saver.changes) this.takeIn(change);
    this.saver.send();
    this.saySaved(this.saver.isIdle ? "saved" : "saving");
    this.say(this.hint());
    this.changedStrokes(true);
    this.root.dataset.ready = "true";
  }

  // A change that an earlier page could not send is part of what is drawn.
  takeIn(change) {
    if (change.classes) return;
    const remove = change.remove.map((id) => this.strokes.byId.get(id)).filter(Boolean);
    this.strokes.apply({ remove, add: change.add });
  }

  release() {
    this.watcher.disconnect();
    clearTimeout(this.telling);
    clearTimeout(this.loading);
    this.released = true;
    for (const part of [this.saver, this.previewer, this.photo, this.result, this.gestures]) part?.release();
    this.root.remove();
  }

  resize() {
    const { width, height } = this.area.getBoundingClientRect();
    if (!width || !height) return;
    this.view.resize(width, height);
    this.density = Math.min(2, devicePixelRatio || 1);
    this.canvas.width = Math.round(width * this.density);
    this.canvas.height = Math.round(height * this.density);
    this.moved();
  }

  // --- strokes ---

  does(deed) {
    if (!deed || (!deed.remove.length && !deed.add.length)) return;
    this.saver.add({ remove: deed.remove.map((one) => one.id), add: deed.add });
    this.changedStrokes(true);
  }

  drawn(points) {
    const simple = rounded(simplified(points, SIMPLER_PX / this.view.k));
    this.does(this.strokes.does({ remove: [], add: [{ id: newId(), class: this.classes.active, width: this.width, points: simple }] }));
  }

  erasedAlong(path) {
    const remove = [];
    const add = [];
    for (const one of this.strokes.all) {
      const left = erased(one, path, this.width / 2);
      if (!left) continue;
      remove.push(one);
      add.push(...left);
    }
    if (remove.length) this.does(this.strokes.does({ remove, add }));
    else this.draw();
  }

  undo() {
    this.does(this.strokes?.undo());
  }

  redo() {
    this.does(this.strokes?.redo());
  }

  changedStrokes(isNew) {
    const classes = new Set(this.strokes.all.map((one) => one.class));
    this.root.dataset.strokes = this.strokes.byId.size;
    if (this.overlay.startsWith("result") && isNew && this.root.dataset.ready) this.overlay = this.overlay.replace("result", "preview");
    if (classes.size >= 2) this.askPreview(true);
    else {
      this.previewer.version = undefined;
      this.previewer.turn++;
      this.previewer.clear();
      this.say(this.hint());
    }
    this.count();
    this.bar.paint();
    this.draw();
  }

  hint() {
    const classes = new Set(this.strokes.all.map((one) => one.class));
    if (!classes.size) return "Draw a stroke in each of two classes or more: choose a class on the right, or by its number.";
    if (classes.size === 1) return `Now draw in a second class: with ${this.classes.get([...classes][0])?.name ?? "one class"} alone there is nothing to tell apart.`;
    return "";
  }

  count() {
    this.classes.count(this.strokes?.all ?? [], this.previewer.patches.length ? this.previewer.fractions() : new Map());
  }

  // --- previews ---

  askPreview(isNew) {
    if (!this.overlay.startsWith("preview") || !this.strokes || new Set(this.strokes.all.map((one) => one.class)).size < 2) {
      if (isNew) this.previewer.version = (this.previewer.version ?? 0) + 1;
      return;
    }
    // The service names by what it has kept, so the strokes go first.
    if (isNew) this.isStale = true;
    if (this.saver.isIdle) {
      this.previewer.ask(this.view, this.kind, this.isStale);
      this.isStale = false;
    }
  }

  named() {
    this.root.dataset.named = this.previewer.patches.length;
    this.count();
    this.draw();
  }

  sayPreview(what, words) {
    this.root.dataset.preview = what;
    this.say({ naming: "Naming what is in sight", named: words, refused: words }[what]);
  }

  choosePreview(kind) {
    this.kind = kind;
    this.askPreview(true);
    this.bar.paint();
  }

  chooseOverlay(name) {
    this.overlay = name;
    this.askPreview(false);
    this.bar.paint();
    this.draw();
  }

  toggleOverlay() {
    if (this.overlay === "none") this.chooseOverlay(this.shownBefore ?? "preview");
    else {
      this.shownBefore = this.overlay;
      this.chooseOverlay("none");
    }
  }

  setOpacity(opacity) {
    this.opacity = Math.max(0.05, Math.min(1, opacity));
    this.bar.paint();
    this.draw();
  }

  // --- what the service says ---

  kept(what, told) {
    if (what === "strokes") this.root.dataset.revision = this.acknowledged = told.revision;
    if (this.isStale && this.saver.isIdle) this.askPreview(false);
    clearTimeout(this.telling);
    const action = what === "classes" ? ["classes", {}] : ["kept", { revision: told.revision, strokes: told.strokes }];
    this.telling = setTimeout(() => this.released || this.send(...action), TELL_MS);
  }

  saySaved(what, words) {
    this.root.dataset.saved = what;
    this.bar.saved.textContent = { saved: "Saved", saving: "Saving", waiting: "Not saved yet" }[what];
    this.bar.saved.title = what === "waiting" ? `The service does not answer (${words}). What you draw is kept in this browser and sent when it does.` : "";
    if (what === "saved" && this.isStale) this.askPreview(false);
  }

  refused(words) {
    this.say(words);
    this.load().then(() => this.released || this.say(words)); // what is seen must be what is kept
  }

  changeClasses(list) {
    this.saver.add({ classes: list });
    this.draw();
  }

  say(words) {
    this.note.textContent = words ?? "";
  }

  // --- looking ---

  moved() {
    const { x, y, k } = this.view;
    this.root.dataset.view = [x, y, k].map((one) => one.toFixed(4)).join(",");
    this.askPreview(false);
    this.draw();
  }

  zoom(factor, px, py) {
    this.view.zoom(factor, px, py);
    this.moved();
  }

  pan(dx, dy) {
    this.view.pan(dx, dy);
    this.moved();
  }

  fit() {
    this.view.fit();
    this.moved();
  }

  look(x, y) {
    this.view.center(x, y);
    this.moved();
  }

  goNext() {
    if (this.places.length) this.goTo((this.place + 1) % this.places.length);
  }

  goTo(place) {
    const one = this.places[place];
    if (!one) return;
    this.place = place;
    this.view.k = Math.max(this.view.k, Math.min(4, 60 / one.radius_px));
    this.look(one.column, one.row);
    this.say(`Place ${place + 1} of ${this.places.length}: ${one.reason}`);
  }

  // --- tools ---

  chooseTool(name) {
    this.tool = name;
    this.area.dataset.tool = name;
    this.bar.paint();
    this.draw();
  }

  chose() {
    if (this.tool !== "draw") this.chooseTool("draw");
    this.draw();
  }

  setWidth(width) {
    this.width = Math.max(1, Math.min(100, width));
    this.bar.paint();
    this.draw();
  }

  widen(way) {
    const near = way > 0 ? WIDTHS.find((one) => one > this.width) : WIDTHS.findLast((one) => one < this.width);
    this.setWidth(near ?? this.width);
  }

  // --- drawing ---

  draw() {
    if (this.waits || this.released || !this.view.k) return;
    this.waits = true;
    requestAnimationFrame(() => {
      this.waits = false;
      if (!this.released) this.drawNow();
    });
  }

  drawNow() {
    const context = this.canvas.getContext("2d");
    context.setTransform(this.density, 0, 0, this.density, 0, 0);
    context.clearRect(0, 0, this.view.size.width, this.view.size.height);
    context.imageSmoothingEnabled = this.view.k < 3;
    this.photo.draw(context, this.view, this.density);
    this.drawOverlay(context);
    drawStrokes(context, this.view, this.strokes?.all ?? [], this.classes);
    drawPlaces(context, this.view, this.places, this.place);
    this.gestures.draw(context);
    this.overview.draw((this.strokes?.all ?? []).map((one) => ({ y: one.points[0][1], colour: this.classes.get(one.class)?.colour ?? "#888" })));
    this.root.dataset.tiles = this.photo.kept.size;
    this.root.dataset.complete = String(Boolean(this.photo.complete && (!this.overlay.startsWith("result") || this.result?.complete)));
  }

  drawOverlay(context) {
    const [source, doubt] = this.overlay.split("-");
    if (source === "none") return;
    const colours = coloursOf(this.classes.list, doubt ? "doubt" : "classes");
    context.globalAlpha = this.opacity;
    context.imageSmoothingEnabled = false;
    if (source === "preview") this.previewer.draw(context, this.view, colours);
    else this.result?.draw({ drawImage: (named, ...more) => context.drawImage(named.in(colours), ...more) }, this.view, this.density);
    context.globalAlpha = 1;
  }
}
