// Plays the frames of a film over the scan that is one of them; `scan_drawing.js` stands before.
//
// All of it is the browser's own matter. Frames are loaded when somebody first turns to them, and a
// few ahead. The scan itself stays where it is, below: a label is for it, whatever frame is shown.

const FRAME_MILLISECONDS = 160; // six frames a second: what the eye follows on a scan
const FRAMES_AHEAD = 8;

class CineBar {
  constructor(bar, layers) {
    Object.assign(this, { bar, layers, cine: null, at: 0, plays: 0, image: null, read: null });
    this.own = bar.parentElement.querySelector(".cine-own");
    this.slider = bar.querySelector("input");
    const on = (name, action) => (bar.querySelector(name).onclick = action);
    on(".play", () => this.toggle());
    on(".before", () => this.step(-1));
    on(".after", () => this.step(1));
    this.slider.oninput = () => this.stopAt(Number(this.slider.value));
    // A slider that keeps the focus would keep the keys that label, too.
    this.slider.onpointerup = () => this.slider.blur();
    this.own.querySelector(".read").onclick = () => this.read(this.cine.frames[this.at]);
    for (const name of ["pointerdown", "wheel", "dblclick"]) {
      for (const part of [bar, this.own]) {
        part.addEventListener(name, (event) => event.stopPropagation());
      }
    }
  }

  // Takes the frames of a scan; null where it is no frame of a film.
  take(cine) {
    const same = cine && this.cine?.mark === cine.mark;
    this.cine = cine;
    this.bar.hidden = !cine;
    if (!same) this.at = cine?.own ?? 0;
    if (!same) this.stop();
    if (cine) {
      this.slider.max = cine.frames.length - 1;
      this.draw();
    } else {
      this.own.hidden = true;
      this.clear();
    }
  }

  get away() {
    return Boolean(this.cine) && this.at !== this.cine.own;
  }

  toggle() {
    if (!this.cine) return;
    if (this.plays) return this.stop();
    this.plays = setInterval(() => this.turn(), FRAME_MILLISECONDS);
    this.say();
  }

  stop() {
    clearInterval(this.plays);
    this.plays = 0;
    if (this.cine) this.say();
  }

  // Waits for a frame that is not there yet, and goes past one that does not come.
  turn() {
    if (!this.bar.isConnected || document.hidden) return this.stop();
    const following = (this.at + 1) % this.cine.frames.length;
    this.ahead(following);
    const { image, lost } = this.pictureOf(following);
    if (isThere(image) || lost) this.go(following);
  }

  step(by) {
    if (!this.cine) return;
    const count = this.cine.frames.length;
    this.stopAt((this.at + by + count) % count);
  }

  stopAt(at) {
    this.stop();
    this.go(at);
  }

  go(at) {
    this.at = at;
    this.ahead(at);
    this.draw();
  }

  ahead(at) {
    const { frames } = this.cine;
    for (let more = 0; more < Math.min(FRAMES_AHEAD, frames.length); more++) {
      this.pictureOf((at + more) % frames.length);
    }
  }

  pictureOf(at) {
    const picture = pictureAt(this.cine.frames[at].address);
    if (!picture.asked) picture.ready.catch(() => (picture.lost = true));
    picture.asked = true;
    return picture;
  }

  clear() {
    // One that the viewer shows as its scan by now stays there.
    if (this.image?.className === "frame") this.image.remove();
    this.image = null;
  }

  draw() {
    this.slider.value = this.at;
    this.say();
    if (!this.away) return this.clear();
    const { image } = this.pictureOf(this.at);
    const elsewhere = image.isConnected && image !== this.image;
    const shown = elsewhere ? image.cloneNode() : image;
    if (shown !== this.image) {
      this.clear();
      shown.className = "frame";
      shown.draggable = false;
      this.layers.append(shown);
      this.image = shown;
    }
    shown.alt = this.cine.frames[this.at].name;
  }

  say() {
    const { frames, words } = this.cine;
    this.bar.ariaLabel = words.film;
    this.slider.ariaLabel = words.frame;
    this.slider.ariaValueText = frames[this.at].name;
    this.bar.querySelector(".before").ariaLabel = words.before;
    this.bar.querySelector(".after").ariaLabel = words.after;
    const play = this.bar.querySelector(".play");
    play.setAttribute("aria-pressed", Boolean(this.plays));
    play.firstChild.textContent = this.plays ? words.pause : words.play;
    this.bar.querySelector(".where").textContent = frames[this.at].where;
    this.own.hidden = !words.own || !this.away;
    this.own.firstChild.textContent = words.own;
    const read = this.own.querySelector(".read");
    read.textContent = words.read;
    read.hidden = !this.read || Boolean(this.plays);
    this.bar.dataset.frame = this.at;
  }
}
