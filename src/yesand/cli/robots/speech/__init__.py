"""Text to speech small enough to ship: letters to sounds, sounds to a source and four resonances.

No recording, no voice of a person and no trained model is in it: a formant synthesizer in numpy
(after Klatt 1980), a public pronouncing dictionary for English, and Spanish by its spelling. It
sounds like a robot and says words; whoever plays with one also reads what it says.
"""
