// What every page does in the browser.
//
// When the program is gone, Streamlit's dialog asks for an internet connection, which this program
// never needs, or names a command that its users do not have: it gets the program's own words.
//
// Whoever types into a field and clicks on a button at once could have the click arrive first, and
// the text, if the page has moved on by then, nowhere: the click waits until the text is on its way.
//
// Where people sign in, the page looks now and then whether that still holds, and leads to the
// sign-in page when it does not. Who signs out in one tab is signed out in all of them, and where
// the hospital's own sign-in offers it, there too.
//
// The page says in which language it is, and the browser remembers the one that a person chose.
//
// A button in a dialog may go once it was pressed. The dialog then takes the keys again: otherwise
// Escape would not close it.

let ours = ""; // the program's own words, in the reader's language
const THEIRS = ["Are you connected to the internet?", "Is Streamlit still running?"];
const THEIR_COMMAND = "streamlit run yourscript.py";

function rewrite() {
  for (const dialog of document.querySelectorAll("[data-testid=stDialog]")) {
    const texts = document.createTreeWalker(dialog, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      if (THEIRS.some((words) => text.data.includes(words))) text.data = ours;
      if (text.data.trim() === THEIR_COMMAND) text.data = "fetal serve";
    }
  }
}

const HEAD_START = 120; // milliseconds that what was typed has before the click
const clicks = []; // those that wait, in their order
let left = -HEAD_START;

function leaveField(event) {
  const field = document.activeElement;
  const typing = field?.matches?.("input:not([type=checkbox], [type=radio]), textarea");
  if (!typing || field.contains(event.composedPath()[0])) return;
  field.blur();
  left = performance.now();
}

function afterTheText(event) {
  const wait = left + HEAD_START - performance.now();
  if (!event.isTrusted || wait <= 0) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  const target = event.composedPath()[0];
  const words = target.textContent;
  clicks.push(() => {
    const there = document.elementFromPoint(event.clientX, event.clientY);
    if (target.isConnected) target.click();
    else if (there?.textContent === words) there.click();
  });
  // Two timers that end at the same moment may end in either order: each takes the oldest click.
  setTimeout(() => clicks.shift()(), wait);
}

window.addEventListener("pointerdown", leaveField, true);
window.addEventListener("click", afterTheText, true);

function keepInDialog() {
  if (document.activeElement !== document.body) return;
  [...document.querySelectorAll("[role=dialog]")].at(-1)?.focus({ preventScroll: true });
}

const observer = new MutationObserver(() => {
  rewrite();
  keepInDialog();
});

const LOOK = 5_000; // milliseconds between two looks at the sign-in
const tabs = new BroadcastChannel("fetal-sign-out");
let base = "";
let looking = false;

function goToSignIn() {
  window.location.assign(`${base}/sign-in?out=1`);
}

async function look() {
  try {
    const answer = await fetch(`${base}/sign-in/holds`, { cache: "no-store" });
    if (answer.status === 401) goToSignIn();
  } catch {
    // The program is away for a moment; the page says so by itself.
  }
}

async function leave() {
  const headers = { "X-Fetal": "sign-out" };
  const answer = await fetch(`${base}/sign-out`, { method: "POST", headers });
  tabs.postMessage("out");
  const next = answer.headers.get("X-Fetal-Next");
  if (next) window.location.assign(next);
  else goToSignIn();
}

function followSignIn(data) {
  base = data.base;
  if (!data.signedIn) return;
  if (data.leaving) leave();
  if (looking) return;
  looking = true;
  tabs.onmessage = goToSignIn;
  setInterval(look, LOOK);
  document.addEventListener("visibilitychange", () => document.hidden || look());
}

const A_YEAR = 31_536_000; // seconds

function speak(data) {
  ours = data.lost;
  document.documentElement.lang = data.language;
  if (data.cookie) document.cookie = `${data.cookie}; SameSite=Strict; Max-Age=${A_YEAR}`;
}

export default function ({ data }) {
  if (data) {
    speak(data);
    followSignIn(data);
  }
  observer.observe(document.body, { childList: true, subtree: true, characterData: true });
}
