"""Daily work in grids: the register of what is there, visits, patrols, communities' meetings."""
