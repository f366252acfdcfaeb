"""A Django app whose users and groups are what django-scim2 wants them to be."""
