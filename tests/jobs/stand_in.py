"""Stands in for the training program in tests of what may befall it: it talks, hangs, dies.

`stand_in.py MODE BUNDLE JOB.json`; every start leaves a line in `starts.txt` beside the job.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from fetal.training.events import (
    DeviceChosen,
    EpochDone,
    Event,
    LogLine,
    StageBegun,
    StepDone,
    TrainingDone,
    TrainingFailed,
    to_line,
)

STAGE = "Upper layers"


def tell(event: Event) -> None:
    print(to_line(event), flush=True)


def end_with_starter() -> None:
    while os.read(0, 4096):
        pass
    os._exit(3)


def epochs(bundle: str) -> None:
    tell(DeviceChosen("CPU, 2 cores"))
    tell(LogLine("Reading goes well."))
    tell(StageBegun(STAGE, 1, 2))
    tell(StepDone(STAGE, 1, 4, epoch=1, epochs=2, loss=1.5))
    tell(EpochDone(STAGE, 1, 2, loss=1.2, val_loss=1.1))
    tell(EpochDone(STAGE, 2, 2, loss=0.9, val_loss=1.0))
    tell(TrainingDone(bundle))


def hang() -> None:
    tell(StageBegun(STAGE, 1, 2))
    tell(StepDone(STAGE, 3, 20, epoch=1, epochs=8, loss=1.5))
    threading.Event().wait()


def main(mode: str, bundle: str, job: str) -> None:
    starts = Path(job).parent / "starts.txt"
    with starts.open("a") as file:
        file.write(f"{os.getpid()}\n")
    first = len(starts.read_text().split()) == 1
    if mode == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        tell(LogLine(str(child.pid)))
        threading.Event().wait()
    threading.Thread(target=end_with_starter, daemon=True).start()
    match mode:
        case "fail":
            print("a last word", file=sys.stderr, flush=True)
            tell(TrainingFailed("The scans show one plane only."))
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
            tell(StepDone(STAGE, 3, 20, epoch=1, epochs=2, loss=1.5))
            while not (Path(job).parent / "go").exists():
                time.sleep(0.02)
        case "diverge":
            tell(StepDone(STAGE, 3, 20, epoch=1, epochs=2, loss=float("nan")))
            tell(EpochDone(STAGE, 1, 2, loss=float("inf")))
        case "newer":
            print('{"kind": "weather", "text": "sunny"}', flush=True)
        case "hang once" if first:
            hang()
    epochs(bundle)


if __name__ == "__main__":
    main(*sys.argv[1:])
