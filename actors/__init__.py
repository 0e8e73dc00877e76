"""Everything that imports ray: one thin shell per kind of actor, the supervisor, the head process."""
