// The panel beside the tiles: one image with all that is known of it. Needs dom.js.

const LARGEST_SHOWN = 25e6; // pixels; beyond it the thumbnail stands in, and the link leads to the original

function picture(tile) {
  const shown = element("img", { class: "photo", src: webAddress(tile.src), alt: tile.alt, decoding: "async" });
  const note = element("p", { class: "note", role: "status" });
  if (tile.width * tile.height <= LARGEST_SHOWN) {
    const sharp = new Image();
    sharp.onload = () => shown.setAttribute("src", sharp.src);
    sharp.onerror = () => (note.textContent = "Original missing: this is its thumbnail.");
    sharp.src = webAddress(tile.full);
  }
  return element("figure", { class: "frame" }, shown, note);
}

function facts(tile) {
  const list = element("dl", { class: "facts" });
  for (const [name, value] of tile.facts) list.append(element("dt", {}, name), element("dd", {}, String(value)));
  return list;
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

function markButton(tile, kind, mark, onMark) {
  const [name, words] = kind === "plus" ? ["for", "More like this"] : ["against", "Less like this"];
  return element(
    "button",
    { class: `quiet ${name}`, type: "button", "aria-pressed": String(mark === kind), onclick: () => onMark(tile.id, kind) },
    icon(kind),
    words,
  );
}

function details(tile, { mark, canMark, onSimilar, onMark, onClose }) {
  const heading = element("div", { class: "head" }, labelChip(tile.label, tile.state));
  heading.append(element("button", { class: "bare", type: "button", "aria-label": "Close details", onclick: onClose }, icon("close")));
  const actions = element("div", { class: "actions" });
  actions.append(
    element("button", { class: "quiet strong", type: "button", onclick: () => onSimilar(tile.id) }, icon("similar"), "Find similar"),
  );
  if (canMark) actions.append(markButton(tile, "plus", mark, onMark), markButton(tile, "minus", mark, onMark));
  const link = webAddress(tile.original);
  actions.append(element("a", { class: "quiet", href: link, target: "_blank", rel: "noopener" }, icon("open"), "Open original"));
  const panel = element("aside", { class: "details", "aria-label": `Details of ${tile.alt}` }, heading, picture(tile));
  if (typeof tile.similarity === "number") panel.append(similarityLine(tile.similarity, "similarity"));
  panel.append(actions, facts(tile), idLine(tile));
  return panel;
}

function similarityLine(value, name = "") {
  const bar = element("span", { class: "bar" });
  bar.style.setProperty("--part", `${Math.max(0, Math.min(1, value)) * 100}%`);
  const words = { class: "similarity", title: `cosine similarity ${value.toFixed(4)}` };
  return element("div", words, name || null, bar, element("span", { class: "number" }, value.toFixed(2)));
}
