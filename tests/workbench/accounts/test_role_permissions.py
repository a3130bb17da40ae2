"""Each use case with each role: done by those who may, refused and told of to all others."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from fetal.store.access.audit_chain import EventKind
from fetal.store.states import CheckKind
from fetal.store.tables import Annotation, Promotion, Run, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.accounts import audit_trail
from fetal.workbench.annotations import conflicts, history, review
from fetal.workbench.batches import batch_list, steer_batches
from fetal.workbench.catalogue import damage, exports, scan_figures, scan_table, scans
from fetal.workbench.core.actor import Actor, NotPermittedError
from fetal.workbench.core.permissions import ROLE_PERMISSIONS, Permission, Role
from fetal.workbench.imports import import_run
from fetal.workbench.ingest import quarantine_decisions, upload
from fetal.workbench.ingest.quarantine import Quarantine
from fetal.workbench.ingest.upload_batch import UploadQueue
from fetal.workbench.label_quality import check_requests, suspects
from fetal.workbench.models import promotion
from fetal.workbench.near_duplicates import decisions, pair_lists
from fetal.workbench.privacy import erasure, pseudonym_key
from fetal.workbench.reading_queues import queues, reservations
from fetal.workbench.reading_queues.reservations import Reader
from fetal.workbench.retraining import service
from fetal.workbench.retraining.waiting_order import move_up
from tests.support.drawn import file
from tests.workbench.conftest import number_of

ROOT = Path(__file__).parents[3]
WHO = "Somebody Else"

USE_CASES: dict[str, tuple[Permission, Callable[[Workbench, int], object]]] = {
    "scans": (Permission.SEE, lambda bench, scan: scans.scans(bench)),
    "scan": (Permission.SEE, lambda bench, scan: scans.scan(bench, scan)),
    "pixels": (Permission.SEE, lambda bench, scan: scans.pixels(bench, scan)),
    "figures": (Permission.SEE, lambda bench, scan: scan_figures.figures(bench, [scan])),
    "table": (Permission.SEE, lambda bench, scan: scan_table.table(bench)),
    "explanation": (Permission.SEE, lambda bench, scan: scans.explanation(bench, scan)),
    "history": (Permission.SEE, lambda bench, scan: history.history(bench, scan)),
    "count": (Permission.SEE, lambda bench, scan: scans.count(bench)),
    "remaining": (Permission.SEE, lambda bench, scan: review.remaining(bench)),
    "today": (Permission.SEE, lambda bench, scan: history.count_today(bench)),
    "planes": (Permission.SEE, lambda bench, scan: scan_table.counts_per_plane(bench)),
    "patients": (Permission.SEE, lambda bench, scan: scan_table.counts_per_patient(bench)),
    "pairs": (Permission.SEE, lambda bench, scan: pair_lists.count_pairs(bench, settled=False)),
    "undecided": (Permission.SEE, lambda bench, scan: pair_lists.undecided(bench)),
    "conflicts": (Permission.SEE, lambda bench, scan: conflicts.untold(bench, WHO)),
    "damage": (Permission.SEE, lambda bench, scan: list(damage.find_damage(bench))),
    "runs": (Permission.SEE, lambda bench, scan: service.runs(bench)),
    "run": (Permission.SEE, lambda bench, scan: service.run(bench, 1)),
    "active": (Permission.SEE, lambda bench, scan: service.active(bench)),
    "versions": (Permission.SEE, lambda bench, scan: promotion.versions(bench)),
    "promotions": (Permission.SEE, lambda bench, scan: promotion.promotions(bench)),
    "held": (
        Permission.SEE,
        lambda bench, scan: reservations.held_by_others(bench, Reader(WHO, "t")),
    ),
    "hold": (
        Permission.LABEL,
        lambda bench, scan: reservations.hold(bench, scan, Reader(WHO, "t")),
    ),
    "upcoming": (Permission.LABEL, lambda bench, scan: reservations.upcoming(bench)),
    "next": (Permission.LABEL, lambda bench, scan: reservations.hand_out(bench, Reader(WHO, "t"))),
    "label": (Permission.LABEL, lambda bench, scan: review.annotate(bench, scan, "brain", WHO)),
    "seen": (
        Permission.LABEL,
        lambda bench, scan: review.label(bench, scan, "brain", WHO, seen=None),
    ),
    "note": (Permission.LABEL, lambda bench, scan: review.note(bench, scan, "x", WHO)),
    "undo": (Permission.LABEL, lambda bench, scan: review.undo(bench, 1, WHO)),
    "undo last": (Permission.LABEL, lambda bench, scan: review.undo_last(bench, WHO)),
    "drop": (Permission.ADD, lambda bench, scan: upload.add_scans(bench, [file(7)], who=WHO)),
    "desk": (Permission.ADD, lambda bench, scan: UploadQueue(bench).start([], WHO).wait()),
    "samples": (Permission.ADD, lambda bench, scan: upload.add_samples(bench, WHO)),
    "keep": (
        Permission.ADD,
        lambda bench, scan: quarantine_decisions.keep(bench, Quarantine(), 1, WHO),
    ),
    "leave out": (
        Permission.ADD,
        lambda bench, scan: quarantine_decisions.leave_out(bench, Quarantine(), [1], WHO),
    ),
    "bring back": (
        Permission.ADD,
        lambda bench, scan: quarantine_decisions.bring_back(bench, Quarantine(), WHO),
    ),
    "import": (
        Permission.IMPORT,
        lambda bench, scan: import_run.import_csv(bench, b"image,plane\na.png,brain\n", None, WHO),
    ),
    "export": (Permission.EXPORT, lambda bench, scan: exports.export_labels(bench, who=WHO)),
    "archive": (
        Permission.EXPORT,
        lambda bench, scan: exports.export_archive(
            bench, None, bench.workspace.folder / "out.zip", WHO
        ),
    ),
    "model": (Permission.EXPORT, lambda bench, scan: promotion.archive(bench, 1)),
    "erase": (
        Permission.ERASE,
        lambda bench, scan: erasure.erase(bench, scans.scan(bench, scan).name, WHO),
    ),
    "pair": (Permission.PAIR, lambda bench, scan: decisions.decide(bench, (1, 2), "copy", WHO)),
    "pair back": (Permission.PAIR, lambda bench, scan: decisions.take_back(bench, (1, 2), WHO)),
    "jobs": (Permission.STEER_BATCHES, lambda bench, scan: batch_list.batch_jobs(bench)),
    "cancel a job": (
        Permission.STEER_BATCHES,
        lambda bench, scan: steer_batches.cancel_batch(bench, "1", WHO),
    ),
    "repeat a job": (
        Permission.STEER_BATCHES,
        lambda bench, scan: steer_batches.repeat_batch(bench, "1", WHO),
    ),
    "first": (Permission.ORDER_TRAININGS, lambda bench, scan: move_up(bench, 1, WHO)),
    "check": (
        Permission.CHECK,
        lambda bench, scan: check_requests.ask_for_check(bench, CheckKind.MISTAKES, WHO),
    ),
    "end check": (
        Permission.CHECK,
        lambda bench, scan: check_requests.cancel_check(bench, 1, WHO),
    ),
    "suspects": (Permission.SEE, lambda bench, scan: suspects.suspects(bench, 1)),
    "close a queue": (
        Permission.MANAGE_QUEUES,
        lambda bench, scan: queues.close(bench, 1, WHO),
    ),
    "train": (Permission.TRAIN, lambda bench, scan: service.start(bench, WHO)),
    "again": (Permission.TRAIN, lambda bench, scan: service.try_again(bench, 1, WHO)),
    "cancel": (Permission.CANCEL_OTHERS, lambda bench, scan: service.cancel(bench, 1, WHO)),
    "cancel own": (Permission.CANCEL_OWN, lambda bench, scan: service.cancel(bench, 2, WHO)),
    "promote": (Permission.PROMOTE, lambda bench, scan: promotion.promote(bench, 1, WHO)),
    "roll back": (Permission.PROMOTE, lambda bench, scan: promotion.roll_back(bench, WHO)),
}


def add_run(workbench: Workbench, number: int, who: str) -> None:
    with workbench.store.session() as session:
        session.add(
            Run(id=number, status="failed", settings={}, snapshot="", snapshot_counts={}, who=who)
        )


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """One workbench for all: what a role may not do changes nothing in it."""
    from fetal.store.workspace import Workspace
    from fetal.workbench import open_workbench
    from tests.support.begun import begin
    from tests.support.tiny_model import tiny_model

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FETAL_MODEL", str(tiny_model().folder))
        patch.setenv("FETAL_UNSURE", "keep")
        workbench = open_workbench(Workspace.at(begin(tmp_path_factory.mktemp("roles") / "w")))
        add_run(workbench, 1, "Another")
        add_run(workbench, 2, "Eve")
        yield workbench
        workbench.close()


def a_scan(workbench: Workbench) -> int:
    """A stored scan, brought in again where a use case erased it."""
    with workbench.store.reading() as session:
        there = session.scalars(select(ScanRow.id).limit(1)).first()
    if there is not None:
        return there
    [taken] = upload.add_scans(workbench, [file(3)], who="Eve", patient="4711")
    return number_of(taken)


def rows(workbench: Workbench) -> list[int]:
    """What use cases write, counted."""
    with workbench.store.reading() as session:
        return [
            len(session.scalars(select(table)).all())
            for table in (ScanRow, Annotation, Promotion, Run)
        ]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", USE_CASES)
def test_a_use_case_is_done_by_those_who_may(bench: Workbench, name: str, role: Role) -> None:
    permission, use_case = USE_CASES[name]
    scan = a_scan(bench)
    mine = bench.acting_as(Actor.with_roles("Eve", 9, [role]))
    before = rows(bench)
    if permission in ROLE_PERMISSIONS[role]:
        if name == "samples" and role is not Role.READER:
            # Twenty scans are read and predicted: once is enough.
            mine.permit(permission)
            return
        try:
            use_case(mine, scan)
        except NotPermittedError:
            raise
        except (LookupError, ValueError, RuntimeError):
            # What it is asked for may not be there: it was let in all the same.
            pass
        return
    with pytest.raises(NotPermittedError, match=f"may not {permission.value}"):
        use_case(mine, scan)
    assert rows(bench) == before
    [refused] = audit_trail.newest(bench, limit=1)
    assert (refused.kind, refused.who) == (EventKind.REFUSED, "Eve")
    assert refused.detail["what"] == permission.value


def test_the_key_is_renewed_by_administrators_alone(
    workbench: Workbench, five_scans: list[int]
) -> None:
    def as_a(role: Role) -> Workbench:
        return workbench.acting_as(Actor.with_roles("Eve", 9, [role]))

    for role in set(Role) - {Role.ADMINISTRATOR}:
        with pytest.raises(NotPermittedError, match="may not renew the key"):
            pseudonym_key.rotate(as_a(role), WHO)
    assert pseudonym_key.rotate(as_a(Role.ADMINISTRATOR), WHO).scans == len(five_scans)
    [renewed] = audit_trail.newest(workbench, (EventKind.KEY_RENEWED,))
    assert renewed.who == "Eve"


def test_every_permission_of_a_use_case_is_tried() -> None:
    elsewhere = {
        Permission.RENEW_KEY,
        Permission.ADJUDICATE,
        Permission.READ_AUDIT,
        Permission.MANAGE_ACCOUNTS,
    }
    assert {permission for permission, _ in USE_CASES.values()} == set(Permission) - elsewhere


def test_whatever_name_is_given_the_accounts_own_is_written_down(
    workbench: Workbench, five_scans: list[int]
) -> None:
    mine = workbench.acting_as(Actor.with_roles("Eve", 9, [Role.READER, Role.DATA_MANAGER]))
    review.annotate(mine, five_scans[0], "brain", WHO)
    assert history.history(workbench, five_scans[0])[0].who == "Eve"
    exports.export_labels(mine, who=WHO)
    [exported] = audit_trail.newest(workbench, (EventKind.EXPORTED,))
    assert (exported.who, exported.detail) == (
        "Eve",
        {"what": "labels", "scans": 5},
    )


def test_without_accounts_the_one_person_here_may_do_everything(
    workbench: Workbench, five_scans: list[int]
) -> None:
    review.annotate(workbench, five_scans[0], "brain", WHO)
    assert history.history(workbench, five_scans[0])[0].who == WHO
    exports.export_labels(workbench, who=WHO)
    [exported] = audit_trail.newest(workbench, (EventKind.EXPORTED,))
    assert (exported.who, exported.origin) == (WHO, "page")
