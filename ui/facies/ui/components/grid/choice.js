// Which tiles are chosen: ids, and the place from which a range is drawn. Knows of no page.

class Choice {
  constructor() {
    this.ids = new Set();
    this.anchor = 0;
  }

  has(id) {
    return this.ids.has(id);
  }

  get size() {
    return this.ids.size;
  }

  only(tiles, place) {
    this.ids = new Set(tiles[place] ? [tiles[place].id] : []);
    this.anchor = place;
  }

  toggle(tiles, place) {
    const id = tiles[place].id;
    if (!this.ids.delete(id)) this.ids.add(id);
    this.anchor = place;
  }

  range(tiles, place) {
    const [first, last] = [Math.min(this.anchor, place), Math.max(this.anchor, place)];
    this.ids = new Set(tiles.slice(first, last + 1).map((tile) => tile.id));
  }

  all(tiles) {
    this.ids = new Set(tiles.map((tile) => tile.id));
  }

  invert(tiles) {
    this.ids = new Set(tiles.filter((tile) => !this.ids.has(tile.id)).map((tile) => tile.id));
  }

  clear() {
    this.ids.clear();
  }

  keep(tiles) {
    const there = new Set(tiles.map((tile) => tile.id));
    for (const id of this.ids) if (!there.has(id)) this.ids.delete(id);
  }

  of(tiles) {
    return tiles.filter((tile) => this.ids.has(tile.id));
  }
}
