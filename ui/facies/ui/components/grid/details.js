// The panel beside the tiles: what is known of the one chosen image, or a tally of several. Needs dom.js.
// What a tile does not carry (metadata, history, reference plates) is asked of the service when it is looked at.

const LARGEST_SHOWN = 25e6; // pixels; beyond it the thumbnail stands in, and the link leads to the original
const WEB_FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "BMP"];
const REST_MS = 200; // somebody who runs through tiles by arrow keys asks for none of them

class Details {
  constructor(deeds) {
    this.deeds = deeds; // similar(id), mark(id, kind), label(label), close()
    this.panel = element("aside", { class: "details" });
    this.open = { history: false, plate: false };
  }

  show(tiles, data, mark) {
    const told = JSON.stringify([tiles.map((tile) => [tile.id, tile.label, tile.state]), data.version, mark]);
    if (told === this.told) return;
    this.told = told;
    this.reading?.abort();
    this.reading = new AbortController();
    clearTimeout(this.timer);
    this.panel.replaceChildren();
    if (tiles.length === 1) this.one(tiles[0], data, mark);
    else if (tiles.length) this.several(tiles);
  }

  several(tiles) {
    this.panel.setAttribute("aria-label", `${tiles.length} images chosen`);
    const counts = new Map();
    for (const tile of tiles) counts.set(tile.label, (counts.get(tile.label) ?? 0) + 1);
    const list = element("ul", { class: "tally-list" });
    for (const [label, count] of [...counts].sort((a, b) => b[1] - a[1]).slice(0, 12)) {
      list.append(element("li", {}, labelChip(label, null), element("span", { class: "number" }, count.toLocaleString("en"))));
    }
    this.panel.append(this.heading(element("b", {}, `${tiles.length.toLocaleString("en")} images chosen`)), list);
  }

  heading(words) {
    const close = { class: "bare", type: "button", "aria-label": "Close details", title: "Close (d)", onclick: () => this.deeds.close() };
    return element("div", { class: "head" }, words, element("button", close, icon("close")));
  }

  one(tile, data, mark) {
    this.panel.setAttribute("aria-label", `Details of ${tile.alt}`);
    const shown = picture(tile.src, { class: "photo", alt: tile.alt });
    const note = element("p", { class: "note", role: "status" });
    const facts = element("dl", { class: "facts" });
    const link = element("a", { class: "quiet", href: webAddress(tile.original), target: "_blank", rel: "noopener" });
    link.append(icon("open"), "Open original");
    this.panel.append(this.heading(labelChip(tile.label, tile.state)), element("figure", { class: "frame" }, shown, note));
    if (typeof tile.similarity === "number") this.panel.append(similarityLine(tile.similarity, tile.percentile, "similarity"));
    if (tile.note) this.panel.append(element("p", { class: "reason" }, tile.note));
    if (tile.candidates.length) this.panel.append(this.candidates(tile, data));
    this.panel.append(this.actions(tile, data, mark, link), facts, this.plate(tile, data), this.history(tile, data), idLine(tile));
    this.timer = setTimeout(() => this.read(tile, data, { shown, note, facts }), REST_MS);
  }

  async read(tile, data, parts) {
    const image = await this.ask(`${data.collection}/images/${tile.id}`, parts.note);
    if (!image) return;
    const rows = [...Object.entries(image.metadata), ["file", fileName(image.path)]];
    if (image.page !== null) rows.push(["page", image.page + 1]);
    rows.push(["size", `${image.width} \u00d7 ${image.height} px`], ["format", `${image.format}, ${image.scaling}`]);
    if (image.state) rows.push(["label is", image.state]);
    for (const [name, value] of rows) parts.facts.append(element("dt", {}, name), element("dd", {}, String(value)));
    if (image.width * image.height > LARGEST_SHOWN) return;
    const sharp = new Image();
    sharp.onload = () => parts.shown.setAttribute("src", sharp.src);
    sharp.onerror = () => (parts.note.textContent = "Original missing: this is its thumbnail.");
    const plain = WEB_FORMATS.includes(image.format) && image.page === null;
    sharp.src = webAddress(plain ? tile.original : `${tile.original}?render=png`);
  }

  async ask(path, note) {
    const signal = this.reading.signal;
    try {
      const answer = await readJson(path, signal);
      return signal.aborted ? null : answer;
    } catch (error) {
      if (!signal.aborted) note.textContent = error.message;
      return null;
    }
  }

  actions(tile, data, mark, link) {
    const actions = element("div", { class: "actions" });
    const similar = { class: "quiet strong", type: "button", onclick: () => this.deeds.similar(tile.id) };
    actions.append(element("button", similar, icon("similar"), "Find similar"));
    if (data.can_mark) {
      actions.append(this.markButton(tile, "plus", mark), this.markButton(tile, "minus", mark));
    }
    const place = `segment?collection=${encodeURIComponent(data.name)}&image=${tile.id}`;
    const draw = element("a", { class: "quiet", href: webAddress(place), target: "_blank", rel: "noopener", title: "Draw strokes on it, to name every pixel" });
    draw.append(icon("draw"), "Segment");
    actions.append(link, draw);
    return actions;
  }

