"""Runs Microsoft Presidio's pattern recognisers on JSON lines: the peer that the gate's detectors are held against.

    python3 -m venv VENV && VENV/bin/pip install presidio-analyzer==2.2.360
    VENV/bin/python tests/nlp/presidio.py IN.jsonl --out OUT.jsonl [--threshold 0.4]

Rows have `text` and may have `id`; without it the number of the line is taken. OUT gets `id` and `label`: a list of `start`, `end` (Unicode
characters) and `type`. Every recogniser that Presidio enables by default for English runs, but for those that need a trained model; words are
cut by spaCy's rules, without a model, so that its context words work. Nothing is fetched from a network: the list of public suffixes is the one
that tldextract carries. The last line says how many posts a second were analysed, without start and reading.
"""

import argparse
import gzip
import json
import sys
import time
import warnings

INSTALL = "NOT RUN: pip install presidio-analyzer==2.2.360"
# Presidio's name → the labels' name.
RENAMED = {"URL": "DOMAIN_NAME"}
# They find what no pattern does, or dates, which the labels treat as no detail of a person.
LEFT_OUT = {"DATE_TIME", "NRP", "PERSON", "LOCATION", "ORGANIZATION"}


def engine():
    """The analyser with every recogniser of patterns, and with words cut by rules."""
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    # No cache and no fetching: the carried list only.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.extract = tldextract.tldextract.TLD_EXTRACTOR

    class Words(SpacyNlpEngine):
        def __init__(self):
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

        def is_loaded(self):
            return True

        def load(self):
            pass

    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("SpacyRecognizer")
    return AnalyzerEngine(registry=registry, nlp_engine=Words(), supported_languages=["en"])


def rows(path):
    """The rows of a file, gzipped or not."""
    opened = gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")
    with opened as file:
        return [json.loads(line) for line in file if line.strip()]


def without_overlaps(results):
    """The most certain of overlapping results, then the longest, in order."""
    kept = []
    for result in sorted(results, key=lambda r: (-r.score, r.start - r.end, r.start)):
        if all(result.end <= other.start or other.end <= result.start for other in kept):
            kept.append(result)
    return sorted(kept, key=lambda r: r.start)


def main() -> int:
    parser = argparse.ArgumentParser(description="Presidio's pattern recognisers on JSON lines")
    parser.add_argument("input")
    parser.add_argument("--out", required=True)
    parser.add_argument("--threshold", type=float, default=0.4, help="least certainty of a result")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    try:
        analyser = engine()
    except ImportError:
        print(INSTALL)
        return 0
    found = rows(given.input)
    analyser.analyze("warm-up: call 202-555-0143 or write to an@example.com", language="en")
    answers = []
    start = time.perf_counter()
    for row in found:
        answers.append(analyser.analyze(row["text"], language="en", score_threshold=given.threshold))
    seconds = time.perf_counter() - start
    with open(given.out, "w", encoding="utf-8") as out:
        for nth, (row, results) in enumerate(zip(found, answers), 1):
            label = [
                {"start": r.start, "end": r.end, "type": RENAMED.get(r.entity_type, r.entity_type)}
                for r in without_overlaps(r for r in results if r.entity_type not in LEFT_OUT)
            ]
            print(json.dumps({"id": row.get("id", nth), "label": label}), file=out)
    print(f"{len(found) / max(seconds, 1e-9):.0f} posts/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
