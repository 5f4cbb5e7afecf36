// Keeping what is drawn: changes go to the service one after the other, and stay in this browser until it has them.

const PAUSES_MS = [1000, 2000, 4000, 8000, 15000];

class Saver {
  // `place` on the service, `kept` after each acknowledged change, `say` what goes on, `refused` what it would not take.
  constructor({ drawing, picture, kept, say, refused }) {
    Object.assign(this, { drawing, picture, kept, say, refused });
    this.key = `facies-strokes-${new URL(picture, document.baseURI).pathname}`;
    this.waiting = this.recall();
    this.tries = 0;
  }

  get isIdle() {
    return !this.waiting.length && !this.sending;
  }

  // A change of strokes, {remove: [ids], add: [strokes]}, or of classes, {classes: [...]}.
  add(change) {
    this.waiting.push(change);
    this.remember();
    this.send();
  }

  // Changes that an earlier page could not send, because the service or the power was gone.
  recall() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? [];
    } catch {
      return [];
    }
  }

  remember() {
    try {
      if (this.waiting.length) localStorage.setItem(this.key, JSON.stringify(this.waiting));
      else localStorage.removeItem(this.key);
    } catch {
      // A browser without room or leave for it: the service has all but what is on its way.
    }
  }

  async send() {
    if (this.sending || !this.waiting.length || this.released) return;
    this.sending = true;
    this.say("saving");
    const [change] = this.waiting;
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
      this.remember();
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
