"""How sure each prediction was, in the words of its time, and how unfamiliar the scan."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_VERSIONS = sa.table("model_version", sa.column("id", sa.Integer), sa.column("card", sa.JSON))
_PREDICTIONS = sa.table(
    "prediction",
    sa.column("model_id", sa.Integer),
    sa.column("confidence", sa.Double),
    sa.column("doubt", sa.String),
)


def upgrade() -> None:
    """Add the columns; what older rows doubted follows from their model's threshold."""
    for column in (
        sa.Column("doubt", sa.String(length=12), nullable=False, server_default="sure"),
        sa.Column("words", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("unfamiliarity", sa.Double(), nullable=True),
    ):
        op.add_column("prediction", column)
    connection = op.get_bind()
    for version, card in connection.execute(sa.select(_VERSIONS.c.id, _VERSIONS.c.card)).all():
        connection.execute(
            sa.update(_PREDICTIONS)
            .where(_PREDICTIONS.c.model_id == version)
            .where(_PREDICTIONS.c.confidence < card["calibration"]["check_below"])
            .values(doubt="check")
        )
