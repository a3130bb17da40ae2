// Many scans at once: a click chooses one, with Shift all from the last one clicked.
//
// What is chosen is the browser's own matter; the server hears of it with the label.

const kept = { mark: "", chosen: new Set(), last: null };

export default function ({ data: [data], setTriggerValue, parentElement }) {
  const part = (name) => parentElement.querySelector(name);
  if (kept.mark !== data.mark) {
    Object.assign(kept, { mark: data.mark, last: null });
    kept.chosen = new Set(data.scans.map((one) => one.scan));
  }

  function say() {
    const count = kept.chosen.size;
    part(".count").textContent = data.texts.count
      .replace("{chosen}", count)
      .replace("{all}", data.scans.length);
    for (const name of [".accept", ".give"]) part(name).disabled = count === 0;
    for (const button of parentElement.querySelectorAll(".scans button")) {
      button.setAttribute("aria-pressed", kept.chosen.has(Number(button.dataset.scan)));
    }
  }

  function click(event, at) {
    const on = !kept.chosen.has(data.scans[at].scan);
    const from = event.shiftKey && kept.last !== null ? kept.last : at;
    for (let one = Math.min(from, at); one <= Math.max(from, at); one++) {
      if (on) kept.chosen.add(data.scans[one].scan);
      else kept.chosen.delete(data.scans[one].scan);
    }
    kept.last = at;
    say();
  }

  const items = data.scans.map((one, at) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const image = new Image();
    image.loading = "lazy";
    image.src = one.address;
    image.alt = "";
    const words = document.createElement("span");
    words.textContent = one.words;
    button.append(image, words);
    button.dataset.scan = one.scan;
    button.onclick = (event) => click(event, at);
    item.append(button);
    return item;
  });
  for (const name of ["all", "none", "accept", "label", "give"]) {
    part(`.${name}`).textContent = data.texts[name];
  }
  part(".scans").setAttribute("aria-label", data.texts.scans);
  part(".scans").replaceChildren(...items);
  part("select").replaceChildren(...data.labels.map((one) => new Option(one.words, one.label)));
  const choose = (numbers) => {
    kept.chosen = new Set(numbers);
    say();
  };
  part(".all").onclick = () => choose(data.scans.map((one) => one.scan));
  part(".none").onclick = () => choose([]);
  const act = (label) => setTriggerValue("act", { label, scans: [...kept.chosen] });
  part(".accept").onclick = () => act(null);
  part(".give").onclick = () => act(part("select").value);
  say();
}
