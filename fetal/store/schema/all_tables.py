"""All tables of the database, known once this is imported.

A table is known to the metadata only when its module is imported. What goes through all tables, as
an erasure does, imports this first.
"""

from fetal.store import learnt_tables, lookalike_tables, tables
from fetal.store.access import account_tables, api_tables, audit_tables
from fetal.store.batches import batch_tables
from fetal.store.labelling import labelling_tables, queue_tables
from fetal.store.state import state_tables
from fetal.store.table_base import Table

ALL_TABLES = (
    *(tables, learnt_tables, lookalike_tables, state_tables),
    *(account_tables, api_tables, audit_tables),
    *(labelling_tables, queue_tables, batch_tables),
)
"""The modules that declare tables."""

METADATA = Table.metadata
"""What all of them are known to."""
