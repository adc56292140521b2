"""The pieces that every screen is laid out with."""

from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

WIDE = 100  # columns of a terminal from which a screen shows more side by side


def titled(title: str, text: Text) -> Panel:
    """The head of a screen."""
    return Panel(text, title=Text(title, style="bold"), title_align="left", box=box.ROUNDED, padding=(0, 1))


def heading(console: Console, title: str, remark: str = "") -> None:
    """The head of a section, with what is to know about its figures."""
    console.print()
    console.print(Text(title, style="bold cyan"))
    if remark:
        line(console, remark, style="dim")


def line(console: Console, text: str | Text, *, style: str = "", indent: int = 2) -> None:
    """A line under a heading, wrapped at the same indent."""
    content = text if isinstance(text, Text) else plain(text, style=style)
    console.print(Padding(content, (0, 0, 0, indent), expand=False))


def plain(text: str, *, style: str = "") -> Text:
    """Text exactly as it stands: no markup, and nothing that a terminal would obey."""
    return Text("".join(character for character in text if character.isprintable() or character == "\n"), style=style)


def plain_table(*columns: str | tuple[str, dict[str, Any]]) -> Table:
    """A table with a ruled head and nothing else; a column is its head, or its head and rich's options."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, header_style="", padding=(0, 1, 0, 0))
    for column in columns:
        head, options = column if isinstance(column, tuple) else (column, {})
        table.add_column(head, **options)
    return table


def add_row(table: Table, *cells: str | Text, style: str | None = None) -> None:
    """A row of plain text."""
    table.add_row(*(cell if isinstance(cell, Text) else plain(cell) for cell in cells), style=style)


def show(console: Console, table: Table) -> None:
    """Print a table under the indent of its section; one without rows says so."""
    if not table.row_count:
        line(console, "None.", style="dim")
        return
    console.print(Padding(table, (0, 0, 0, 2), expand=False))


def number(head: str) -> tuple[str, dict[str, Any]]:
    """A column of figures."""
    return head, {"justify": "right", "no_wrap": True}


def fixed(head: str) -> tuple[str, dict[str, Any]]:
    """A column that never wraps."""
    return head, {"no_wrap": True}
