"""What lies between two runs, and all that is known of one."""
