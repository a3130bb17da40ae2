"""A workspace in which everything that a person or a file can write tries to be drawn."""

from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import select, update

from fetal.bundle import Bundle, copy_with_card
from fetal.store.tables import Annotation, LookalikeDecision, Promotion, Run, RunEvent, ScanRow
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.near_duplicates import decisions
from fetal.workbench.retraining import service
from tests.support.drawn import file
from tests.support.hostile import ALL, NAME, TEXTS
from tests.support.labelling import add_version, keep_apart, label_scans
from tests.support.tiny_model import tiny_model
from tests.workbench.near_duplicates.test_detect_pairs import brighter
from tests.workbench.training_rows import ended_run


def hostile_model(seed: int, name: str) -> Bundle:
    """Write a model whose card says nothing else."""
    bundle = tiny_model(seed, name)
    data = [dict.fromkeys(("name", "authors", "licence", "source"), NAME)]
    card = replace(bundle.card, limits=list(TEXTS), data=data, versions={NAME: NAME})
    return copy_with_card(bundle, card, Path(mkdtemp(prefix="hostile-model-")) / "model")


def fill(folder: Path) -> None:
    """Make the workspace; the champion is the model that FETAL_MODEL names."""
    workbench = open_workbench(Workspace.at(folder))
    label_scans(workbench, patients=12, each=3)
    keep_apart(workbench, 3)
    for incoming, patient in ((file(7001), "4711"), (brighter(7001), "4712")):
        add_scans(workbench, [incoming], who=NAME, patient=patient)
    for pair in decisions.list_pairs(workbench)[:1]:
        decisions.decide(workbench, (pair.scan_id, pair.other_id), "different", NAME)
    add_version(workbench, hostile_model(2, f"2 {NAME}"))
    for accuracies in ((0.5, 0.6), (0.4, 0.7), (0.3, 0.9)):
        ended_run(workbench, accuracies=accuracies)
    service.start(workbench, NAME)
    with workbench.store.session() as session:
        session.execute(update(Annotation).values(who=NAME, note=ALL[:2000]))
        session.execute(update(ScanRow).values(machine=NAME[:64], added_by=NAME))
        session.execute(update(Promotion).values(who=NAME))
        session.execute(update(LookalikeDecision).values(who=NAME))
        for run in session.scalars(select(Run)):
            run.who, run.device, run.reason = NAME, NAME, ALL[:400]
            run.settings = {**run.settings, "name": NAME, NAME: NAME}
            if run.ended_at is not None and run.id % 2 == 0:
                run.status = "failed"
            session.add(RunEvent(run_id=run.id, kind="log", payload={"text": ALL}))
    workbench.close()
