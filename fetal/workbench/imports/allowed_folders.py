"""Which folders of the server a person may name on the page; the command line reads any.

Whoever reaches the app could otherwise look at the names of all files that its account can read.
"""

from pathlib import Path

from fetal.configuration.declared import IMPORT_FOLDERS


class FolderNotAllowedError(PermissionError):
    """A folder that may not be named on the page."""


def allowed_folders() -> list[Path]:
    """Return the folders that the administrator allows, from the setting `FETAL_IMPORT_FOLDERS`.

    Several are separated as in `PATH`, by a colon.
    """
    return [folder.resolve() for folder in IMPORT_FOLDERS.value()]


def allowed_place(written: str, *, alone: bool) -> Path:
    """Return the folder or archive that a person named, if it may be imported from.

    Args:
        written: what was typed.
        alone: whether only the person at this computer can reach the app. Then every folder may
            be named where the setting names none; otherwise no folder.

    Returns:
        The place, with links followed.

    Raises:
        FolderNotAllowedError: it lies in no allowed folder. Whether it exists is not looked at.
    """
    folders = allowed_folders()
    try:
        place = Path(written.strip()).expanduser()
        found = place.resolve()
    # Somebody's home that is not there, a name of zeros, links that go round in a circle.
    except (OSError, RuntimeError, ValueError) as error:
        raise _refusal(folders) from error
    if not folders and alone:
        return place
    if not any(found.is_relative_to(folder) for folder in folders):
        raise _refusal(folders)
    return found


def _refusal(folders: list[Path]) -> FolderNotAllowedError:
    if not folders:
        return FolderNotAllowedError(
            "Folders of the server cannot be named here. Bring the scans as a ZIP archive, or ask "
            f"an administrator to allow a folder with {IMPORT_FOLDERS.name}."
        )
    allowed = ", ".join(f"“{folder}”" for folder in folders)
    return FolderNotAllowedError(
        f"Scans can be imported from {allowed} and the folders in it, from no other folder of the "
        "server."
    )
