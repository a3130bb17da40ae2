"""How the state of a scan follows from what happened to it: one query, for one scan or for all.

The text is the same for SQLite and PostgreSQL, so that triggers, a rebuild and the test that
compares them mean the same.
"""

COLUMNS = (
    "scan_id", "patient_id", "source", "added_at",
    "label", "label_id", "label_kind", "labelled_by", "labelled_at", "note",
    "prediction_id", "model_id", "opinion", "confidence", "doubt",
    "reserved_by", "reserved_until", "reading_order", "cell",
)  # fmt: skip

_LISTED = ", ".join(COLUMNS)

DERIVED = """
SELECT
    scan.id, scan.patient_id, scan.source, scan.added_at,
    newest.label, given.id, given.kind, coalesce(given.given_by, given.who),
    coalesce(given.given_at, given.at), coalesce(newest.note, ''),
    said.id, said.model_id, said.plane, said.confidence, said.doubt,
    reservation.who, reservation.until,
    CASE
        WHEN said.id IS NULL THEN 2
        WHEN said.doubt = 'unknown' THEN said.confidence - 1
        ELSE said.confidence
    END,
    scan.source || '/' || coalesce(newest.label, '') || '/' || coalesce(said.plane, '')
        || '/' || coalesce(said.doubt, '')
FROM scan
LEFT JOIN annotation AS newest ON newest.id = (
    SELECT max(one.id) FROM annotation AS one WHERE one.scan_id = scan.id
)
LEFT JOIN annotation AS given ON given.id = CASE
    WHEN newest.kind IN ('note', 'undo') THEN newest.stands_id
    ELSE newest.id
END
LEFT JOIN prediction AS said ON said.id = (
    SELECT one.id FROM prediction AS one WHERE one.scan_id = scan.id
    ORDER BY coalesce(
        (SELECT max(promotion.id) FROM promotion WHERE promotion.model_id = one.model_id), 0
    ) DESC, one.id DESC
    LIMIT 1
)
LEFT JOIN reservation ON reservation.scan_id = scan.id
"""
"""The state of every scan, by its events; the columns are `COLUMNS`.

Of a note or an undo, `stands_id` names the annotation whose label stands. The opinion is that of
the model that was promoted last: the champion's, else its predecessor's, and last of all that of
models that never were champions. So a promotion changes only what the new champion has predicted.
"""

DERIVED_CELLS = "SELECT cell, count(*) FROM scan_state GROUP BY cell"
KEPT_CELLS = "SELECT cell, scans FROM scan_count"
DERIVED_PATIENTS = "SELECT patient_id, count(*), count(label) FROM scan_state GROUP BY patient_id"
KEPT_PATIENTS = "SELECT patient_id, scans, labelled FROM patient_count"
DERIVED_SPLITS = "SELECT split, count(*) FROM patient WHERE split IS NOT NULL GROUP BY split"
KEPT_SPLITS = "SELECT split, patients FROM split_count"
COUNTS = (
    (DERIVED_CELLS, KEPT_CELLS),
    (DERIVED_PATIENTS, KEPT_PATIENTS),
    (DERIVED_SPLITS, KEPT_SPLITS),
)
"""The query for each count as it follows from the rows, and as it is kept."""


def derive_again(condition: str) -> str:
    """Write the statement that derives the state of some scans anew.

    Args:
        condition: which scans, such as `scan.id = 7`.

    Returns:
        An INSERT that replaces what is there.
    """
    changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
    return (
        f"INSERT INTO scan_state ({_LISTED}) {DERIVED} WHERE {condition} "
        f"ON CONFLICT (scan_id) DO UPDATE SET {changes}"
    )


def differing(condition: str) -> str:
    """Write the query for the scans whose state is missing or is not what follows from the events.

    Args:
        condition: which scans are looked at, by `scan.id`.

    Returns:
        A SELECT of their numbers.
    """
    kept = condition.replace("scan.id", "scan_state.scan_id")
    # The names of the columns are those of the first SELECT, which has none for expressions.
    names = f"WITH derived ({_LISTED}) AS ({DERIVED} WHERE {condition})"
    return (
        f"{names} SELECT scan_id FROM (SELECT {_LISTED} FROM derived "
        f"EXCEPT SELECT {_LISTED} FROM scan_state WHERE {kept}) AS other ORDER BY scan_id"
    )


COUNTED_AGAIN = (
    "DELETE FROM scan_count",
    "DELETE FROM patient_count",
    "DELETE FROM split_count",
    f"INSERT INTO scan_count (cell, scans) {DERIVED_CELLS}",
    f"INSERT INTO patient_count (patient_id, scans, labelled) {DERIVED_PATIENTS}",
    f"INSERT INTO split_count (split, patients) {DERIVED_SPLITS}",
)
"""Counts all scans and patients anew."""

DERIVE_ALL = (
    "DELETE FROM scan_state",
    f"INSERT INTO scan_state ({_LISTED}) {DERIVED}",
    *COUNTED_AGAIN,
)
"""Derives everything anew; to be run while no trigger counts."""
