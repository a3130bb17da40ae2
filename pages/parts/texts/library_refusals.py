"""Sentences in which the library refuses or explains, as it writes them, for translation."""

from pages.parts.texts.catalogue import mark

REFUSALS: tuple[str, ...] = (
    # Signing in and accounts (`fetal/workbench/accounts`, `single_sign_on`)
    mark(
        "There were too many tries with a wrong password. Wait {wait}, or ask your administrator "
        "for a new password."
    ),
    mark("{minutes} minutes"),
    mark("a minute"),
    mark("Name or password is wrong. Check both, and the Caps Lock key."),
    mark("You do not sign in with a password of this program."),
    mark(
        "A password has {shortest} to {longest} characters; this one has {count}. A few words "
        "that only you would put together are good."
    ),
    mark("This password is too easy to guess. Choose another one."),
    mark("A password must not hold the person’s name. Choose another one."),
    mark("A name to sign in with has small letters, digits and . _ - @ +, such as ana.sousa."),
    mark(
        "There is an account “{name}” or “{shown}” already. Choose another name: it says who did "
        "what."
    ),
    mark("The first account has to be an administrator’s."),
    mark("Nobody would be administrator any more. Make another person administrator first."),
    mark("Give the token a name that says what it is for, such as “scanner 2”."),
    mark(
        "Your hospital account is not known here, and none of its groups may use this program. "
        "Ask your administrator."
    ),
    mark(
        "There is another account with the name “{name}” here. Ask your administrator to join it "
        "with your hospital account."
    ),
    mark("Your account here is closed, or has no role. Ask your administrator."),
    mark(
        "The hospital’s sign-in does not answer as it should. Try again in a moment, or ask your "
        "administrator."
    ),
    mark("The sign-in took too long, or was begun in another window. Try again."),
    mark("Too many sign-ins were begun from here. Wait ten minutes."),
    # Scans that wait or are refused (`fetal/workbench/ingest`, `fetal/scans`)
    mark("the ultrasound could not be told from the rest of the screen"),
    mark("something seems to be written over the ultrasound"),
    mark("Waits for you{why}. It is not stored until you say so."),
    mark(" to be looked at"),
    mark("Waits for you again. It is not stored until you say so."),
    mark("You left it out; nothing was stored."),
    mark(
        "Refused, since {reason}, and a name may be among it. The program is set to refuse such "
        "scans: please export it again without text."
    ),
    mark(
        "Set aside, since {reason}, and a name may be among it. Please drop this file on the "
        "Scans page to look at it, or import again and keep such scans."
    ),
    mark(
        "Set aside: as many scans wait for you as the program can hold. Please decide on them, "
        "then drop this file again."
    ),
    mark("Already there as {name}; nothing was added."),
    mark("Already there as {name}, filed under another patient; it stays there."),
    mark("Already there as {name}; it is now filed under its patient."),
    mark(" Its picture was missing or damaged, and is whole again."),
    mark(
        "It looks like {name} of another patient: please look at both under Look-alikes on the "
        "Dataset page."
    ),
    mark("It shows nearly the same picture as {name} of this patient."),
    mark(
        "This scan was erased at the same moment: please bring it in again if it is to be stored."
    ),
    mark(
        "Expected an archive with scans in it, received one without: please pack PNG, JPEG, "
        "TIFF, BMP, WebP or DICOM files."
    ),
    mark(
        "What was given as the patient stands for nobody, so this scan counts as one of an "
        "unknown patient, unless its file names one."
    ),
    mark("Not read, because you stopped before its turn. Drop it again to add it."),
    mark(
        "Patient {code} now has {count} scans{of}, more than one person is likely to have. "
        "Please check whether several people share this patient’s name or number."
    ),
    mark(" of {examinations} examinations"),
    mark(
        "Expected one still frame, received {kind}{of}: please export the frame that shows the "
        "plane."
    ),
    mark(" of {frames} frames"),
    mark("a DICOM film"),
    mark("a film"),
    mark("a HEIC picture, as phones take them"),
    mark("a DICOM file without a picture"),
    mark("please export the scan itself, not its report"),
    mark("please export the scan as PNG or uncompressed DICOM"),
    mark("Expected a PNG, JPEG, TIFF, BMP, WebP or DICOM picture, received {kind}: {remedy}."),
    mark(
        "Expected a picture that can be read within {seconds} seconds, received one that takes "
        "longer, so reading it was stopped: please export the scan again, as a single frame."
    ),
    mark(
        "Expected a picture that can be read in {megabytes} MB of memory, received one that "
        "needs more, so reading it was stopped: please export the single frame at its screen "
        "size."
    ),
    mark(
        "The ultrasound could not be told from the rest of the screen, so the whole picture is "
        "kept: please check that no name is written on it."
    ),
    mark("Something seems to be written over the ultrasound: please check that it is no name."),
    mark(
        "Its patient ID is only a placeholder, such as ANONYMOUS or 0, so the file names no "
        "patient."
    ),
    mark(
        "The picture is dark on white, the other way round than ultrasound is read: please "
        "export it as the machine shows it, and do not rely on what the model says of this one."
    ),
    mark(
        "The picture seems to hold two scans side by side, of which the model names only one "
        "plane: please crop it to one of them."
    ),
    mark(
        "Expected a film of an ultrasound, received one without a frame that can be read: please "
        "export it again."
    ),
    mark(
        "Expected a part of the picture to keep, received a mask that blanks all of it: please "
        "take a step back, or leave the scan out."
    ),
    mark(
        "The picture of {name} is missing or damaged, so it cannot be shown. Bring the same file "
        "in again to restore it; labels and notes are kept."
    ),
    mark(
        "Expected a complete ZIP archive, received one that is cut short or damaged: please pack "
        "or copy it again."
    ),
    mark(
        "Expected an archive without a password, received a file that is locked with one: please "
        "unpack it with the password and import the folder."
    ),
    # Labels and queues (`fetal/workbench/annotations`, `reading_queues`)
    mark("Choose 1 to {most} scans to label at once, not {count}."),
    mark("This is undone already; reload the page to see what was done."),
    mark("There is nothing to undo here; reload the page to see what was done."),
    mark(
        "Only {who} can take this back. Give the scan your own label instead: both stay in its "
        "history."
    ),
    mark("A note has at most {longest} characters; this one has {count}. Please shorten it."),
    mark("There is no scan with the number {scan} in this workspace."),
    mark("A queue’s name has 1 to {longest} characters, not {count}."),
    mark(
        "A queue is kept, so it may name no patient, no note and no single scan. Empty the "
        "search, then save what is left of the filter."
    ),
    mark("A goal is 1 label or more, not {goal}."),
    mark("There is a queue “{name}” already. Give this one another name."),
    mark("This queue is not open any more."),
    mark("The queue “{name}” is for {readers}."),
    mark("The filter in this address cannot be read."),
    mark("Expected two scans that look alike; reload the page to see those there."),
    mark("Both scans are filed under one patient already."),
    mark("{who} decided on these two a moment ago; look at them again."),
    mark("Only {who} can take this back. Decide otherwise instead."),
    # Long work, models and trainings (`fetal/workbench`)
    mark("No scan without a label can be read. Add scans, and ask again."),
    mark("The check failed; the program’s log says why. Please start it again."),
    mark(
        "No model predicts in this workspace, so nothing tells scans apart. Set FETAL_MODEL to a "
        "model's folder and open the workspace again."
    ),
    mark(
        "An import cannot be tried again from here, because its files may be gone. Give it again "
        "where it was given: what is stored is found “already there”."
    ),
    mark("This goes on already, as job {job}."),
    mark("Another model predicts by now, so it is not needed."),
    mark(
        "Somebody else changed the model a moment ago: “{name}” predicts now. Nothing was "
        "changed here; look at it, and decide again."
    ),
    mark("There is no earlier model to go back to: the first one still predicts."),
    mark("The scan’s picture is missing or damaged."),
    mark("No patient is there to check on during training; label scans of more patients."),
    mark(
        "Scans, look-alikes or models changed each time while the training was put together. "
        "Wait until that has ended, and start it again."
    ),
    mark("{who} cancelled the run."),
    mark(
        "A training goes on and holds a list of patients. Wait until it has ended, or cancel it "
        "on the Train page, and try again."
    ),
    mark("There is no folder or archive “{name}” on this computer."),
    mark(
        "Expected a folder for each plane, such as “brain” and “abdomen”, with images in them; "
        "found none."
    ),
    mark("Listed, but neither at hand nor stored."),
    mark("The table does not list it, so it stays out."),
    mark("Its pixels are there already."),
    mark(
        "Expected a CSV table, received another kind of file. In a spreadsheet program, save the "
        "table as CSV and import that."
    ),
    mark(
        "Folders of the server cannot be named here. Bring the scans as a ZIP archive, or ask an "
        "administrator to allow a folder with {name}."
    ),
    mark("This file is no text. Choose a YAML or JSON file."),
)
