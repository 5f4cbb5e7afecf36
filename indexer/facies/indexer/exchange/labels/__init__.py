"""Labels on their way: to the files that other tools read, and back as one reversible batch."""
