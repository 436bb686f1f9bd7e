"""Scores vaderSentiment on JSON lines as the English pack's own scorer does: the peer that the pack is held against.

    python3 -m venv VENV && VENV/bin/pip install vaderSentiment==3.3.2
    VENV/bin/python tests/nlp/vader.py DEV.jsonl [--target]

Rows have `text` and `label` (negative, neutral, positive); rows of another `lang` than en are left out. Thresholds are the published
ones: neutral between -0.05 and 0.05. With `--target` rows are only for or against, and the sign decides.
"""

import json
import os
import sys
import time
from collections import Counter


def main() -> int:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        print("NOT RUN: pip install vaderSentiment==3.3.2")
        return 0
    paths = [a for a in sys.argv[1:] if a != "--target"]
    path = paths[0] if paths else os.environ.get("ISOCIAL_NLP_DEV")
    if path is None:
        print("give the path of a JSON Lines file, or set ISOCIAL_NLP_DEV", file=sys.stderr)
        return 2
    border = 0.0 if "--target" in sys.argv else 0.05
    with open(path, encoding="utf-8") as file:
        rows = [row for row in map(json.loads, file) if row.get("lang", "en") == "en"]
    analyser = SentimentIntensityAnalyzer()
    size, right = Counter(), Counter()
    start = time.perf_counter()
    for row in rows:
        compound = analyser.polarity_scores(row["text"])["compound"]
        said = "positive" if compound >= border else "negative" if compound <= -border else "neutral"
        size[row["label"]] += 1
        right[row["label"]] += said == row["label"]
    seconds = time.perf_counter() - start
    for label in sorted(size):
        print(f"{label:<9} recall {100 * right[label] / size[label]:5.2f} of {size[label]}")
    print(f"macro recall {100 * sum(right[label] / size[label] for label in size) / len(size):.2f}")
    print(f"{len(rows) / seconds:.0f} posts/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
