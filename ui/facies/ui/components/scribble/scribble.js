// A picture to draw on. Needs dom.js and the other files of this folder. Strokes, view and history live here; strokes go
// straight to the service. Python hears one `action` when the service has kept what was drawn: `kept` (with `revision` and
// `strokes`), or `classes`.

const memory = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let held = memory.get(parentElement);
  if (held && held.picture !== data.picture.path) {
    held.board.release();
    held = null;
  }
  if (!held) memory.set(parentElement, (held = { picture: data.picture.path, board: new Board(parentElement, data) }));
  held.board.send = (type, more = {}) => setTriggerValue("action", { type, ...more, at: Date.now() });
  held.board.update(data);
  return endOf(parentElement, () => {
    held.board.release();
    memory.delete(parentElement);
  });
}
