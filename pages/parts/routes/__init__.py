"""What the server answers besides the pages: pictures, and the API for programs."""
