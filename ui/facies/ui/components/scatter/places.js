// Which point is nearest to a place: points sorted into square cells, so that a look takes a few of them.

class Places {
  constructor(positions) {
    this.positions = positions;
    this.count = positions.length / 2;
    [this.x0, this.y0, this.x1, this.y1] = bounds(positions);
    this.side = Math.max(1, Math.min(1024, Math.ceil(Math.sqrt(this.count / 4))));
    this.size = Math.max(this.x1 - this.x0, this.y1 - this.y0, 1e-9) / this.side;
    this.order = null; // sorted at the first look, when the map has long been seen
  }

  cell(x, y) {
    const column = Math.max(0, Math.min(this.side - 1, Math.floor((x - this.x0) / this.size)));
    const row = Math.max(0, Math.min(this.side - 1, Math.floor((y - this.y0) / this.size)));
    return row * this.side + column;
  }

  sort() {
    this.starts = new Uint32Array(this.side * this.side + 1);
    this.order = new Uint32Array(this.count);
    const cells = new Uint32Array(this.count);
    for (let at = 0; at < this.count; at++) {
      cells[at] = this.cell(this.positions[2 * at], this.positions[2 * at + 1]);
      this.starts[cells[at] + 1]++;
    }
    for (let at = 0; at < this.starts.length - 1; at++) this.starts[at + 1] += this.starts[at];
    const next = this.starts.slice();
    for (let at = 0; at < this.count; at++) this.order[next[cells[at]]++] = at;
  }

  nearest(x, y, radius, counts) {
    // The nearest point within a radius for which `counts` is true; -1 where there is none.
    if (!this.order) this.sort();
    const reach = Math.ceil(radius / this.size);
    const column = Math.floor((x - this.x0) / this.size);
    const row = Math.floor((y - this.y0) / this.size);
    let [best, least] = [-1, radius * radius];
    for (let r = Math.max(0, row - reach); r <= Math.min(this.side - 1, row + reach); r++) {
      for (let c = Math.max(0, column - reach); c <= Math.min(this.side - 1, column + reach); c++) {
        const cell = r * this.side + c;
        for (let at = this.starts[cell]; at < this.starts[cell + 1]; at++) {
          const point = this.order[at];
          const away = (this.positions[2 * point] - x) ** 2 + (this.positions[2 * point + 1] - y) ** 2;
          if (away <= least && counts(point)) [best, least] = [point, away];
        }
      }
    }
    return best;
  }
}

function bounds(positions) {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < positions.length; at += 2) {
    if (positions[at] < x0) x0 = positions[at];
    if (positions[at] > x1) x1 = positions[at];
    if (positions[at + 1] < y0) y0 = positions[at + 1];
    if (positions[at + 1] > y1) y1 = positions[at + 1];
  }
  return positions.length ? [x0, y0, x1, y1] : [0, 0, 1, 1];
}
