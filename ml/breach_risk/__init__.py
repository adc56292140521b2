"""Breach risk: how likely it is that the 28- or 62-day clock of an open pathway runs past its limit."""
