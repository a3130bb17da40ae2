"""Opens a workspace: the one place where the parts of the workbench are put together."""

from fetal.configuration.overview import check_settings
from fetal.store.database import Store
from fetal.store.workspace import Workspace
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.models.shipped import bring_shipped
from fetal.workbench.privacy.pseudonym_key import open_key


def open_workbench(workspace: Workspace | None = None) -> Workbench:
    """Open a workspace, made where it does not exist, with the shipped model as first champion.

    Args:
        workspace: where it is; if None, what the environment names.

    Returns:
        The workbench.

    Raises:
        NewerDatabaseError: a later version of the program wrote the workspace.
        PseudonymKeyError: the workspace's key file is damaged, or not the workspace's.
        SettingError: a setting cannot be used (`fetal.configuration`).
        BundleError: the model that came with the program is damaged.

    Example:
        >>> workbench = open_workbench(Workspace.at(Path("/data/fetal")))
        >>> workbench.champion().version.origin
        'shipped'
    """
    # A wrong setting is to be told at the start too, since names may come in by it.
    check_settings()
    workspace = workspace or Workspace.from_environment()
    store = Store.open(workspace)
    workbench = Workbench(workspace, store, open_key)
    # A wrong key is to be told at the start, not when the first scan comes in.
    _ = workbench.pseudonyms
    bring_shipped(store)
    return workbench


def worker_workbench(workspace: Workspace, store: Store) -> Workbench:
    """Return the workbench of a worker, which needs no key until a pseudonym is asked for.

    Args:
        workspace: where it is.
        store: its open database.
    """
    return Workbench(workspace, store, open_key)
