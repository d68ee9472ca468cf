"""The lint's words of English. Short on purpose: the usual slips."""

from __future__ import annotations

import re

from yesand.commission.lint_language import NOTHING, Words, listed
from yesand.commission.order import FEELINGS

ENGLISH = Words(
    feelings=frozenset(FEELINGS)
    | listed(
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
    ),
    bodies=listed(
        """
        arm arms blink blush body breath breathe breathing brow brows cheek cheeks chest chin cry
        crying eye eyes face fidget finger fingers fist fists foot forehead frown gasp gesture
        giggle glare grimace grin groan hair hand hands head heart jaw knees laugh laughing leg
        legs lip lips moan mouth neck nod nose pale posture pout scowl scream shiver shoulder
        shoulders shrug shudder sigh smile smiling smirk sneer sniff sob stare stomach sweat tear
        tears teeth throat tone tongue tremble trembling voice wince wink yell
        """
    ),
    idioms=(
        "a straight face",
        "hand it",
        "hand them",
        "by heart",
        "change of heart",
        "give them a hand",
        "lend a hand",
    ),
    not_a_verb=listed(
        """
        a an the i you he she it we they my your his her its our their this that these those there
        if when while because so and but or not no yes very more suddenly
        """
    ),
    not_to_the_player=NOTHING,
    partners=listed("them they their theirs themselves him her his hers you your"),
    partner_endings=NOTHING,
    order_to_feel=re.compile(
        r"\b(?:be|being|act|acting|feel|feeling|seem|seeming|get|become|look|sound|play)\b"
        r"(?:\s+(?:a|bit|little|very|more|really|quite|so|too|rather|slightly|as|the|with|full"
        r"|of))*\s+([\w-]+)",
        re.IGNORECASE,
    ),
)
