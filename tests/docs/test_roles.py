"""The table of roles that administrators read is the one of the code."""

from pathlib import Path

from fetal.workbench.core.permissions import ROLE_PERMISSIONS, Permission, Role

ADMINISTRATOR = Path(__file__).parents[2] / "docs" / "administrator.md"


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def test_the_table_of_roles_is_the_one_of_the_code() -> None:
    section = ADMINISTRATOR.read_text().split("### Roles\n")[1].split("\n### ")[0]
    head, _, *rows = [cells(line) for line in section.splitlines() if line.startswith("|")]
    assert head == ["What", *Role]
    assert rows == [
        [
            permission.value,
            *("yes" if permission in ROLE_PERMISSIONS[role] else "" for role in Role),
        ]
        for permission in Permission
    ]
