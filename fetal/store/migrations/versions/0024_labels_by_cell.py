"""An index by which the scans of a queue that have an older label are counted, cell by cell."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add it."""
    op.create_index("scan_state_labels", "scan_state", ["cell", "label_id"])
