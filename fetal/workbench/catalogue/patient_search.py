"""Finds a patient as somebody types it: what is typed becomes the code, and is kept nowhere."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from fetal.store.state.state_tables import ScanState
from fetal.store.tables import Patient, ScanRow
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

_CODE = re.compile(r"[PU]-[0-9A-Za-z]{6,38}")


@dataclass(frozen=True)
class PatientView:
    """One patient, as far as this program knows a patient.

    Attributes:
        code: the pseudonym.
        scans: how many scans are stored.
        labelled: how many of them have a label.
        examinations: how many examinations they come from, where the files named them.
        machines: the ultrasound machines.
        first: when the first scan came here.
        last: when the last one came.
    """

    code: str
    scans: int
    labelled: int
    examinations: int
    machines: tuple[str, ...]
    first: datetime
    last: datetime


def patient_codes(workbench: Workbench, typed: str) -> tuple[str, ...]:
    """Return the codes under which a patient may be known.

    Args:
        workbench: the workbench.
        typed: the patient's identifier as files and people write it, or a code.

    Returns:
        The codes that are stored, of this and of earlier versions of the program; the one that
        the patient would get where none is stored; none if nothing was typed.

    Raises:
        NotPermittedError: the person may not see scans.
    """
    workbench.permit(Permission.SEE)
    typed = typed.strip()
    if not typed:
        return ()
    if _CODE.fullmatch(typed):
        return (typed,)
    pseudonyms = workbench.pseudonyms
    codes = (pseudonyms.patient(typed), pseudonyms.former_patient(typed))
    with workbench.store.reading() as session:
        known = set(session.scalars(select(Patient.id).where(Patient.id.in_(codes))))
    return tuple(one for one in codes if one in known) or codes[:1]


def patient_view(workbench: Workbench, codes: tuple[str, ...]) -> PatientView | None:
    """Return what is known of a patient.

    Args:
        workbench: the workbench.
        codes: as `patient_codes` returns them.

    Returns:
        The patient; None where no scan of that patient is stored.

    Raises:
        NotPermittedError: the person may not see scans.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        code = session.scalar(
            select(Patient.id)
            .join(ScanRow, ScanRow.patient_id == Patient.id)
            .where(Patient.id.in_(codes))
            .order_by(ScanRow.id.desc())
            .limit(1)
        )
        if code is None:
            return None
        mine = ScanRow.patient_id == code
        scans, labelled, examinations, first, last = session.execute(
            select(
                func.count(),
                func.count(ScanState.label),
                func.count(ScanRow.study.distinct()),
                func.min(ScanRow.added_at),
                func.max(ScanRow.added_at),
            )
            .join(ScanState, ScanState.scan_id == ScanRow.id)
            .where(mine)
        ).one()
        machines = session.scalars(select(ScanRow.machine).where(mine).distinct())
        known = tuple(sorted(one for one in machines if one))
    return PatientView(code, scans, labelled, examinations, known, first, last)
