"""Whether all labels are in memory; the first question of a process has to read them."""

from fetal.store.tables import ModelVersion
from fetal.workbench.core.champion import champion_id
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.label_columns import Columns, Numbers
from fetal.workbench.datasets.label_index import label_index


def has_read_labels(workbench: Workbench) -> bool:
    """Return whether what rests on all labels is answered from memory and from what is new.

    Args:
        workbench: the open workbench.
    """
    return label_index(workbench).is_read(_champion(workbench))


def read_labels(workbench: Workbench) -> tuple[Columns, Numbers]:
    """Read all labels, or what is new since the last time in this process.

    With a million scans the first time takes seconds; a page has that done beside it.

    Args:
        workbench: the open workbench.

    Returns:
        The labels, and the numbers of the scans that the champion knows: those that it has learnt
        from, and their like.
    """
    index = label_index(workbench)
    learnt = index.learnt(_champion(workbench))
    columns = index.columns()
    return columns, index.known(columns, learnt)


def _champion(workbench: Workbench) -> ModelVersion | None:
    with workbench.store.reading() as session:
        return session.get(ModelVersion, champion_id(session) or 0)
