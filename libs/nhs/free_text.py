"""Free text without what identifies a person: telephone and NHS numbers, e-mail addresses, postcodes and names.

Rules for what people type, so neither complete nor exact: a name that begins with a small letter, is not the patient's
and stands alone is not known as one. Where a rule must choose, a word too many is taken.
"""

import unicodedata
from collections.abc import Sequence
from functools import reduce
from itertools import groupby
from operator import or_
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

from pyspark.sql import Column
from pyspark.sql import functions as F


def _any_of(words: str) -> str:
    """A pattern of words, `_` for the blank in one; grouped by first letter, at which most texts are passed over."""
    spelt = sorted(word.replace("_", r"\h+") for word in words.split())
    groups = [(first, list(each)) for first, each in groupby(spelt, lambda word: word[0] if word[0].isalpha() else "")]
    parts = [f"{first}(?:{'|'.join(word[len(first) :] for word in each)})" for first, each in groups]
    return f"(?:{'|'.join(parts)})"


# What stands before a name. Written small, the cased titles are "from", "senior" and "review".
_TITLES = "mrs? miss ms mx dr prof professor doctor mstr sister nurse matron dame lady lord sir master reverend cllr"
_CASED_TITLES = "Fr Sr Rev REV Revd REVD"
_KIN = (
    "daughters? dtr dau sons? wife husband hubby partner spouse fianc[ée]e? mother mum mam mom mummy father dad daddy"
    " parents? brothers? bro sisters? sis nieces? nephews? gran nan nana grandma grandad grandson granddaughter aunt"
    " auntie uncle cousin friend neighbou?r carer guardian step(?:son|daughter|mum|mother|dad|father|brother|sister)"
    " nok next_of_kin poa lpa"
)
_ASKING = (
    "ask(?:ed|ing)?_for spoken?_(?:to|with) speak(?:ing)?_(?:to|with) talk(?:ed|ing)?_(?:to|with) d/w discussed_with"
    " (?:call|message|msg|email|letter|text|voicemail|vm)_(?:from|for|with) contact(?:ed)? rang phoned telephoned"
    " texted emailed informed named called names? known_as c/o fao attn"
)
_PATIENT = "pts? pt's patients? patient's"
# What may stand between: "NOK is Mary", "spoke to her CNS Julie", "Mr van der Berg".
_BETWEEN = (
    "is called named names? the his her their my pt pt's patient cns gp sec secretary nurse consultant reg registrar"
    " tracker co-?ordinator"
)
_PARTICLES = "van von de der den da di du del dos la le el al bin ibn bint ap ten ter"

