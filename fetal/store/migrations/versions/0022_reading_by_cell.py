"""An index by which the next scan of any queue is found: cell by cell, in the order of reading."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add it; disagreements are found by it too, and their own index goes."""
    op.create_index("scan_state_reading", "scan_state", ["cell", "reading_order", "scan_id"])
    op.drop_index("scan_state_differing", table_name="scan_state")
