"""What a reviewer asks of a model that no program can find out: people state it in the card."""

STATEMENTS: dict[str, str] = {
    "participants": "Where, when and by which rules the patients and scans were chosen",
    "reference_standard": "Who says what a scan shows, by which rules, and what they knew",
    "sample_size": "Why so many scans, and no more",
    "subgroups": "What is recorded of patients, weeks of pregnancy, operators and hospitals",
    "rights": "Whose the scans are, what allows their use, which ethics board agreed",
    "monitoring": "Who watches the model at work, and when it is trained anew",
    "funding": "Who paid for the work, and what else its authors gain by it",
}
"""The keys of `Card.statements`, with what each is to tell. None of them has to be there: a report
says “not recorded” then."""


def unknown_statements(given: dict[str, str]) -> list[str]:
    """The keys that no report would show.

    Example:
        >>> unknown_statements({"rights": "CC BY 4.0", "colour": "blue"})
        ['colour']
    """
    return [key for key in given if key not in STATEMENTS]
