"""What the tests take from: the working tree, stores, stand-ins and a browser."""
