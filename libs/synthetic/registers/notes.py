"""The words of trackers: tests by suspected site, notes and next actions by stage. No names, no telephone numbers."""

INITIALS = (
    "JB", "KM", "LT", "SR", "AH", "DP", "CW", "NF", "RG", "EO", "PJ", "MM", "TH", "SB", "VC", "AO", "HN", "BW",
    "JR", "KT", "DM", "EH", "SP", "CJ", "NA", "RK", "MW", "AB", "TD", "JL", "FC", "HB", "IS", "KP", "LW", "OE", "PR",
    "ZM", "GD", "LF",
)  # fmt: skip

# What a suspicion is first looked into with; `_screen` stands for people whom a screening programme sent.
TESTS = {
    "breast": ("triple assessment", "USS + core bx", "mammogram"),
    "breast_screen": ("triple assessment", "USS + core bx"),
    "children": ("USS abdo", "bloods + film", "MRI"),
    "lung": ("CT chest", "CT guided bx", "EBUS"),
    "lung_screen": ("CT chest", "PET-CT"),
    "acute_leukaemia": ("bone marrow", "urgent bloods", "flow cytometry"),
    "haematology": ("node bx", "CT NCAP", "bone marrow"),
    "upper_gi": ("OGD", "CT CAP", "USS abdo"),
    "lower_gi": ("colonoscopy", "CT colon", "flexi sig"),
    "lower_gi_screen": ("colonoscopy", "CT colon"),
    "skin": ("excision bx", "punch bx", "dermoscopy"),
    "gynaecology": ("TVUS", "hysteroscopy", "pipelle"),
    "gynaecology_screen": ("colposcopy", "LLETZ"),
    "brain": ("MRI head", "CT head"),
    "urology": ("CT urogram", "flexi cysto", "USS renal"),
    "prostate": ("mpMRI", "TP bx"),
    "testicular": ("USS testes", "tumour markers"),
    "head_neck": ("USS neck + FNA", "nasendoscopy", "MRI neck"),
    "sarcoma": ("MRI", "core bx", "USS"),
    "other": ("CT CAP", "bloods", "USS"),
    "non_specific": ("CT CAP", "bloods + FIT", "CXR"),
}
# What follows when the first test does not settle it. Sites without a line of their own have that of `other`.
FURTHER_TESTS = {
    "breast": ("second look USS + bx", "MRI breast"),
    "breast_screen": ("second look USS + bx", "vacuum bx"),
    "lung": ("PET-CT", "EBUS", "lung function"),
    "lung_screen": ("CT guided bx", "PET-CT"),
    "haematology": ("PET-CT", "node bx"),
    "upper_gi": ("EUS", "MRCP", "CT CAP"),
    "lower_gi": ("CT CAP", "rpt colonoscopy"),
    "lower_gi_screen": ("CT CAP", "site check"),
    "skin": ("wider excision", "rpt punch bx"),
    "gynaecology": ("MRI pelvis", "hysteroscopy"),
    "gynaecology_screen": ("MRI pelvis",),
    "brain": ("MRI spine", "CT CAP"),
    "urology": ("flexi cysto", "CT KUB", "USS renal"),
    "prostate": ("TP bx", "rpt PSA"),
    "testicular": ("CT CAP",),
    "head_neck": ("panendoscopy", "rpt FNA", "MRI neck"),
    "sarcoma": ("CT chest", "core bx"),
    "other": ("PET-CT", "core bx"),
    "non_specific": ("OGD", "CT CAP"),
}
# What comes back from a test, by a part of its name; every other one is an image and has a report.
RESULTS = {
    "bloods": "results", "markers": "results", "psa": "results", "cytometry": "results", "marrow": "results",
    "bx": "histo", "fna": "cytology", "ogd": "histo", "ebus": "cytology", "scopy": "histo", "flexi": "histo",
    "pipelle": "histo", "assessment": "histo", "lletz": "histo",
}  # fmt: skip

