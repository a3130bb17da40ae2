"""How many phantoms of 661 x 959 pixels one core simulates in a second.

Run: python benchmarks/phantom.py [phantoms of each plane]
"""

import sys
import time

import cv2

from fetal.phantom import SIZE, simulate
from fetal.planes import PLANES


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    cv2.setNumThreads(1)
    for plane in PLANES:
        simulate(plane, 0)
    print(f"{count} phantoms of each plane, {SIZE[0]} x {SIZE[1]} pixels, one core")
    total = 0.0
    for plane in PLANES:
        start = time.process_time()
        for seed in range(count):
            simulate(plane, seed)
        spent = time.process_time() - start
        total += spent
        print(f"{plane.value:8s} {count / spent:6.1f} a second")
    print(f"{'all':8s} {count * len(PLANES) / total:6.1f} a second (at least 20 are asked for)")


if __name__ == "__main__":
    main()
