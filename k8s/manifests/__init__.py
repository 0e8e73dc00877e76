"""What `render` makes, object by object."""
