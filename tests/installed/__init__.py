"""What holds while a generated store runs on this machine."""
