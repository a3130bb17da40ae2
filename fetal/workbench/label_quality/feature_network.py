"""Which model's features stand for scans: of the champion's line, the one that learnt from fewest.

A network that has learnt from a label sees the scan as that label says, so that a wrong one looks
right. A model that came with the program has usually seen none of a workspace's labels; its heir,
trained here, has seen nearly all.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.bundle import Bundle
from fetal.bundle.manifest import WEIGHTS, recorded_digest
from fetal.store.tables import ModelVersion, Promotion
from fetal.workbench.core.workbench import NoModelError, Workbench
from fetal.workbench.datasets.label_index import label_index
from fetal.workbench.datasets.lineage import note_learnt


@dataclass(frozen=True)
class FeatureNetwork:
    """The model whose features stand for scans.

    Attributes:
        version_id: its number in the workspace.
        name: what people call it.
        location: the prefix of its blobs.
        network: the digest of its weights, which names its features.
        learnt: from how many of the workspace's scans it has learnt.
    """

    version_id: int
    name: str
    location: str
    network: str
    learnt: int

    def bundle(self, workbench: Workbench) -> Bundle:
        """Open it, checking every file.

        Raises:
            BundleError: its files are damaged.
        """
        return Bundle.open(workbench.blobs.local_folder(self.location))


def feature_network(workbench: Workbench) -> FeatureNetwork:
    """Choose the model: of the champion and those it came from, the one that learnt from fewest.

    Among several that learnt from as few, the newest.

    Args:
        workbench: the workbench.

    Raises:
        NoModelError: no model predicts in this workspace.
        BundleError: the model's files are damaged.
    """
    note_learnt(workbench.store)
    with workbench.store.reading() as session:
        line = _line(session)
        if not line:
            raise NoModelError(
                "No model predicts in this workspace, so nothing tells scans apart. Set "
                "FETAL_MODEL to a model's folder and open the workspace again."
            )
        counts = label_index(workbench).learnt_counts
        learnt = {version.id: counts.of(session, version) for version in line}
        chosen = min(line, key=lambda version: (learnt[version.id], -version.id))
    folder = workbench.blobs.local_folder(chosen.location)
    network = recorded_digest(folder, WEIGHTS) or chosen.digest
    return FeatureNetwork(chosen.id, chosen.name, chosen.location, network, learnt[chosen.id])


def champion_network(workbench: Workbench) -> FeatureNetwork:
    """Return the model that predicts, as what features stand for scans by.

    Args:
        workbench: the workbench.

    Raises:
        NoModelError: no model predicts in this workspace.
    """
    version = workbench.champion().version
    with workbench.store.reading() as session:
        row = session.get_one(ModelVersion, version.id)
    folder = workbench.blobs.local_folder(row.location)
    network = recorded_digest(folder, WEIGHTS) or row.digest
    return FeatureNetwork(row.id, row.name, row.location, network, learnt=0)


def _line(session: Session) -> list[ModelVersion]:
    """The champion and the models that it came from, the newest first."""
    newest = select(Promotion.model_id).order_by(Promotion.id.desc()).limit(1)
    number = session.scalar(newest)
    found: list[ModelVersion] = []
    while number is not None:
        version = session.get_one(ModelVersion, number)
        found.append(version)
        number = version.parent_id
    return found
