"""From a finished bundle to a model version, once, whatever is killed on the way."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.bundle import Bundle
from fetal.store.database import Store
from fetal.store.tables import ModelVersion, Run


def next_name(store: Store) -> str:
    """What the next model would be called, such as “v2 · 23 Nov 2026”."""
    with store.reading() as session:
        return _next_name(session)


def _next_name(session: Session) -> str:
    names = list(session.scalars(select(ModelVersion.name)))
    number = len(names) + 1
    while any(name.startswith(f"v{number} ") for name in names):
        number += 1
    today = datetime.now(UTC).astimezone()
    return f"v{number} · {today.day} {today:%b %Y}"


def version_of(store: Store, run_id: int) -> ModelVersion | None:
    """The model that a run has made, if it has come that far."""
    with store.reading() as session:
        return session.scalars(
            select(ModelVersion).where(ModelVersion.run_id == run_id)
        ).one_or_none()


def register(store: Store, folder: Path, run: Run) -> ModelVersion:
    """Check a finished bundle, keep its files and make it a version.

    Args:
        store: the database and the files.
        folder: the bundle that the training wrote.
        run: the run that made it.

    Returns:
        The new version; the same one when called again for the same bundle.

    Raises:
        BundleError: the folder holds no sound model.
    """
    bundle = Bundle.open(folder)
    # The digest in the name: a half-stored folder of an earlier attempt is never mixed in.
    location = f"models/{_slug(bundle.card.name)}-{bundle.digest[:8]}"
    store.blobs.put_folder(location, folder)
    with store.session() as session:
        known = session.scalars(
            select(ModelVersion).where(ModelVersion.digest == bundle.digest)
        ).one_or_none()
        if known is not None:
            return known
        name = bundle.card.name
        taken = session.scalar(select(ModelVersion.id).where(ModelVersion.name == name))
        version = ModelVersion(
            name=name if taken is None else _next_name(session),
            digest=bundle.digest,
            location=location,
            parent_id=run.parent_id,
            run_id=run.id,
            card=bundle.card.to_json(),
        )
        session.add(version)
        return version


def _slug(name: str) -> str:
    return "".join(letter for letter in name.split(" ")[0] if letter.isalnum()) or "model"
