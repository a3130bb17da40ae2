// The scan that is read, as large as the screen allows; `scan_drawing.js` stands before this.
// Libraries were weighed: docs/contributor.md, “What is ours and why”.
//
// Heat map, zoom, place, window and level are the browser's own matter: no key for them asks the
// server. The zoom ends with the scan, so that nothing of the next one is out of sight; window and
// level, the heat map and the examples stay as the person left them.

const NEAREST = 8;
const STEP = 1.25;
const MOVE = 60; // pixels that an arrow key moves an enlarged scan
const WHOLE = { width: 1, level: 0.5 }; // of the scan's brightness: all of it, around its middle
const TYPED = "input, textarea, select, [contenteditable=true], [role=combobox], [role=listbox]";
const STEPS_THROUGH = "[role=radiogroup], [role=tablist], [role=slider], [role=menu]";

// The page is drawn anew again and again; what the person chose stays.
const chosen = (window.fetalStage ??= { heat: false, examples: false, window: { ...WHOLE } });
// `one` is the scan on the screen: the one that is read or, after a key, the one that comes next.
const look = { viewer: null, data: null, one: null, send: null, zoom: 1, x: 0, y: 0 };
const film = () => look.viewer.cineBar;

const part = (name) => look.viewer.querySelector(name);

function place() {
  const { zoom, x, y } = look;
  part(".layers").style.transform = zoom === 1 ? "" : `translate(${x}px, ${y}px) scale(${zoom})`;
  part(".place").classList.toggle("near", zoom > 1);
}

// Keeps the point under the finger where it is, and the scan inside its box.
function zoomTo(wanted, clientX, clientY) {
  const box = part(".place").getBoundingClientRect();
  const zoom = Math.min(Math.max(wanted, 1), NEAREST);
  const layers = part(".layers");
  const across = (clientX ?? box.x + box.width / 2) - box.x - layers.offsetLeft;
  const down = (clientY ?? box.y + box.height / 2) - box.y - layers.offsetTop;
  look.x = across - ((across - look.x) * zoom) / look.zoom;
  look.y = down - ((down - look.y) * zoom) / look.zoom;
  look.zoom = zoom;
  move(0, 0);
}

function move(across, down) {
  const layers = part(".layers");
  const within = (at, side) => Math.min(Math.max(at, side * (1 - look.zoom)), 0);
  look.x = within(look.x + across, layers.offsetWidth);
  look.y = within(look.y + down, layers.offsetHeight);
  place();
}

function fit() {
  Object.assign(look, { zoom: 1, x: 0, y: 0 });
  place();
}

// As viewers of DICOM have it: what lies in the window is spread from black to white.
function setWindow(width, level) {
  chosen.window.width = Math.min(Math.max(width, 0.05), 2);
  chosen.window.level = Math.min(Math.max(level, 0), 1);
  showWindow();
}

function showWindow() {
  const { width, level } = chosen.window;
  for (const line of part("filter").querySelectorAll("feFuncR, feFuncG, feFuncB")) {
    line.setAttribute("slope", 1 / width);
    line.setAttribute("intercept", 0.5 - level / width);
  }
  const changed = width !== WHOLE.width || level !== WHOLE.level;
  part(".reset").hidden = !changed;
  say();
}

function say() {
  const { width, level } = chosen.window;
  const words = [];
  if (chosen.heat) words.push(look.one.caption);
  if (!part(".reset").hidden) {
    const share = (part) => Math.round(100 * part);
    const { window: said } = look.data.words;
    words.push(said.replace("{width}", share(width)).replace("{level}", share(level)));
  }
  part(".said").textContent = words.join(" · ");
}