# The next action that fits a note stands at the same place among the stage's, counted round.
NOTES = {
    "awaiting_appointment": (
        "awaiting clinic date, chased booking office",
        "ref received, for triage",
        "straight to test, {test} requested",
        "ref triaged, to book OPA",
        "slot offered, awaiting confirmation",
    ),
    "appointment_booked": ("ref triaged, OPA booked", "OPA letter sent", "appt date checked, no earlier slot"),
    "outcome_awaited": ("OPA outcome not back", "clinic outcome awaited, chased", "appt passed, outcome form missing"),
    "missed_appointment": ("DNA OPA, rebooking", "DNA first appt, letter to GP + pt", "DNA, left message to rebook"),
    "seen": (
        "seen in clinic, {test} requested",
        "clinic letter awaited",
        "seen, awaiting {test} date",
        "seen, for {test}",
    ),
    "test_booked": (
        "{test} booked",
        "asked for earlier {test} slot",
        "{test} date confirmed with pt",
        "awaiting {test}",
    ),
    "test_done": (
        "{test} done, await {result}",
        "{test} done",
        "chased {test} {result}",
        "{result} not back, chased {lab}",
    ),
    "reported": (
        "{test} reported, for MDT",
        "report to consultant for review",
        "results back, add to MDT",
        "await {further}",
    ),
    "discussed": (
        "MDT outcome noted, OPA for results",
        "discussed MDT, {further} needed",
        "MDT: results clinic to book",
    ),
    "told_no_cancer": (
        "pt informed no ca, discharge letter sent",
        "no ca, awaiting letter to close",
        "benign, to close",
    ),
    "told_interval": ("for interval scan, keep on list", "rpt imaging in 3/12, pt aware", "interval scan requested"),
    "excluded": ("off pathway, to close", "off 28 day pathway, letter to GP", "confirmed with CNS, off pathway"),
    "told_cancer": (
        "pt informed of dx, awaiting plan",
        "awaiting oncology OPA",
        "dx given, CNS aware",
        "dx given, for oncology",
        "pt considering options",
    ),
    "transferred": (
        "IPT receipt confirmed, awaiting update",
        "IPT sent, receipt awaited",
        "chased tertiary for update",
        "IPT form sent to their MDT office",
        "awaiting tertiary OPA",
    ),
    "decided_operation": (
        "TCI date given",
        "DTT agreed, for pre-assessment",
        "tx date confirmed with pt",
        "DTT agreed, awaiting date",
        "date requested",
    ),
    "decided": (
        "start date given",
        "DTT agreed, consent signed",
        "tx date confirmed with pt",
        "DTT agreed, awaiting date",
        "date requested",
    ),
    "treated": (
        "further tx planned",
        "tx complete, to close",
        "tx started, f/u booked",
        "tx done, letter to GP",
        "tx summary awaited",
    ),
    "monitored": ("on active monitoring, f/u booked", "active surveillance agreed, letter to GP", "for surveillance"),
    "palliative": ("BSC, pall care aware", "referred pall care, letter to GP", "under pall care team"),
    "declined": ("pt declined tx, letter to GP", "tx declined, CNS aware", "declined all tx, to close"),
    "died": ("RIP, to close", "pt died, GP aware", "RIP on spine, to close"),
}

# What stands in the end, by the reason of closing; people who were excluded from the 28 days have words of their own.
CLOSING_NOTES = {
    "NOT_CANCER": ("no ca, closed", "discharged to GP, closed", "benign, letter sent, closed"),
    "TREATED": ("tx complete, closed", "tx recorded, closed", "closed, f/u with team"),
    "DIED": ("RIP, closed", "pt died, closed"),
    "PRIVATE": ("gone private, closed", "tx privately, letter to GP, closed"),
    "NO_TREATMENT": ("no tx, closed", "not for tx, letter to GP, closed"),
    "EXCLUDED": ("off pathway, closed", "d/c back to GP, closed"),
}

NEXT_ACTIONS = {
    "awaiting_appointment": (("Book first appointment", "Booking office"), ("Triage referral", "Consultant")),
    "appointment_booked": (("Confirm attendance", "Tracker"), ("Confirm appointment with patient", "Tracker")),
    "outcome_awaited": (("Chase clinic outcome", "Tracker"), ("Complete outcome form", "Consultant")),
    "missed_appointment": (("Rebook appointment", "Booking office"), ("Contact patient", "Clinical nurse specialist")),
    "seen": (("Request test date", "Tracker"), ("Chase clinic letter", "Medical secretary")),
    "test_booked": (("Confirm test attended", "Tracker"), ("Ask for earlier test date", "Radiology")),
    "test_done": (("Chase report", "Radiology"), ("Chase histology", "Pathology")),
    "reported": (("Add to MDT", "MDT coordinator"), ("Consultant to review result", "Consultant")),
    "discussed": (("Book results clinic", "Booking office"), ("Request further test", "Consultant")),
    "told_no_cancer": (("Close pathway", "Tracker"), ("Send discharge letter", "Medical secretary")),
    "told_interval": (("Request test date", "Tracker"), ("Ask for interval scan date", "Radiology")),
    "excluded": (("Close pathway", "Tracker"), ("Letter to GP", "Medical secretary")),
    "told_cancer": (("Agree treatment plan", "Consultant"), ("Oncology appointment", "Booking office")),
    "transferred": (("Chase treating trust", "Tracker"), ("Confirm transfer received", "MDT coordinator")),
    "decided_operation": (("Confirm treatment date", "Tracker"), ("Book pre-assessment", "Booking office")),
    "decided": (("Confirm treatment date", "Tracker"), ("Confirm start date with patient", "Tracker")),
    "treated": (("Record further treatment", "Tracker"), ("Close pathway", "Tracker")),
    "monitored": (("Close pathway", "Tracker"),),
    "palliative": (("Close pathway", "Tracker"),),
    "declined": (("Close pathway", "Tracker"), ("Letter to GP", "Medical secretary")),
    "died": (("Close pathway", "Tracker"),),
}
