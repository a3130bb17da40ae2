"""What a person does with scans that wait: keep them, with more blanked, or leave them out."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from fetal.scans import encode_png
from fetal.scans.mask_edits import Change, Tool, changed
from fetal.store import audit
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.ingest.deid_policy import DeidentificationCheck, DeidentificationPolicy, Watch
from fetal.workbench.ingest.files import IngestItem, IngestOutcome, IngestResult
from fetal.workbench.ingest.ingest import Ingest
from fetal.workbench.ingest.quarantine import Quarantine


def keep(
    workbench: Workbench,
    quarantine: Quarantine,
    number: int,
    who: str,
    changes: Sequence[Change] = (),
    *,
    watch: Watch | None = None,
) -> IngestResult | None:
    """Store a scan that waited, as the person wants it to be blanked.

    Args:
        workbench: the workbench.
        quarantine: where it waits.
        number: the scan.
        who: the person who decides.
        changes: what that person changed of the mask.
        watch: who is shown what was stored.

    Returns:
        What became of it; none where it is decided on already.

    Raises:
        NothingLeftError: the changes blank all of it; it waits on.
        NotPermittedError: the person may not bring scans in.
    """
    who = workbench.permit(Permission.ADD, who)
    held = quarantine.take_out(number)
    if held is None:
        return None
    try:
        # The person has seen what the warnings are about.
        scan = replace(changed(held.scan, held.before, changes), warnings=[])
        ingest = Ingest(
            workbench,
            who,
            owner=held.owner,
            source=held.source,
            check=DeidentificationCheck(DeidentificationPolicy.KEEP, watch),
        )
        read = replace(held.read, scan=scan, png=encode_png(scan.pixels))
        item = IngestItem(held.file, decided=_counted(changes), place=held.place)
        [taken] = ingest.store([(item, read)])
        if held.then is not None and taken.scan_id is not None:
            held.then(taken.scan_id)
        return taken
    except BaseException:
        quarantine.put_back(number, held)
        raise


def leave_out(
    workbench: Workbench, quarantine: Quarantine, numbers: Collection[int], who: str
) -> dict[int, IngestResult]:
    """Let go of scans that waited; nothing of them is stored.

    Args:
        workbench: the workbench.
        quarantine: where they wait.
        numbers: the scans.
        who: the person who decides.

    Returns:
        What became of each, without those that are decided on already.
    """
    who = workbench.permit(Permission.ADD, who)
    out = quarantine.leave_out(numbers)
    if out:
        with workbench.store.session() as session:
            audit.record(session, who, "leave unsure scans out", scans=len(out))
    said = "You left it out; nothing was stored."
    return {
        number: IngestResult(held.file, IngestOutcome.LEFT_OUT, None, said, number)
        for number, held in out.items()
    }


def bring_back(workbench: Workbench, quarantine: Quarantine, who: str) -> dict[int, IngestResult]:
    """Let the scans that a person left out last wait again.

    Args:
        workbench: the workbench.
        quarantine: where they waited.
        who: the person.

    Returns:
        What became of each: they wait; empty if there is nothing to bring back.
    """
    who = workbench.permit(Permission.ADD, who)
    back = quarantine.bring_back(who)
    if back:
        with workbench.store.session() as session:
            audit.record(session, who, "bring unsure scans back", scans=len(back))
    said = "Waits for you again. It is not stored until you say so."
    return {
        number: IngestResult(held.file, IngestOutcome.WAITS, None, said, number)
        for number, held in back.items()
    }


def _counted(changes: Sequence[Change]) -> dict[str, int]:
    return {tool.value: sum(change.tool is tool for change in changes) for tool in Tool}
