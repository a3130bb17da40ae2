"""Stands in for the training program in tests of what may befall it: it talks, hangs, dies.

`stand_in.py MODE BUNDLE JOB.json`; every start leaves a line in `starts.txt` beside the job.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path


def tell(**event):
    print(json.dumps(event), flush=True)


def end_with_starter():
    while os.read(0, 4096):
        pass
    os._exit(3)


def epochs(bundle):
    tell(kind="device", device="CPU, 2 cores")
    tell(kind="log", text="Reading goes well.")
    tell(kind="stage", stage="Upper layers", index=1, of=2)
    tell(kind="step", stage="Upper layers", epoch=1, epochs=2, step=1, steps=4, loss=1.5)
    tell(kind="epoch", stage="Upper layers", epoch=1, epochs=2, loss=1.2, val_loss=1.1)
    tell(kind="epoch", stage="Upper layers", epoch=2, epochs=2, loss=0.9, val_loss=1.0)
    tell(kind="done", bundle=bundle)


def hang():
    tell(kind="stage", stage="Upper layers", index=1, of=2)
    tell(kind="step", stage="Upper layers", epoch=1, epochs=8, step=3, steps=20, loss=1.5)
    threading.Event().wait()


def main(mode, bundle, job):
    starts = Path(job).parent / "starts.txt"
    with starts.open("a") as file:
        file.write(f"{os.getpid()}\n")
    first = len(starts.read_text().split()) == 1
    if mode == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        tell(kind="log", text=str(child.pid))
        threading.Event().wait()
    threading.Thread(target=end_with_starter, daemon=True).start()
    match mode:
        case "fail":
            print("a last word", file=sys.stderr, flush=True)
            tell(kind="failed", reason="The scans show one plane only.")
            sys.exit(1)
        case "crash":
            raise RuntimeError("a bug")
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "killed once" if first:
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            hang()
        case "wait":
            tell(kind="step", stage="Upper layers", epoch=1, epochs=2, step=3, steps=20, loss=1.5)
            while not (Path(job).parent / "go").exists():
                time.sleep(0.02)
        case "diverge":
            tell(kind="step", stage="Upper layers", epoch=1, epochs=2, step=3, loss=float("nan"))
            tell(kind="epoch", stage="Upper layers", epoch=1, epochs=2, loss=float("inf"))
        case "hang once" if first:
            hang()
    epochs(bundle)


if __name__ == "__main__":
    main(*sys.argv[1:])