  markButton(tile, kind, mark) {
    const [name, words] = kind === "plus" ? ["for", "More like this"] : ["against", "Less like this"];
    const pressed = { "aria-pressed": String(mark === kind), onclick: () => this.deeds.mark([tile.id], kind) };
    return element("button", { class: `quiet ${name}`, type: "button", ...pressed }, icon(kind), words);
  }

  candidates(tile, data) {
    const list = element("ul", { class: "candidates", "aria-label": "What it may be" });
    for (const [label, probability] of tile.candidates) {
      const bar = element("span", { class: "bar" });
      bar.style.setProperty("--part", `${Math.max(0, Math.min(1, probability)) * 100}%`);
      const name = data.naming
        ? element("button", { class: "bare", type: "button", title: `Label as ${label}`, onclick: () => this.deeds.label(label) }, labelChip(label, null))
        : labelChip(label, null);
      list.append(element("li", {}, name, bar, element("span", { class: "number" }, perCent(probability))));
    }
    return list;
  }

  fold(kind, title, fill) {
    const body = element("div", { class: "unfolded" });
    const fold = element("details", { class: "fold" }, element("summary", {}, title), body);
    const read = () => {
      if (fold.dataset.read) return;
      fold.dataset.read = "yes";
      fill(body);
    };
    fold.addEventListener("toggle", () => {
      this.open[kind] = fold.open;
      if (fold.open) read();
    });
    fold.open = this.open[kind];
    return fold;
  }

  plate(tile, data) {
    const labels = tile.candidates.length ? tile.candidates.map(([label]) => label) : tile.label ? [tile.label] : [];
    if (!labels.length) return "";
    return this.fold("plate", labels.length > 1 ? "What these look like" : `What ${labels[0]} looks like`, async (body) => {
      for (const label of labels.slice(0, 3)) {
        const part = element("section", { class: "plate" }, labels.length > 1 ? element("h4", {}, label) : "");
        const note = element("p", { class: "reason", role: "status" }, "Reading the reference plate\u2026");
        part.append(note);
        body.append(part);
        const plate = await this.ask(`${data.collection}/review/plate?label=${encodeURIComponent(label)}`, note);
        if (!plate) continue;
        note.textContent = `${plate.images.toLocaleString("en")} validated`;
        part.append(exemplars([plate.medoid, ...plate.typical].slice(0, 6), "in the middle", data));
        if (plate.boundary.length) part.append(exemplars(plate.boundary.slice(0, 3), "at its boundary", data));
        if (plate.confusable.length) part.append(exemplars(plate.confusable.slice(0, 3), "easily confused with it", data));
      }
    });
  }

  history(tile, data) {
    return this.fold("history", "History", async (body) => {
      const note = element("p", { class: "reason", role: "status" }, "Reading\u2026");
      body.append(note);
      const told = await this.ask(`${data.collection}/labels/history/${tile.id}`, note);
      if (!told) return;
      note.textContent = told.events.length ? "" : "Nobody has named this image yet.";
      const list = element("ol", { class: "history" });
      for (const event of [...told.events].reverse()) list.append(historyLine(event));
      body.append(list);
    });
  }
}

function historyLine(event) {
  const batch = event.batch;
  const sure = typeof event.confidence === "number" ? `, ${perCent(event.confidence)}` : "";
  const when = new Date(batch.created_at).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
  const line = element("li", { class: batch.in_effect ? "" : "undone" }, labelChip(event.label, event.state));
  line.append(element("span", { class: "reason" }, `${event.state}${sure}${batch.in_effect ? "" : ", undone"}`));
  line.append(element("span", { class: "reason" }, `${batch.actor}, ${when}, batch ${batch.number}`));
  if (event.note) line.append(element("q", {}, event.note));
  return line;
}

function exemplars(list, words, data) {
  const row = element("figure", { class: "exemplars" }, element("figcaption", {}, words));
  for (const one of list) {
    const title = one.other ? `${one.image.label}, confused with ${one.other}` : one.image.label ?? "";
    row.append(picture(data.origin + one.image.thumbnail, { alt: title, title, loading: "lazy" }));
  }
  return row;
}

function fileName(path) {
  return path.split("::")[0].replace(/\/+$/, "").split("/").pop();
}

function idLine(tile) {
  const button = element("button", { class: "copy", type: "button", title: "Copy the id" }, icon("copy"), "Copy id");
  button.addEventListener("click", async () => {
    const done = await copyText(tile.id);
    button.lastChild.textContent = done ? "Copied" : "Select and copy the id";
    setTimeout(() => (button.lastChild.textContent = "Copy id"), 1600);
  });
  return element("div", { class: "id" }, element("code", {}, tile.id), button);
}

function perCent(share) {
  return `${Math.round(share * 100)}\u202f%`;
}

function similarityLine(value, percentile, name = "") {
  const bar = element("span", { class: "bar" });
  bar.style.setProperty("--part", `${Math.max(0, Math.min(1, value)) * 100}%`);
  const more = typeof percentile === "number" ? `, more than ${percentile.toFixed(0)} % of the pairs of one label` : "";
  const words = { class: "similarity", title: `cosine similarity ${value.toFixed(4)}${more}` };
  const line = element("div", words, name || null, bar, element("span", { class: "number" }, value.toFixed(2)));
  if (typeof percentile === "number") line.append(element("span", { class: "percentile" }, `P${percentile.toFixed(0)}`));
  return line;
}
