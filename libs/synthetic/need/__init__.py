"""Who needs care: referrals, what they prove to be, where people go, and what they are treated with."""
