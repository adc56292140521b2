"""Demand: how many referrals and treatments come, week by week, and in a series of one's own."""
