"""The short word lists of the lint. Data, with one sentence each on what it is for."""

from __future__ import annotations

from yesand.commission.order import FEELINGS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FEELING_WORDS = frozenset(FEELINGS) | _words(
    """
    afraid affectionate amazed amused angry annoyed anxious ashamed awkward bored calm
    cheerful contemptuous content delighted depressed desperate devastated disappointed
    disgusted ecstatic embarrassed emotional enraged envious excited fearful frightened
    frustrated furious glad grateful grumpy guilty happy hateful heartbroken hopeful hurt
    impatient irritated jealous joyful lonely love loving mad melancholic miserable moody
    moved nervous nostalgic offended panicked panicky passionate proud rage regretful relieved
    resentful sad scared scornful shocked shy sorrowful startled surprised tearful tender
    terrified touched uneasy unhappy upset vulnerable warm worried
    """
)
"""Words that name a feeling."""

BODY_WORDS = _words(
    """
    arm arms blink blush body breath breathe breathing brow brows cheek cheeks chest chin cry
    crying eye eyes face fidget finger fingers fist fists foot forehead frown gasp gesture
    giggle glare grimace grin groan hair hand hands head heart jaw knees laugh laughing leg
    legs lip lips moan mouth neck nod nose pale posture pout scowl scream shiver shoulder
    shoulders shrug shudder sigh smile smiling smirk sneer sniff sob stare stomach sweat tear
    tears teeth throat tone tongue tremble trembling voice wince wink yell
    """
)
"""Words about body, face and voice."""

IDIOMS = (
    "a straight face",
    "hand it",
    "hand them",
    "by heart",
    "change of heart",
    "give them a hand",
    "lend a hand",
)
"""Ways of speaking that hold such a word and ask for an action all the same."""

NOT_A_VERB = _words(
    """
    a an the i you he she it we they my your his her its our their this that these those there
    if when while because so and but or not no yes very more suddenly
    """
)
"""Words a cue does not begin with, because it begins with its verb."""

PARTNER_WORDS = _words(
    """
    them they their theirs themselves him her his hers you your
    """
)
"""Words that mean the partner."""

TRADE_NAMES = _words(
    """
    Adele Adidas Airbnb Amazon Android Apple Audi BMW Barbie Batman Beatles Beyonce Beyoncé
    Biden Bitcoin Boeing ChatGPT Claude Clooney Coca-Cola Coke Disney Einstein Elvis Facebook
    Ferrari Google Gandhi Hilton Hitler Honda Ikea IKEA Instagram Kardashian Lego LEGO Lennon
    LinkedIn Madonna Marvel McDonald's McDonalds Mercedes Messi Microsoft Mozart Musk
    Nespresso Netflix Nike Nintendo Nutella OpenAI Obama Oprah Pepsi Picasso PlayStation
    Porsche Putin Rihanna Rolex Ronaldo Shakespeare Siri Spotify Starbucks Tesla TikTok Tinder
    Toyota Trump Twitter Uber Vogue Volkswagen Walmart WhatsApp Wikipedia YouTube
    """
)
"""Real persons and brands, read as words with their capitals."""

TRADE_PHRASES = (
    "Bohemian Rhapsody",
    "Elton John",
    "Happy Birthday to You",
    "Harry Potter",
    "Hey Jude",
    "Imagine all the people",
    "James Bond",
    "Let It Be",
    "Let It Go",
    "Like a Virgin",
    "Lady Gaga",
    "Michael Jackson",
    "My Way",
    "Star Wars",
    "Stairway to Heaven",
    "Taylor Swift",
    "Tom Cruise",
    "We Will Rock You",
    "White Christmas",
    "Wonderwall",
)
"""Real persons, brands and songs of several words."""
