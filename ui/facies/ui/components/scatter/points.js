// The points, drawn by WebGL 2: positions and values lie in the graphics memory, a look at them is one call.
// Needs palette.js. A mask in the place of a polygon says which points are selected, so a lasso costs nothing.

const VERTEX = `#version 300 es
in vec2 position;
in float value;
uniform vec2 scale;
uniform vec2 shift;
uniform float size;
uniform bool numbers;
uniform vec2 range;
uniform sampler2D palette;
uniform sampler2D mask;
uniform vec4 frame;
uniform bool masked;
uniform vec4 less;
out vec4 colour;
void main() {
  gl_Position = vec4(position * scale + shift, 0.0, 1.0);
  gl_PointSize = size;
  if (numbers) {
    float part = range.y > range.x ? (value - range.x) / (range.y - range.x) : 0.5;
    colour = texelFetch(palette, ivec2(int(clamp(part, 0.0, 1.0) * 255.0 + 0.5), 0), 0);
    if (isnan(value)) colour = less;
    if (isinf(value)) colour = vec4(0.0);
  } else {
    int code = int(value);
    colour = texelFetch(palette, ivec2(code & 255, code >> 8), 0);
  }
  if (masked && colour.a > 0.0) {
    vec2 place = (position - frame.xy) / frame.zw;
    bool inside = all(greaterThanEqual(place, vec2(0.0))) && all(lessThanEqual(place, vec2(1.0)));
    if (!inside || texture(mask, place).r < 0.5) colour = vec4(less.rgb, less.a * 0.55);
  }
  if (colour.a == 0.0) gl_Position = vec4(2.0, 2.0, 0.0, 1.0);
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour;
out vec4 seen;
void main() {
  float away = length(gl_PointCoord - 0.5) * 2.0;
  float alpha = colour.a * (1.0 - smoothstep(0.8, 1.0, away));
  if (alpha <= 0.0) discard;
  seen = vec4(colour.rgb * alpha, alpha);
}`;
const MASK_PX = 512;
const PART = 64 << 10; // points that are drawn at a time, or more: a stride in bytes must stay below 256
const MOST_PARTS = 16;

class Points {
  constructor(canvas) {
    this.gl = canvas.getContext("webgl2", { alpha: true, premultipliedAlpha: true, antialias: false, preserveDrawingBuffer: true });
    if (!this.gl) return;
    const gl = this.gl;
    this.program = this.link();
    this.places = Object.fromEntries(
      ["scale", "shift", "size", "numbers", "range", "palette", "mask", "frame", "masked", "less"].map((name) => [name, gl.getUniformLocation(this.program, name)]),
    );
    this.positions = gl.createBuffer();
    this.values = gl.createBuffer();
    this.palette = this.texture(gl.NEAREST);
    this.mask = this.texture(gl.NEAREST);
    this.count = 0;
    this.masked = false;
    this.frame = [0, 0, 1, 1];
  }

  link() {
    const gl = this.gl;
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
    return program;
  }

  texture(filter) {
    const gl = this.gl;
    const made = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, made);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    for (const way of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, way, filter);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    return made;
  }

  setPositions(positions) {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.positions);
    gl.bufferData(gl.ARRAY_BUFFER, positions, gl.STATIC_DRAW);
    this.count = positions.length / 2;
  }

  setValues(values) {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.values);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    this.kind = { Uint8Array: gl.UNSIGNED_BYTE, Uint16Array: gl.UNSIGNED_SHORT, Float32Array: gl.FLOAT }[values.constructor.name];
    this.bytes = values.BYTES_PER_ELEMENT;
  }

  setPalette(colours) {
    // Four bytes for each code; a colour that is wholly clear is not drawn.
    const gl = this.gl;
    const rows = Math.max(1, Math.ceil(colours.length / 4 / 256));
    const filled = new Uint8Array(rows * 256 * 4);
    filled.set(colours);
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, filled);
  }

  select(polygon) {
    this.masked = Boolean(polygon);
    if (!polygon) return;
    const flat = new Float32Array(polygon.flat());
    const [x0, y0, x1, y1] = bounds(flat);
    this.frame = [x0, y0, Math.max(x1 - x0, 1e-9), Math.max(y1 - y0, 1e-9)];
    const drawn = document.createElement("canvas");
    drawn.width = drawn.height = MASK_PX;
    const pen = drawn.getContext("2d");
    pen.fillStyle = "#fff";
    pen.beginPath();
    for (const [x, y] of polygon) pen.lineTo(((x - x0) / this.frame[2]) * MASK_PX, ((y - y0) / this.frame[3]) * MASK_PX);
    pen.fill("evenodd");
    const gl = this.gl;
    gl.bindTexture(gl.TEXTURE_2D, this.mask);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, drawn);
  }

  get parts() {
    return Math.max(1, Math.min(MOST_PARTS, Math.ceil(this.count / PART)));
  }

  clear() {
    const gl = this.gl;
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  draw({ scale, shift, size, numbers, range, less }, from, until) {
    // Of n parts, each is every nth point.
    const gl = this.gl;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    if (!this.count || this.kind === undefined) return;
    gl.useProgram(this.program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    for (const [unit, name] of [[0, "palette"], [1, "mask"]]) {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, this[name]);
      gl.uniform1i(this.places[name], unit);
    }
    gl.uniform2f(this.places.scale, ...scale);
    gl.uniform2f(this.places.shift, ...shift);
    gl.uniform1f(this.places.size, size);
    gl.uniform1i(this.places.numbers, numbers ? 1 : 0);
    gl.uniform2f(this.places.range, ...range);
    gl.uniform4f(this.places.frame, ...this.frame);
    gl.uniform1i(this.places.masked, this.masked ? 1 : 0);
    gl.uniform4f(this.places.less, ...less);
    const parts = this.parts;
    for (let part = from; part < until; part++) {
      this.attribute("position", this.positions, 2, gl.FLOAT, 8, parts, part);
      this.attribute("value", this.values, 1, this.kind, this.bytes, parts, part);
      gl.drawArrays(gl.POINTS, 0, Math.ceil((this.count - part) / parts));
    }
  }

  attribute(name, buffer, numbers, kind, bytes, parts, part) {
    const gl = this.gl;
    const place = gl.getAttribLocation(this.program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, numbers, kind, false, parts * bytes, part * bytes);
  }
}
