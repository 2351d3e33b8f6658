"""The desktop app, its headless engine and the command line client."""
