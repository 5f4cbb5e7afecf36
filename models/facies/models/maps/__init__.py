"""From vectors to positions in the plane: neighbours, layouts, and places on a layout that is frozen."""
