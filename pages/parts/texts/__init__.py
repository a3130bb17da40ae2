"""The words of the pages: one catalogue, the reader's language, and what numbers follow.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""
