"""Maps of collections: when one is laid out anew, how it is made and kept, and what is placed on it later."""
