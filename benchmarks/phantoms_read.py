"""How many simulated scans the shipped model reads right, plane by plane.

It tells whether the app's samples are read as what they are, and nothing about real scans.

    python benchmarks/phantoms_read.py [--each 40]
"""

import argparse

from fetal.phantom import samples, simulate
from fetal.planes import PLANES
from fetal.predict import load_model
from fetal.scans import encode_png, read_scan

TARGET = 0.9


def main() -> None:
    parser = argparse.ArgumentParser(description="Read simulated scans with the shipped model.")
    parser.add_argument("--each", type=int, default=40, help="scans of each plane")
    each = parser.parse_args().each
    model = load_model()
    right = 0
    for plane in PLANES:
        scans = (read_scan(encode_png(simulate(plane, seed).pixels), "") for seed in range(each))
        hits = sum(prediction.plane is plane for prediction in model.predict_many(scans))
        print(f"{plane.title:16} {hits:3} of {each}")
        right += hits
    print(f"all planes: {right / (each * len(PLANES)):.1%} (target: at least {TARGET:.0%})")
    shown = samples()
    read = [model.predict(read_scan(encode_png(one.pixels), "")).plane for one in shown]
    hits = sum(one.plane is plane for one, plane in zip(shown, read, strict=True))
    print(f"the app's samples: {hits} of {len(shown)}")


if __name__ == "__main__":
    main()
