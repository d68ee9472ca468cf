from django.apps import AppConfig


class CastingConfig(AppConfig):
    name = "yesand.casting"
    label = "casting"
    default_auto_field = "django.db.models.BigAutoField"
