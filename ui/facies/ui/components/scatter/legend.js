// The legend beside the points: categories with counts, each of which can be hidden; or the range of numbers.
// Needs dom.js and palette.js.

const MOST_LISTED = 300;

class Legend {
  constructor(onChange) {
    this.onChange = onChange;
    this.hidden = new Set(); // codes
    this.search = element("input", { type: "search", class: "find", placeholder: "Find in the legend", "aria-label": "Find in the legend", oninput: () => this.paint() });
    this.list = element("ul", { class: "entries", "aria-label": "Legend" });
    this.root = element("div", { class: "legend" });
  }

  update(legend) {
    const told = `${legend.by} ${legend.rank ?? ""}`;
    if (told !== this.told) this.hidden.clear();
    this.told = told;
    this.legend = legend;
    this.root.replaceChildren(...(legend.kind === "number" ? this.ramp() : this.categories()));
    this.paint();
  }

  categories() {
    const all = element("button", { class: "link", type: "button", onclick: () => this.only(null) }, "Show all");
    const parts = [element("div", { class: "legend-head" }, element("b", {}, this.legend.title), all), this.list];
    if (this.legend.entries.length > 12) parts.splice(1, 0, this.search);
    return parts;
  }

  ramp() {
    const bar = element("div", { class: "ramp", "aria-hidden": "true" });
    bar.style.background = `linear-gradient(to right, ${RAMP.map(css).join(",")})`;
    const words = (value) => (value === null ? "–" : Number(value.toPrecision(6)).toLocaleString());
    const ends = element("div", { class: "ends" }, element("span", {}, words(this.legend.low)), element("span", {}, words(this.legend.high)));
    return [element("div", { class: "legend-head" }, element("b", {}, this.legend.title)), bar, ends];
  }

  paint() {
    if (this.legend.kind === "number") return;
    const wanted = this.search.value.trim().toLowerCase();
    const found = this.legend.entries.filter((entry) => !wanted || nameOf(entry).toLowerCase().includes(wanted));
    this.list.replaceChildren(...found.slice(0, MOST_LISTED).map((entry) => this.item(entry)));
    if (found.length > MOST_LISTED) this.list.append(element("li", { class: "more" }, `${found.length - MOST_LISTED} more: find them above`));
  }

  item(entry) {
    const shown = !this.hidden.has(entry.code);
    const dot = element("i", { class: "dot", "aria-hidden": "true" });
    dot.style.background = css(colourOf(entry));
    const toggle = element(
      "button",
      { class: "entry", type: "button", "aria-pressed": String(shown), title: `${nameOf(entry)}: press to ${shown ? "hide" : "show"}, double click to see it alone` },
      dot,
      element("span", { class: "name" }, nameOf(entry)),
      element("span", { class: "count" }, entry.count.toLocaleString()),
    );
    toggle.addEventListener("click", () => this.toggle(entry.code));
    toggle.addEventListener("dblclick", () => this.only(entry.code));
    return element("li", {}, toggle);
  }

  toggle(code) {
    if (!this.hidden.delete(code)) this.hidden.add(code);
    const place = [...this.list.children].findIndex((item) => item.contains(item.getRootNode().activeElement));
    this.paint();
    this.list.children[place]?.firstChild.focus();
    this.onChange();
  }

  only(code) {
    this.hidden = new Set(code === null ? [] : this.legend.entries.map((entry) => entry.code).filter((other) => other !== code));
    this.paint();
    this.onChange();
  }

  shown() {
    // What a lasso may enclose; null where nothing is hidden.
    if (!this.hidden.size) return null;
    const entries = this.legend.entries.filter((entry) => !this.hidden.has(entry.code));
    return { values: entries.filter((entry) => !entry.rest).map((entry) => entry.value), rest: entries.some((entry) => entry.rest) };
  }

  colours() {
    // Four bytes for each code.
    const codes = this.legend.entries.map((entry) => entry.code);
    const bytes = new Uint8Array(4 * (Math.max(-1, ...codes) + 1));
    for (const entry of this.legend.entries) bytes.set([...colourOf(entry), this.hidden.has(entry.code) ? 0 : 215], 4 * entry.code);
    return bytes;
  }
}

function nameOf(entry) {
  return entry.rest ? "all others" : (entry.value ?? "without one");
}

function colourOf(entry) {
  return entry.rest || entry.value === null ? LESS : categoryColour(entry.place);
}
