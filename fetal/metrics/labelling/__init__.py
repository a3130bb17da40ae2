"""What the features of a frozen network tell of labels: which are doubtful, which to give next.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""
