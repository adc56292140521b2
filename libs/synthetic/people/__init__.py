"""Who the people are, and what each trust's patient index makes of them."""
