"""Great Expectations' pages as they are shown: they ask nothing of the internet, and the first tells what matters."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.suite import CRITICAL

if TYPE_CHECKING:
    from expectations.runner import Finding

# A hospital's browser is not to tell anyone outside that somebody looks at these pages, and may reach nobody anyway.
_POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; font-src 'self'; form-action 'none'\">"
)
_STYLE = """
body {font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #212b32}
table {border-collapse: collapse; width: 100%} th, td {text-align: left; padding: .35rem .7rem; vertical-align: top}
th {border-bottom: 2px solid #768692} td {border-bottom: 1px solid #d8dde0} td.count {text-align: right}
tr.critical td {background: #fbe3e1} tr.warning td {background: #fff4d1} .code {color: #4c6272; font-size: .85em}
@media (prefers-color-scheme: dark) {body {background: #16191d; color: #e8edee} tr.critical td {background: #52201c}
tr.warning td {background: #4a3c10} .code {color: #aeb7bd} a {color: #7db4ff}}
"""
_MEANING = {CRITICAL: "keeps the last publication in place", "warning": "is told, and published all the same"}


def close_pages(docs: Path) -> None:
    """Forbid every page to load anything from elsewhere, or to send anything."""
    for page in docs.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace("<head>", f"<head>{_POLICY}", 1), encoding="utf-8")


def write_index(docs: Path, found: Sequence[tuple[str, "Finding"]], *, run_id: str) -> None:
    """Write the first page: every expectation of this run, those that are not met first, each with its severity.

    `found` has each finding with the name of its suite, whose page it links to.
    """
    ordered = sorted(found, key=lambda one: (not one[1].is_failed, one[1].severity != CRITICAL, one[0]))
    failed = [finding for _, finding in found if finding.is_failed]
    critical = sum(finding.severity == CRITICAL for finding in failed)
    meanings = "; ".join(f"<b>{name}</b>: {meaning}" for name, meaning in _MEANING.items())
    page = f"""<!DOCTYPE html>
<html lang="en-GB"><head>{_POLICY}<meta charset="utf-8"><title>Data quality</title><style>{_STYLE}</style></head><body>
<h1>Data quality: {_verdict(critical, len(failed) - critical)}</h1>
<p>Run {escape(run_id)}, {len(found)} expectations of what changed since the last run that passed. {meanings}.</p>
<table><thead><tr><th>Table</th><th>Expectation</th><th>Severity</th><th>Rows that fail</th><th>Rows</th></tr></thead>
<tbody>{"".join(_row(docs, suite, finding) for suite, finding in ordered)}</tbody></table></body></html>
"""
    (docs / "index.html").write_text(page, encoding="utf-8")


def _verdict(critical: int, warnings: int) -> str:
    told = f", {warnings} warning{'' if warnings == 1 else 's'}" if warnings else ""
    return (f"{critical} critical, so the last publication stays" if critical else "passed") + told


def _row(docs: Path, suite: str, finding: "Finding") -> str:
    pages = sorted((docs / "validations" / Path(*suite.split("."))).rglob("*.html"))
    name = escape(suite.rpartition(".")[0])
    table = f'<a href="{escape(pages[-1].relative_to(docs).as_posix())}">{name}</a>' if pages else name
    style = f' class="{finding.severity}"' if finding.is_failed else ""
    sentence = f"{escape(finding.sentence)}<br><span class=code>{finding.rule_code}</span>"
    counts = "".join(f"<td class=count>{count:,}</td>" for count in (finding.failed, finding.checked))
    return f"<tr{style}><td>{table}</td><td>{sentence}</td><td>{finding.severity}</td>{counts}</tr>\n"
