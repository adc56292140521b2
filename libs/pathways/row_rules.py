"""The rules for which a row or a value is refused, in sentences for those who look after a trust's data."""

# code -> what happened and what to do, as REASONS says it of files: no sentence may depend on a cell value.
ROW_RULES: dict[str, str] = {
    "PATHWAY_ID_MISSING": "The row has no pathway number, so it can't be told which pathway it belongs to: the row was"
    " refused. Give it its number in the register.",
    "PATIENT_ID_MISSING": "The row has no patient number, so it can't be told whose pathway it is: the row was refused."
    " Give it its number in the register.",
    "ROW_REPEATED": "Another row of this extract has the same row key: the first of them was taken, this one was"
    " refused. Send each row once, each treatment under a number of its own.",
    "VALUE_NOT_UNDERSTOOD": "The value is no date, number or word that the feed contract knows: the field was left"
    " empty, the rest of the row was taken. Correct it in the register, or ask for the word to be added to the"
    " contract.",
}
