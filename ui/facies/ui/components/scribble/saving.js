// Keeping what is drawn: changes go to the service one after the other, and stay in this browser until it has them.

const PAUSES_MS = [1000, 2000, 4000, 8000, 15000];

class Saver {
  // `place` on the service, `kept` after each acknowledged change, `say` what goes on, `refused` what it would not take.
  constructor({ drawing, picture, kept, say, refused }) {
    Object.assign(this, { drawing, picture, kept, say, refused });
    this.prefix = `facies-strokes-${new URL(picture, document.baseURI).pathname}-`;
    this.waiting = this.recall(); // {key, change}, the oldest first
    this.tries = 0;
  }

  get isIdle() {
    return !this.waiting.length && !this.sending;
  }

  // A change of strokes, {remove: [ids], add: [strokes]}, or of classes, {classes: [...]}.
  add(change) {
    const one = { key: this.newKey(), change };
    this.waiting.push(one);
    try {
      localStorage.setItem(one.key, JSON.stringify(change));
    } catch {
      // A browser without room or leave for it: the service has all but what is on its way.
    }
    this.send();
  }

  get changes() {
    return this.waiting.map((one) => one.change);
  }

  // Each change has a key of its own, since another tab may wait with changes of the same picture. They sort by time.
  newKey() {
    this.last = Math.max(Date.now(), (this.last ?? 0) + 1);
    return `${this.prefix}${String(this.last).padStart(15, "0")}-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  }

  // Changes that an earlier page could not send, because the service or the power was gone. One that another tab is about to
  // send is sent twice, which changes nothing.
  recall() {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
      const kept = keys.sort().map((key) => ({ key, change: JSON.parse(localStorage.getItem(key)) }));
      return kept.filter((one) => one.change); // another tab may have sent one just now
    } catch {
      return [];
    }
  }

  forget(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // Nothing was kept then.
    }
  }

  async send() {
    if (this.sending || !this.waiting.length || this.released) return;
    this.sending = true;
    this.say("saving");
    const [{ key, change }] = this.waiting;
    const isClasses = "classes" in change;
    try {
      const path = isClasses ? this.drawing : `${this.picture}/strokes`;
      const answer = await fetch(webAddress(path), {
        method: isClasses ? "PATCH" : "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(change),
      });
      const told = await answer.json();
      if (answer.status >= 500) throw new Error(told.detail);
      this.tries = 0;
      this.waiting.shift();
      this.forget(key);
      if (answer.ok) this.kept(isClasses ? "classes" : "strokes", told);
      else this.refused(told.detail);
    } catch (error) {
      this.say("waiting", error.message);
      this.timer = setTimeout(() => this.send(), PAUSES_MS[Math.min(this.tries++, PAUSES_MS.length - 1)]);
      return;
    } finally {
      this.sending = false;
    }
    if (this.waiting.length) this.send();
    else this.say("saved");
  }

  release() {
    this.released = true;
    clearTimeout(this.timer);
  }
}
