"""What the lists of look-alikes are read from, and the list of scans still to be compared."""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_RANK = """
    SELECT CASE
        WHEN lookalike.decision_id > 0 THEN 3
        WHEN one.patient_id = other.patient_id THEN 2
        WHEN its.group_id = others.group_id THEN 3
        WHEN (COALESCE(its.split, '') = 'test') <> (COALESCE(others.split, '') = 'test') THEN 0
        ELSE 1 END
    FROM scan AS one
    JOIN patient AS its ON its.id = one.patient_id,
    scan AS other
    JOIN patient AS others ON others.id = other.patient_id
    WHERE one.id = lookalike.scan_id AND other.id = lookalike.other_id
"""
_NEWEST = """
    SELECT decision.id FROM lookalike_decision AS decision
    WHERE decision.scan_id = lookalike.scan_id AND decision.other_id = lookalike.other_id
    ORDER BY decision.id DESC LIMIT 1
"""
_TOGETHER = """
    SELECT decision.id, one.patient_id, other.patient_id
    FROM lookalike
    JOIN lookalike_decision AS decision ON decision.id = lookalike.decision_id
    JOIN scan AS one ON one.id = lookalike.scan_id
    JOIN scan AS other ON other.id = lookalike.other_id
    WHERE decision.decision = 'together' AND one.patient_id <> other.patient_id
    ORDER BY decision.id
"""


def upgrade() -> None:
    """Add the columns and fill them from what people decided; no row of theirs is changed."""
    op.create_table(
        "pending_comparison",
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scan.id"], name=op.f("fk_pending_comparison_scan_id")
        ),
        sa.PrimaryKeyConstraint("scan_id", name=op.f("pk_pending_comparison")),
    )
    op.execute(
        "INSERT INTO pending_comparison (scan_id) SELECT scan.id FROM scan "
        "LEFT JOIN fingerprint ON fingerprint.scan_id = scan.id "
        "WHERE fingerprint.id IS NULL AND scan.source <> 'sample'"
    )
    op.add_column("patient", sa.Column("group_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_patient_group_id"), "patient", ["group_id"])
    for name, filled in (("rank", "1"), ("decision_id", "0")):
        op.add_column(
            "lookalike", sa.Column(name, sa.Integer(), nullable=False, server_default=filled)
        )
    op.execute(
        f"UPDATE lookalike SET decision_id = ({_NEWEST}) WHERE EXISTS "
        "(SELECT 1 FROM lookalike_decision AS decision WHERE decision.scan_id = lookalike.scan_id "
        "AND decision.other_id = lookalike.other_id)"
    )
    op.execute(
        "UPDATE lookalike SET decision_id = 0 WHERE decision_id IN "
        "(SELECT id FROM lookalike_decision WHERE decision = 'open')"
    )
    _fill_groups()
    op.execute(f"UPDATE lookalike SET rank = ({_RANK})")
    op.create_index("lookalike_order", "lookalike", ["rank", "decision_id", "similarity", "id"])


def _fill_groups() -> None:
    connection = op.get_bind()
    links = connection.execute(sa.text(_TOGETHER)).all()
    found = _joined((number, one, other) for number, one, other in links)
    if found:
        connection.execute(
            sa.text("UPDATE patient SET group_id = :number WHERE id = :code"),
            [{"number": number, "code": code} for code, number in found.items()],
        )


def _joined(links: Iterable[tuple[int, str, str]]) -> dict[str, int]:
    """Chains of pairs are one group, with the number of the first decision that made it."""
    members: dict[str, set[str]] = {}
    found: dict[str, int] = {}
    for number, one, other in links:
        whole = members.get(one, {one}) | members.get(other, {other})
        first = min(number, found.get(one, number), found.get(other, number))
        for code in whole:
            members[code], found[code] = whole, first
    return found
