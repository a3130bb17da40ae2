"""The model that came with the program: a workspace's first champion, later one to compare."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fetal.bundle import Bundle, MissingFileError, stated_digest
from fetal.store.database import Store
from fetal.store.tables import ModelVersion, Promotion
from fetal.workbench.core.champion import champion_id

PROGRAM = "fetal"
"""Who did what no person did."""


def bring_shipped(store: Store) -> None:
    """Add the model that came with the program, where the workspace does not have it yet.

    It predicts in a workspace without a champion. In any other it waits to be compared and
    promoted, so that an update of the program never changes what predicts. Where no model
    came, nothing happens: scans can be looked at and labelled without one.

    Args:
        store: the workspace's store.
    """
    from fetal.predict import shipped_folder

    try:
        folder = shipped_folder()
        if not is_known(store, stated_digest(folder)):
            register(store, Bundle.open(folder))
    except MissingFileError:
        return


def is_known(store: Store, digest: str) -> bool:
    """Whether a workspace has this very model."""
    with store.reading() as session:
        return session.scalar(select(ModelVersion.id).where(_is(digest))) is not None


def register(store: Store, bundle: Bundle) -> None:
    """Add a model to a workspace; where none predicts yet, it becomes the first champion.

    A model whose training list alone was renewed is not added a second time.

    Its files are copied into the workspace, so that a later version of the program, which ships
    another model, and a worker on another machine still find it.

    Args:
        store: the workspace's store.
        bundle: the model.
    """
    if _is_older_copy_there(store, bundle):
        return
    location = f"models/shipped-{bundle.digest[:12]}"
    store.blobs.put_folder(location, bundle.folder)
    with store.session() as session:
        # Another process that opens the workspace at the same moment may have been first.
        if session.scalar(select(ModelVersion.id).where(_is(bundle.digest))) is None:
            _register(session, bundle, location)


def _is(digest: str) -> ColumnElement[bool]:
    return ModelVersion.digest == digest


def _is_older_copy_there(store: Store, bundle: Bundle) -> bool:
    card = bundle.card.to_json()
    with store.reading() as session:
        return card in session.scalars(select(ModelVersion.card)).all()


def _register(session: Session, bundle: Bundle, location: str) -> None:
    name = bundle.card.name
    taken = session.scalar(select(ModelVersion.id).where(ModelVersion.name == name))
    version = ModelVersion(
        name=name if taken is None else f"{name} ({bundle.digest[:6]})",
        digest=bundle.digest,
        location=location,
        card=bundle.card.to_json(),
    )
    session.add(version)
    session.flush()
    if champion_id(session) is None:
        session.add(Promotion(model_id=version.id, kind="shipped", who=PROGRAM))
