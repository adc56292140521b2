"""Writes the published figures that the synthetic world is calibrated on.

Run as `python scripts/published_figures ../shared/data conf`. The tables stay where they are; only figures are copied.
The same tables always give the same files.
"""

import sys
from pathlib import Path

from providers import write_environment, write_practices, write_providers
from published import write_published, write_referrals
from tables import of_the_year, read_tables


def main(data: Path, conf: Path) -> None:
    """Read the tables under `data` and write the files under `conf`."""
    tables = read_tables(data)
    year = of_the_year(tables)
    write_providers(tables, year, data, conf / "synthetic" / "providers.yml")
    write_practices(data, conf / "synthetic" / "practices.yml")
    write_referrals(tables, conf / "synthetic" / "referrals.csv")
    write_published(year, conf / "synthetic" / "published.csv")
    for name in ("northern", "england"):
        write_environment(year, data, conf / f"{name}.yml")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: python scripts/published_figures ../shared/data conf")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
