"""The open workbench: what every use case works on."""

import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from fetal.bundle import Bundle, BundleError, MissingFileError, stated_digest
from fetal.scans import Pseudonyms
from fetal.store.access import audit_chain
from fetal.store.access.audit_chain import EventKind
from fetal.store.blobs import BlobMissingError, Blobs
from fetal.store.database import Store
from fetal.store.tables import ModelVersion
from fetal.store.workspace import Workspace
from fetal.workbench.core.actor import THE_ONE_PERSON_HERE, Actor, NotPermittedError
from fetal.workbench.core.champion import ModelView, champion_id, model_view
from fetal.workbench.core.fingerprint_index import FingerprintIndex
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.viewed_scans import ViewedScans

if TYPE_CHECKING:
    from fetal.predict import Model

_MODELS_KEPT = 3
"""Loaded models that stay in memory: the champion and the two of a comparison."""


NOBODY_NAMED = "the person here"
"""Whom an event names where there are no accounts and no name was given."""


class NoModelError(RuntimeError):
    """No model predicts in this workspace."""


@dataclass(frozen=True)
class Champion:
    """The version that predicts, and its loaded model."""

    version: ModelView
    model: "Model"


class Workbench:
    """An open workspace with its pseudonyms and its models; safe to share between threads.

    `fetal.workbench.open.open_workbench` builds it: what it needs of other packages is given to
    it, so that each of them can build on this one.

    Args:
        workspace: where everything is.
        store: the database.
        open_pseudonyms: opens the workspace's key; called once, when a pseudonym is asked for.

    Attributes:
        workspace: where everything is.
        store: the database.
        blobs: the files.
        fingerprints: what all stored scans look like, to find others that look alike.
        viewed: which scans people looked at lately, for the audit.
        actor: who acts; where there are no accounts, the one person here, who may do everything.
    """

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        open_pseudonyms: Callable[[Store], Pseudonyms],
    ) -> None:
        self.workspace = workspace
        self.store = store
        self.actor = THE_ONE_PERSON_HERE
        self.viewed = ViewedScans(store)
        self.fingerprints = FingerprintIndex(store)
        self._open_pseudonyms = open_pseudonyms
        self._models: dict[int, Model] = {}
        self._lock = threading.Lock()
        self._turns: dict[int, threading.Lock] = {}

    def acting_as(self, actor: Actor) -> "Workbench":
        """Return the same open workspace, in the hands of somebody.

        Args:
            actor: who acts. Long work that is handed this workbench stays that person's.
        """
        other = copy.copy(self)
        other.actor = actor
        return other

    def permit(self, permission: Permission, who: str = "", **detail: Any) -> str:
        """Make sure that the actor may do something; every use case asks before it begins.

        Args:
            permission: what is to be done.
            who: the name that was given with it.
            detail: what more the audit says where it is refused.

        Returns:
            The name that is to be written down: the account's own, whatever name was given; `who`
            where there are no accounts, and at the command line.

        Raises:
            NotPermittedError: none of the person's roles may do it; the audit tells of it.
        """
        if not self.actor.may(permission):
            with self.store.session() as session:
                self.tell(session, EventKind.REFUSED, who, what=permission.value, **detail)
            raise NotPermittedError(permission)
        return who if self.actor.account_id is None else self.actor.name

    def note_viewed(self, *numbers: int) -> None:
        """Note that scans are shown to the actor; the audit is told of them a little later."""
        self.viewed.note(self.actor, numbers)

    def tell(self, session: Session, kind: EventKind, who: str = "", **detail: Any) -> None:
        """Add an event to the audit, in the transaction of what it tells of.

        Args:
            session: the transaction.
            kind: what happened.
            who: the name that was given with it, where there are no accounts.
            detail: numbers and names that say more; scans by number, nothing of a patient.
        """
        if who and self.actor.name and who != self.actor.name:
            detail["in the name of"] = who
        audit_chain.append(
            session,
            kind,
            self.actor.name or who or NOBODY_NAMED,
            origin=self.actor.origin,
            account_id=self.actor.account_id,
            **detail,
        )

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        """Makes patients' pseudonyms; opened when asked for, since a worker does without the key.

        Raises:
            PseudonymKeyError: the key file is damaged, or another workspace's.
        """
        return self._open_pseudonyms(self.store)

    @property
    def blobs(self) -> Blobs:
        """The files."""
        return self.store.blobs

    def champion(self) -> Champion:
        """Return the model that predicts now.

        The newest promotion is looked up at every call, so that a promotion takes effect at once
        in every process; the loaded model is kept.

        Returns:
            The version and its model.

        Raises:
            NoModelError: the workspace has no model.
            BundleError: the model's files are damaged.
        """
        with self.store.reading() as session:
            number = champion_id(session)
            version = session.get(ModelVersion, number) if number is not None else None
            if version is None:
                raise NoModelError(
                    "No model predicts in this workspace, because none came with the program. "
                    "Set FETAL_MODEL to a model's folder and open the workspace again."
                )
            view = model_view(session, version)
        return Champion(view, self.model(view.id))

    def model(self, version_id: int) -> "Model":
        """Load any version of the model, or return it again if it is loaded.

        Different versions load at the same time, and one that is loaded waits for none of them.

        Args:
            version_id: the version's number.

        Returns:
            The model.

        Raises:
            NoModelError: the workspace has no such version.
            BundleError: the model's files are damaged.
        """
        loaded = self._loaded(version_id)
        if loaded is not None:
            return loaded
        with self._lock:
            turn = self._turns.setdefault(version_id, threading.Lock())
        with turn:
            loaded = self._loaded(version_id)
            return loaded if loaded is not None else self._load(version_id)

    def _loaded(self, version_id: int) -> "Model | None":
        with self._lock:
            loaded = self._models.pop(version_id, None)
            if loaded is not None:
                # The one used last goes to the end: the one unused for longest is dropped first.
                self._models[version_id] = loaded
            return loaded

    def _load(self, version_id: int) -> "Model":
        with self.store.reading() as session:
            version = session.get(ModelVersion, version_id)
        if version is None:
            raise NoModelError(f"This workspace has no model with the number {version_id}.")
        loaded = self._open(version)
        with self._lock:
            while len(self._models) >= _MODELS_KEPT:
                del self._models[next(iter(self._models))]
            self._models[version_id] = loaded
        return loaded

    def _open(self, version: ModelVersion) -> "Model":
        # What needs no model, such as an export of labels, starts sooner without OpenVINO.
        from fetal.predict import load_model

        try:
            return load_model(self._folder(version))
        except BundleError:
            # The local copy of a remote model may be damaged while the model itself is whole.
            copied = self.blobs.drop_copy(version.location)
            if not copied and not self._bring_again(version):
                raise
            return load_model(self._folder(version))

    def _folder(self, version: ModelVersion) -> Path:
        try:
            return self.blobs.local_folder(version.location)
        except BlobMissingError as error:
            raise MissingFileError(str(error)) from error

    def _bring_again(self, version: ModelVersion) -> bool:
        """Store the files of the model that came with the program again, if it is this version."""
        from fetal.predict import shipped_folder

        try:
            folder = shipped_folder()
            if stated_digest(folder) != version.digest:
                return False
            self.blobs.put_folder(version.location, Bundle.open(folder).folder)
        except BundleError:
            return False
        return True

    def close(self) -> None:
        """Close the database's connections."""
        self.store.close()
