// The bar at the foot of the gallery: what can be done with the chosen tiles. Needs dom.js.

const KEYS = 9;

class NamingBar {
  constructor(deeds) {
    this.deeds = deeds; // label(label), accept(), state(state), undo(), all(), invert(), clear()
    this.tally = element("span", { class: "tally", role: "status" });
    this.box = element("input", { type: "text", class: "box", placeholder: "Label (l)", "aria-label": "Label for the chosen images", autocomplete: "off", list: "labels" });
    this.list = element("datalist", { id: "labels" });
    this.keys = element("div", { class: "keys", role: "group", "aria-label": "Labels on the keys 1 to 9" });
    const name = element("button", { class: "quiet strong", type: "submit" }, "Label");
    const form = element("form", { class: "name" }, this.box, this.list, name);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const label = this.box.value.trim();
      if (!label) return this.box.focus();
      this.box.value = "";
      this.deeds.label(label);
    });
    this.box.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the page has keys of its own
      if (event.key === "Escape") this.deeds.back();
    });
    this.accept = this.button("accept", "Accept", "Enter", () => this.deeds.accept());
    const more = [
      this.button("", "Not this", "x", () => this.deeds.state("rejected")),
      this.button("", "Doubtful", "q", () => this.deeds.state("dubious")),
      this.button("", "Undo", "u", () => this.deeds.undo()),
      this.button("", "Clear", "Esc", () => this.deeds.clear()),
    ];
    this.root = element("div", { class: "naming", role: "toolbar", "aria-label": "What to do with the chosen images" });
    this.root.append(this.tally, form, this.accept, ...more, this.keys);
  }

  button(kind, words, key, deed) {
    return element("button", { class: `quiet ${kind}`, type: "button", onclick: deed }, words, element("kbd", {}, key));
  }

  fill(naming) {
    const told = JSON.stringify(naming);
    if (told === this.told) return;
    this.told = told;
    this.list.replaceChildren(...naming.labels.map((label) => element("option", { value: label })));
    this.keys.replaceChildren(
      ...naming.keys.slice(0, KEYS).map((label, place) =>
        element(
          "button",
          { class: "quiet key", type: "button", title: label, onclick: () => this.deeds.label(label) },
          element("kbd", {}, String(place + 1)),
          labelChip(label, null),
        ),
      ),
    );
  }

  show(chosen, total, suggested) {
    const images = chosen.reduce((sum, tile) => sum + 1 + tile.folded.length, 0);
    const copies = images > chosen.length ? ` and ${images - chosen.length} near copies` : "";
    this.tally.replaceChildren(element("b", {}, chosen.length.toLocaleString("en")), ` of ${total.toLocaleString("en")} chosen${copies}`);
    this.accept.hidden = !suggested;
  }
}

function refineBar(marks, { clear, refine }) {
  const ids = (kind) => [...marks].filter(([, mark]) => mark === kind).map(([id]) => id);
  const [positive, negative] = [ids("plus"), ids("minus")];
  const words = element("span", { class: "tally", role: "status" });
  words.append(element("b", { class: "for" }, `+${positive.length}`), " more like these, ");
  words.append(element("b", { class: "against" }, `\u2212${negative.length}`), " less like these");
  const again = { class: "quiet strong", type: "button", onclick: () => refine(positive, negative) };
  return element(
    "div",
    { class: "refine" },
    words,
    element("button", { class: "quiet", type: "button", onclick: clear }, "Clear"),
    element("button", again, "Refine search"),
  );
}
