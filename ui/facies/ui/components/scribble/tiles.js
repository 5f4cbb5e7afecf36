// A picture of any size, of which only the tiles in sight are fetched and kept.

const MOST_TILES = 96; // of one layer, a megabyte each, of results two: a wide screen of fine pixels shows as many
const AT_ONCE = 6;
const AGAIN_MS = 4000;

class Tiles {
  // `address` of level, row and column; `make` turns a bitmap into what is drawn; `changed` is called when one has come.
  constructor({ address, size, levels, width, height, changed, make = (bitmap) => bitmap }) {
    Object.assign(this, { address, size, levels, width, height, changed, make });
    this.kept = new Map(); // key -> what is drawn, the one used longest ago first
    this.wanted = []; // the most urgent last
    this.fetching = new Set();
    this.failed = new Set();
  }

  levelFor(k) {
    return Math.max(0, Math.min(this.levels - 1, Math.floor(Math.log2(1 / k) + 0.25)));
  }

  // Draw what is in sight; what has not come yet is drawn from a coarser level.
  draw(context, view, density) {
    const level = this.levelFor(view.k * density);
    const seen = view.window();
    if (!seen) return;
    this.wanted = [];
    this.want(this.levels - 1, 0, 0); // the whole, so that there is always something to show
    const step = this.size * 2 ** level;
    const tiles = [];
    for (let row = Math.floor(seen.y / step); row * step < seen.y + seen.height; row++)
      for (let column = Math.floor(seen.x / step); column * step < seen.x + seen.width; column++) tiles.push([row, column]);
    for (const [row, column] of tiles) this.drawTile(context, view, level, row, column);
    this.fetchMore();
    this.complete = tiles.every(([row, column]) => this.kept.has(`${level}/${row}/${column}`) || this.failed.has(`${level}/${row}/${column}`));
  }

  drawTile(context, view, level, row, column) {
    const step = this.size * 2 ** level;
    const box = { x: column * step, y: row * step };
    const right = Math.min(box.x + step, this.width);
    const bottom = Math.min(box.y + step, this.height);
    for (let coarser = level; coarser < this.levels; coarser++) {
      const scale = 2 ** coarser;
      const [above, beside] = [Math.floor(box.y / (this.size * scale)), Math.floor(box.x / (this.size * scale))];
      const found = this.use(`${coarser}/${above}/${beside}`);
      if (!found) {
        if (coarser === level) this.want(level, row, column);
        continue;
      }
      const from = [box.x / scale - beside * this.size, box.y / scale - above * this.size];
      const extent = [Math.min((right - box.x) / scale, found.width - from[0]), Math.min((bottom - box.y) / scale, found.height - from[1])];
      const [left, top] = view.toScreen(box.x, box.y);
      if (extent[0] > 0 && extent[1] > 0)
        context.drawImage(found, from[0], from[1], extent[0], extent[1], left, top, extent[0] * scale * view.k + 0.5, extent[1] * scale * view.k + 0.5);
      return;
    }
  }

  use(key) {
    const found = this.kept.get(key);
    if (found) {
      this.kept.delete(key);
      this.kept.set(key, found);
    }
    return found;
  }

  want(level, row, column) {
    const key = `${level}/${row}/${column}`;
    if (!this.kept.has(key) && !this.fetching.has(key) && !this.failed.has(key)) this.wanted.push([key, level, row, column]);
  }

  fetchMore() {
    while (this.fetching.size < AT_ONCE && this.wanted.length) this.bring(...this.wanted.shift());
  }

  async bring(key, level, row, column) {
    this.fetching.add(key);
    try {
      const path = this.address(level, row, column);
      const answer = await fetch(webAddress(path));
      if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
      const bitmap = await createImageBitmap(await answer.blob(), { premultiplyAlpha: "none", colorSpaceConversion: "none" });
      if (this.released) return bitmap.close();
      this.kept.set(key, this.make(bitmap));
      while (this.kept.size > MOST_TILES) this.drop(this.kept.keys().next().value);
    } catch {
      this.failed.add(key);
      setTimeout(() => this.again(key), AGAIN_MS);
    } finally {
      this.fetching.delete(key);
    }
    if (!this.released) {
      this.fetchMore();
      this.changed();
    }
  }

  // A service that was away for a moment is asked again.
  again(key) {
    this.failed.delete(key);
    if (!this.released) this.changed();
  }

  drop(key) {
    this.kept.get(key).close?.();
    this.kept.delete(key);
  }

  release() {
    this.released = true;
    for (const key of [...this.kept.keys()]) this.drop(key);
  }
}
