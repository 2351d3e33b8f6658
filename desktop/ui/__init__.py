"""Windows, dialogs and widgets: they paint models and send commands."""
