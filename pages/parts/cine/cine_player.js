// A film by itself; `scan_drawing.js` and `cine_bar.js` stand before this.

const FILM_KEYS = { k: (bar) => bar.step(-1), l: (bar) => bar.step(1), p: (bar) => bar.toggle() };

function onFilmKey(bar, event) {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(FILM_KEYS, key)) return;
  event.preventDefault();
  event.stopPropagation();
  FILM_KEYS[key](bar);
}

export default function ({ data: [data], setTriggerValue, parentElement }) {
  const viewer = parentElement.querySelector(".film");
  const layers = viewer.querySelector(".layers");
  const { cine } = data;
  if (!viewer.cineBar) {
    const bar = new CineBar(viewer.querySelector(".cine"), layers);
    viewer.cineBar = bar;
    // Keys count while the film, or a button of it, has the focus.
    viewer.querySelector(".place").addEventListener("keydown", (event) => onFilmKey(bar, event));
  }
  const bar = viewer.cineBar;
  viewer.addresses = cine.frames.map((one) => one.address);
  viewer.style.setProperty("--shape", data.width / data.height);
  viewer.querySelector(".place").ariaLabel = cine.words.film;
  const first = pictureAt(cine.frames[cine.own].address);
  const base = first.image.isConnected && first.image.parentElement !== layers;
  const image = base ? first.image.cloneNode() : first.image;
  if (layers.firstChild !== image && layers.dataset.mark !== cine.mark) {
    layers.replaceChildren(image);
    layers.dataset.mark = cine.mark;
  }
  image.className = "";
  image.alt = cine.frames[cine.own].name;
  const lost = viewer.querySelector(".lost");
  lost.hidden = true;
  lost.textContent = cine.words.lost;
  first.ready.catch(() => (lost.hidden = false));
  bar.take(cine);
  const take = viewer.querySelector(".take");
  take.hidden = !data.take;
  take.textContent = data.take;
  take.onclick = () => setTriggerValue("take", cine.frames[bar.at].frame);
  sweep();
}