# What is no name although a capital begins it: in capitals, as any word, and what could be a surname as well.
_ABBREVIATIONS = (
    "AE AOS BCC BSC BX CA CAP CEA CNC CNS CPET CPEX CRP CT CTC CTG CUP CWT CXR DEXA DNA DNACPR DNAR DOB DTT DX EBUS"
    " ECG ECHO EGFR ENT EPR ERCP ERS EUA EUS FBC FDP FDS FH FIT FNA FU GP GPS HB HDU HIV HNA HPB HPV HX ICU IHC IPT"
    " ITU KUB LFT LFTS LLETZ LPA LVM MDT MDTS MR MRCP MRI NAD NCAP NFA NHS NOK NSS OGD OOA OP OPA OPAS OPD PALS PAS"
    " PCI PET PICC PIFU POA PPI PSA PSMA PT PTC PTL PTS RAC RDC RIP RT RTT RX SABR SACT SCC SCR SLT SMDT SPA SPR STT"
    " TBC TCI TIA TNM TP TRUS TURBT TURP TVUS TWW TX UBRN UGI USC USS UTI VM WLI XR"
)
_AFTER_NO_TITLE = (
    "and appointment appt aware await awaited awaiting booked cancelled chased clinic confirmed contacted"
    " co-?ordinator declined endoscopist for has informed in is led letter list manager of off on or practitioner"
    " reception referral requested review reviewed said sec secretary specialist surgery team to wants was with"
)
_NO_NAMES = (
    f"{_AFTER_NO_TITLE} abdo(?:men)? about add(?:ed)? admin admissions after again agreed all also anaesthetics"
    " answered answerphone as ask(?:ed|ing)? at attended back because been before benign biops(?:y|ies) bladder"
    " bloods? booking bowel brain breach breast but by bx call(?:ed|ing)? came cancel cannot can't cardiology"
    " chas(?:e|ing) chemo chemotherapy chest clinical closed colon colorectal completed? consent consultants? contact"
    " ct [a-z]+scopy cytology dates? declines deferred dep(?:artmen)?t dermatology details diagnos(?:ed|is|tics) did"
    " died discharged? discuss(?:ed)? does dr due dx earlier email(?:ed)? escalated excision failed fit flexi follow"
    " follow-?up from further gastro gastroenterology given gp gynae(?:cology)? haematology had happy have he"
    " hepatology her his histo(?:logy)? hospital how if imaging info inform interval into it kidney knee labs? later"
    " left letters liver lung lymph macmillan mammogram mdt medic(?:al|ine) message missed mobile mri must needs new"
    " next nil no nobody none not(?:ed?|es)? now number nurses office oncolog(?:y|ist) opa operation order outcome"
    " outpatients palliative path patholog(?:y|ist) pathway pelvis pet pharmacy phone(?:d)? planned please pls"
    " prostate radiograph(?:y|ers?) radiolog(?:y|ist) radiotherapy rang re rebook(?:ed)? received refer(?:red)?"
    " refused registrar renal repeat report(?:ed|ing)? request reschedule(?:d)? respiratory results? rpt"
    " scan(?:s|ned)? screening secretaries see(?:n)? sen[dt] service she should since slot specialists spoken? staging"
    " still surg(?:eon|ical) surveillance switchboard tel telephone tertiary tests? that theatres? then there they"
    " this thyroid today told tomorrow tracker transfer(?:red)? treat(?:ed|ment) trust tx ultrasound unable under"
    " unfit until unwell updated? urgent urology uss via voicemail waiting we weeks? went were when which who why"
    " wishes without would x-?ray yes yesterday you (?:mon|tues|wednes|thurs|fri|satur|sun)day mon tues? weds? thurs?"
    " fri january february march july (?:sept|octo|novem|decem)(?:em)?ber jan feb mar apr jun jul aug sept? oct nov"
    " dec"
)
_NO_SURNAMES_HERE = (
    "bone cancer case chase choice close early friday gynae head heart holiday home line local lower neck nurse"
    " pleased poor post private ring skin small spine system unit upper ward james_cook john_radcliffe queen king"
    " king's princess prince royal north south east west university city county general great st saint guy's christie"
    " marsden freeman friarage darlington durham newcastle leeds hull york sheffield manchester liverpool birmingham"
    " leicester nottingham derby bristol london oxford cambridge southampton portsmouth plymouth exeter norwich"
    " ipswich sunderland gateshead hartlepool middlesbrough stockton cumbria carlisle bradford harrogate hexham"
    " papworth addenbrooke's clatterbridge harefield brompton barts mount_vernon castle_hill bishop_auckland jcuh rvi"
    " maggie's marie_curie"
)
_ORGANS = (
    "abdomen angiogram bowel brain breast cardiac enterography guided head heart hip knee liver neck pelvis prostate"
    " spine"
)
_ODS_CODE = r"R(?!OB|ON|OY|AY|OD|EG|AJ|AM|IA)[A-Z0-9]{2}|R[B-DF-HJ-NP-TV-Z0-9][A-Z0-9][A0-9][A-Z0-9]"

