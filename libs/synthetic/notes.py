"""The words of trackers: tests by suspected site, notes and next actions by stage. No names, no telephone numbers."""

INITIALS = (
    "JB", "KM", "LT", "SR", "AH", "DP", "CW", "NF", "RG", "EO", "PJ", "MM", "TH", "SB", "VC", "AO", "HN", "BW", "GD", "LF",
    "JR", "KT", "DM", "EH", "SP", "CJ", "NA", "RK", "MW", "AB", "TD", "JL", "FC", "HB", "IS", "KP", "LW", "OE", "PR", "ZM",
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

NOTES = {
    "awaiting_appointment": (
        "ref triaged, OPA booked",
        "awaiting clinic date, chased booking office",
        "OPA letter sent",
        "slot offered, awaiting confirmation",
        "straight to test, {test} requested",
    ),
    "missed_appointment": ("DNA OPA, rebooking", "DNA first appt, letter to GP + pt", "DNA, left message to rebook"),
    "seen": (
        "seen in clinic, {test} requested",
        "seen, awaiting {test} date",
        "clinic letter awaited",
        "seen, for {test}",
    ),
    "test_booked": (
        "{test} booked",
        "{test} date confirmed with pt",
        "awaiting {test}",
        "asked for earlier {test} slot",
    ),
    "test_done": (
        "{test} done, await report",
        "{test} done, await histo",
        "chased {test} report",
        "histo not back, chased lab",
    ),
    "reported": (
        "{test} reported, for MDT",
        "results back, add to MDT",
        "report to consultant for review",
        "await further {test}",
    ),
    "discussed": (
        "MDT outcome noted, OPA for results",
        "discussed MDT, further {test} needed",
        "MDT: results clinic to book",
    ),
    "told_no_cancer": (
        "pt informed no ca, discharge letter sent",
        "benign, to close",
        "no ca, awaiting letter to close",
    ),
    "excluded": ("off 28 day pathway, letter to GP", "off pathway, to close", "confirmed with CNS, off pathway"),
    "told_cancer": (
        "pt informed of dx, awaiting plan",
        "dx given, CNS aware",
        "awaiting oncology OPA",
        "pt considering options",
    ),
    "transferred": (
        "IPT sent, awaiting tx date",
        "chased tertiary for update",
        "IPT receipt confirmed",
        "awaiting tertiary OPA",
    ),
    "decided": (
        "DTT agreed, awaiting date",
        "TCI date given",
        "pre-assessment booked",
        "tx date confirmed with pt",
        "date requested",
    ),
    "treated": (
        "first tx done",
        "tx started, f/u booked",
        "tx summary awaited",
        "further tx planned",
        "tx complete, to close",
    ),
}

NEXT_ACTIONS = {
    "awaiting_appointment": (
        ("Book first appointment", "Booking office"),
        ("Confirm appointment with patient", "Tracker"),
    ),
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
