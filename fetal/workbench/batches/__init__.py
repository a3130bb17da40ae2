"""Batch jobs as people see them: the list, a cancel, another try."""
