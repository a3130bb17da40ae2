// Sends what was pressed on the Review page, for the scan that was on the screen at that moment.
//
// Streamlit's own shortcuts send nothing while the page is drawn anew, and say nothing of it. A
// press is taken once for each turn of the page, and only while the picture of the turn's scan is
// on the screen; every other one is shown as not taken.

const SHOWN_FOR = 10_000; // milliseconds for which presses that were not taken stay on the screen
const ANSWER_WITHIN = 10_000; // milliseconds after which a press without an answer is given up
const ANOTHER_HOLDS = 700; // milliseconds without keys where another scan came than was shown ahead
const GO_BACK = ["b", "z"]; // every other key goes on to the scan that comes next
const LISTED = 12;
const FIELDS = "input, textarea, select, [contenteditable=true], [role=combobox], [role=listbox]";

// The page is drawn anew again and again, with a gap in between; this stays.
const now = { root: null, data: null, send: null, answered: null, missed: [], waits: 0, fades: 0 };
// Another scan came than was shown ahead: whether the person was told, and until when no key counts.
const other = { came: false, until: 0 };

function keyOf(event) {
  // By its place for keyboards that give digits with Shift only.
  const digit = /^Digit([1-9])$/.exec(event.code);
  return digit && !event.shiftKey ? digit[1] : event.key.toLowerCase();
}

function drawn() {
  const place = document.querySelector(`.st-key-review-scan-${now.data.scan}`);
  const picture = place?.querySelector(".scan-viewer img");
  // Where the picture is damaged, a sentence stands in its place.
  const words = place?.querySelector("[data-testid=stAlert]");
  const isThis = picture?.dataset.scan === String(now.data.scan);
  return Boolean(words) || (isThis && picture.complete && picture.naturalWidth > 0);
}

function show() {
  const count = now.missed.length;
  const { missedOne, missed, another } = now.data.words;
  const words = count === 1 ? missedOne : missed.replace("{n}", count);
  const listed = now.missed.slice(-LISTED).map((key) => key.toUpperCase());
  const keys = (count > LISTED ? "…, " : "") + listed.join(", ");
  const said = [...(other.came ? [another] : []), ...(count ? [`${words} ${keys}`] : [])];
  const note = now.root.querySelector(".missed");
  note.hidden = said.length === 0;
  note.textContent = said.join(" ");
}

function say() {
  show();
  clearTimeout(now.fades);
  now.fades = setTimeout(() => {
    now.missed = [];
    other.came = false;
    if (now.root.isConnected) show();
  }, SHOWN_FOR);
}

function miss(key) {
  now.missed.push(key);
  say();
}

function press(key) {
  now.answered = now.data.turn;
  now.send("press", { turn: now.data.turn, key, accept: now.data.accept });
  clearTimeout(now.waits);
  now.waits = setTimeout(() => {
    now.answered = null;
    window.fetalStage?.stay?.();
    miss(key);
  }, ANSWER_WITHIN);
  if (!GO_BACK.includes(key)) window.fetalStage?.goOn?.();
}

const sheet = () => now.root?.querySelector(".sheet");

function onKey(event) {
  if (!now.root?.isConnected || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = keyOf(event);
  const target = event.composedPath()[0];
  if (key === "?" && !target?.closest?.(FIELDS)) {
    event.preventDefault();
    if (sheet().open) sheet().close();
    else sheet().showModal();
    return;
  }
  if (!now.data.keys.includes(key) || target?.closest?.(FIELDS)) return;
  if (document.querySelector("[data-testid=stDialog]")) return;
  // Streamlit's own shortcut on the button would press it a second time.
  event.stopImmediatePropagation();
  event.preventDefault();
  if (event.repeat || sheet().open) return;
  const early = now.answered === now.data.turn || performance.now() < other.until;
  if (early || !drawn()) miss(key);
  else press(key);
}

window.addEventListener("keydown", onKey, true);

function write(root, words) {
  root.querySelector(".about span").textContent = words.about;
  root.querySelector("h2").textContent = words.title;
  root.querySelector("table").innerHTML = words.sheet;
  root.querySelector(".once").textContent = words.once;
  root.querySelector(".close").textContent = words.close;
}

export default function ({ data: [data], setTriggerValue, parentElement }) {
  let another = false;
  if (now.data?.turn !== data.turn) {
    clearTimeout(now.waits);
    now.answered = null;
    // A key that was meant for the scan shown ahead must not count for the one that came.
    const { reviewAhead: ahead } = document.body.dataset;
    another = Boolean(ahead) && ahead !== String(data.scan);
    delete document.body.dataset.reviewAhead;
  }
  Object.assign(now, { root: parentElement, data, send: setTriggerValue });
  if (another) Object.assign(other, { came: true, until: performance.now() + ANOTHER_HOLDS });
  write(parentElement, data.words);
  parentElement.querySelector(".about").onclick = () => sheet().showModal();
  parentElement.querySelector(".close").onclick = () => sheet().close();
  // From here on a press counts for this scan; the picture may have been there before.
  parentElement.querySelector(".about").dataset.scan = data.scan;
  if (another) say();
  else show();
}
