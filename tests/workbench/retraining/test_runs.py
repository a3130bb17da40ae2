from datetime import UTC, datetime

from fetal.store.states import RunState
from fetal.store.tables import Run, RunEvent
from fetal.training.events import EpochDone
from fetal.workbench import Workbench
from fetal.workbench.retraining import service

ROWS_OF_0_1 = [
    ("stage", {"stage": "Last layer", "index": 2, "of": 5}),
    ("log", {"text": "Computing on CPU in float32."}),
    ("epoch", {"stage": "Last layer", "epoch": 1, "epochs": 2, "loss": 2.0, "val_loss": 1.5}),
    ("killed", {"text": "The computer ended the training; it goes on from its last epoch."}),
    ("epoch", {"stage": "Last layer", "epoch": 1, "epochs": 2, "loss": 1.0, "val_loss": 1.25}),
    ("weather", {"text": "of a version that is still to come"}),
]


def test_a_training_of_an_older_version_is_shown_whole(workbench: Workbench) -> None:
    with workbench.store.session() as session:
        run = Run(
            status="running",
            slot=1,
            settings={},
            snapshot="",
            snapshot_counts={},
            who="Ann",
            heartbeat_at=datetime.now(UTC),
            progress={"stage": "Last layer", "index": 2, "of": 5, "epoch": 1, "mood": "good"},
        )
        session.add(run)
        session.flush()
        session.add_all(
            RunEvent(run_id=run.id, kind=kind, payload=payload) for kind, payload in ROWS_OF_0_1
        )
    view = service.run(workbench, run.id)
    assert view.status is RunState.RUNNING
    assert (view.stage, view.stage_index, view.stages, view.epoch) == ("Last layer", 2, 5, 1)
    assert view.curves == [EpochDone("Last layer", 1, 2, loss=1.0, val_loss=1.25)]
    assert [line for _, line in view.log] == [
        "Last layer …",
        "Computing on CPU in float32.",
        "The computer ended the training; it goes on from its last epoch.",
    ]
