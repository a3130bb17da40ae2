"""Who may do what: the roles, and the one table of what each may do.

docs/administrator.md shows the same table, which a test compares.
"""

from enum import StrEnum


class Permission(StrEnum):
    """Something that a person may do; the value is the end of “You may not …”."""

    SEE = "see scans"
    ADD = "bring scans in"
    LABEL = "label scans"
    MANAGE_QUEUES = "set up reading queues"
    ADJUDICATE = "decide between readers"
    PAIR = "decide on look-alikes"
    CHECK = "have labels checked"
    IMPORT = "import collections"
    STEER_BATCHES = "see, stop and repeat jobs"
    EXPORT = "export scans and labels"
    ERASE = "erase patients and scans"
    TRAIN = "train a model"
    CANCEL_OWN = "stop one’s own training"
    CANCEL_OTHERS = "stop another person’s training"
    ORDER_TRAININGS = "move a waiting training up"
    PROMOTE = "let another model predict"
    RENEW_KEY = "renew the key of the pseudonyms"
    READ_AUDIT = "read the audit"
    MANAGE_ACCOUNTS = "manage accounts"


class Role(StrEnum):
    """What a person is in the department; one may be several."""

    READER = "reader"
    SENIOR_READER = "senior reader"
    DATA_MANAGER = "data manager"
    TRAINER = "trainer"
    ADMINISTRATOR = "administrator"


_READS = {Permission.SEE, Permission.ADD, Permission.LABEL}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.READER: frozenset(_READS),
    Role.SENIOR_READER: frozenset(
        {
            *(*_READS, Permission.MANAGE_QUEUES),
            *(Permission.ADJUDICATE, Permission.PAIR, Permission.CHECK),
        }
    ),
    Role.DATA_MANAGER: frozenset(
        {
            *(Permission.SEE, Permission.ADD, Permission.MANAGE_QUEUES),
            *(Permission.PAIR, Permission.CHECK),
            *(Permission.IMPORT, Permission.STEER_BATCHES, Permission.EXPORT, Permission.ERASE),
        }
    ),
    Role.TRAINER: frozenset(
        {
            *(Permission.SEE, Permission.CHECK, Permission.STEER_BATCHES),
            *(Permission.TRAIN, Permission.CANCEL_OWN, Permission.PROMOTE),
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            *(Permission.SEE, Permission.STEER_BATCHES, Permission.RENEW_KEY),
            *(Permission.CANCEL_OTHERS, Permission.ORDER_TRAININGS),
            *(Permission.READ_AUDIT, Permission.MANAGE_ACCOUNTS),
        }
    ),
}
"""What each role may do; a person with several roles may do what any of them may."""
