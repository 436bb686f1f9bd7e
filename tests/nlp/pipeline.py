"""Reads posts the way this product does, from parts that a Python program would take: the peer of the row `pipeline_python`.

    python3 -m venv VENV && VENV/bin/pip install presidio-analyzer==2.2.360 vaderSentiment==3.3.2
    VENV/bin/python tests/nlp/pipeline.py POSTS.jsonl

Each line is a post as a network might send it. It is parsed, personal details are found and replaced (Presidio's pattern recognisers, as in
presidio.py), the text is matched against the query `lumo OR #homelight`, read for sentiment (vaderSentiment) and stored (sqlite3: a file,
write-ahead log, 500 rows a transaction, two indexes). No full text, no encryption, no receipts. The last line says how many posts a second
were taken from line to committed row, without the start.
"""

import json
import re
import sqlite3
import sys
import tempfile
import time
import warnings

INSTALL = "NOT RUN: pip install presidio-analyzer==2.2.360 vaderSentiment==3.3.2"
QUERY = re.compile(r"(?<!\w)(?:lumo(?!\w)|#homelight(?!\w))", re.IGNORECASE)
ROWS = 500


def redact(text, results):
    """The text with a token in the place of each detail."""
    from presidio import LEFT_OUT, without_overlaps

    parts, at = [], 0
    for result in without_overlaps(r for r in results if r.entity_type not in LEFT_OUT):
        parts += [text[at : result.start], f"⟦{result.entity_type.lower()}⟧"]
        at = result.end
    return "".join(parts) + text[at:]


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    warnings.simplefilter("ignore")
    try:
        from presidio import engine
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        analyser, opinions = engine(), SentimentIntensityAnalyzer()
    except ImportError:
        print(INSTALL)
        return 0
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = file.readlines()
    analyser.analyze("warm-up: call 202-555-0143 or write to an@example.com", language="en", score_threshold=0.4)
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite3.connect(f"{folder}/posts.db", isolation_level=None)
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = normal")
        db.execute("create table post (id text primary key, created text, author text, url text, text text, label text, score real)")
        db.execute("create index post_created on post (created)")
        db.execute("create index post_label on post (label, created)")
        rows, matched = [], 0
        start = time.perf_counter()

        def commit():
            db.execute("begin")
            db.executemany("insert into post values (?, ?, ?, ?, ?, ?, ?)", rows)
            db.execute("commit")
            rows.clear()

        for line in lines:
            post = json.loads(line)
            text = redact(post["text"], analyser.analyze(post["text"], language="en", score_threshold=0.4))
            if not QUERY.search(text):
                continue
            matched += 1
            score = opinions.polarity_scores(text)["compound"]
            label = "positive" if score >= 0.05 else "negative" if score <= -0.05 else "neutral"
            rows.append((post["id"], post["created"], post["author"]["id"], post["url"], text, label, score))
            if len(rows) == ROWS:
                commit()
        commit()
        seconds = time.perf_counter() - start
        stored = db.execute("select count(*) from post").fetchone()[0]
        db.close()
    if stored != matched or matched != len(lines):
        print(f"{matched} of {len(lines)} posts matched and {stored} were stored", file=sys.stderr)
        return 1
    print(f"{len(lines) / seconds:.0f} posts/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
