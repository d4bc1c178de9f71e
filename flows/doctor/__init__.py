"""`emo2 doctor`: what this machine lacks to run emo2, and what to do about it."""
