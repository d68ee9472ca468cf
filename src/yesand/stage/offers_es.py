"""The deck of actions in Spanish: to a player as *tú*, about a partner of either gender."""

from __future__ import annotations

ACTIONS: dict[str, tuple[tuple[int | None, str], ...]] = {
    "joy": (
        (1, "Dile qué te gusta de esto"),
        (2, "Dale por fin la buena noticia"),
        (3, "Haz que lo celebre contigo, ya"),
    ),
    "amusement": (
        (1, "Deja que acabe su chiste malo"),
        (2, "Aguanta la risa"),
        (3, "Repite su frase más absurda"),
    ),
    "excitement": (
        (1, "Pregunta qué pasa después"),
        (2, "Anima a empezar ahora mismo"),
        (3, "Consigue un sí esta noche"),
    ),
    "pride": (
        (1, "Menciónalo como de pasada"),
        (2, "Haz que se fije bien"),
        (3, "Haz que diga que fuiste tú"),
    ),
    "affection": (
        (1, "Ofrece la mejor mitad"),
        (2, "Quítale importancia a lo que hizo"),
        (3, "Dile lo que significa para ti"),
    ),
    "relief": (
        (1, "Dile que ya puede soltarlo"),
        (2, "Agradécele la espera"),
        (3, "Haz que te diga que ya pasó"),
    ),
    "neutral": (
        (None, "Resuelve primero lo práctico"),
        (None, "Explícale cómo funciona"),
        (None, "Léeselo tal cual"),
    ),
    "surprise": (
        (1, "Pídele que lo repita"),
        (2, "Haz que lo demuestre"),
        (3, "Detenlo todo y mira bien"),
    ),
    "embarrassment": (
        (1, "Cambia de tema, un poco tarde"),
        (2, "Disimula, mal"),
        (3, "Hazle prometer que no lo contará"),
    ),
    "sadness": (
        (1, "Pídele una cosa de vuelta"),
        (2, "Dile qué vas a echar de menos"),
        (3, "Pídele que se quede un minuto más"),
    ),
    "anger": (
        (1, "Nombra lo que acaba de hacer"),
        (2, "No dejes que cambie de tema"),
        (3, "Haz que lo retire"),
    ),
    "frustration": (
        (1, "Explícaselo otra vez, con paciencia"),
        (2, "Enumera lo que ya has intentado"),
        (3, "Dáselo y apártate"),
    ),
    "contempt": (
        (1, "Corrige un detalle pequeño"),
        (2, "Haz que oiga cómo suena eso"),
        (3, "Explícaselo como a una criatura"),
    ),
    "disgust": (
        (1, "Apártalo un poco"),
        (2, "Niégate a tocarlo"),
        (3, "Saca eso de aquí"),
    ),
    "fear": (
        (1, "No le dejes acercarse a la ventana"),
        (2, "Haz que hable en susurros"),
        (3, "Haz que salga contigo ahora"),
    ),
}
CARRY_ON = "Sigue así"
