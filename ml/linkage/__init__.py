"""Which records are one person: Fellegi and Sunter's model by Splink, and the rules that hold it back."""
