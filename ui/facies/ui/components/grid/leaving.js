// Leaving the page while something is not known to be done. Streamlit forgets what it is told just before it is asked for
// another page, and stays on the page where it is told something just after. So a link waits until all is done, and is
// followed then; pressed once more it is followed at once. Before a reload, or the end of the tab, the browser asks.

class Leaving {
  constructor(mustWait) {
    this.mustWait = mustWait;
    this.wanted = null; // address that is waited for
    this.hold = (event) => this.pressed(event);
    this.ask = (event) => this.mustWait() && event.preventDefault();
    document.addEventListener("click", this.hold, true);
    window.addEventListener("beforeunload", this.ask);
  }

  end() {
    this.want(null);
    document.removeEventListener("click", this.hold, true);
    window.removeEventListener("beforeunload", this.ask);
  }

  pressed(event) {
    const link = event.composedPath().find((one) => one instanceof HTMLAnchorElement);
    if (!link?.href || link.target || link.hasAttribute("download") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!this.mustWait() || this.wanted === link.href) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.want(link.href);
  }

  want(address) {
    this.wanted = address;
    document.documentElement.style.cursor = address ? "progress" : "";
  }

  go() {
    if (!this.wanted || this.mustWait()) return;
    const link = [...document.links].find((one) => one.href === this.wanted);
    this.want(null);
    link?.click();
  }
}
