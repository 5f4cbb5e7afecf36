// Strokes and places as they are seen on the canvas.

function drawStrokes(context, view, strokes, classes) {
  context.lineCap = context.lineJoin = "round";
  for (const one of strokes) drawStroke(context, view, one.points, one.width, classes.get(one.class)?.colour ?? "#888888");
}

function drawStroke(context, view, points, width, colour) {
  context.beginPath();
  points.forEach(([x, y], at) => context[at ? "lineTo" : "moveTo"](...view.toScreen(x + 0.5, y + 0.5)));
  if (points.length === 1) context.lineTo(...view.toScreen(points[0][0] + 0.5, points[0][1] + 0.5));
  const wide = Math.max(2, width * view.k);
  context.strokeStyle = "rgb(255 255 255 / 80%)";
  context.lineWidth = wide + 2;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = wide;
  context.stroke();
}

function drawPlaces(context, view, places, shown) {
  places.forEach((one, at) => {
    const [px, py] = view.toScreen(one.column, one.row);
    const radius = Math.max(9, one.radius_px * view.k);
    for (const [colour, width] of [["rgb(0 0 0 / 60%)", 5], [at === shown ? "#ffd54d" : "#ffffff", 2.5]]) {
      context.beginPath();
      context.arc(px, py, radius, 0, 7);
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    }
    context.font = "600 12px sans-serif";
    context.textAlign = "center";
    context.lineWidth = 3;
    context.strokeStyle = "rgb(0 0 0 / 70%)";
    context.strokeText(String(at + 1), px, py + 4);
    context.fillStyle = "#ffffff";
    context.fillText(String(at + 1), px, py + 4);
  });
}
