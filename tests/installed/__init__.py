"""What the commands of a store do once it is set up."""
