// The bar above the picture: tools, brush, undo, zoom, and what is laid over the picture.

const TOOLS = [
  ["draw", "Draw", "b", "Draw a stroke in the chosen class"],
  ["erase", "Erase", "e", "Erase what the brush touches"],
  ["move", "Move", "h", "Drag the picture; with the space bar or the middle button at any time"],
];
const OVERLAYS = [
  ["preview", "Preview"],
  ["preview-doubt", "Preview, uncertainty"],
  ["result", "Result"],
  ["result-doubt", "Result, uncertainty"],
  ["none", "Nothing"],
];

class ToolBar {
  constructor(board) {
    this.board = board;
    const button = (words, title, onclick, more = {}) => element("button", { class: "quiet", type: "button", title, onclick, ...more }, words);
    this.tools = TOOLS.map(([name, words, key, title]) => button(`${words} (${key})`, title, () => board.chooseTool(name), { "data-tool": name }));
    this.width = element("input", { type: "range", min: "1", max: "100", "aria-label": "Brush width in pixels of the picture", title: "Brush width, in pixels of the picture ([ and ])" });
    this.width.addEventListener("input", () => board.setWidth(Number(this.width.value)));
    this.widthWords = element("output", { class: "amount" });
    this.undo = button("Undo (u)", "Take the last stroke back; Ctrl+Z", () => board.undo());
    this.redo = button("Redo", "Do it again; Ctrl+Shift+Z", () => board.redo());
    this.overlay = element("select", { "aria-label": "Laid over the picture", title: "What is laid over the picture (v: on and off)" });
    this.overlay.addEventListener("change", () => board.chooseOverlay(this.overlay.value));
    this.opacity = element("input", { type: "range", min: "5", max: "100", step: "5", "aria-label": "Opacity of what is laid over the picture" });
    this.opacity.addEventListener("input", () => board.setOpacity(Number(this.opacity.value) / 100));
    this.kind = element("input", { type: "checkbox", "aria-label": "Preview exactly as the whole will be named, which takes longer" });
    this.kind.addEventListener("change", () => board.choosePreview(this.kind.checked ? "extra-trees" : "linear"));
    this.next = button("Next place (n)", "Go to the next place where a stroke would teach most", () => board.goNext());
    this.saved = element("span", { class: "saved", role: "status", "aria-label": "Saved strokes" });
    const group = (...parts) => element("div", { class: "group" }, ...parts);
    this.root = element(
      "div",
      { class: "tools", role: "toolbar", "aria-label": "Drawing" },
      group(...this.tools),
      group(element("label", { class: "slide" }, "Brush", this.width, this.widthWords)),
      group(this.undo, this.redo),
      group(button("+", "Zoom in (+)", () => board.zoom(1.4), { "aria-label": "Zoom in" }), button("\u2212", "Zoom out (-)", () => board.zoom(1 / 1.4), { "aria-label": "Zoom out" }), button("Fit (0)", "All of the picture", () => board.fit())),
      group(element("label", { class: "slide" }, "Overlay", this.overlay), element("label", { class: "slide" }, "Opacity", this.opacity), element("label", { class: "slide", title: "The preview is by a quick classifier; check this to have it by the one that names the whole" }, this.kind, "exact")),
      group(this.next),
      this.saved,
    );
  }

  paint() {
    const { tool, width, overlay, opacity, kind, strokes, hasResult, places } = this.board;
    for (const one of this.tools) one.setAttribute("aria-pressed", String(one.dataset.tool === tool));
    this.width.value = String(width);
    this.widthWords.textContent = `${width} px`;
    this.undo.disabled = !strokes?.done.length;
    this.redo.disabled = !strokes?.undone.length;
    const offered = OVERLAYS.filter(([name]) => hasResult || !name.startsWith("result"));
    if (this.overlay.options.length !== offered.length) this.overlay.replaceChildren(...offered.map(([value, words]) => element("option", { value }, words)));
    this.overlay.value = overlay;
    this.opacity.value = String(Math.round(opacity * 100));
    this.kind.checked = kind !== "linear";
    this.next.hidden = !places.length;
  }
}
