// A box drawn on an image: drag to draw, drag inside to move; with the keys, Enter draws, arrows move, Shift+arrows
// resize, Delete clears. Told in pixels of the image. Needs dom.js.

const SMALLEST = 8; // pixels of the image: a click must not become a crop

class CropBox {
  constructor(image, box, tell) {
    this.image = image;
    this.tell = tell;
    this.box = box;
    this.frame = element("div", {
      class: "cropper",
      tabindex: "0",
      role: "group",
      "aria-label": "Query image. Drag to search with a part of it; with the keyboard press Enter, then the arrow keys.",
    }, image);
    this.shade = element("div", { class: "shade", hidden: true });
    this.frame.append(this.shade);
    this.frame.addEventListener("pointerdown", (event) => this.grab(event));
    this.frame.addEventListener("keydown", (event) => this.key(event));
    image.addEventListener("load", () => this.paint());
    new ResizeObserver(() => this.paint()).observe(this.frame);
  }

  get size() {
    return { width: this.image.naturalWidth, height: this.image.naturalHeight };
  }

  at(event) {
    const area = this.image.getBoundingClientRect();
    const part = (value, from, length, pixels) => Math.round((Math.min(Math.max(value - from, 0), length) / length) * pixels);
    return { x: part(event.clientX, area.left, area.width, this.size.width), y: part(event.clientY, area.top, area.height, this.size.height) };
  }

  grab(event) {
    if (event.button !== 0 || !this.size.width) return;
    event.preventDefault();
    this.frame.focus({ preventScroll: true });
    const start = this.at(event);
    const old = this.box;
    const inside = old && start.x > old.x && start.x < old.x + old.width && start.y > old.y && start.y < old.y + old.height;
    const drag = (moved) => {
      const here = this.at(moved);
      this.box = inside ? this.shifted(old, here.x - start.x, here.y - start.y) : spanned(start, here);
      this.paint();
    };
    const drop = () => {
      this.frame.removeEventListener("pointermove", drag);
      if (this.box && (this.box.width < SMALLEST || this.box.height < SMALLEST)) this.box = inside ? old : null;
      this.commit(old);
    };
    this.frame.setPointerCapture(event.pointerId);
    this.frame.addEventListener("pointermove", drag);
    this.frame.addEventListener("pointerup", drop, { once: true });
  }

  key(event) {
    const step = Math.max(1, Math.round(Math.max(this.size.width, this.size.height) / 50));
    const ways = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const old = this.box;
    if (event.key === "Enter" && !old) this.box = this.middle();
    else if (["Delete", "Backspace", "Escape"].includes(event.key) && old) this.box = null;
    else if (event.key in ways && old) this.box = event.shiftKey ? this.resized(old, ...ways[event.key]) : this.shifted(old, ...ways[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.paint();
    clearTimeout(this.later);
    this.later = setTimeout(() => this.tell(this.box), 450); // one search after a run of key presses
  }

  middle() {
    const { width, height } = this.size;
    return { x: Math.round(width / 4), y: Math.round(height / 4), width: Math.round(width / 2), height: Math.round(height / 2) };
  }

  shifted(box, right, down) {
    const x = Math.min(Math.max(box.x + right, 0), this.size.width - box.width);
    const y = Math.min(Math.max(box.y + down, 0), this.size.height - box.height);
    return { ...box, x, y };
  }

  resized(box, wider, higher) {
    const width = Math.min(Math.max(box.width + wider, SMALLEST), this.size.width - box.x);
    const height = Math.min(Math.max(box.height + higher, SMALLEST), this.size.height - box.y);
    return { ...box, width, height };
  }

  commit(old) {
    this.paint();
    if (JSON.stringify(old) !== JSON.stringify(this.box)) this.tell(this.box);
  }

  paint() {
    const { width, height } = this.size;
    this.shade.hidden = !this.box || !width;
    if (this.shade.hidden) return;
    const percent = (part, whole) => `${(part / whole) * 100}%`;
    this.shade.style.left = percent(this.box.x, width);
    this.shade.style.top = percent(this.box.y, height);
    this.shade.style.width = percent(this.box.width, width);
    this.shade.style.height = percent(this.box.height, height);
  }
}

function spanned(one, other) {
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  return { x, y, width: Math.abs(one.x - other.x), height: Math.abs(one.y - other.y) };
}
