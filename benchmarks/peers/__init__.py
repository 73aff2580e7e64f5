"""Others who do something alike, as far as they are installed, each in an interpreter of its own."""
