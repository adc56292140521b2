"""The rule by which extracts tell what stands, written plainly, and what bronze holds at a moment."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC

from pyspark.sql import Row as SparkRow

from libs.intake.ledger import Moment

# What stands at a moment, by (pathway, row): name, closing date.
Place, Content = tuple[str, str], tuple[str, str]
State = dict[Place, Content]
# Whether an extract is a full one, and its rows.
Told = tuple[bool, Mapping[Place, Content]]
Read = Callable[[SparkRow], tuple[Place, Content]]


def replay(standing: State, held: Mapping[Place, Content], *, is_full: bool) -> State:
    """What stands after an extract."""
    if not is_full:
        return {**standing, **held}
    pathways = {place[0] for place in held}
    # A closed pathway that leaves whole has grown old, and stands.
    kept = {place: content for place, content in standing.items() if content[1] and place[0] not in pathways}
    return {**kept, **held}


def states(extracts: Mapping[Moment, Told]) -> dict[Moment, State]:
    """What stands after each extract of a trust, taken in their order."""
    standing: State = {}
    found = {}
    for moment, (is_full, rows) in sorted(extracts.items()):
        standing = found[moment] = replay(standing, rows, is_full=is_full)
    return found


def as_at(bronze: Iterable[SparkRow], trust: str, moment: Moment, read: Read) -> State:
    """What bronze holds of a trust at a moment: the last version of each row until then."""
    newest: dict[tuple[str, str], tuple[Moment, int, SparkRow]] = {}
    for each in bronze:
        told = (each["_extracted_at"].astimezone(UTC), each["_sequence"])
        place = each["_pathway_key"], each["_row_key"]
        known = newest.get(place)
        if each["_trust"] == trust and told <= moment and (known is None or known[:2] < (told, each["_file_id"])):
            newest[place] = told, each["_file_id"], each
    return dict(read(each) for _, _, each in newest.values() if each["_presence"] == "present")


def agree(bronze: State, expected: State) -> bool:
    """Whether the same open rows stand, and no row says another thing.

    Of closed rows only the content is held against the rule where extracts came late. Whether one that grew old stands
    depends on extracts beyond the next full one, which are not read again; silver tells nothing of it, and the next
    extract mends it.
    """
    both = bronze.keys() & expected.keys()
    is_open = [{place for place, content in each.items() if not content[1]} for each in (bronze, expected)]
    return is_open[0] == is_open[1] and all(bronze[place] == expected[place] for place in both)


def followed(coming: Sequence[Moment], is_full: Mapping[Moment, bool], taken: Iterable[Moment]) -> set[Moment]:
    """What was taken that follows what comes, all up to the next full extract."""
    again: set[Moment] = set()
    for moment in coming:
        for later in sorted(each for each in taken if each > moment):
            again.add(later)
            if is_full[later]:
                break
    return again
