"""What a model's second reader said of a scan is kept beside what the model said."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column; what is there already was said by models without a second reader."""
    op.add_column("prediction", sa.Column("second_opinion", sa.JSON(), nullable=True))
