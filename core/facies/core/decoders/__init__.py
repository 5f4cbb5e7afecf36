"""What turns the bytes of a file into 8-bit RGB, one room per family of formats; `facies.core.images` is the door."""