function showHeatMap() {
  const { one, viewer } = look;
  const layers = part(".layers");
  const picture = pictureAt(one.address);
  const button = part(".heat");
  button.disabled = !one.heat;
  button.setAttribute("aria-pressed", chosen.heat);
  say();
  if (!chosen.heat || !one.heat) {
    layers.querySelector("canvas")?.remove();
    return;
  }
  const canvas = layers.querySelector("canvas") ?? document.createElement("canvas");
  if (!canvas.isConnected) layers.append(canvas);
  canvas.role = "img";
  canvas.ariaLabel = one.heatName;
  canvas.dataset.scan = one.scan;
  const drawing = JSON.stringify([one.address, one.heat]);
  if (canvas.of === drawing) return;
  canvas.hidden = true;
  delete canvas.dataset.drawn;
  const paint = () => {
    if (look.one !== one || look.viewer !== viewer) return;
    draw(canvas, picture, one.heat);
    canvas.of = drawing;
    canvas.hidden = false;
    canvas.dataset.drawn = one.scan;
  };
  if (isThere(picture.image)) paint();
  else picture.ready.then(paint, () => {});
}

function small(one, words) {
  const image = pictureAt(one.address).image.cloneNode();
  image.alt = words;
  return image;
}

function showNext() {
  const items = look.data.following.map((one) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.append(small(one, one.goTo));
    button.title = one.goTo;
    button.addEventListener("click", () => look.send("go", one.scan));
    item.append(button);
    return item;
  });
  part(".next").replaceChildren(...items);
}

function showExamples() {
  const list = part(".examples");
  part(".typical").setAttribute("aria-pressed", chosen.examples);
  list.hidden = !chosen.examples;
  if (!chosen.examples) return;
  const items = look.data.examples.map((one) => {
    const item = document.createElement("li");
    item.append(small(one, one.name), one.name);
    return item;
  });
  if (!items.length) {
    const item = document.createElement("li");
    item.textContent = look.data.words.noExamples;
    items.push(item);
  }
  list.replaceChildren(...items);
}

const switchHeat = () => {
  chosen.heat = !chosen.heat;
  showHeatMap();
};
const switchExamples = () => {
  chosen.examples = !chosen.examples;
  showExamples();
};
const windowBy = (width, level) =>
  setWindow(chosen.window.width + width, chosen.window.level + level);
const KEYS = {
  h: switchHeat,
  e: switchExamples,
  "+": () => zoomTo(look.zoom * STEP),
  "=": () => zoomTo(look.zoom * STEP),
  "-": () => zoomTo(look.zoom / STEP),
  0: fit,
  "[": () => windowBy(-0.1, 0),
  "]": () => windowBy(0.1, 0),
  ",": () => windowBy(0, 0.05),
  ".": () => windowBy(0, -0.05),
  r: () => setWindow(WHOLE.width, WHOLE.level),
  k: () => film().step(-1),
  l: () => film().step(1),
  p: () => film().toggle(),
  arrowleft: () => move(MOVE, 0),
  arrowright: () => move(-MOVE, 0),
  arrowup: () => move(0, MOVE),
  arrowdown: () => move(0, -MOVE),
};

