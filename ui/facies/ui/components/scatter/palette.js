// Colours of categories and numbers, as bytes that a texture takes. Pure.

const FIRST = [
  "#2e6f9e", "#c8702a", "#2f7d4f", "#a8434f", "#7a5aa6", "#8a6d1f", "#1f8a8a", "#b8578f", "#5b7d1f", "#4a5fc1",
  "#d08c60", "#3f9c6e", "#d4708a", "#8f7ac9", "#b59b2c", "#55a5c9", "#9c4a2c", "#6c8f4e", "#6d6d9c", "#c45ab0",
];
const LESS = [140, 146, 150]; // without a value, and what is not selected

function parts(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

function fromHue(hue, saturation, lightness) {
  const at = (n) => {
    const k = (n + hue / 30) % 12;
    const a = saturation * Math.min(lightness, 1 - lightness);
    return Math.round(255 * (lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [at(0), at(8), at(4)];
}

function categoryColour(place) {
  // Twenty that were chosen to differ; beyond, hues that turn by the golden angle with three lightnesses.
  if (place < FIRST.length) return parts(FIRST[place]);
  return fromHue((place * 137.508) % 360, 0.5, [0.42, 0.56, 0.68][place % 3]);
}

// From dark blue through green to yellow, in steps that look even and that a colour-blind eye tells apart.
const RAMP = ["#2b2d6e", "#2f5f8f", "#2b8a8c", "#4fae73", "#a5c85a", "#f0dc6a"].map(parts);

function rampColour(part) {
  const place = Math.max(0, Math.min(1, part)) * (RAMP.length - 1);
  const [low, high] = [RAMP[Math.floor(place)], RAMP[Math.ceil(place)]];
  return low.map((value, at) => Math.round(value + (high[at] - value) * (place - Math.floor(place))));
}

function css(colour) {
  return `rgb(${colour.join(" ")})`;
}
