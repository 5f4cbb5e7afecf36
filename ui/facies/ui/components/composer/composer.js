// The query: one example shown large, where a crop can be drawn, and all examples with their signs below it.
// Needs dom.js and crop.js. Uploads come as bytes in the table `data.files`, images of the collection by address.

const memory = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let view = memory.get(parentElement);
  if (!view) memory.set(parentElement, (view = new Composer(parentElement)));
  view.send = (type, more = {}) => setTriggerValue("action", { type, ...more, at: Date.now() });
  view.update(data.query, data.files);
  return endOf(parentElement, () => {
    view.release();
    memory.delete(parentElement);
  });
}

class Composer {
  constructor(parent) {
    this.addresses = new Map(); // key of an upload -> address of its bytes in this browser
    this.large = element("div", { class: "large" });
    this.strip = element("ul", { class: "strip", "aria-label": "Examples of this query" });
    this.root = element("div", { class: "root composer" }, this.large, this.strip);
    parent.append(this.root);
  }

  update(query, files) {
    if (query.version === this.version) return;
    this.version = query.version;
    this.keep(query.examples, files);
    const focused = query.examples.find((one) => one.key === query.focus);
    if (focused) this.paintLarge(focused);
    this.paintStrip(query);
  }

  keep(examples, files) {
    for (const one of examples) {
      if (one.file === null || this.addresses.has(one.key)) continue;
      const bytes = files.getChildAt(0).get(one.file);
      this.addresses.set(one.key, URL.createObjectURL(new Blob([bytes])));
    }
  }

  release() {
    for (const address of this.addresses.values()) URL.revokeObjectURL(address);
    this.addresses.clear();
  }

  source(one, large) {
    return this.addresses.get(one.key) ?? webAddress(large ? one.full : one.src);
  }

  paintLarge(one) {
    if (this.shown === one.key && JSON.stringify(this.box?.box ?? null) === JSON.stringify(one.crop)) return;
    this.shown = one.key;
    const image = element("img", { alt: one.name, src: this.source(one, true), draggable: "false" });
    image.addEventListener("error", () => {
      if (one.src && image.src !== one.src && one.file === null) image.src = webAddress(one.src);
      else this.large.replaceChildren(unseen(one));
    });
    this.box = new CropBox(image, one.crop, (crop) => {
      this.hint(crop);
      this.send("crop", { key: one.key, crop });
    });
    this.tip = element("p", { class: "tip" });
    this.large.replaceChildren(this.box.frame, this.tip);
    this.hint(one.crop, one.key);
  }

  hint(crop) {
    const key = this.shown;
    if (!crop) {
      this.tip.replaceChildren("Drag on the image to search with a part of it.");
      return;
    }
    const clear = element("button", { class: "link", type: "button" }, "Use the whole image");
    clear.addEventListener("click", () => {
      this.box.box = null;
      this.box.paint();
      this.hint(null);
      this.send("crop", { key, crop: null });
    });
    this.tip.replaceChildren(`Crop ${crop.width} \u00d7 ${crop.height} px`, clear);
  }

  paintStrip(query) {
    const [first, ...rest] = query.examples;
    this.strip.hidden = !rest.length && first?.positive; // one example is seen large already
    this.strip.replaceChildren(...query.examples.map((one) => this.item(one, one.key === query.focus)));
  }

  item(one, isShown) {
    const sign = one.positive ? "for" : "against";
    const words = one.positive ? "more like this" : "less like this";
    const look = element("button", { class: "look", type: "button", title: one.name, "aria-label": `Show ${one.name}`, "aria-current": isShown ? "true" : null });
    const image = element("img", { alt: "", src: this.source(one, false) });
    image.addEventListener("error", () => image.replaceWith(element("span", { class: "nothing" }, suffix(one.name))));
    look.append(image);
    look.addEventListener("click", () => this.send("focus", { key: one.key }));
    const flip = element("button", { class: `sign ${sign}`, type: "button", title: `${words}; press to turn`, "aria-label": `${one.name}: ${words}. Turn` }, icon(one.positive ? "plus" : "minus"));
    flip.addEventListener("click", () => this.send("flip", { key: one.key }));
    const remove = element("button", { class: "remove", type: "button", title: "Remove from the query", "aria-label": `Remove ${one.name}` }, icon("close"));
    remove.addEventListener("click", () => this.send("remove", { key: one.key }));
    return element("li", { class: sign }, look, flip, remove);
  }
}

function suffix(name) {
  const found = /\.([a-z0-9]{1,5})$/i.exec(name);
  return found ? found[1].toUpperCase() : "?";
}

function unseen(one) {
  const words = "The browser cannot show this kind of file. The search uses the whole of it.";
  return element("div", { class: "unseen" }, element("b", {}, suffix(one.name)), element("span", {}, one.name), element("p", {}, words));
}