function onLookKey(event) {
  if (!look.viewer?.isConnected || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  const target = event.composedPath()[0];
  if (!Object.hasOwn(KEYS, key) || target?.closest?.(TYPED)) return;
  if (key.startsWith("arrow") && (look.zoom === 1 || target?.closest?.(STEPS_THROUGH))) return;
  if (document.querySelector("[data-testid=stDialog], dialog[open]")) return;
  event.preventDefault();
  KEYS[key]();
}

window.addEventListener("keydown", onLookKey, true);

const fingers = new Map();

function pinch(moved) {
  const [a, b] = [...fingers.values()];
  const apart = Math.hypot(a.x - b.x, a.y - b.y);
  Object.assign(fingers.get(moved.pointerId), { x: moved.clientX, y: moved.clientY });
  const [c, d] = [...fingers.values()];
  const now = Math.hypot(c.x - d.x, c.y - d.y);
  zoomTo((look.zoom * now) / Math.max(apart, 1), (c.x + d.x) / 2, (c.y + d.y) / 2);
}

function onMove(event) {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  if (fingers.size > 1) return pinch(event);
  const [across, down] = [event.clientX - before.x, event.clientY - before.y];
  Object.assign(before, { x: event.clientX, y: event.clientY });
  if (before.windows) windowBy(across / 400, down / 400);
  else if (look.zoom > 1) move(across, down);
}

function listen(box) {
  box.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomTo(look.zoom * STEP ** (event.deltaY < 0 ? 1 : -1), event.clientX, event.clientY);
  }, { passive: false });
  box.addEventListener("pointerdown", (event) => {
    const windows = event.button === 2 || event.shiftKey;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, windows });
    if (look.zoom > 1 || windows) box.setPointerCapture(event.pointerId);
  });
  box.addEventListener("pointermove", onMove);
  for (const end of ["pointerup", "pointercancel"]) {
    box.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }
  box.addEventListener("contextmenu", (event) => event.preventDefault());
  box.addEventListener("dblclick", fit);
  const buttons = {
    ".heat": switchHeat,
    ".typical": switchExamples,
    ".nearer": KEYS["+"],
    ".farther": KEYS["-"],
    ".whole": fit,
    ".reset": KEYS.r,
  };
  for (const [name, action] of Object.entries(buttons)) part(name).onclick = action;
}

function write(words) {
  for (const name of ["heat", "typical", "whole", "reset"]) {
    part(`.${name} span`).textContent = words[name];
  }
  part(".lost").textContent = words.lost;
  part(".whole").ariaLabel = words.wholeScan;
  part(".farther").ariaLabel = words.farther;
  part(".nearer").ariaLabel = words.nearer;
  part(".examples").ariaLabel = words.examples;
  part(".next").ariaLabel = words.next;
}

function showScan(one) {
  const { viewer } = look;
  if (look.one?.scan !== one.scan) fit();
  look.one = one;
  viewer.style.setProperty("--shape", one.width / one.height);
  const layers = part(".layers");
  const picture = pictureAt(one.address);
  const elsewhere = picture.image.isConnected && !layers.contains(picture.image);
  const image = elsewhere ? picture.image.cloneNode() : picture.image;
  if (layers.firstChild !== image) layers.replaceChildren(image);
  image.dataset.scan = one.scan;
  image.alt = one.name;
  image.className = "";
  image.draggable = false;
  [image.width, image.height] = [one.width, one.height];
  const lost = part(".lost");
  lost.hidden = true;
  picture.ready.catch(() => {
    if (look.one === one) lost.hidden = false;
  });
  showWindow();
  showHeatMap();
}

// The scan that comes next, before the server has answered the key that goes on. What is said of
// the scan before is hidden with it, and no key counts until the server has named the scan.
chosen.goOn = () => {
  const next = look.data?.following[0];
  if (!look.viewer?.isConnected || !next || !isThere(pictureAt(next.address).image)) return;
  film().take(null);
  document.body.dataset.reviewAhead = next.scan;
  showScan(next);
};

// The scan that is read, where the server does not answer.
chosen.stay = () => {
  delete document.body.dataset.reviewAhead;
  if (!look.viewer?.isConnected || look.one === look.data) return;
  showScan(look.data);
  film().take(look.data.cine);
};

export default function ({ data: [data], setTriggerValue, parentElement }) {
  const viewer = parentElement.querySelector(".stage");
  Object.assign(look, { viewer, data, send: setTriggerValue });
  if (!viewer.listens) listen(part(".place"));
  viewer.listens = true;
  write(data.words);
  viewer.cineBar ??= new CineBar(part(".cine"), part(".layers"));
  viewer.cineBar.read = (frame) => look.send("go", frame.scan);
  viewer.addresses = [data, ...data.following, ...data.examples].map((one) => one.address);
  viewer.addresses.push(...(data.cine?.frames ?? []).map((one) => one.address));
  showScan(data);
  showNext();
  showExamples();
  film().take(data.cine);
  part(".place").classList.toggle("has-film", Boolean(data.cine));
  sweep();
}
