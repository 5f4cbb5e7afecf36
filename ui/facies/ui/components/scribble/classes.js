// The classes that strokes are drawn in: chosen, named, coloured, added, taken away.

const COLOURS = ["#e6413e", "#14fb14", "#1429fb", "#fb9d14", "#14d4fb", "#fb14d4", "#a07a4a", "#8a5bd6", "#d6c80f", "#0f8f6b", "#7f8c8d", "#f58fb0"];

class Classes {
  constructor({ changed, chosen }) {
    this.changed = changed;
    this.tell = chosen;
    this.list = [];
    this.counts = new Map();
    this.shares = new Map();
    this.items = element("ul", { class: "classes", role: "radiogroup", "aria-label": "Class to draw in" });
    this.root = element("div", { class: "palette" }, element("h3", {}, "Classes"), this.items, element("button", { class: "quiet add", type: "button", onclick: () => this.add() }, icon("plus"), "Add a class"));
  }

  update(list) {
    this.list = list.map((one) => ({ ...one }));
    if (!this.list.some((one) => one.id === this.active)) this.active = this.list[0]?.id;
    this.paint();
  }

  get(id) {
    return this.list.find((one) => one.id === id);
  }

  choose(id) {
    this.active = id;
    // The rows stay: somebody may be about to type in one of them.
    for (const row of this.items.children) {
      const isActive = Number(row.dataset.id) === id;
      row.classList.toggle("active", isActive);
      row.querySelector(".pick").setAttribute("aria-checked", String(isActive));
    }
    this.tell();
  }

  chooseAt(place) {
    const one = this.list[place];
    if (one) this.choose(one.id);
    return Boolean(one);
  }

  count(strokes, shares) {
    this.counts = new Map();
    for (const one of strokes) this.counts.set(one.class, (this.counts.get(one.class) ?? 0) + 1);
    this.shares = shares;
    for (const row of this.items.children) this.paintCounts(row);
  }

  add() {
    const ids = new Set(this.list.map((one) => one.id));
    const taken = new Set(this.list.map((one) => one.colour));
    const id = Array.from({ length: 255 }, (_, at) => at).find((at) => !ids.has(at));
    if (id === undefined) return;
    const names = new Set(this.list.map((one) => one.name.toLowerCase()));
    let number = this.list.length + 1;
    while (names.has(`class ${number}`)) number++;
    const colour = COLOURS.find((one) => !taken.has(one)) ?? randomColour(taken);
    this.list.push({ id, name: `class ${number}`, colour });
    this.active = id;
    this.commit();
    this.items.lastChild.querySelector("input.name").select();
  }

  rename(one, field) {
    const name = field.value.trim();
    const isTaken = this.list.some((other) => other.id !== one.id && other.name.toLowerCase() === name.toLowerCase());
    if (!name || isTaken || name === one.name) {
      field.value = one.name;
      return;
    }
    one.name = name;
    this.commit();
  }

  recolour(one, colour) {
    if (this.list.some((other) => other.id !== one.id && other.colour === colour)) return this.paint(); // no picture would tell them apart
    one.colour = colour;
    this.commit();
  }

  remove(one) {
    this.list = this.list.filter((other) => other.id !== one.id);
    if (this.active === one.id) this.active = this.list[0].id;
    this.commit();
  }

  commit() {
    this.paint();
    this.changed(this.list.map((one) => ({ ...one })));
    this.tell();
  }

  paint() {
    const focused = this.items.getRootNode().activeElement?.closest?.("li")?.dataset.id;
    const role = this.items.getRootNode().activeElement?.className;
    this.items.replaceChildren(...this.list.map((one, place) => this.row(one, place)));
    if (focused === undefined) return;
    const again = [...this.items.children].find((row) => row.dataset.id === focused);
    [...(again?.querySelectorAll("button, input") ?? [])].find((part) => part.className === role)?.focus();
  }

  row(one, place) {
    const key = place < 9 ? String(place + 1) : "";
    const isActive = one.id === this.active;
    const pick = element("button", { class: "pick", type: "button", role: "radio", "aria-checked": String(isActive), "aria-label": one.name, title: key ? `Draw in ${one.name} (${key})` : `Draw in ${one.name}`, onclick: () => this.choose(one.id) }, element("kbd", {}, key));
    pick.style.setProperty("--colour", one.colour);
    const name = element("input", { class: "name", type: "text", value: one.name, maxlength: "200", "aria-label": `Name of class ${place + 1}`, spellcheck: "false" });
    name.addEventListener("focus", () => one.id === this.active || this.choose(one.id));
    name.addEventListener("change", () => this.rename(one, name));
    name.addEventListener("keydown", (event) => event.key === "Enter" && name.blur());
    const colour = element("input", { class: "colour", type: "color", value: one.colour, "aria-label": `Colour of ${one.name}`, title: "Another colour" });
    colour.addEventListener("change", () => this.recolour(one, colour.value));
    const remove = element("button", { class: "remove", type: "button", title: "Take this class away", "aria-label": `Take ${one.name} away`, onclick: () => this.remove(one) }, icon("close"));
    const row = element("li", { class: isActive ? "active" : "", "data-id": String(one.id) }, pick, name, element("span", { class: "amount" }), colour, remove);
    this.paintCounts(row);
    return row;
  }

  paintCounts(row) {
    const id = Number(row.dataset.id);
    const strokes = this.counts.get(id) ?? 0;
    const share = this.shares.get(id);
    row.querySelector(".amount").textContent = [strokes ? `${strokes}\u00d7` : "", share === undefined ? "" : `${Math.round(share * 100)}%`].filter(Boolean).join(" \u00b7 ");
    row.querySelector(".amount").title = `${strokes} strokes${share === undefined ? "" : `; ${Math.round(share * 100)}% of what is named in the preview`}`;
    row.querySelector(".remove").hidden = strokes > 0 || this.list.length < 2;
  }
}

function randomColour(taken) {
  for (;;) {
    const colour = `#${Math.floor(Math.random() * 0xffffff).toString(16).padStart(6, "0")}`;
    if (!taken.has(colour)) return colour;
  }
}
