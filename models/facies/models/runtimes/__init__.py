"""What runs networks: OpenVINO and torch on a CPU, torch on a GPU, behind one protocol."""
