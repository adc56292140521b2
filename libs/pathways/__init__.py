"""Cancer pathways: canonical columns, links between trusts, clocks, and what gold shows. Frames in, frames out."""
