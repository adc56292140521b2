"""Whether a challenger becomes the champion: it must beat the look-up table, and be no worse than the champion."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """What was decided on a challenger, and the sentence that says why."""

    model_name: str
    version: int
    is_promoted: bool
    sentence: str


@dataclass(frozen=True)
class Rivals:
    """Brier scores on the same test rows (smaller is better); no champion has none."""

    rows: int
    challenger: float
    lookup: float
    champion: float | None = None
    champion_version: int | None = None


def judge(model_name: str, version: int, rivals: Rivals) -> Verdict:
    """Promote a challenger that is better than the look-up and no worse than the champion; else say by how much."""
    stays = f"champion stays version {rivals.champion_version}" if rivals.champion_version else "there is no champion"
    own = f"Brier {rivals.challenger:.4f} on {rivals.rows:,} test rows"
    if not rivals.challenger < rivals.lookup:
        worse = rivals.challenger - rivals.lookup
        sentence = f"refused: {own} does not beat the look-up's {rivals.lookup:.4f} ({worse:.4f} worse); {stays}"
        return Verdict(model_name, version, False, sentence)
    skill = f"the look-up's is {rivals.lookup:.4f}"
    if rivals.champion is None:
        return Verdict(model_name, version, True, f"promoted: {own}, {skill}; it is the first champion")
    if rivals.challenger > rivals.champion:
        worse = rivals.challenger - rivals.champion
        sentence = f"refused: {own} is {worse:.4f} worse than the champion's {rivals.champion:.4f}; {stays}"
        return Verdict(model_name, version, False, sentence)
    sentence = f"promoted: {own}, {skill}, that of version {rivals.champion_version} {rivals.champion:.4f}"
    return Verdict(model_name, version, True, sentence)
