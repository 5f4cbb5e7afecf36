// What a person does on the area, by mouse, pen, fingers and keys.

const STEP_PX = 2; // of the screen, between two points of a stroke
const KEY_PX = 60;
const PEN_PX = 8; // that a key moves the pen

class Gestures {
  constructor(board) {
    this.board = board;
    this.area = board.area;
    this.fingers = new Map();
    this.points = null; // of the stroke that is being drawn, in pixels of the picture
    this.pen = null; // on the picture, where somebody draws by keys
    const hear = (name, act, more) => this.area.addEventListener(name, act, more);
    hear("wheel", (event) => this.wheel(event), { passive: false });
    hear("pointerdown", (event) => this.down(event));
    hear("pointermove", (event) => this.move(event));
    hear("pointerup", (event) => this.up(event));
    hear("pointercancel", (event) => this.cancel(event));
    hear("pointerleave", () => this.hover(null));
    hear("auxclick", (event) => event.preventDefault());
    hear("keydown", (event) => this.key(event));
    hear("keyup", (event) => event.key === " " && this.holdSpace(false));
    hear("blur", () => this.holdSpace(false));
    this.board.area.dataset.tool = board.tool;
  }

  release() {
    this.points = null;
  }

  at(event) {
    const box = this.board.canvas.getBoundingClientRect(); // without the border of the area
    return [event.clientX - box.left, event.clientY - box.top];
  }

  // Where on the picture, as strokes count: whole numbers are the middles of pixels. What leaves the picture stays at its edge.
  place([px, py]) {
    const { width, height } = this.board.view.picture;
    const [x, y] = this.board.view.toPicture(px, py);
    return [Math.max(0, Math.min(x - 0.5, width - 1)), Math.max(0, Math.min(y - 0.5, height - 1))];
  }

