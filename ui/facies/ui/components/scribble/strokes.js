// Strokes as numbers: made simpler, erased in part, done and undone. Points are in pixels of the picture, [x, y].

const MOST_STEPS = 500; // that can be undone

// Leave out points that lie nearer to the line than a person sees (Douglas and Peucker 1973).
function simplified(points, tolerance) {
  if (points.length < 3) return points;
  const keep = new Uint8Array(points.length);
  keep[0] = keep[points.length - 1] = 1;
  const spans = [[0, points.length - 1]];
  while (spans.length) {
    const [first, last] = spans.pop();
    let [farthest, at] = [tolerance, -1];
    for (let place = first + 1; place < last; place++) {
      const away = distanceTo(points[place], points[first], points[last]);
      if (away > farthest) [farthest, at] = [away, place];
    }
    if (at >= 0) {
      keep[at] = 1;
      spans.push([first, at], [at, last]);
    }
  }
  return points.filter((_, place) => keep[place]);
}

function distanceTo([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const share = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return Math.hypot(x - ax - share * dx, y - ay - share * dy);
}

function distanceToPath(point, path) {
  if (path.length === 1) return Math.hypot(point[0] - path[0][0], point[1] - path[0][1]);
  let least = Infinity;
  for (let at = 1; at < path.length; at++) least = Math.min(least, distanceTo(point, path[at - 1], path[at]));
  return least;
}

// What an eraser leaves of a stroke: pieces of its line that the eraser, widened by the stroke, has not touched.
// Null where all of it stays. The round end of a piece reaches just to the edge of what was erased.
function erased(stroke, path, radius) {
  const reach = radius + stroke.width / 2;
  if (!nearBox(stroke.points, path, reach)) return null;
  const fine = densified(stroke.points, Math.max(0.5, stroke.width / 8));
  const stays = fine.map((point) => distanceToPath(point, path) >= reach);
  if (stays.every(Boolean)) return null;
  const pieces = [];
  let piece = [];
  fine.forEach((point, at) => {
    if (stays[at]) piece.push(point);
    else if (piece.length) {
      pieces.push(piece);
      piece = [];
    }
  });
  if (piece.length) pieces.push(piece);
  return pieces.map((points) => ({ ...stroke, id: newId(), points: rounded(simplified(points, 0.1)) }));
}

function nearBox(points, path, reach) {
  const span = (list, axis) => [Math.min(...list.map((one) => one[axis])), Math.max(...list.map((one) => one[axis]))];
  return [0, 1].every((axis) => {
    const [low, high] = span(points, axis);
    const [first, last] = span(path, axis);
    return low - reach <= last && high + reach >= first;
  });
}

function densified(points, step) {
  const fine = [points[0]];
  for (let at = 1; at < points.length; at++) {
    const [[ax, ay], [bx, by]] = [points[at - 1], points[at]];
    const parts = Math.max(1, Math.ceil(Math.hypot(bx - ax, by - ay) / step));
    for (let part = 1; part <= parts; part++) fine.push([ax + ((bx - ax) * part) / parts, ay + ((by - ay) * part) / parts]);
  }
  return fine;
}

function rounded(points) {
  return points.map(([x, y]) => [Math.round(x * 10) / 10, Math.round(y * 10) / 10]);
}

function newId() {
  return crypto.getRandomValues(new Uint32Array(1))[0] >>> 1; // the service takes 31 bits
}

// The strokes of a picture, with what was done to them. A deed is {remove: [strokes], add: [strokes]}.
class Strokes {
  constructor(listed) {
    this.byId = new Map(listed.map((one) => [one.id, one]));
    this.done = [];
    this.undone = [];
  }

  get all() {
    return [...this.byId.values()];
  }

  does(deed) {
    this.apply(deed);
    this.done.push(deed);
    if (this.done.length > MOST_STEPS) this.done.shift();
    this.undone = [];
    return deed;
  }

  // Take the last deed back; gives the deed that does so, or null.
  undo() {
    const deed = this.done.pop();
    if (!deed) return null;
    this.undone.push(deed);
    return this.apply({ remove: deed.add, add: deed.remove });
  }

  redo() {
    const deed = this.undone.pop();
    if (!deed) return null;
    this.done.push(deed);
    return this.apply(deed);
  }

  apply(deed) {
    for (const one of deed.remove) this.byId.delete(one.id);
    for (const one of deed.add) this.byId.set(one.id, one);
    return deed;
  }
}