# Digits may stand apart, but a date is no number: a telephone number's first group has three digits, and no year.
_APART = r"[\s\h\p{Cf}\p{Pd}()./]"
_MORE = f"(?:{_APART}{{0,3}}[0-9])"
_NO_YEAR = "(?!(?:[0-3][0-9][01][0-9])?(?:19|20)[0-9]{2}(?![0-9]))"
_BRACKET = r"(?:\((?=[0-9+\h]{2,8}\)))?"
_EXTENSION = r"(?:\h{0,3}[,;(]?\h{0,2}(?i:ext(?:ension|n)?|x(?=[.:\h]{0,2}[0-9]{3}))[.:]?\h{0,2}[0-9]{1,6}+\)?)?"
_PHONE = (
    rf"(?=[{digits}+(])(?<![0-9](?!\+)){_BRACKET}(?:"
    rf"(?:\+{_APART}{{0,3}}|00|(?=44{_APART}?[1237][0-9]{{2}}))44{_APART}{{0,3}}(?:\(?0\)?)?{_APART}{{0,3}}[1-9]"
    rf"{_MORE}{{8,9}}(?![0-9])|(?:\+{_APART}{{0,3}}|00)[1-9]{_MORE}{{7,12}}[0-9]*+"
    rf"|{_NO_YEAR}[0-9]*?{_BRACKET}0[0-9]{{2}}(?:{_MORE}{{7,8}}(?![0-9])|{_MORE}{{8}}[0-9]++)"
    rf"|7[0-9]{{3}}[\h\p{{Pd}}][0-9]{{3}}[\h\p{{Pd}}]?[0-9]{{3}}(?![0-9])){_EXTENSION}"
)
_LOCAL_PHONE = (
    r"((?<![\p{L}])(?i:tel(?:ephone)?|phone|mob(?:ile)?|landline|call|ring|rang)(?:\h(?i:no|number|num|on|is))?"
    r"[.:]?\h{0,2})(?:[0-9]{6,8}|[0-9]{3,4}[\h\p{Pd}][0-9]{3,4})(?![0-9])"
)
_NHS_NUMBER = (
    rf"(?=[{digits}])(?<![0-9])(?:[0-9]{{3}}{_APART}{{0,3}}[0-9]{{3}}{_APART}{{0,3}}[0-9]{{4}}(?![0-9])|[0-9]{{10,}}+"
    rf"|{_NO_YEAR}[0-9]{{3,}}{_APART}{{1,3}}[0-9]{{3}}{_APART}{{1,3}}[0-9]{{4,}}+)"
)
_LABELS = r"(?:[\p{L}\p{N}\p{Pd}]{1,63}+\.){1,8}"
_EMAIL = (
    rf"(?<![\p{{L}}\p{{M}}\p{{N}}._%+'-])[\p{{L}}\p{{M}}\p{{N}}._%+'-]++(?:@{_LABELS}\p{{L}}{{2,24}}"
    rf"|\h?@\h?(?i:{_LABELS}(?:com|uk|net|org|eu|ie|info)|gmail|googlemail|hotmail|outlook|yahoo|icloud|btinternet)"
    r"(?!\p{L}))"
)
# Areas of one letter are stages and vitamins too: "N1 1st" and "B12 5ug" are no postcodes.
_AREAS = (
    "A[BL]|B[ABDHLNRST]|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]|F[KY]|G[LUY]|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]|L[ADELNSU]|M[EKL]"
    "|N[EGNPRW]|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]|T[ADFNQRSW]|UB|W[ACDFNRSV]|YO|Z[EZ]"
)
_POSTCODE = (
    rf"(?=[A-Za-z]{{1,2}}[0-9])(?<![\p{{L}}\p{{N}}])(?:(?i:(?:{_AREAS})[0-9][0-9A-Z]?)\h{{0,2}}[0-9]"
    r"|(?i:[BEGLMNSW][1-9][0-9A-Z]?)\h{0,2}[0-9](?!st|nd|rd|th|hr|yr|pt|ug))(?i:[ABD-HJLNP-UW-Z]{2})(?![\p{L}\p{N}])"
)

