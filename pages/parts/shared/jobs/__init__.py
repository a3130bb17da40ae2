"""What several pages show of jobs that go on."""
