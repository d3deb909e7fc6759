"""How often an endless source is looked at."""

import pytest

from unmask_edge.watch.pace import Budget, Pace


def looks(pace: Pace, cost_s: float, background: float, seconds: float) -> tuple[int, float]:
    """Looks and share of a core used in so many simulated seconds.

    Args:
        pace: under test.
        cost_s: processor time of a look, on one thread.
        background: share of a core that decoding uses all the time.
        seconds: how long.
    """
    now_s = cpu_s = 0.0
    count = 0
    while now_s < seconds:
        now_s, cpu_s, count = now_s + cost_s, cpu_s + cost_s * (1 + background), count + 1
        wait_s = pace.wait_s(now_s, cpu_s)
        now_s, cpu_s = now_s + wait_s, cpu_s + wait_s * background
    return count, cpu_s / now_s


def test_the_rate_is_held_where_it_costs_little() -> None:
    """Five a second, whatever a look takes."""
    count, used = looks(Pace(5, Budget(0.5)), cost_s=0.02, background=0.1, seconds=100)
    assert count == pytest.approx(500, abs=3)
    assert used == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("background", [0.0, 0.2])
def test_the_budget_is_held_by_looking_less_often(background: float) -> None:
    """On a slow machine that would need twice a core."""
    count, used = looks(Pace(5, Budget(0.5)), cost_s=0.4, background=background, seconds=200)
    assert used == pytest.approx(0.5, abs=0.02)
    assert count == pytest.approx(200 * (0.5 - background) / 0.4, rel=0.05)


def test_a_long_pause_is_not_made_up_for() -> None:
    """After a source was away for an hour it is not looked at in a rush."""
    pace = Pace(5, Budget(0.5))
    pace.wait_s(0, 0)
    pace.wait_s(3600, 0.1)
    assert pace.wait_s(3600.01, 0.11) == pytest.approx(0.19)
