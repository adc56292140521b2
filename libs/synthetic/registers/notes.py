"""The words of trackers: tests by suspected site, notes and next actions by stage. No names, no telephone numbers."""

INITIALS = (
    "JB", "KM", "LT", "SR", "AH", "DP", "CW", "NF", "RG", "EO", "PJ", "MM", "TH", "SB", "VC", "AO", "HN", "BW",
    "JR", "KT", "DM", "EH", "SP", "CJ", "NA", "RK", "MW", "AB", "TD", "JL", "FC", "HB", "IS", "KP", "LW", "OE", "PR",
    "ZM", "GD", "LF",
)  # fmt: skip

TESTS = {
    "breast": ("mammogram", "USS + core bx", "triple assessment", "MRI breast"),
    "children": ("USS abdo", "bloods + film", "MRI"),
    "lung": ("CT chest", "EBUS", "PET-CT", "CT guided bx"),
    "acute_leukaemia": ("bone marrow", "urgent bloods", "flow cytometry"),
    "haematology": ("node bx", "CT NCAP", "bone marrow", "PET-CT"),
    "upper_gi": ("OGD", "CT CAP", "EUS", "MRCP"),
    "lower_gi": ("colonoscopy", "CT colon", "flexi sig", "MRI rectum"),
    "skin": ("excision bx", "punch bx", "dermoscopy"),
    "gynaecology": ("TVUS", "hysteroscopy", "pipelle", "MRI pelvis"),
    "brain": ("MRI head", "CT head"),
    "urology": ("CT urogram", "flexi cysto", "USS renal", "CT KUB"),
    "prostate": ("mpMRI", "TP bx", "bone scan", "PSMA PET"),
    "testicular": ("USS testes", "tumour markers", "CT CAP"),
    "head_neck": ("USS neck + FNA", "nasendoscopy", "MRI neck", "panendoscopy"),
    "sarcoma": ("MRI", "core bx", "CT chest"),
    "other": ("CT CAP", "bloods", "USS"),
    "non_specific": ("CT CAP", "bloods + FIT", "CXR"),
}

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
        "{test} done, await report",
        "{test} done, await histo",
        "chased {test} report",
        "histo not back, chased lab",
    ),
    "reported": (
        "{test} reported, for MDT",
        "report to consultant for review",
        "results back, add to MDT",
        "await further {test}",
    ),
    "discussed": (
        "MDT outcome noted, OPA for results",
        "discussed MDT, further {test} needed",
        "MDT: results clinic to book",
    ),
    "told_no_cancer": (
        "pt informed no ca, discharge letter sent",
        "no ca, awaiting letter to close",
        "benign, to close",
    ),
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
    "decided": (
        "TCI date given",
        "DTT agreed, for pre-assessment",
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
    "excluded": (("Close pathway", "Tracker"), ("Letter to GP", "Medical secretary")),
    "told_cancer": (("Agree treatment plan", "Consultant"), ("Oncology appointment", "Booking office")),
    "transferred": (("Chase treating trust", "Tracker"), ("Confirm transfer received", "MDT coordinator")),
    "decided": (("Confirm treatment date", "Tracker"), ("Book pre-assessment", "Booking office")),
    "treated": (("Record further treatment", "Tracker"), ("Close pathway", "Tracker")),
}
