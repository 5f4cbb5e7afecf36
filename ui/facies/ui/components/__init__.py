"""Components of our own: plain JavaScript without a build step, themed by Streamlit's ``--st-`` variables."""
