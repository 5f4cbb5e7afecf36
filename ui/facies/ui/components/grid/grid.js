// A gallery: one choice, keys, marks for and against. Needs dom.js and details.js.
// The choice and the marks live here; Python hears one `action` per deed.

const memory = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let view = memory.get(parentElement);
  if (!view) memory.set(parentElement, (view = new Gallery(parentElement)));
  view.send = (type, more = {}) => setTriggerValue("action", { type, ...more, at: Date.now() });
  view.update(data);
  return () => memory.delete(parentElement);
}

class Gallery {
  constructor(parent) {
    this.tiles = [];
    this.marks = new Map();
    this.chosen = null; // id of the image whose details are open
    this.at = 0; // place of the tile that has the focus when the list is entered
    this.list = element("div", { class: "tiles", role: "listbox", onkeydown: (event) => this.key(event) });
    this.side = element("div", { class: "side" });
    this.foot = element("div", { class: "foot" });
    const body = element("div", { class: "body" }, this.list, this.side);
    this.root = element("div", { class: "root gallery" }, body, this.foot);
    parent.append(this.root);
  }

  update(data) {
    if (data.version === this.version) return;
    const extended = this.tiles.every((tile, place) => data.tiles[place]?.id === tile.id);
    this.version = data.version;
    this.data = data;
    this.list.setAttribute("aria-label", data.label);
    if (!extended) {
      this.marks.clear();
      this.chosen = null;
      this.at = 0;
    }
    const first = extended ? this.tiles.length : 0;
    this.tiles = data.tiles;
    if (!first) this.list.replaceChildren();
    for (let place = first; place < this.tiles.length; place++) this.list.append(this.cell(this.tiles[place], place));
    this.paint();
    if (!extended && this.root.getBoundingClientRect().top < 0) this.root.scrollIntoView();
  }

  cell(tile, place) {
    const image = element("img", { src: webAddress(tile.src), alt: "", loading: "lazy", decoding: "async", draggable: "false" });
    const caption = element("div", { class: "caption" }, labelChip(tile.label, tile.state));
    if (typeof tile.similarity === "number") caption.append(similarityLine(tile.similarity));
    const option = element(
      "div",
      { class: "tile", role: "option", tabindex: "-1", "data-id": tile.id, "aria-label": this.spoken(tile), title: tile.hint },
      element("div", { class: "area" }, image),
      caption,
    );
    option.addEventListener("click", () => this.choose(place));
    option.addEventListener("dblclick", () => this.similar(tile.id));
    return element("div", { class: "cell", role: "presentation" }, option, this.tools(tile));
  }

  spoken(tile) {
    return typeof tile.similarity === "number" ? `${tile.alt}, similarity ${tile.similarity.toFixed(2)}` : tile.alt;
  }

  tools(tile) {
    // For the mouse; the keys and the details panel do the same, so these stay out of the tab order and of speech.
    const tool = (kind, title, deed) =>
      element("button", { class: `tool ${kind}`, type: "button", tabindex: "-1", title, onclick: deed }, icon(kind));
    const tools = element("div", { class: "tools", "aria-hidden": "true" }, tool("similar", "Find similar (f)", () => this.similar(tile.id)));
    if (this.data.can_mark) {
      tools.append(tool("plus", "More like this (+)", () => this.mark(tile.id, "plus")));
      tools.append(tool("minus", "Less like this (-)", () => this.mark(tile.id, "minus")));
    }
    return tools;
  }

  option(place) {
    return this.list.children[place]?.firstChild;
  }

  choose(place) {
    const tile = this.tiles[place];
    this.at = place;
    this.chosen = this.chosen === tile.id ? null : tile.id;
    this.paint();
    this.option(place).focus({ preventScroll: true });
  }

  mark(id, kind) {
    if (this.marks.get(id) === kind) this.marks.delete(id);
    else this.marks.set(id, kind);
    this.paint();
  }

  similar(id) {
    this.send("similar", { id });
  }

  close() {
    this.chosen = null;
    this.paint();
    this.option(this.at)?.focus();
  }

  paint() {
    this.tiles.forEach((tile, place) => {
      const option = this.option(place);
      option.tabIndex = place === this.at ? 0 : -1;
      option.setAttribute("aria-selected", String(tile.id === this.chosen));
      option.parentElement.dataset.mark = this.marks.get(tile.id) ?? "";
    });
    this.paintSide();
    this.paintFoot();
  }

  paintSide() {
    const tile = this.tiles.find((one) => one.id === this.chosen);
    this.root.classList.toggle("open", Boolean(tile));
    const showing = this.side.firstChild;
    if (tile && showing?.tile === tile.id && showing.mark === this.marks.get(tile.id)) return;
    this.side.replaceChildren();
    if (!tile) return;
    const panel = details(tile, {
      mark: this.marks.get(tile.id),
      canMark: this.data.can_mark,
      onSimilar: (id) => this.similar(id),
      onMark: (id, kind) => this.mark(id, kind),
      onClose: () => this.close(),
    });
    panel.tile = tile.id;
    panel.mark = this.marks.get(tile.id);
    this.side.append(panel);
  }

  paintFoot() {
    this.foot.replaceChildren();
    if (this.marks.size) this.foot.append(this.refineBar());
    else if (this.data.more) {
      this.foot.append(element("button", { class: "quiet more", type: "button", onclick: () => this.send("more") }, "Show more"));
    }
  }

  refineBar() {
    const ids = (kind) => [...this.marks].filter(([, mark]) => mark === kind).map(([id]) => id);
    const positive = ids("plus");
    const negative = ids("minus");
    const words = element("span", { class: "tally", role: "status" });
    words.append(element("b", { class: "for" }, `+${positive.length}`), " more like these, ");
    words.append(element("b", { class: "against" }, `\u2212${negative.length}`), " less like these");
    const clear = element("button", { class: "quiet", type: "button" }, "Clear");
    clear.addEventListener("click", () => {
      this.marks.clear();
      this.paint();
    });
    const refine = element("button", { class: "quiet strong", type: "button" }, "Refine search");
    refine.addEventListener("click", () => this.send("refine", { positive, negative }));
    return element("div", { class: "refine" }, words, clear, refine);
  }

  columns() {
    const top = this.list.children[0]?.offsetTop;
    const cells = [...this.list.children];
    const next = cells.findIndex((cell) => cell.offsetTop !== top);
    return next < 0 ? cells.length : next;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.tiles.length) return;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns(), ArrowUp: -this.columns() };
    const ends = { Home: 0, End: this.tiles.length - 1 };
    const tile = this.tiles[this.at];
    const deeds = {
      Enter: () => this.choose(this.at),
      " ": () => this.choose(this.at),
      Escape: () => this.close(),
      f: () => this.similar(tile.id),
      "+": () => this.data.can_mark && this.mark(tile.id, "plus"),
      "=": () => this.data.can_mark && this.mark(tile.id, "plus"),
      "-": () => this.data.can_mark && this.mark(tile.id, "minus"),
    };
    if (event.key in steps) this.move(this.at + steps[event.key]);
    else if (event.key in ends) this.move(ends[event.key]);
    else if (event.key in deeds) deeds[event.key]();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  move(place) {
    if (place < 0 || place >= this.tiles.length) return;
    this.at = place;
    if (this.chosen) this.chosen = this.tiles[place].id;
    this.paint();
    this.option(place).focus();
  }
}
