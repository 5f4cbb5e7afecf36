// What of a picture is in sight. Places on the picture count from its upper left corner: pixel 0 reaches from 0 to 1.

const MOST_ZOOM = 32; // pixels of the screen for one of the picture

class View {
  constructor(width, height) {
    this.picture = { width, height };
    this.size = { width: 1, height: 1 };
    this.x = 0; // of the picture, at the left edge of the screen
    this.y = 0;
    this.k = 0; // pixels of the screen for one of the picture; 0: not looked at yet
  }

  get whole() {
    const { width, height } = this.picture;
    return Math.min(this.size.width / width, this.size.height / height) * 0.96;
  }

  resize(width, height) {
    const middle = this.k ? this.toPicture(this.size.width / 2, this.size.height / 2) : null;
    this.size = { width, height };
    if (!middle) this.begin();
    else this.center(middle[0], middle[1]);
  }

  begin() {
    // A core is shown from its top, at a width that something can be seen at.
    const { width, height } = this.picture;
    if (height / width < 3 * (this.size.height / this.size.width)) return this.fit();
    this.k = Math.min((this.size.width / width) * 0.6, 2);
    this.center(width / 2, this.size.height / this.k / 2);
  }

  fit() {
    this.k = this.whole;
    this.center(this.picture.width / 2, this.picture.height / 2);
  }

  toPicture(px, py) {
    return [this.x + px / this.k, this.y + py / this.k];
  }

  toScreen(x, y) {
    return [(x - this.x) * this.k, (y - this.y) * this.k];
  }

  center(x, y) {
    this.x = x - this.size.width / 2 / this.k;
    this.y = y - this.size.height / 2 / this.k;
    this.hold();
  }

  zoom(factor, px = this.size.width / 2, py = this.size.height / 2) {
    const [x, y] = this.toPicture(px, py);
    this.k = Math.max(this.whole / 2, Math.min(this.k * factor, MOST_ZOOM));
    this.x = x - px / this.k;
    this.y = y - py / this.k;
    this.hold();
  }

  pan(dx, dy) {
    this.x -= dx / this.k;
    this.y -= dy / this.k;
    this.hold();
  }

  hold() {
    // Some of the picture stays in sight, whatever is done.
    const keep = (from, screen, length) => {
      const seen = screen / this.k;
      const least = Math.min(seen, length) * 0.25;
      return Math.max(least - seen, Math.min(from, length - least));
    };
    this.x = keep(this.x, this.size.width, this.picture.width);
    this.y = keep(this.y, this.size.height, this.picture.height);
  }

  // The part of the picture in sight, in whole pixels; null where none is.
  window() {
    const left = Math.max(0, Math.floor(this.x));
    const top = Math.max(0, Math.floor(this.y));
    const right = Math.min(this.picture.width, Math.ceil(this.x + this.size.width / this.k));
    const bottom = Math.min(this.picture.height, Math.ceil(this.y + this.size.height / this.k));
    return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
  }
}
