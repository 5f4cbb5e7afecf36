"""The web interface: Streamlit pages that talk to the API over HTTP and to nothing else of facies."""