# Loops without an end are possessive (`*+`): Java would else call itself once a word, and a long text ends its stack.
_ALONE, _ENDS = r"(?<![\p{L}\p{M}])", r"(?![\p{L}\p{M}])"
_CAPITAL = r"[\p{Lu}\p{Lt}\p{Lo}]"
_REST = r"(?:[\p{L}\p{M}]|['\u2019\p{Pd}](?=\p{L}))*+"
_MIXED = rf"\p{{Lu}}['\u2019]?\p{{L}}{{0,3}}?\p{{Ll}}{_REST}"
_PARTS = rf"(?:(?i:{_any_of(_PARTICLES)})\h{{1,2}}){{0,3}}(?:[dDlL]['\u2019])?"
_LAST = r"(?=[^\p{L}\p{N}]{0,3}(?:[\r\n]|$))"


def _none_of(words: str, *others: str) -> str:
    return f"(?!(?:{'|'.join((_any_of(_ABBREVIATIONS), f'(?i:{_any_of(words)})', *others))}){_ENDS})"


_NO_NAME = _none_of(f"{_NO_NAMES} {_TITLES}")
_NO_PERSON = _none_of(f"{_NO_NAMES} {_TITLES} {_NO_SURNAMES_HERE}", f"(?:{_ODS_CODE})(?![0-9])")
_NO_LEAD = _none_of(f"{_NO_NAMES} {_TITLES} {_CASED_TITLES.lower()} {_KIN} {_PATIENT} {_BETWEEN} {_PARTICLES}")


def _word(guard: str) -> str:
    return rf"{guard}{_CAPITAL}(?:\.(?=\h?{_CAPITAL})|{_REST}(?!\p{{N}}))"


def _names(guard: str) -> str:
    """Names one after another, "J. Smith" and "Susan and Mary" too; initials at the end are its writer's."""
    link = r"(?:\h{1,2}(?:(?i:and|&)\h{1,2})?|(?<=\.))"
    more = rf"(?:\[name\]|(?!(?<=[\p{{Ll}}\]]\h)\p{{Lu}}{{2,3}}{_LAST}){_word(_NO_NAME)})"
    return rf"{_PARTS}(?:\[name\]|{_word(guard)})(?:{link}{_PARTS}{more})*+"


