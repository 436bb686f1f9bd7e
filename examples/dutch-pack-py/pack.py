"""Reads Dutch: which language a document is in, and praise or complaint, by word lists and a few rules.

The host calls `LanguagePack.analyze` with a batch, as wit/language-pack.wit describes it, each time in a fresh copy of the state that
importing this module left behind when the component was built. There is no clock, chance, file or network to use.
"""

import re
from math import sqrt

from wit_world import exports
from wire import UNKNOWN, answer, documents, guess, opinion
from wit_world.exports.language_pack import Analyses, Batch, Tasks
from words import COMMON, DEGREE, NEGATION, SIGNS, VALENCE

# Words, and single signs that are none. What redaction left behind (⟦mail:1⟧) is taken whole, and means nothing.
TOKEN = re.compile(r"⟦[^⟧]{0,64}⟧|[^\W\d_]+|[^\w\s]")
# Words a document must have before its language is guessed.
ENOUGH_WORDS = 4
# Sum of valences at which the score is about 0.7.
SCALE = 15.0
# The share of "neither" at a score of 0; it falls with the square of the distance from it.
NEITHER = 0.6


def score(tokens: list[str]) -> float:
    """From -1 to 1."""
    total, turned, degree = 0.0, 0, 1.0
    for token in tokens:
        valence = SIGNS.get(token, 0.0)
        if word := VALENCE.get(token):
            valence = word * degree * (-0.7 if turned else 1.0)
        total += valence
        degree = DEGREE.get(token, 1.0)
        turned = 3 if token in NEGATION else max(turned - 1, 0)
        if token in ".!?;":
            turned = 0
    return total / sqrt(total * total + SCALE)


def sentiment(tokens: list[str]) -> int:
    found = score(tokens)
    known = any(token in VALENCE or token in SIGNS for token in tokens)
    neutral = NEITHER * (1.0 - abs(found)) ** 2 if known else 0.8
    positive = (1.0 - neutral) * (1.0 + found) / 2.0
    return opinion(1.0 - neutral - positive, neutral, positive, found)


def language(tokens: list[str]) -> int:
    words = [token for token in tokens if token.isalpha()]
    share = sum(word in COMMON for word in words) / max(len(words), 1)
    if len(words) < ENOUGH_WORDS or share < 0.25:
        return guess(UNKNOWN, 0.0)
    return guess(0, min(0.5 + share, 0.99))


class LanguagePack(exports.LanguagePack):
    def analyze(self, batch: Batch) -> Analyses:
        read = [TOKEN.findall(text.lower()) for text in documents(batch)]
        return answer(
            [language(tokens) for tokens in read] if Tasks.LANGUAGE in batch.tasks else [],
            [sentiment(tokens) for tokens in read] if Tasks.SENTIMENT in batch.tasks else [],
        )
