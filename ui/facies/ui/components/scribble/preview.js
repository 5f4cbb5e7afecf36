// Previews: what is in sight is named by the service, from the middle outwards, and shown as it comes.

const PAUSE_MS = 250; // after the last stroke or move
const PART_PX = 600_000; // of the picture, named at a time
const MOST_PX = 8_000_000; // of one view: beyond it one looks more closely, or has the whole named
const MOST_PATCHES = 20;

class Previewer {
  constructor({ path, changed, say }) {
    Object.assign(this, { path, changed, say });
    this.patches = []; // {window, named}, the newest last
    this.client = crypto.randomUUID?.() ?? String(Math.random());
    this.turn = 0;
  }

  // Ask for what is in sight, soon; `isNew` where strokes have changed.
  ask(view, kind, isNew) {
    this.version = isNew ? (this.version ?? 0) + 1 : this.version;
    const [version, turn] = [this.version, ++this.turn];
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.go(view, kind, version, turn), PAUSE_MS);
  }

  async go(view, kind, version, turn) {
    const window = view.window();
    if (!window) return;
    const step = Math.max(1, 2 ** Math.floor(Math.log2(1 / view.k)));
    const all = partsOf(window, view.picture);
    const parts = all.filter((part) => !this.has(part, version, step));
    for (const part of parts) {
      if (turn !== this.turn || this.released) return;
      this.say("naming");
      const patch = await this.bring({ window: part, step, kind, client: this.client, turn });
      if (turn !== this.turn || this.released) return patch?.named?.close();
      if (!patch) return;
      if (this.shown !== version) this.clear(); // the first part of a newer answer takes the place of the older one
      this.shown = version;
      this.patches.push({ ...patch, version, step });
      while (this.patches.length > MOST_PATCHES) this.patches.shift().named.close();
      this.changed();
    }
    const isAll = all.reduce((sum, part) => sum + part.height, 0) >= window.height;
    this.say("named", isAll ? "" : "The middle of what is in sight is named. Zoom in for the rest, or name the whole.");
  }

  has(part, version, step) {
    return this.patches.some(({ window, ...one }) => one.version === version && one.step <= step && holds(window, part));
  }

  async bring(body) {
    const path = `${this.path}/preview`;
    try {
      const answer = await fetch(webAddress(path), { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
      if (answer.status === 204) return null; // a newer one was asked for
      if (!answer.ok) {
        const told = await answer.json();
        if (body.turn === this.turn) this.say("refused", told.detail);
        return null;
      }
      const facts = JSON.parse(answer.headers.get("X-Facies-Preview"));
      const bitmap = await createImageBitmap(await answer.blob(), { premultiplyAlpha: "none", colorSpaceConversion: "none" });
      return { window: facts.window, facts, named: new Named(bitmap) };
    } catch (error) {
      if (body.turn === this.turn) this.say("refused", `No preview came: ${error.message}`);
      return null;
    }
  }

  draw(context, view, colours) {
    for (const { window, named } of this.patches) {
      const [left, top] = view.toScreen(window.x, window.y);
      context.drawImage(named.in(colours), left, top, window.width * view.k, window.height * view.k);
    }
  }

  // Shares of the classes in all that was named, by id.
  fractions() {
    const shares = new Map();
    let pixels = 0;
    for (const { window, facts } of this.patches) {
      const size = window.width * window.height;
      pixels += size;
      for (const [id, share] of Object.entries(facts.fractions)) shares.set(Number(id), (shares.get(Number(id)) ?? 0) + share * size);
    }
    return new Map([...shares].map(([id, size]) => [id, size / pixels]));
  }

  clear() {
    for (const { named } of this.patches) named.close();
    this.patches = [];
  }

  release() {
    this.released = true;
    clearTimeout(this.timer);
    this.clear();
  }
}

function holds(outer, inner) {
  return outer.x <= inner.x && outer.y <= inner.y && outer.x + outer.width >= inner.x + inner.width && outer.y + outer.height >= inner.y + inner.height;
}

// Whole rows of the picture that a window shows, in parts that lie at the same places for every window: the network looks
// at whole rows anyway, and what was named stays when the view moves. Those in the middle of the window come first.
function partsOf(window, picture) {
  const rows = Math.max(16, Math.floor(PART_PX / picture.width));
  const most = Math.max(1, Math.floor(MOST_PX / (rows * picture.width)));
  const middle = window.y + window.height / 2;
  const parts = [];
  for (let top = Math.floor(window.y / rows) * rows; top < window.y + window.height; top += rows)
    parts.push({ x: 0, y: top, width: picture.width, height: Math.min(rows, picture.height - top) });
  const away = (part) => Math.abs(part.y + part.height / 2 - middle);
  return parts.sort((one, other) => away(one) - away(other)).slice(0, most);
}