_AFTER_TITLE = (
    rf"(?!MR\h{{1,2}}(?i:{_any_of(_ORGANS)}))(?:(?i:{_any_of(_TITLES)})|{_any_of(_CASED_TITLES)})"
    r"(?:(?<![a-z]{5})\.\h{0,3}|\h{1,3})"
)
_AFTER_KIN = (
    rf"(?:(?i:{_any_of(f'{_KIN} {_ASKING}')})(?:['\u2019]s|-in-law)?"
    r"(?:\h{0,3}[:=,(]\h{0,3}|\h{1,3}\p{Pd}\h{1,3}|\h{1,3})"
    rf"(?:(?i:{_any_of(_BETWEEN)}):?\h{{1,2}}){{0,3}}|(?i:{_any_of(_PATIENT)})\h{{1,2}}(?={_MIXED}))"
)
# One or two capitals are a colleague's initials unless a name follows, and so are a few more at the end.
_NO_INITIALS = (
    rf"(?!\p{{Lu}}{{1,2}}(?![\p{{L}}\p{{M}}'\u2019\p{{Pd}}])(?!\.?\h{{0,2}}{_NO_PERSON}{_MIXED}))"
    rf"(?!(?<=\p{{Pd}}\h)\p{{Lu}}{{2,4}}{_LAST})"
)
_OWN = "[own name]"  # stands until the words beside it were looked at: a short form, or a name before marriage
_BESIDE_OWN = (
    rf"(?=[\p{{Lu}}\[])(?:{_ALONE}(?:(?={_MIXED}){_NO_PERSON}{_NO_LEAD}{_MIXED}\h){{1,2}}+)?"
    rf"\[own name\](?:[\h\p{{Pd}}]{{1,2}}\[own name\])*+(?:\h{_NO_LEAD}{_MIXED})?"
)
_NUMBERS = (
    (_EMAIL, "[email]"),
    (_PHONE, "[phone]"),
    (_NHS_NUMBER, "[nhs number]"),
    (_LOCAL_PHONE, "$1[phone]"),
    (_POSTCODE, "[postcode]"),
)
_NAMES = (
    (_BESIDE_OWN, "[name]"),
    (rf"({_ALONE}{_AFTER_TITLE}){_names(_none_of(_AFTER_NO_TITLE))}", "$1[name]"),
    (rf"({_ALONE}{_AFTER_KIN}){_names(_NO_INITIALS + _NO_PERSON)}", "$1[name]"),
)
# Whatever these take has one of the following, which few other texts have.
_SUSPECT = (
    rf"@\h?[\p{{L}}\p{{N}}\p{{Pd}}]|\+{_APART}{{0,3}}[0-9]{_MORE}{{7}}|[0-9]{{3}}{_MORE}{{3}}"
    r"|[A-Za-z][0-9][0-9A-Za-z]?\h{0,2}[0-9][A-Za-z]{2}"
    rf"|{_ALONE}(?:{_AFTER_TITLE}|{_AFTER_KIN}){_PARTS}(?:{_CAPITAL}|\[name\])"
)
# A hint of it in a text of ASCII: for a class of single letters Java has a table, so most notes are passed over.
_HINT_OF_NUMBER = (
    rf"[{digits}](?:[0-9]{{2}}(?:[\s\-()./]{{0,3}}+[0-9]){{3}}"
    r"|(?<=[A-Za-z].)[0-9A-Za-z]?[ \t]{0,2}+[0-9][A-Za-z]{2})"
)
_HINT_OF_NAME = (
    rf"[{ascii_uppercase}](?<![A-Za-z].)(?:['{ascii_lowercase}](?<![a-z]{{5}}\.[ \t]{{1,3}}..)|(?![A-Za-z0-9])"
    rf"|[{ascii_uppercase}](?<!(?=(?:{_any_of(_ABBREVIATIONS)})(?![A-Za-z]))..)(?:[{ascii_uppercase}]|(?<!- ..)))"
)

_LETTERS = {
    letter: unicodedata.normalize("NFD", letter)[0]
    for letter in map(chr, (*range(0xE0, 0x250), *range(0x1E00, 0x1F00)))
    if letter.islower() and unicodedata.normalize("NFD", letter)[0] in ascii_lowercase
} | {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "\u0131": "i"}
_APOSTROPHES = "\u2019\u2018`\u00b4\u02bc"
_MARKS = "".join(map(chr, range(0x300, 0x370)))


def redacted(text: Column, names: Sequence[Column]) -> Column:
    """A text with `[phone]`, `[nhs number]`, `[email]`, `[postcode]` or `[name]` instead of what identifies somebody.

    `names`: the patient's own (family name, given name), each of any number of words; every word of two letters or more
    is taken wherever it stands as a word, in any case, with or without its accents and apostrophes. Other names are
    known by what stands before them: a title, a word of kinship or asking. Dates, initials at the end, abbreviations,
    organisations and codes stay. Null stays null.
    """
    return F.when(_may_identify(text, names), _redacted(text, names)).otherwise(text)


def has_identifiers(text: Column, names: Sequence[Column]) -> Column:
    """Whether `redacted` changes the text; false for null."""
    return F.when(_may_identify(text, names), _redacted(text, names) != text).otherwise(F.lit(False))


