"""The model that came with the program, as the first version of a workspace."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fetal.bundle import Bundle
from fetal.store.database import Store
from fetal.store.tables import ModelVersion, Promotion
from fetal.workbench.version import champion_id

PROGRAM = "fetal"
"""Who did what no person did."""


def register_first(store: Store, bundle: Bundle) -> int | None:
    """Make a model the first champion of a workspace that has none.

    Its files are copied into the workspace, so that a later version of the program, which ships
    another model, and a worker on another machine still find it.

    Args:
        store: the workspace's store.
        bundle: the model.

    Returns:
        The version's number; none where another process was first.
    """
    location = f"models/shipped-{bundle.digest[:12]}"
    store.blobs.put_folder(location, bundle.folder)
    try:
        with store.session() as session:
            return _register(session, bundle, location)
    except IntegrityError:
        return None


def _register(session: Session, bundle: Bundle, location: str) -> int | None:
    if champion_id(session) is not None:
        return None
    version = ModelVersion(
        name=f"shipped {bundle.card.name.removeprefix('shipped').strip(' -')}".strip(),
        digest=bundle.digest,
        location=location,
        card=bundle.card.to_json(),
    )
    session.add(version)
    session.flush()
    session.add(Promotion(model_id=version.id, kind="shipped", who=PROGRAM))
    return version.id
