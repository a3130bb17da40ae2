// What every viewer of scans draws with: pictures by address, and the heat map over one.
//
// The heat comes as one byte for each of the network's cells and is enlarged, coloured and laid
// over the picture here: the same steps as in fetal/explain and fetal/scans/letterbox.py. Pictures
// of the scans that come next are loaded ahead. No picture is kept longer than a viewer names it:
// what was erased on the server goes from here with the next answer.

const SQUARE = 256; // pixels to which the cells are enlarged smoothly before they are laid over

// Shared by all viewers of the page, by address.
const pictures = (window.fetalPictures ??= new Map());

function pictureAt(address) {
  let found = pictures.get(address);
  if (!found) {
    const image = new Image();
    image.src = address;
    found = { image, outline: null, ready: image.decode() };
    found.ready.then(
      () => requestIdleCallback(() => outlineOf(found)),
      () => pictures.delete(address),
    );
    pictures.set(address, found);
  }
  return found;
}

function sweep() {
  const wanted = new Set();
  for (const viewer of document.querySelectorAll(".scan-viewer")) {
    for (const address of viewer.addresses ?? []) wanted.add(address);
  }
  for (const address of pictures.keys()) if (!wanted.has(address)) pictures.delete(address);
}

const isThere = (image) => image.complete && image.naturalWidth > 0;

function bytesOf(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// What is lit in each row, as the convex hull around it: heat beyond it says nothing.
function outlineOf(picture) {
  if (picture.outline || !isThere(picture.image)) return picture.outline;
  const { naturalWidth: width, naturalHeight: height } = picture.image;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture.image, 0, 0);
  const levels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
  const isLit = (at) => (levels[at] & 0xff) > 0;
  const left = [];
  const right = [];
  for (let row = 0; row < height; row++) {
    let first = row * width;
    const end = first + width;
    while (first < end && !isLit(first)) first++;
    if (first === end) continue;
    let last = end - 1;
    while (!isLit(last)) last--;
    const [from, to] = [first - row * width, last - row * width + 1];
    addTo(left, [from, row], 1);
    addTo(left, [from, row + 1], 1);
    addTo(right, [to, row], -1);
    addTo(right, [to, row + 1], -1);
  }
  const path = new Path2D();
  for (const [x, y] of [...left, ...right.reverse()]) path.lineTo(x, y);
  path.closePath();
  picture.outline = path;
  return path;
}

// Adds a point to one side of a hull, whose points follow each other downwards (Andrew 1979).
function addTo(side, point, turn) {
  while (side.length > 1) {
    const [[ax, ay], [bx, by]] = side.slice(-2);
    if (turn * ((bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax)) < 0) break;
    side.pop();
  }
  side.push(point);
}

// Weights of the four cells around a place, as OpenCV's INTER_CUBIC has them.
function cubic(part) {
  const a = -0.75;
  const near = (t) => ((a + 2) * t - (a + 3)) * t * t + 1;
  const far = (t) => ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
  return [far(1 + part), near(part), near(1 - part), far(2 - part)];
}

function enlarge(cells, rows, columns) {
  const along = (count) =>
    Array.from({ length: SQUARE }, (_, at) => {
      const place = ((at + 0.5) * count) / SQUARE - 0.5;
      const cell = Math.floor(place);
      const inside = (one) => Math.min(Math.max(one, 0), count - 1);
      return { from: [-1, 0, 1, 2].map((step) => inside(cell + step)), by: cubic(place - cell) };
    });
  const across = along(columns);
  const wide = new Float32Array(rows * SQUARE);
  for (let row = 0; row < rows; row++) {
    across.forEach(({ from, by }, x) => {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += by[k] * cells[row * columns + from[k]];
      wide[row * SQUARE + x] = sum;
    });
  }
  const whole = new Float32Array(SQUARE * SQUARE);
  along(rows).forEach(({ from, by }, y) => {
    for (let x = 0; x < SQUARE; x++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += by[k] * wide[from[k] * SQUARE + x];
      whole[y * SQUARE + x] = Math.min(Math.max(sum, 0), 255);
    }
  });
  return whole;
}

function coloured(heat) {
  const colours = bytesOf(heat.colours);
  const levels = enlarge(bytesOf(heat.cells), heat.rows, heat.columns);
  const drawn = new ImageData(SQUARE, SQUARE);
  levels.forEach((level, at) => {
    drawn.data.set(colours.subarray(3 * Math.round(level), 3 * Math.round(level) + 3), 4 * at);
    drawn.data[4 * at + 3] = Math.min(2 * level, 255) * heat.opacity;
  });
  const canvas = new OffscreenCanvas(SQUARE, SQUARE);
  canvas.getContext("2d").putImageData(drawn, 0, 0);
  return canvas;
}

function draw(canvas, picture, heat) {
  const { image } = picture;
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  context.save();
  context.clip(outlineOf(picture));
  context.imageSmoothingQuality = "high";
  context.drawImage(coloured(heat), heat.left, heat.top, heat.side, heat.side);
  context.restore();
}
