// When the points are drawn: in parts, as many at a time as the graphics card keeps up with, so that a million of them
// without one hold up neither the pointer nor the page. Each part is an even sample of all, so the first shows the map.

const QUICK_MS = 24; // parts that are there sooner are followed by twice as many
const SLOW_MS = 60; // and by half as many where they take longer

class Painter {
  constructor(points, look, tell) {
    this.points = points;
    this.look = look; // gives how the map is seen now
    this.tell = tell; // hears whether all that was asked for is drawn
    this.pace = 1; // parts at a time
    this.part = 0;
  }

  paint() {
    this.part = 0;
    this.tell(false);
    this.ask();
  }

  ask() {
    this.asked ??= requestAnimationFrame(() => {
      this.asked = null;
      this.go();
    });
  }

  go() {
    if (this.isBehind()) return this.ask();
    const { gl, parts } = this.points;
    if (this.part === parts) return this.tell(true);
    if (this.part === 0) this.points.clear();
    const until = Math.min(this.part + this.pace, parts);
    this.begun = performance.now();
    this.points.draw(this.look(), this.part, until);
    this.part = until;
    this.fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    this.ask();
  }

  isBehind() {
    // Whether the card still works on what it was given; when it is done, the pace is set by how long that took.
    const { gl, parts } = this.points;
    if (!this.fence) return false;
    if (gl.getSyncParameter(this.fence, gl.SYNC_STATUS) === gl.UNSIGNALED) return true;
    gl.deleteSync(this.fence);
    this.fence = null;
    const took = performance.now() - this.begun;
    if (took < QUICK_MS) this.pace = Math.min(2 * this.pace, parts);
    if (took > SLOW_MS) this.pace = Math.max(this.pace >> 1, 1);
    return false;
  }
}
