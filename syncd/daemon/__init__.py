"""`syncd run`: the engine on a schedule, with everything around it that a service needs."""
