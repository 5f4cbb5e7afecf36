// A narrow picture of all of a long core, with a frame around what is in sight; a press goes there.

const LONG = 2.2; // times as tall as wide: what is less long is seen whole well enough
const WIDTH_PX = 44;

class Overview {
  constructor(view, tiles, go) {
    Object.assign(this, { view, tiles, go });
    this.canvas = element("canvas", { class: "overview", role: "slider", tabindex: "0", "aria-label": "Where on the picture", "aria-orientation": "vertical", "aria-valuemin": "0", "aria-valuemax": String(view.picture.height) });
    this.canvas.hidden = view.picture.height < LONG * view.picture.width;
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.jump(event);
    });
    this.canvas.addEventListener("pointermove", (event) => event.buttons & 1 && this.jump(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  jump(event) {
    const box = this.canvas.getBoundingClientRect();
    this.go(((event.clientY - box.top) / box.height) * this.view.picture.height);
  }

  key(event) {
    const page = this.view.size.height / this.view.k;
    const middle = this.view.y + page / 2;
    const places = { Home: 0, End: this.view.picture.height, ArrowUp: middle - page / 4, ArrowDown: middle + page / 4, PageUp: middle - page, PageDown: middle + page };
    if (!(event.key in places)) return;
    event.preventDefault();
    event.stopPropagation();
    this.go(places[event.key]);
  }

  draw(marks) {
    if (this.canvas.hidden) return;
    const height = this.canvas.clientHeight;
    if (!height) return;
    const density = Math.min(2, devicePixelRatio || 1);
    [this.canvas.width, this.canvas.height] = [WIDTH_PX * density, height * density];
    const context = this.canvas.getContext("2d");
    context.scale(density, density);
    const picture = this.view.picture;
    const k = height / picture.height;
    const wide = Math.max(picture.width * k, WIDTH_PX - 14); // a long core is a thread: drawn wider than it is
    const left = (WIDTH_PX - wide) / 2;
    const coarsest = this.tiles.kept.get(`${this.tiles.levels - 1}/0/0`);
    if (coarsest) context.drawImage(coarsest, left, 0, wide, height);
    for (const { y, colour } of marks) {
      context.fillStyle = colour;
      context.fillRect(1, Math.min(y * k, height - 2), 5, 2);
    }
    const top = Math.max(0, this.view.y * k);
    const bottom = Math.min(height, (this.view.y + this.view.size.height / this.view.k) * k);
    context.lineWidth = 2;
    context.strokeStyle = getComputedStyle(this.canvas).color;
    context.strokeRect(1, top + 1, WIDTH_PX - 2, Math.max(4, bottom - top - 2));
    this.canvas.setAttribute("aria-valuenow", String(Math.round(this.view.y + this.view.size.height / this.view.k / 2)));
  }
}
