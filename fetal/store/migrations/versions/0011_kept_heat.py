"""The heat maps of a prediction are kept: a scan is shown without another look of the model."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column; what is there already gets its heat maps when it is shown."""
    op.add_column("prediction", sa.Column("heat", sa.LargeBinary(), nullable=True))
