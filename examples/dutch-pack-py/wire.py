"""How batches and answers cross: one text and one list of numbers each, as wit/language-pack.wit lays them out."""

from wit_world.exports.language_pack import Analyses, Batch

# Index of a language that is not known.
UNKNOWN = 255


def documents(batch: Batch) -> list[str]:
    """The texts one by one: ends count bytes, not characters, and come first among the numbers."""
    raw = batch.text.encode()
    ends = batch.numbers[: batch.documents]
    return [raw[start:end].decode() for start, end in zip([0, *ends], ends)]


def hundredths(*shares: float) -> list[int]:
    """Shares that add up to 1 as hundredths that add up to 100: what rounding leaves over goes to the largest."""
    whole = [round(share * 100) for share in shares]
    whole[whole.index(max(whole))] += 100 - sum(whole)
    return whole


def guess(code: int, confidence: float) -> int:
    """Which language a document is in, and how surely."""
    return code | round(confidence * 100) << 8


def opinion(negative: float, neutral: float, positive: float, score: float) -> int:
    """The probabilities, the intensity from -1 to 1, and the label with the highest probability."""
    shares = hundredths(negative, neutral, positive)
    label = shares.index(max(shares))
    return shares[0] | shares[1] << 7 | shares[2] << 14 | round((score + 1) * 100) << 21 | label << 29


def answer(guesses: list[int], sentiments: list[int]) -> Analyses:
    """Guesses and opinions, each none or one a document; this pack knows nothing else."""
    return Analyses(
        languages="nl",
        numbers=guesses + sentiments,
        guesses=len(guesses),
        sentiments=len(sentiments),
        target_sentiments=0,
        emotions=0,
        topics=0,
        entities=0,
        phrases=0,
    )
