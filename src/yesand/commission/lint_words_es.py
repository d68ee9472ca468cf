"""The lint's words of Spanish. Short on purpose: the usual slips.

Cues speak to the player as *tú*: *Pídele*, not *Pedirle* and not *Le pides*. A cue may begin with
*No* (*No dejes que cambie de tema*), as an English one begins with *Don't*.
"""

from __future__ import annotations

import re

from yesand.commission.lint_language import Words, listed


def _gendered(stems: str) -> frozenset[str]:
    """furios -> furioso, furiosa, furiosos, furiosas."""
    return frozenset(stem + end for stem in stems.split() for end in ("o", "a", "os", "as"))


SPANISH = Words(
    feelings=_gendered(
        """
        aburrid aliviad amargad angustiad ansios apasionad apenad arrepentid asquead asustad
        aterrad aterrorizad avergonzad cabread calmad cariños celos conmovid content deprimid
        desesperad desilusionad despreciativ dichos disgustad divertid dolid emocionad enamorad
        encantad enfadad enfurecid enojad entusiasmad envidios fastidiad frustrad furios
        horrorizad inquiet irritad malhumorad melancólic miedos molest nervios nostálgic ofendid
        orgullos preocupad rabios resentid satisfech sorprendid temeros tiern tranquil tímid
        """
    )
    | listed(
        """
        afecto alegre alegres alegría alivio amor angustia ansiedad asco avergüénzate
        cariño celos compasión culpable culpables desesperación desprecio dicha disgusto
        emoción emociones enfado enfádate enojo enójate entusiasmo envidia euforia feliz felices
        felicidad frustración furia gratitud horror hostil impaciente impacientes indignación
        infeliz infelices ira irritación melancolía miedo nervios neutral nostalgia odio orgullo
        pánico pasión pesar preocupación rabia rencor sentimiento sentimientos soledad sorpresa
        temor ternura triste tristes tristeza vergüenza vulnerable vulnerables
        """
    ),
    bodies=listed(
        """
        abraza acaricia barbilla besa boca bosteza brazo brazos cabello cabeza cara cejas ceja
        corazón cuello cuerpo dedo dedos diente dientes espalda estómago frente frunce garganta
        gesto gestos grita gritar grito gritos guiña guiño hombro hombros jadea labio labios lengua
        llanto llora llorar lágrima lágrimas mandíbula mano manos mejilla mejillas mirada mueca
        nariz ojo ojos palidece parpadea pecho pelo pestañea pie piel pierna piernas pies postura
        puño puños respira respiración ríe ríete reír reírte risa risas rodilla rodillas rostro
        ruborízate sollozo solloza sonríe sonríele sonreír sonrisa sonrójate sonrojarte suda sudor
        suspira suspiro temblar tiembla tono voz
        """
    ),
    idioms=(
        "aguanta la risa",
        "al pie de la letra",
        "cara a cara",
        "cara o cruz",
        "da la cara",
        "de frente",
        "de primera mano",
        "de pies a cabeza",
        "de segunda mano",
        "echa una mano",
        "échale una mano",
        "en pie",
        "en voz alta",
        "frente a",
        "mano a mano",
        "no te cortes un pelo",
        "tómale el pelo",
    ),
    not_a_verb=listed(
        """
        a al ante aquel aquella aquello aunque como con cuando de del desde e el ella ellas ellos
        en entonces es esa ese eso esta este esto la las le les lo los me mi mientras mis muy más
        ni nosotras nosotros o para pero por porque que quizá se si siempre sin su sus súbitamente
        también tan te tu tus tú u un una unas uno unos usted ustedes vosotros y ya yo él
        """
    ),
    not_to_the_player=re.compile(
        r"(?!\w*(?:parte|ierte|uerte)$)"  # comparte and convierte do speak to the player
        r"[\wáéíóúñü]{2,}(?:ar|er|ir|ár|ér|ír)(?:me|te|se|l[aeo]s?|sel[aeo]s?|nos)?$"
    ),
    partners=listed(
        """
        consigo ella ellas ellos él le les otra otro otras otros su sus suya suyas suyo suyos
        """
    ),
    partner_endings=re.compile(
        r"[\wáéíóúñü]{2,}(?:ar|er|ir|ár|ér|ír|ando|iendo|ándo|iéndo)(?:l[aeo]s?|(?:me|te|se)l[ao]s?)$"
    ),
    order_to_feel=re.compile(
        r"\b(?:sé|sed|sea|seas|ser|siendo|actúa|actúe|actuar|actuando|siente|sienten|sienta|sientas"
        r"|siéntete|sentir|sentirse|sintiendo|sintiéndose|estate|estés|estar|estando|ponte"
        r"|ponerse|pónganse|muéstrate|mostrarse|quédate|hazte|suena|finge|fingir|ten|tengas|tener"
        r"|teniendo|juega)\b"
        r"(?:\s+(?:un|una|poco|muy|más|algo|bastante|realmente|tan|demasiado|como|con|lleno|llena"
        r"|de|el|la|mucho|mucha|tu|su|que|estar|estás))*\s+([\w-]+)",
        re.IGNORECASE,
    ),
)