def _may_identify(text: Column, names: Sequence[Column]) -> Column:
    """False, or null, for the many texts in which there is nothing to redact: what is dear is done for the others."""
    hints = (text.rlike(_HINT_OF_NUMBER), text.rlike(_HINT_OF_NAME), text.contains("@"), text.contains("+"))
    is_suspect = reduce(or_, hints, _has_accents(text)) & text.rlike(_SUSPECT)
    return reduce(or_, [F.coalesce(_mentions(text, name), F.lit(False)) for name in names], is_suspect)


def _redacted(text: Column, names: Sequence[Column]) -> Column:
    without_numbers = _replaced(text, _NUMBERS)
    if not names:
        return _replaced(without_numbers, _NAMES)
    return _replaced(F.regexp_replace(without_numbers, _own_names(text, names), F.lit(_OWN)), _NAMES)


def _replaced(text: Column, steps: Sequence[tuple[str, str]]) -> Column:
    return reduce(lambda done, step: F.regexp_replace(done, *step), steps, text)


def _mentions(text: Column, name: Column) -> Column:
    """Whether a name may stand in the text, in any case; one of several words or with accents is looked for in full."""
    is_easy = name.rlike(f"^[{ascii_letters}]{{2,}}+$") & ~_has_accents(text)
    # `when`, because of an "or" Spark computes beforehand what occurs in it twice.
    return F.when(is_easy, F.lower(text).contains(F.lower(name))).otherwise(F.rlike(text, _own_names(text, [name])))


def _own_names(text: Column, names: Sequence[Column]) -> Column:
    """A pattern for each row: its names as words of letters, so that nothing in a name can be a regular expression."""
    plain = F.concat_ws("|", *[F.nullif(_words(name), F.lit("")) for name in names])
    letters = F.when(_has_accents(text), _with_accents(plain)).otherwise(plain)
    marks = {"'": rf"[{_APOSTROPHES}'\h]?", "_": rf"[{_APOSTROPHES}'\h\p{{Pd}}]{{0,3}}"}
    spelt = reduce(lambda done, mark: F.replace(done, F.lit(mark), F.lit(marks[mark])), marks, letters)
    no_marker = r"(?!(?<=\[)(?:phone|email|postcode|name|nhs number)\])(?!(?<=\[nhs )number\])"
    begins, ends = F.lit(f"(?iu){_ALONE}{no_marker}(?:"), F.lit(f"){_ENDS}")
    return F.concat(begins, F.when(plain == "", "(?!)").otherwise(spelt), ends)


def _words(name: Column) -> Column:
    """The words of a name that have two letters or more, and all as one: small, without accents, `|` between."""
    spaced = F.regexp_replace(_folded(F.lower(F.substring(name, 1, 100))), r"[^\p{L}\p{M}']+", " ")
    words = F.btrim(F.regexp_replace(spaced, r"(?<!\S)'*+[\p{L}\p{M}]?'*+(?!\S)", ""))
    joined = F.when(words.contains(" "), F.regexp_replace(words, " +", "_"))
    return F.concat_ws("|", joined, F.regexp_replace(words, " +", "|"))


def _folded(text: Column) -> Column:
    """Small letters without accents, which may be part of a letter or marks that follow it, and one apostrophe."""
    simple = "".join(_LETTERS.values()) + "'" * len(_APOSTROPHES)
    return F.translate(text, "".join(_LETTERS) + _APOSTROPHES + _MARKS, simple)


def _with_accents(pattern: Column) -> Column:
    """A pattern of small letters in which each stands for itself and for all that `_folded` makes it of."""
    classes = {simple: [simple] for simple in sorted(set(_LETTERS.values()))}
    for letter, simple in _LETTERS.items():
        classes[simple].append(letter)
    spelt = [(simple, f"[{''.join(letters)}][{_MARKS[0]}-{_MARKS[-1]}]*+") for simple, letters in classes.items()]
    return reduce(lambda done, each: F.replace(done, F.lit(each[0]), F.lit(each[1])), spelt, pattern)


def _has_accents(text: Column) -> Column:
    return F.octet_length(text) != F.length(text)
