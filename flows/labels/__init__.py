"""A person's word on the style of clips: which clips, what will change, and the change."""
