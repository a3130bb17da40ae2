// Shows a scan, or the scan with its heat map over it; `scan_drawing.js` stands before this.

function showScan(place, data, picture) {
  // The picture that was loaded ahead is put in as it is, decoded; one that another viewer shows
  // stays there.
  const elsewhere = picture.image.isConnected && !place.contains(picture.image);
  const image = elsewhere ? picture.image.cloneNode() : picture.image;
  if (place.firstChild !== image) place.replaceChildren(image);
  return image;
}

function showHeat(place, data, picture) {
  const canvas = place.querySelector("canvas") ?? document.createElement("canvas");
  if (place.firstChild !== canvas) place.replaceChildren(canvas);
  canvas.role = "img";
  canvas.ariaLabel = data.name;
  delete canvas.dataset.drawn;
  const paint = () => {
    if (place.shows !== data) return;
    draw(canvas, picture, data.heat);
    canvas.dataset.drawn = data.scan;
  };
  if (isThere(picture.image)) paint();
  else {
    [canvas.width, canvas.height] = [data.width, data.height];
    picture.ready.then(paint, () => {});
  }
  return canvas;
}

export default function ({ data: [data], parentElement }) {
  const viewer = parentElement.querySelector(".scan-viewer");
  const place = viewer.querySelector(".place");
  viewer.addresses = [data.address, ...data.ahead];
  const picture = pictureAt(data.address);
  place.shows = data;
  viewer.style.setProperty("--shape", data.width / data.height);
  const shown = data.heat ? showHeat(place, data, picture) : showScan(place, data, picture);
  shown.dataset.scan = data.scan;
  if (!data.heat) {
    shown.alt = data.name;
    [shown.width, shown.height] = [data.width, data.height];
  }
  viewer.querySelector("figcaption").textContent = data.caption;
  const lost = viewer.querySelector(".lost");
  lost.hidden = true;
  lost.textContent = data.lost;
  picture.ready.catch(() => {
    if (place.shows === data) lost.hidden = false;
  });
  data.ahead.forEach(pictureAt);
  sweep();
}
