// What was named, as colours: pictures of the service hold ids of classes in red, uncertainty in green, rock in blue.

const DOUBT = [214, 30, 140]; // of a pixel that is undecided; a sure one is clear

class Named {
  constructor(bitmap) {
    this.width = bitmap.width;
    this.height = bitmap.height;
    const canvas = new OffscreenCanvas(this.width, this.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    this.pixels = context.getImageData(0, 0, this.width, this.height);
    bitmap.close();
    this.canvas = canvas;
    this.context = context;
  }

  // As something to be drawn in these colours; painted anew only where the colours have changed.
  in(colours) {
    if (this.version !== colours.version) {
      this.version = colours.version;
      const painted = this.context.createImageData(this.width, this.height);
      paintNamed(this.pixels.data, painted.data, colours);
      this.context.putImageData(painted, 0, 0);
    }
    return this.canvas;
  }

  close() {
    this.canvas.width = this.canvas.height = 0;
    this.pixels = null;
  }
}

function coloursOf(classes, shows) {
  const table = new Uint8ClampedArray(256 * 3);
  for (const one of classes) table.set([1, 3, 5].map((at) => Number.parseInt(one.colour.slice(at, at + 2), 16)), one.id * 3);
  return { table, shows, version: JSON.stringify([shows, classes.map((one) => [one.id, one.colour])]) };
}

function paintNamed(from, to, { table, shows }) {
  for (let at = 0; at < from.length; at += 4) {
    const isRock = from[at + 2] > 0;
    if (shows === "doubt") {
      [to[at], to[at + 1], to[at + 2]] = DOUBT;
      to[at + 3] = isRock ? from[at + 1] : 0;
    } else {
      const place = from[at] * 3;
      to[at] = table[place];
      to[at + 1] = table[place + 1];
      to[at + 2] = table[place + 2];
      to[at + 3] = isRock ? 255 : 0;
    }
  }
}
