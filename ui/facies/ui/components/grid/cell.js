// One tile. Needs dom.js and details.js.

function makeCell(tile, place, { total, given, lines, canMark, deeds }) {
  const image = picture(tile.src, { alt: "", loading: "lazy", draggable: "false" });
  const area = element("div", { class: "area" }, image);
  if (tile.folded.length) {
    area.append(element("span", { class: "folded", title: `${tile.folded.length} near copies are folded in here` }, `+${tile.folded.length}`));
  }
  const caption = element("div", { class: "caption" }, chipOf(tile, given));
  if (lines.suggestion) caption.append(suggestionLine(tile));
  if (lines.similarity) caption.append(typeof tile.similarity === "number" ? similarityLine(tile.similarity, tile.percentile) : blank());
  if (lines.note) caption.append(element("div", { class: "why", title: tile.note ?? "" }, tile.note || "\u00a0"));
  const option = element(
    "div",
    {
      class: `tile${tile.folded.length ? " stacked" : ""}`,
      role: "option",
      tabindex: "-1",
      "data-id": tile.id,
      "aria-label": spoken(tile, given),
      "aria-setsize": total,
      "aria-posinset": place + 1,
      title: tile.hint,
    },
    area,
    caption,
  );
  option.addEventListener("click", (event) => deeds.click(place, event));
  option.addEventListener("dblclick", () => deeds.similar(tile.id));
  return element("div", { class: "cell", role: "presentation" }, option, tickBox(place, deeds), tools(tile, canMark, deeds));
}

function chipOf(tile, given) {
  const chip = given ? labelChip(given.label, given.state) : labelChip(tile.label, tile.state);
  const state = given ? given.state : tile.state;
  if (state && state !== "validated") chip.append(element("em", { class: `state ${state}` }, state));
  if (given) chip.classList.add("waiting");
  return chip;
}

function suggestionLine(tile) {
  if (!tile.suggestion) return blank();
  const line = element("div", { class: "suggestion", title: `suggested: ${tile.suggestion}` }, icon("spark"), element("span", { class: "name" }, tile.suggestion));
  if (typeof tile.confidence === "number") line.append(element("span", { class: "number" }, perCent(tile.confidence)));
  return line;
}

function blank() {
  return element("div", { class: "blank" }, "\u00a0");
}

function spoken(tile, given) {
  const parts = [given ? `${given.label}, ${given.state}` : tile.alt];
  if (tile.suggestion) parts.push(`suggested ${tile.suggestion}`);
  if (typeof tile.similarity === "number") parts.push(`similarity ${tile.similarity.toFixed(2)}`);
  if (tile.folded.length) parts.push(`${tile.folded.length} near copies`);
  return parts.join(", ");
}

// For the mouse and the finger; the keys and the panel do the same, so these stay out of the tab order and of speech.

function tickBox(place, deeds) {
  const click = (event) => {
    event.stopPropagation();
    deeds.toggle(place);
  };
  return element("button", { class: "tick", type: "button", tabindex: "-1", "aria-hidden": "true", title: "Choose (Space)", onclick: click }, icon("tick"));
}

function tools(tile, canMark, deeds) {
  const tool = (kind, title, deed) =>
    element("button", { class: `tool ${kind}`, type: "button", tabindex: "-1", title, onclick: deed }, icon(kind));
  const row = element("div", { class: "tools", "aria-hidden": "true" }, tool("similar", "Find similar (f)", () => deeds.similar(tile.id)));
  if (canMark) {
    row.append(tool("plus", "More like this (+)", () => deeds.mark([tile.id], "plus")));
    row.append(tool("minus", "Less like this (-)", () => deeds.mark([tile.id], "minus")));
  }
  return row;
}
