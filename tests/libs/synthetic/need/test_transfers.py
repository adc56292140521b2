from libs.synthetic.figures import Figures
from libs.synthetic.need.transfers import centres_of, networks_of
from libs.synthetic.world import World


def test_every_provider_has_a_centre_that_gives_radiotherapy(figures: Figures) -> None:
    centres = centres_of(figures)
    given = {
        code: sum(by.get("radiotherapy", 0) for by in each.treatments.values())
        for code, each in figures.providers.items()
    }
    assert set(centres) == set(figures.providers)
    assert all(given[centre] >= 150 for centre in centres.values())
    assert centres["RVW"] == "RTR"
    assert centres["RTR"] == "RTR"
    assert {centres[code] for code in ("RR7", "RTF", "R0B", "RNN", "RXP")} == {"RTD"}


def test_radiotherapy_is_only_given_at_a_centre(world: World, figures: Figures) -> None:
    rays = world.treatments[world.treatments["treatment_modality"].isin(["04", "05", "06"])]
    assert set(rays["treated_by"]) <= set(centres_of(figures).values())


def test_most_lung_cancers_of_north_tees_that_are_operated_on_go_to_south_tees(world: World) -> None:
    first = world.treatments[world.treatments["treatment_number"] == 1].set_index("pathway_id")
    lung = world.pathways.query("trust == 'RVW' and cancer_group == 'lung' and outcome == 'TREATED'")
    operated = lung[first.loc[lung["pathway_id"], "treatment_modality"].eq("23").to_numpy()]
    assert len(operated) > 5
    assert operated["transfer_to"].eq("RTR").mean() > 0.6


def test_a_transfer_names_two_trusts_and_a_reason(world: World) -> None:
    sent = world.transfers
    assert sent.notna().all(axis=None)
    assert (sent["transfer_from_org"] != sent["transfer_to_org"]).all()
    assert set(sent["transfer_reason"]) == {"1", "9"}


def test_nobody_is_sent_out_of_a_network_of_trusts(world: World, figures: Figures) -> None:
    networks = networks_of(figures, list(figures.providers))
    of = {code: number for number, network in enumerate(networks) for code in network}
    assert sorted(of) == sorted(figures.providers)
    assert of["RVW"] == of["RTR"] != of["RTD"]
    sent = world.transfers
    assert (sent["transfer_from_org"].map(of) == sent["transfer_to_org"].map(of)).all()
