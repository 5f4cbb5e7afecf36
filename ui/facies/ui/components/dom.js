// Building blocks of the components. Data only ever becomes text nodes and properties, never markup.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  similar: "M10 4a6 6 0 1 0 3.7 10.7l4.3 4.3 1.4-1.4-4.3-4.3A6 6 0 0 0 10 4zm0 2a4 4 0 1 1 0 8 4 4 0 0 1 0-8z",
  plus: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  minus: "M5 11h14v2H5z",
  close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6 10.6 12 5 6.4z",
  copy: "M8 3h11v13h-2V5H8zM5 7h10v14H5zm2 2v10h6V9z",
  open: "M14 4h6v6h-2V7.4l-7.3 7.3-1.4-1.4L16.6 6H14zM5 6h6v2H7v9h9v-4h2v6H5z",
  draw: "M3 17.2V21h3.8L17.8 10 14 6.2zM20.7 7a1 1 0 0 0 0-1.4l-2.3-2.3a1 1 0 0 0-1.4 0l-1.8 1.8L19 8.8z",
  spark: "M12 3l1.9 6.1L20 11l-6.1 1.9L12 19l-1.9-6.1L4 11l6.1-1.9z",
  tick: "M9.5 16.6 4.9 12l-1.4 1.4 6 6L20.5 8.4 19.1 7z",
  swap: "M8 4 3.5 8.5 8 13v-3.5h8v-2H8zm8 7v3.5H8v2h8V20l4.5-4.5z",
};

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

function webAddress(value) {
  // Only addresses a browser fetches: a `javascript:` link must not become one.
  try {
    const url = new URL(value, document.baseURI);
    return ["http:", "https:", "blob:"].includes(url.protocol) ? url.href : "";
  } catch {
    return "";
  }
}

// A picture of the service. One that did not come, because the service was just started anew or the network went for a
// moment, is asked for again; meanwhile, and when it never comes, its frame says so (`data-missing`).
const PICTURE_AGAIN_MS = [1000, 3000, 9000, 27000];

function picture(place, properties) {
  const waits = [...PICTURE_AGAIN_MS];
  const image = element("img", { src: webAddress(place), decoding: "async", ...properties });
  const again = () => image.isConnected && image.setAttribute("src", image.getAttribute("src"));
  image.addEventListener("load", () => image.parentElement?.removeAttribute("data-missing"));
  image.addEventListener("error", () => {
    image.parentElement?.setAttribute("data-missing", "");
    if (waits.length) setTimeout(again, waits.shift());
  });
  return image;
}

// What gives up a view when its run ends. Streamlit also ends a run that a newer one has overtaken while the script was
// loading, and the view is the newer one's by then: only the last run's end counts.
const lastRuns = new WeakMap();

function endOf(parentElement, release) {
  const run = (lastRuns.get(parentElement) ?? 0) + 1;
  lastRuns.set(parentElement, run);
  return () => lastRuns.get(parentElement) === run && release();
}

async function readJson(place, signal) {
  let answer;
  try {
    answer = await fetch(webAddress(place), { signal });
  } catch {
    throw new Error("The browser does not reach the service, or may not read it: is this page's address among FACIES_API__CORS_ORIGINS?");
  }
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail ?? answer.statusText);
  return body;
}

function hueOf(text) {
  let hash = 2166136261;
  for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619);
  return (hash >>> 0) % 360;
}

function labelChip(label, state) {
  if (!label) return element("span", { class: "chip none" }, "no label");
  const dot = element("i", { class: "dot", "aria-hidden": "true" });
  dot.style.setProperty("--hue", hueOf(label));
  return element("span", { class: "chip", title: state ? `${label} (${state})` : label }, dot, element("span", {}, label));
}

async function copyText(text) {
  // The asynchronous clipboard exists only on https and on this very machine.
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused by the browser: the older way below still works after a click.
    }
  }
  const field = element("textarea", { "aria-hidden": "true" });
  field.value = text;
  field.style.position = "fixed";
  field.style.opacity = "0";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
