// A gallery: a choice of tiles, keys, names, marks for and against. Needs the other files of this folder and dom.js.
// The choice and the marks live here; Python hears of deeds, each with a number, and says up to which they are done.

const BESIDE = 640; // pixels of width from which the details stand beside the tiles, not above them (see grid.css)
const DOUBLE_MS = 300; // tiles must not move away under the second click of a double one
const memory = new WeakMap();
let counted = 0; // deeds in all galleries so far, so that one that comes back to the page goes on counting

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  let view = memory.get(parentElement);
  if (!view) memory.set(parentElement, (view = new Gallery(parentElement)));
  // A state, not a trigger: it goes along with whatever else is sent.
  view.post = (deeds) => setStateValue("action", { deeds });
  view.update(data);
  return endOf(parentElement, () => {
    view.end();
    memory.delete(parentElement);
  });
}

// A key that is held down says nothing more: neither here nor to the shortcuts of the page.
document.addEventListener(
  "keydown",
  (event) => {
    const target = event.composedPath()[0];
    const root = target.getRootNode();
    const isHeld = event.repeat && (event.key.length === 1 || event.key === "Enter");
    if (!isHeld || event.ctrlKey || event.metaKey || isTyping(target) || (root !== document && !memory.has(root))) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

class Gallery {
  constructor(parent) {
    this.tiles = [];
    this.choice = new Choice();
    this.marks = new Map();
    this.unheard = []; // deeds that are not known to be done, each with its number
    this.given = new Map(); // id -> label and state that are not known to be given, with the number of the deed
    this.still = 0; // until when a click keeps the tiles where they are
    this.at = 0; // place of the tile that has the focus when the list is entered
    this.list = element("div", { class: "tiles", role: "listbox", tabindex: "-1", "aria-multiselectable": "true", onkeydown: (event) => this.key(event) });
    this.rows = new Rows(this.list, (place) => this.cell(place));
    this.rows.shown = () => this.paintTiles();
    this.details = new Details({
      similar: (id) => this.similar(id),
      mark: (ids, kind) => this.mark(ids, kind),
      label: (label) => this.label(label),
      close: () => this.toggleDetails(),
    });
    this.naming = new NamingBar({
      label: (label) => this.label(label),
      accept: () => this.accept(),
      state: (state) => this.call(state),
      undo: () => this.send("undo"),
      clear: () => this.clear(),
      back: () => this.focus(),
    });
    this.side = element("div", { class: "side" });
    this.more = element("button", { class: "quiet more", type: "button", onclick: () => this.send("more") }, "Show more");
    this.foot = element("div", { class: "foot" });
    const main = element("div", { class: "main" }, this.list, this.more);
    this.root = element("div", { class: "root gallery" }, element("div", { class: "body" }, main, this.side), this.foot);
    parent.append(this.root);
    this.summon = (event) => {
      if (event.key !== "g" || event.ctrlKey || event.metaKey || event.altKey || !this.data?.focus || isTyping(event.composedPath()[0])) return;
      event.preventDefault();
      this.focus(false);
    };
    document.addEventListener("keydown", this.summon);
    this.leaving = new Leaving(() => this.unheard.length > 0);
  }

  end() {
    document.removeEventListener("keydown", this.summon);
    this.leaving.end();
    this.rows.end();
    this.root.remove();
  }

  update(data) {
    if (data.version === this.data?.version) return;
    const before = this.tiles;
    const first = !this.data;
    const focused = this.list.contains(this.list.getRootNode().activeElement);
    this.data = data;
    this.tiles = data.tiles;
    this.opened ??= data.details_open && this.root.clientWidth >= BESIDE;
    const waited = new Set(this.given.keys());
    this.unheard = this.unheard.filter((deed) => deed.number > data.done);
    for (const [id, given] of this.given) if (given.number <= data.done) this.given.delete(id);
    this.lines = {
      suggestion: data.tiles.some((tile) => tile.suggestion),
      similarity: data.tiles.some((tile) => typeof tile.similarity === "number"),
      note: data.tiles.some((tile) => tile.note),
    };
    this.list.setAttribute("aria-label", data.label);
    if (data.naming) this.naming.fill(data.naming);
    const here = this.follow(before);
    this.rows.fill(this.tiles.length);
    this.tiles.forEach((tile, place) => {
      if (waited.has(tile.id) || JSON.stringify(tile) !== JSON.stringify(before[place])) this.rows.renew(place);
    });
    this.paint();
    if (focused || (data.focus && !here && !isTyping(document.activeElement))) this.focus();
    if (!here && !first && this.root.getBoundingClientRect().top < 0) this.root.scrollIntoView();
    this.leaving.go();
  }

  follow(before) {
    // The same listing with some tiles less or more keeps the place, the choice and the marks; another one begins anew.
    const places = new Map(this.tiles.map((tile, place) => [tile.id, place]));
    const same = before.some((tile) => places.has(tile.id));
    if (!same) {
      this.choice.clear();
      this.marks.clear();
      this.at = 0;
      return false;
    }
    for (const id of this.marks.keys()) if (!places.has(id)) this.marks.delete(id);
    this.choice.keep(this.tiles);
    const after = before.slice(this.at).find((tile) => places.has(tile.id));
    this.at = after ? places.get(after.id) : Math.max(0, this.tiles.length - 1);
    this.choice.anchor = this.at;
    return true;
  }

  cell(place) {
    const tile = this.tiles[place];
    const given = this.given.get(tile.id);
    const deeds = {
      click: (at, event) => this.click(at, event),
      toggle: (at) => this.toggle(at),
      similar: (id) => this.similar(id),
      mark: (ids, kind) => this.mark(ids, kind),
    };
    return makeCell(tile, place, { total: this.tiles.length, given, lines: this.lines, canMark: this.data.can_mark, deeds });
  }

  // What is chosen.

  get chosen() {
    return this.choice.of(this.tiles);
  }

  click(place, event) {
    if (event.shiftKey) this.choice.range(this.tiles, place);
    else if (event.ctrlKey || event.metaKey) this.choice.toggle(this.tiles, place);
    else if (this.choice.size === 1 && this.choice.has(this.tiles[place].id)) this.choice.clear();
    else this.choice.only(this.tiles, place);
    this.still = performance.now() + DOUBLE_MS;
    this.go(place);
  }

  toggle(place) {
    this.choice.toggle(this.tiles, place);
    this.go(place);
  }

  move(place, event) {
    if (place < 0 || place >= this.tiles.length) return;
    if (event.shiftKey) this.choice.range(this.tiles, place);
    else if (!event.ctrlKey) this.choice.only(this.tiles, place);
    this.go(place, false);
  }

  go(place, still = true) {
    this.at = place;
    this.paint();
    this.focus(still);
  }

  focus(still = true) {
    this.rows.reveal(this.at)?.focus({ preventScroll: still });
  }

  clear() {
    this.choice.clear();
    this.paint();
    this.focus();
  }

  toggleDetails(open = !this.opened) {
    this.opened = open;
    if (open && !this.choice.size && this.tiles.length) this.choice.only(this.tiles, this.at);
    this.paint();
    this.focus();
  }

  // What is said of it.

  send(type, more = {}) {
    // All that is not known to be done goes again: of what comes faster than the page is drawn, the last alone arrives.
    counted = Math.max(counted, this.data.done) + 1;
    this.unheard.push({ number: counted, type, ...more });
    this.post(this.unheard);
    return counted;
  }

  similar(id) {
    this.send("similar", { id });
  }

  mark(ids, kind) {
    const marked = ids.every((id) => this.marks.get(id) === kind);
    for (const id of ids) marked ? this.marks.delete(id) : this.marks.set(id, kind);
    this.paint();
  }

  label(label) {
    this.say(this.chosen.map((tile) => [tile, label, "validated"]));
  }

  accept() {
    this.say(this.chosen.filter((tile) => tile.suggestion).map((tile) => [tile, tile.suggestion, "validated"]));
  }

  call(state) {
    const named = (tile) => (state === "rejected" ? tile.suggestion ?? tile.label : tile.label ?? tile.suggestion);
    this.say(this.chosen.filter(named).map((tile) => [tile, named(tile), state]));
  }

  say(said) {
    if (!this.data.naming || !said.length) return;
    const items = [];
    for (const [tile, label, state] of said) {
      items.push({ id: tile.id, label, state, seen: tile.event ?? null });
      for (const id of tile.folded) items.push({ id, label, state, keep_validated: true });
    }
    const number = this.send("label", { items });
    for (const [tile, label, state] of said) this.given.set(tile.id, { label, state, number });
    const last = Math.max(...said.map(([tile]) => this.tiles.indexOf(tile)));
    for (const [tile] of said) this.rows.renew(this.tiles.indexOf(tile));
    this.choice.only(this.tiles, Math.min(last + 1, this.tiles.length - 1));
    this.go(this.choice.anchor, false);
  }

  // What is seen of it.

  paint() {
    this.paintTiles();
    this.paintSide();
    this.paintFoot();
  }

  paintTiles() {
    for (const [place, cell] of this.rows.cells) {
      const tile = this.tiles[place];
      const option = cell.firstChild;
      option.tabIndex = place === this.at ? 0 : -1;
      option.setAttribute("aria-selected", String(this.choice.has(tile.id)));
      cell.dataset.mark = this.marks.get(tile.id) ?? "";
    }
  }

  paintSide() {
    const open = this.opened && this.choice.size > 0;
    clearTimeout(this.opening);
    const wait = this.still - performance.now();
    if (open && wait > 0 && !this.root.classList.contains("open")) {
      this.opening = setTimeout(() => this.paintSide(), wait);
      return;
    }
    this.root.classList.toggle("open", open);
    if (!open) return this.side.replaceChildren();
    const chosen = this.chosen;
    this.details.show(chosen, this.data, chosen.length === 1 ? this.marks.get(chosen[0].id) : undefined);
    if (this.side.firstChild !== this.details.panel) this.side.replaceChildren(this.details.panel);
  }

  paintFoot() {
    this.more.hidden = !this.data.more;
    const bar = this.bar();
    // The bar is kept as it stands, so that what is typed into it stays too.
    if (bar !== this.foot.firstChild) this.foot.replaceChildren(...(bar ? [bar] : []));
  }

  bar() {
    if (this.marks.size) {
      const clear = () => {
        this.marks.clear();
        this.paint();
      };
      return refineBar(this.marks, { clear, refine: (positive, negative) => this.send("refine", { positive, negative }) });
    }
    if (!this.data.naming || !this.choice.size) return null;
    const chosen = this.chosen;
    this.naming.show(chosen, this.tiles.length, chosen.some((tile) => tile.suggestion));
    return this.naming.root;
  }

  key(event) {
    if (!this.tiles.length || event.altKey) return;
    const controlled = event.ctrlKey || event.metaKey;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.rows.columns(), ArrowUp: -this.rows.columns() };
    const ends = { Home: 0, End: this.tiles.length - 1 };
    if (event.key in steps) this.move(this.at + steps[event.key], event);
    else if (event.key in ends) this.move(ends[event.key], event);
    else if (controlled && event.key.toLowerCase() === "a") this.all();
    else if (controlled || !this.deed(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  all() {
    this.choice.all(this.tiles);
    this.paint();
  }

  deed(key) {
    const naming = this.data.naming;
    const tile = this.tiles[this.at];
    const ids = this.choice.size ? [...this.choice.ids] : [tile.id];
    const deeds = {
      " ": () => this.toggle(this.at),
      Escape: () => this.clear(),
      Enter: () => (naming && this.chosen.some((one) => one.suggestion) ? this.accept() : this.toggleDetails(true)),
      a: () => this.all(),
      i: () => {
        this.choice.invert(this.tiles);
        this.paint();
      },
      d: () => this.toggleDetails(),
      f: () => this.similar(tile.id),
    };
    if (this.data.can_mark) {
      deeds["+"] = deeds["="] = () => this.mark(ids, "plus");
      deeds["-"] = () => this.mark(ids, "minus");
    }
    if (naming) {
      if (!this.choice.size) this.choice.only(this.tiles, this.at);
      naming.keys.slice(0, KEYS).forEach((label, place) => (deeds[String(place + 1)] = () => this.label(label)));
      deeds.x = () => this.call("rejected");
      deeds.q = () => this.call("dubious");
      deeds.u = () => this.send("undo");
      deeds.l = () => {
        this.paint();
        this.naming.box.focus();
      };
    }
    if (!(key in deeds)) return false;
    deeds[key]();
    return true;
  }
}

function isTyping(target) {
  const there = target?.shadowRoot?.activeElement ?? target;
  return there instanceof HTMLElement && (there.isContentEditable || there.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=range])"));
}
