"""The store and its template: take a release (`update`), see what differs (`doctor`)."""
