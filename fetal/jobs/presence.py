"""Which workers are alive, and what they would train on."""

import os
import socket
import time
from dataclasses import dataclass
from uuid import uuid4

from fetal.jobs.device import describe_device
from fetal.jobs.queue import JobQueue

PREFIX = "worker:"
FRESH_SECONDS = 20


@dataclass(frozen=True)
class Presence:
    """A worker that has been heard of lately.

    Attributes:
        name: machine, process and a random part, so that no two are the same.
        device: what it would train on.
        at: when it was last heard of, in seconds since 1970.
    """

    name: str
    device: str
    at: float


def worker_name() -> str:
    """A name for this worker that no other one has."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid4().hex[:8]}"


def announce(queue: JobQueue, name: str) -> None:
    """Tell everybody that this worker is alive."""
    queue.say(PREFIX + name, {"name": name, "device": describe_device(), "at": time.time()})


def workers(queue: JobQueue) -> list[Presence]:
    """The workers heard of within the last seconds, newest first."""
    heard = (Presence(**note) for note in queue.notes(PREFIX))
    fresh = [one for one in heard if time.time() - one.at < FRESH_SECONDS]
    return sorted(fresh, key=lambda one: one.at, reverse=True)
