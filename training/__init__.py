"""Models, losses, loops and metrics in plain torch; reads snapshots of the lake, never raw video."""
