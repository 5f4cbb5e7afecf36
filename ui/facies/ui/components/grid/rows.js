// The cells of a long list: up to WHOLE of them are all in the page, where the browser's own search and a screen
// reader find each. Of more, only the rows near what is seen are, and padding stands for the others.

const WHOLE = 150;
const SPARE = 1.5; // screens of rows above and below what is seen

class Rows {
  constructor(list, make) {
    this.list = list;
    this.make = make;
    this.cells = new Map(); // place -> cell
    this.length = 0;
    this.look = () => this.soon();
    // Scrolling does not bubble, and which element scrolls is the page's affair: all are listened to.
    document.addEventListener("scroll", this.look, { capture: true, passive: true });
    this.sizes = new ResizeObserver(this.look);
    this.sizes.observe(list);
  }

  end() {
    document.removeEventListener("scroll", this.look, { capture: true });
    this.sizes.disconnect();
    cancelAnimationFrame(this.frame);
  }

  fill(length) {
    for (const place of [...this.cells.keys()]) if (place >= length) this.drop(place);
    this.length = length;
    this.render();
  }

  renew(place) {
    const old = this.cells.get(place);
    if (!old) return;
    const cell = this.make(place);
    const focused = old.contains(this.list.getRootNode().activeElement);
    old.replaceWith(cell);
    this.cells.set(place, cell);
    if (focused) cell.firstChild.focus({ preventScroll: true });
  }

  soon() {
    if (this.length <= WHOLE || this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.render();
    });
  }

  columns() {
    return Math.max(1, getComputedStyle(this.list).gridTemplateColumns.split(" ").length);
  }

  height() {
    const cell = this.cells.values().next().value ?? this.put(0);
    return cell.getBoundingClientRect().height + parseFloat(getComputedStyle(this.list).rowGap || 0);
  }

  render(about = null) {
    if (!this.length) return;
    let [first, last] = [0, this.length - 1];
    const long = this.length > WHOLE;
    let padding = ["", ""];
    this.list.classList.toggle("long", long);
    if (long) {
      const [columns, height] = [this.columns(), this.height()];
      const rows = Math.ceil(this.length / columns);
      const [top, bottom] = this.seen(about === null ? null : Math.floor(about / columns), height, rows);
      [first, last] = [top * columns, Math.min(this.length, (bottom + 1) * columns) - 1];
      padding = [`${top * height}px`, `${(rows - 1 - bottom) * height}px`];
    }
    for (const place of [...this.cells.keys()]) if (place < first || place > last) this.drop(place);
    for (let place = first; place <= last; place++) if (!this.cells.has(place)) this.put(place);
    [this.list.style.paddingTop, this.list.style.paddingBottom] = padding;
    this.shown?.();
  }

  seen(about, height, rows) {
    const screen = Math.ceil(window.innerHeight / height);
    const spare = Math.ceil(screen * SPARE);
    const at = about ?? Math.floor(-this.list.getBoundingClientRect().top / height);
    const top = Math.max(0, Math.min(at, rows - 1) - spare);
    return [top, Math.max(top, Math.min(rows - 1, at + screen + spare))];
  }

  put(place) {
    const cell = this.make(place);
    this.list.insertBefore(cell, this.following(place));
    this.cells.set(place, cell);
    return cell;
  }

  following(place) {
    let best = null;
    for (const other of this.cells.keys()) if (other > place && (best === null || other < best)) best = other;
    return best === null ? null : this.cells.get(best);
  }

  drop(place) {
    const cell = this.cells.get(place);
    // The keys must not fall silent when the tile that has the focus is scrolled away.
    if (cell.contains(this.list.getRootNode().activeElement)) this.list.focus({ preventScroll: true });
    cell.remove();
    this.cells.delete(place);
  }

  option(place) {
    return this.cells.get(place)?.firstChild;
  }

  reveal(place) {
    if (!this.cells.has(place)) this.render(place);
    return this.option(place);
  }
}