  wheel(event) {
    event.preventDefault();
    this.board.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...this.at(event));
  }

  // --- pointers ---

  down(event) {
    this.area.focus({ preventScroll: true });
    if (this.pen) this.dropPen();
    if (event.pointerType === "touch") {
      this.fingers.set(event.pointerId, this.at(event));
      if (this.fingers.size === 2) return this.pinch();
    }
    if (this.fingers.size > 2 || event.button > 1) return;
    event.preventDefault();
    this.area.setPointerCapture(event.pointerId);
    this.last = this.at(event);
    const moves = event.button === 1 || this.isSpace || this.board.tool === "move";
    if (moves) this.panning = true;
    else if (this.board.strokes && this.isOn(this.last)) this.points = [this.place(this.last)];
    this.area.classList.toggle("panning", moves);
    this.board.draw();
  }

  isOn([px, py]) {
    const [x, y] = this.board.view.toPicture(px, py);
    const { width, height } = this.board.view.picture;
    const near = this.board.width;
    return x > -near && y > -near && x < width + near && y < height + near;
  }

  pinch() {
    this.points = null; // the first finger was no stroke
    this.panning = false;
    const [one, other] = [...this.fingers.values()];
    this.spread = Math.hypot(one[0] - other[0], one[1] - other[1]);
    this.middle = [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
    this.board.draw();
  }

  move(event) {
    const here = this.at(event);
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, here);
    if (this.fingers.size === 2) return this.movePinch();
    this.hover(here);
    if (this.panning) {
      this.board.pan(here[0] - this.last[0], here[1] - this.last[1]);
      this.last = here;
    } else if (this.points && !this.pen) {
      for (const one of event.getCoalescedEvents?.() ?? []) this.extend(this.at(one));
      this.extend(here);
    }
  }

  movePinch() {
    const [one, other] = [...this.fingers.values()];
    const spread = Math.hypot(one[0] - other[0], one[1] - other[1]);
    const middle = [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
    this.board.view.pan(middle[0] - this.middle[0], middle[1] - this.middle[1]);
    if (this.spread > 0 && spread > 0) this.board.zoom(spread / this.spread, ...middle);
    [this.spread, this.middle] = [spread, middle];
  }

  extend(here) {
    if (Math.hypot(here[0] - this.last[0], here[1] - this.last[1]) < STEP_PX) return;
    this.last = here;
    this.points.push(this.place(here));
    this.board.draw();
  }

  up(event) {
    this.fingers.delete(event.pointerId);
    if (this.pen) return; // whose stroke no pointer began
    const points = this.points;
    this.stop();
    if (points) this.finish(points);
  }

  cancel(event) {
    this.fingers.delete(event.pointerId);
    if (this.pen) return;
    this.stop();
    this.board.draw();
  }

  stop() {
    this.points = null;
    this.panning = false;
    this.area.classList.remove("panning");
  }

  finish(points) {
    if (this.board.tool === "erase") this.board.erasedAlong(points);
    else this.board.drawn(points);
  }

  hover(here) {
    this.pointer = here;
    this.board.draw();
  }

  // --- keys ---

  holdSpace(isHeld) {
    this.isSpace = isHeld;
    this.area.classList.toggle("moving", isHeld);
  }

  key(event) {
    const board = this.board;
    const control = event.ctrlKey || event.metaKey;
    if (control && ["z", "y"].includes(event.key.toLowerCase())) {
      const isRedo = event.key.toLowerCase() === "y" || event.shiftKey;
      isRedo ? board.redo() : board.undo();
    } else if (control || event.altKey) return;
    else if (event.key === " ") this.holdSpace(true);
    else if (/^[1-9]$/.test(event.key)) {
      if (!board.classes.chooseAt(Number(event.key) - 1)) return;
    } else if (event.key.startsWith("Arrow")) this.arrow(event);
    else {
      const deeds = {
        u: () => board.undo(),
        b: () => board.chooseTool("draw"),
        e: () => board.chooseTool("erase"),
        h: () => board.chooseTool("move"),
        "[": () => board.widen(-1),
        "]": () => board.widen(1),
        "+": () => board.zoom(1.4),
        "=": () => board.zoom(1.4),
        "-": () => board.zoom(1 / 1.4),
        0: () => board.fit(),
        v: () => board.toggleOverlay(),
        ",": () => board.setOpacity(board.opacity - 0.1),
        ".": () => board.setOpacity(board.opacity + 0.1),
        n: () => board.goNext(),
        Enter: () => this.putPen(),
        Escape: () => this.dropPen(),
      };
      if (!(event.key in deeds)) return;
      deeds[event.key]();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  arrow(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const [right, down] = ways[event.key];
    const far = event.shiftKey ? 4 : 1;
    if (!this.pen) return this.board.pan(-right * KEY_PX * far, -down * KEY_PX * far);
    const { view } = this.board;
    const [px, py] = view.toScreen(...this.pen);
    // Not out of sight; where the view was moved away from it, no farther.
    const moved = (from, by, size) => Math.max(Math.min(0, from), Math.min(Math.max(size, from), from + by * PEN_PX * far));
    this.putPenAt([moved(px, right, view.size.width), moved(py, down, view.size.height)]);
  }

  putPenAt(here) {
    this.pen = this.board.view.toPicture(...here);
    this.points = [...(this.points ?? []), this.place(here)];
    this.board.draw();
  }

  // Enter puts the pen down in the middle, arrows draw, Enter lifts it.
  putPen() {
    if (!this.board.strokes) return;
    if (this.pen) {
      const points = this.points;
      this.pen = null;
      this.stop();
      this.finish(points);
      return;
    }
    const { width, height } = this.board.view.size;
    this.stop();
    this.putPenAt([width / 2, height / 2]);
    this.board.say("The pen is down in the middle. Arrows draw, Enter ends the stroke, Escape gives it up.");
  }

  dropPen() {
    this.pen = null;
    this.stop();
    this.board.say("");
    this.board.draw();
  }

  // --- what is seen of it ---

  draw(context) {
    const { view, width, classes, tool } = this.board;
    const colour = tool === "erase" ? "#ffffff" : (classes.get(classes.active)?.colour ?? "#888888");
    if (this.points) {
      context.globalAlpha = tool === "erase" ? 0.6 : 1;
      drawStroke(context, view, this.points, width, colour);
      context.globalAlpha = 1;
    }
    const tip = this.pen ? view.toScreen(...this.pen) : this.pointer;
    if (!tip || tool === "move" || this.isSpace || this.panning) return;
    for (const [shade, wide] of [["rgb(0 0 0 / 70%)", 3], [colour, 1.5]]) {
      context.beginPath();
      context.arc(...tip, Math.max(2, (width * view.k) / 2), 0, 7);
      context.strokeStyle = shade;
      context.lineWidth = wide;
      context.stroke();
    }
  }
}
