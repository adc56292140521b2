"""Who becomes champion, and what is said to who does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.breach_risk.gate import Rivals, judge

BRIER = st.floats(0, 1)


@pytest.mark.parametrize(
    ("rivals", "is_promoted", "sentence"),
    [
        (
            Rivals(rows=1200, challenger=0.15, lookup=0.18),
            True,
            "promoted: Brier 0.1500 on 1,200 test rows, the look-up's is 0.1800; it is the first champion",
        ),
        (
            Rivals(rows=1200, challenger=0.21, lookup=0.18),
            False,
            "refused: Brier 0.2100 on 1,200 test rows does not beat the look-up's 0.1800 (0.0300 worse); "
            "there is no champion",
        ),
        (
            Rivals(rows=1200, challenger=0.17, lookup=0.18, champion=0.15, champion_version=3),
            False,
            "refused: Brier 0.1700 on 1,200 test rows is 0.0200 worse than the champion's 0.1500; "
            "champion stays version 3",
        ),
        (
            Rivals(rows=1200, challenger=0.14, lookup=0.18, champion=0.15, champion_version=3),
            True,
            "promoted: Brier 0.1400 on 1,200 test rows, the look-up's is 0.1800, that of version 3 0.1500",
        ),
    ],
)
def test_a_verdict_says_by_how_much(rivals: Rivals, is_promoted: bool, sentence: str) -> None:
    verdict = judge("breach_risk_62", 4, rivals)
    assert (verdict.is_promoted, verdict.sentence) == (is_promoted, sentence)


@given(challenger=BRIER, lookup=BRIER, champion=st.none() | BRIER)
def test_nothing_is_promoted_that_does_not_beat_the_look_up_or_is_worse_than_the_champion(
    challenger: float, lookup: float, champion: float | None
) -> None:
    version = None if champion is None else 3
    verdict = judge("breach_risk_62", 4, Rivals(10, challenger, lookup, champion, version))
    assert verdict.is_promoted == (challenger < lookup and (champion is None or challenger <= champion))
