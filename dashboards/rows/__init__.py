"""One module for each subject; a panel is made once and may stand on several boards."""
