"""What the machine writes around the scan: settings, a grey bar, depth ticks, the focus."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from fetal.phantom.probe import Fan

Grey = npt.NDArray[np.uint8]


def annotate(
    rng: np.random.Generator, pixels: Grey, sector: npt.NDArray[np.bool_], fan: Fan
) -> npt.NDArray[np.bool_]:
    """Write text and marks beside the fan, into `pixels`.

    What would touch the fan is left away, as a machine would not write there.

    Args:
        rng: the phantom's source of chance.
        pixels: the scan, uint8 (height, width); changed in place.
        sector: its fan, bool (height, width).
        fan: the probe's field.

    Returns:
        The pixels written on, bool (height, width).
    """
    written = np.zeros(pixels.shape, np.bool_)
    page = _Page(pixels, sector, written)
    if fan.half > 1:
        _endovaginal(rng, page, fan)
    elif fan.near > 10:
        _vascular(rng, page)
    elif rng.random() < 0.6:
        _general(rng, page)
    else:
        _plain(rng, page)
    return written


class _Page:
    """The scan as a page to write on; nothing lands on the fan."""

    def __init__(
        self, pixels: Grey, sector: npt.NDArray[np.bool_], written: npt.NDArray[np.bool_]
    ) -> None:
        self.pixels, self.sector, self.written = pixels, sector, written
        self.height, self.width = pixels.shape

    def text(self, words: str, x: float, y: float, size: float, grey: int, right: bool) -> None:
        """Write words with their top at y (heights), their left or right edge at x (widths)."""
        glyphs = _glyphs(words, max(6, round(size * self.height)))
        left = round(x * self.width) - (glyphs.shape[1] if right else 0)
        self.stamp((glyphs * np.float32(grey / 255)).astype(np.uint8), left, round(y * self.height))

    def stamp(self, mark: Grey, left: int, top: int) -> None:
        """Put a small picture on the page, or leave it away where it would touch the fan."""
        height, width = mark.shape
        if left < 0 or top < 0 or left + width > self.width or top + height > self.height:
            return
        box = np.s_[top : top + height, left : left + width]
        if self.sector[box].any():
            return
        self.pixels[box] = np.maximum(self.pixels[box], mark)
        self.written[box] |= mark > 0

    def bar(self, x: float, y: float, width: float, height: float) -> None:
        """The grey bar: white at the top, black at the bottom, all sizes in heights."""
        rows, columns = max(2, round(height * self.height)), max(2, round(width * self.height))
        ramp = np.linspace(235, 5, rows).astype(np.uint8)
        self.stamp(
            np.repeat(ramp[:, None], columns, axis=1),
            round(x * self.height),
            round(y * self.height),
        )

    def ticks(self, x: float, first: float, step: float, grey: int) -> None:
        """The depth scale at x (heights): a dash each fifth, dots between."""
        for k in range(int((1 - first) / step)):
            long = max(1, round((0.009 if k % 5 == 0 else 0.003) * self.height))
            thick = max(1, self.height // 300)
            mark = np.full((thick, long), grey, np.uint8)
            self.stamp(mark, round(x * self.height), round((first + k * step) * self.height))


def _general(rng: np.random.Generator, page: _Page) -> None:
    """Many small lines at the top right, a thin bar and the depth scale on the left."""
    trimester = rng.choice(["1. Trim.", "2. Trim.", "2+3. Trim.", "3.Trim.", "Cardiac"])
    lines = [
        f"{rng.integers(13, 60)}Hz/{rng.uniform(6, 20):.1f}cm",
        str(trimester),
        f"Har-{rng.choice(['low', 'mid', 'high'])}",
        str(rng.integers(84, 101)),
        f"Gn {rng.integers(-15, 11)}",
        f"C{rng.integers(5, 8)} / M{rng.integers(5, 14)}",
        f"FF{rng.integers(1, 4)} / E{rng.integers(1, 4)}",
        f"SRI II {rng.integers(0, 5)} / CRI {rng.integers(1, 4)}",
    ]
    for k, line in enumerate(lines[int(rng.integers(0, 3)) :]):
        grey = 120 if line.startswith("SRI") else 200
        page.text(line, 0.998, 0.004 + 0.029 * k, 0.026, grey, right=True)
    page.text("Phantom", float(rng.uniform(0.1, 0.17)), 0.045, 0.017, 200, right=False)
    page.bar(0.003, 0.045, 0.016, 0.26)
    first, step = float(rng.uniform(0.05, 0.2)), float(rng.uniform(0.035, 0.06))
    page.ticks(0.035, first, step, 220)
    page.text("›", 0.044, float(rng.uniform(0.4, 0.65)), 0.03, 220, right=False)


def _plain(rng: np.random.Generator, page: _Page) -> None:
    """A frame counter and rate in large letters, a short wide bar in the left corner."""
    frames = int(rng.integers(30, 400))
    page.text(f"{frames - rng.integers(1, 9)}/{frames}", 0.995, 0.03, 0.044, 255, right=True)
    page.text(f"{rng.integers(12, 32)}Hz{rng.integers(1, 3)}", 0.995, 0.066, 0.044, 255, right=True)
    page.bar(0.003, 0.04, 0.07, 0.13)
    page.ticks(0.006, 0.2, 0.075, 200)


def _endovaginal(rng: np.random.Generator, page: _Page, fan: Fan) -> None:
    page.text(f"IM: 0,{rng.integers(4, 9)}", 0.01, 0.01, 0.035, 225, right=False)
    page.text("P", 0.5 + (fan.apex[0] + 0.35) * page.height / page.width, 0.004, 0.03, 240, False)
    page.bar(0.003, 0.62, 0.016, 0.26)


def _vascular(rng: np.random.Generator, page: _Page) -> None:
    """A column of settings on the right, a long bar on the left."""
    lines = [
        f"{rng.integers(8, 19):02d}:{rng.integers(0, 60):02d}:{rng.integers(0, 60):02d}",
        "8L5",
        f"{rng.uniform(6, 11):.1f}MHz",
        "VASCULAR",
        "General",
        "",
        f"{rng.integers(50, 92)}dB  T2/+2/2/4",
        f"Gain= {rng.integers(-15, 8)}dB",
    ]
    for k, line in enumerate(lines):
        if line:
            page.text(line, 0.85, 0.01 + 0.037 * k, 0.032, 210, right=False)
    page.text(f"Dist = {rng.uniform(0.02, 1.5):.3f}cm", 0.85, 0.92, 0.032, 210, right=False)
    page.bar(0.01, 0.04, 0.025, 0.42)


@lru_cache(maxsize=512)
def _glyphs(words: str, size: int) -> Grey:
    """Words in white on black, uint8, as tall as the letters need."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(words)
    sheet = Image.new("L", (max(1, int(right - left)) + 1, max(1, int(bottom - top)) + 1))
    ImageDraw.Draw(sheet).text((-left, -top), words, fill=255, font=font)
    return np.asarray(sheet)
